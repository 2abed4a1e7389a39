// An amount without a currency is not money.
#include "types/money.hpp"

purser::Money price([[maybe_unused]] purser::Currency currency) {
#ifdef PURSER_MUST_NOT_COMPILE
  return purser::Money(999);
#else
  return purser::Money(999, currency);
#endif
}
