// The id of one kind of thing is not the id of another.
#include "types/id.hpp"

purser::ItemId item(const purser::ItemId& item_id,
                    [[maybe_unused]] const purser::ProductId& product_id) {
#ifdef PURSER_MUST_NOT_COMPILE
  return product_id;
#else
  return item_id;
#endif
}
