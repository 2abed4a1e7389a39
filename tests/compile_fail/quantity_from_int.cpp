// A number becomes a quantity only through the check of its range.
#include "types/quantity.hpp"

purser::Quantity quantity(std::int64_t number) {
#ifdef PURSER_MUST_NOT_COMPILE
  return number;
#else
  return purser::Quantity::of(number).value();
#endif
}
