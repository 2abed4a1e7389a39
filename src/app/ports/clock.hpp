#pragma once

#include "types/timestamp.hpp"

namespace purser::app {

/// Where time comes from. Thread-safe. With several nodes on one database the store's batches carry
/// the database's time; this clock serves everything else.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() const = 0;
};

}  // namespace purser::app
