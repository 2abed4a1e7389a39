// A bare number has no unit of time.
#include "types/timestamp.hpp"

purser::Timestamp later(purser::Timestamp t) {
#ifdef PURSER_MUST_NOT_COMPILE
  return t + 1000;
#else
  return t + purser::Millis{1000};
#endif
}
