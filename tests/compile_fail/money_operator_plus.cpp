// Sums of money can fail (overflow, mixed currencies), so there is no operator that hides it.
#include "types/money.hpp"

bool adds(const purser::Money& a, const purser::Money& b) {
#ifdef PURSER_MUST_NOT_COMPILE
  return (a + b) == a;
#else
  return a.plus(b).has_value();
#endif
}
