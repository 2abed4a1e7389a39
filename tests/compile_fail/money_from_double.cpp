// There is no floating point on the path of money.
#include "types/money.hpp"

purser::Money price(purser::Currency currency) {
#ifdef PURSER_MUST_NOT_COMPILE
  return purser::Money{9.99, currency};
#else
  return purser::Money{999, currency};
#endif
}
