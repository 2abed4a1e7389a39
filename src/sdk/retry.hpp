#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "purser/options.hpp"

namespace purser::sdk {

/// What one attempt of a call came to, for the decision whether to repeat it.
struct AttemptOutcome {
  bool answered = false;         ///< False: no answer, or not a complete one.
  int status = 0;                ///< HTTP status of the answer.
  std::string_view known_error;  ///< Code of a known error; empty for another answer.
  std::optional<std::chrono::seconds> retry_after;
  int retries_done = 0;
  std::chrono::milliseconds remaining{0};  ///< Of the call's deadline.
};

/// The one place that decides whether a call is repeated: how long to wait before the next attempt,
/// or nothing when this outcome is final. `random` is a uniformly random number, for the jitter.
std::optional<std::chrono::milliseconds> decide_retry(const AttemptOutcome& outcome,
                                                      const RetryOptions& options,
                                                      std::uint32_t random);

/// The seconds of a Retry-After header (RFC 9110 section 10.2.3); nothing when it is absent or a
/// date, which servers that we speak to do not send.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view text);

}  // namespace purser::sdk
