#include "adapters/system/clocks.hpp"

#include <algorithm>
#include <chrono>

namespace purser::system {

Timestamp SystemClock::now() const {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const auto millis = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  // A machine whose clock stands before 1970 or after 9999 gets the nearest instant that can be
  // written.
  return *Timestamp::from_millis(std::clamp<std::int64_t>(millis, 0, Timestamp::kMaxMillis));
}

Timestamp ManualClock::now() const { return *Timestamp::from_millis(millis_.load()); }

Status ManualClock::set(Timestamp to) {
  std::int64_t present = millis_.load();
  do {
    if (to.millis() < present) {
      return Error{ErrorCode::kSchemaError,
                   "The clock only goes forward.",
                   {{"fields", std::vector<FieldError>{
                                   {"body.now", "must not be before " + now().to_iso8601()}}}}};
    }
  } while (!millis_.compare_exchange_weak(present, to.millis()));
  return {};
}

}  // namespace purser::system
