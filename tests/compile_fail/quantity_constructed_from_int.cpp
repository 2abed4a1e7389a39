// Nor by naming the type.
#include "types/quantity.hpp"

purser::Quantity quantity(std::int64_t number) {
#ifdef PURSER_MUST_NOT_COMPILE
  return purser::Quantity(number);
#else
  return purser::Quantity::of(number).value();
#endif
}
