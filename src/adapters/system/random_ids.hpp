#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "app/ports/ids.hpp"

namespace purser::system {

/// Ids and secrets from the operating system's randomness. Thread-safe.
///
/// `unique_id` answers UUIDs of version 7: 48 bits of Unix milliseconds, then 12 bits that count
/// within the millisecond, then 62 random bits. Ids of one process grow strictly; a clock that goes
/// back does not make them go back. Source: RFC 9562 sections 5.7 and 6.2 (method 1).
class RandomIds final : public app::Ids {
 public:
  std::string unique_id() override;
  Secret secret(std::string_view prefix) override;

 private:
  std::mutex mutex_;
  std::int64_t last_millis_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace purser::system
