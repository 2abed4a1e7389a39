#pragma once

#include <atomic>
#include <cstdint>

#include "app/ports/clock.hpp"
#include "types/result.hpp"

namespace purser::system {

/// The operating system's wall clock in UTC. It may go back when an administrator or NTP sets it;
/// whoever needs order takes it from the store. Thread-safe.
class SystemClock final : public app::Clock {
 public:
  Timestamp now() const override;
};

/// A clock that stands still until it is moved, for tests and demonstrations. Thread-safe.
class ManualClock final : public app::Clock {
 public:
  explicit ManualClock(Timestamp start) : millis_(start.millis()) {}

  Timestamp now() const override;
  /// Moves it forward; of several that do so at once the latest instant stands.
  /// Errors: kSchemaError (details.fields "body.now") for an instant before the present one.
  Status set(Timestamp to);

 private:
  std::atomic<std::int64_t> millis_;
};

}  // namespace purser::system
