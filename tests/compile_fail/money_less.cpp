// Amounts of different currencies have no order.
#include "types/money.hpp"

bool less(const purser::Money& a, const purser::Money& b) {
#ifdef PURSER_MUST_NOT_COMPILE
  return a < b;
#else
  return a.minor_units() < b.minor_units();
#endif
}
