// A length of time is not a billing interval.
#include "types/timestamp.hpp"

purser::Timestamp boundary(purser::Timestamp t, purser::Millis, purser::CalendarInterval interval) {
#ifdef PURSER_MUST_NOT_COMPILE
  return purser::nth_boundary(t, purser::Millis{1}, 1);
#else
  return purser::nth_boundary(t, interval, 1);
#endif
}
