// A currency comes from the table, not from any text.
#include "types/money.hpp"

purser::Currency dollars() {
#ifdef PURSER_MUST_NOT_COMPILE
  return purser::Currency("USD");
#else
  return purser::Currency::parse("USD").value();
#endif
}
