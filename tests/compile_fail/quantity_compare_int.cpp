// A quantity does not compare with a bare number.
#include "types/quantity.hpp"

bool enough(purser::Quantity quantity, std::int64_t number) {
#ifdef PURSER_MUST_NOT_COMPILE
  return quantity >= number;
#else
  return quantity.value() >= number;
#endif
}
