// Two instants do not add up.
#include "types/timestamp.hpp"

auto combined(purser::Timestamp a, purser::Timestamp b) {
#ifdef PURSER_MUST_NOT_COMPILE
  return a + b;
#else
  return a - b;
#endif
}
