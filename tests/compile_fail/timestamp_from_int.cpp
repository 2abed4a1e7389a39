// A number becomes an instant only through the check of its range.
#include "types/timestamp.hpp"

purser::Timestamp instant(std::int64_t millis) {
#ifdef PURSER_MUST_NOT_COMPILE
  return purser::Timestamp(millis);
#else
  return purser::Timestamp::from_millis(millis).value();
#endif
}
