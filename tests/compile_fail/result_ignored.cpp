// An error is not overlooked by forgetting to look.
#include "types/money.hpp"

bool add(const purser::Money& a) {
#ifdef PURSER_MUST_NOT_COMPILE
  a.plus(a);
  return true;
#else
  return a.plus(a).has_value();
#endif
}
