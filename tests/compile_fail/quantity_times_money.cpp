// A quantity is not an amount of money.
#include "types/money.hpp"
#include "types/quantity.hpp"

purser::Result<purser::Money> total(const purser::Money& price, purser::Quantity quantity) {
#ifdef PURSER_MUST_NOT_COMPILE
  return price.times(quantity);
#else
  return price.times(quantity.value());
#endif
}
