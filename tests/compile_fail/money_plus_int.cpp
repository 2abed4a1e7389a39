// An amount of money and a bare number do not add up: which currency would it be?
#include "types/money.hpp"

purser::Money sum(const purser::Money& a) {
#ifdef PURSER_MUST_NOT_COMPILE
  return a.plus(5).value();
#else
  return a.plus(a).value();
#endif
}
