#include "adapters/stripe/retry.hpp"

#include <algorithm>

namespace purser::stripe {
namespace {

constexpr std::int64_t kLongestRetryAfterSeconds = 24 * 3600;

bool is_stripe_object(const json::Value& body) {
  const auto object = body.string_at("object");
  return object && !object->empty();
}

bool is_stripe_error(const json::Value& body) {
  const json::Value* error = body.find("error");
  return error != nullptr && error->string_at("type").has_value();
}

}  // namespace

Reading read_reply(const HttpReply& reply) {
  Reading reading;
  auto parsed = json::parse(reply.body);
  if (parsed && parsed->as_object() != nullptr) reading.body = *std::move(parsed);
  if (reply.status == 409 || reply.status == 429) {
    reading.outcome = Outcome::kBusy;
  } else if (reply.status >= 200 && reply.status < 300) {
    reading.outcome = is_stripe_object(reading.body) ? Outcome::kDone : Outcome::kUnknown;
  } else if (reply.status >= 400 && reply.status < 500) {
    reading.outcome = is_stripe_error(reading.body) ? Outcome::kRefused : Outcome::kUnknown;
  }
  return reading;
}

bool worth_retrying(Outcome outcome, std::optional<bool> should_retry) {
  if (outcome == Outcome::kDone) return false;
  if (should_retry) return *should_retry;
  return outcome != Outcome::kRefused;
}

Millis delay_after(const RetryPolicy& policy, int attempt, std::optional<std::int64_t> retry_after,
                   std::uint16_t random) {
  std::int64_t delay = policy.base_delay.count;
  for (int i = 1; i < attempt && delay < policy.max_delay.count; ++i) delay *= 2;
  delay = std::min(delay, policy.max_delay.count);
  const std::int64_t half = delay / 2;
  std::int64_t wait = half + (delay - half) * random / 65'535;
  if (retry_after) {
    wait = std::max(wait, std::min(*retry_after, kLongestRetryAfterSeconds) * 1000);
  }
  return {wait};
}

}  // namespace purser::stripe
