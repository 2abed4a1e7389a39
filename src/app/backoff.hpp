#pragma once

#include <algorithm>
#include <cstdint>

#include "crypto/crypto.hpp"
#include "types/timestamp.hpp"

namespace purser::app {

/// How long to wait before attempt number `attempts` + 1 of background work: `first` doubled for
/// each failure, at most `longest`, and of that a random half to the whole, so that what failed
/// together does not come back together. `attempts` ≥ 1; first and longest in milliseconds,
/// positive.
inline Millis backoff(int attempts, Millis first, Millis longest) {
  const int doublings = std::clamp(attempts - 1, 0, 30);
  std::int64_t wait = longest.count;
  if (first.count <= (longest.count >> doublings)) wait = first.count << doublings;
  const std::string random = crypto::random_bytes(4);
  std::int64_t share = 0;  // of 2^32
  for (const char byte : random) share = share * 256 + static_cast<unsigned char>(byte);
  const std::int64_t half = wait / 2;
  return {wait - half * share / (std::int64_t{1} << 32)};
}

}  // namespace purser::app
