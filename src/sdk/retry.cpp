#include "sdk/retry.hpp"

#include <algorithm>
#include <charconv>

namespace purser::sdk {

namespace {

using std::chrono::milliseconds;

bool is_passing_fault(const AttemptOutcome& outcome) {
  // Nobody knows whether a request without an answer took effect. It is safe to repeat all the
  // same: reads change nothing, and writes carry an idempotency key.
  if (!outcome.answered) return true;
  switch (outcome.status) {
    case 408:  // The request did not arrive completely, so nothing happened.
    case 429:
    case 503:
      return true;
    case 409:
      // An earlier attempt of this very call is still running: its answer will be kept for us.
      return outcome.known_error == "IDEMPOTENCY_KEY_IN_USE";
    case 502:
    case 504:
      // From something between us and the server. The server's own 502 says that Stripe refused,
      // and it would refuse again.
      return outcome.known_error.empty();
    default:
      // 500 is a defect, which the same request would meet again; the rest are final answers.
      return false;
  }
}

milliseconds backoff(const AttemptOutcome& outcome, const RetryOptions& options,
                     std::uint32_t random) {
  const auto cap = std::max(options.max_backoff, milliseconds(0));
  auto span = std::max(options.initial_backoff, milliseconds(0));
  for (int i = 0; i < outcome.retries_done && span < cap; ++i) span *= 2;
  span = std::min(span, cap);
  // Between half and all of it, so that clients that failed together do not come back together.
  const auto half = span / 2;
  const auto wait = half + milliseconds(random % (static_cast<std::uint64_t>(half.count()) + 1));
  return std::max<milliseconds>(wait, outcome.retry_after.value_or(std::chrono::seconds(0)));
}

}  // namespace

std::optional<milliseconds> decide_retry(const AttemptOutcome& outcome, const RetryOptions& options,
                                         std::uint32_t random) {
  if (!is_passing_fault(outcome)) return std::nullopt;
  if (outcome.retries_done >= options.max_retries) return std::nullopt;
  const milliseconds wait = backoff(outcome, options, random);
  // An attempt that could only start at the deadline would never be answered in time: better to
  // report what is known now than to wait for nothing.
  if (wait >= outcome.remaining) return std::nullopt;
  return wait;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view text) {
  constexpr int kMaxSeconds = 86'400;
  int seconds = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (status != std::errc() || end != text.data() + text.size() || seconds < 0) {
    return std::nullopt;
  }
  return std::chrono::seconds(std::min(seconds, kMaxSeconds));
}

}  // namespace purser::sdk
