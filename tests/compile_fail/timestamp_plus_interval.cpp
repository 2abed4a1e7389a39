// A month has no fixed length: calendar intervals are counted from their anchor, by nth_boundary.
#include "types/timestamp.hpp"

purser::Timestamp later(purser::Timestamp t, purser::CalendarInterval interval) {
#ifdef PURSER_MUST_NOT_COMPILE
  return t + interval;
#else
  return purser::nth_boundary(t, interval, 1);
#endif
}
