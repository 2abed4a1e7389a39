#pragma once

#include <cstdint>
#include <optional>

#include "adapters/stripe/transport.hpp"
#include "json/json.hpp"
#include "types/timestamp.hpp"

namespace purser::stripe {

/// What an exchange says about the call.
enum class Outcome : std::uint8_t {
  kDone,     ///< 2xx with an object of Stripe's: it happened
  kRefused,  ///< 4xx with an error object of Stripe's: it certainly did not happen
  kBusy,     ///< 409 (the key is in use) or 429 (too many): not now
  kUnknown,  ///< no answer, 5xx, or an answer that Stripe would not give: it may have happened
};

/// The outcome, and the body as far as it is a JSON object.
struct Reading {
  Outcome outcome = Outcome::kUnknown;
  json::Value body;
};

/// Reads an answer. Anything that does not look like Stripe's (a proxy's page, cut or garbled JSON,
/// a redirect) is kUnknown: it says nothing about what Stripe did.
Reading read_reply(const HttpReply& reply);

/// Stripe's own advice counts first; else what is busy or unknown is worth another try.
/// Source: https://docs.stripe.com/error-low-level (Stripe-Should-Retry).
bool worth_retrying(Outcome outcome, std::optional<bool> should_retry);

struct RetryPolicy {
  int max_attempts = 4;
  Millis base_delay{500};       ///< before the second attempt; doubles for each one after
  Millis max_delay{8'000};      ///< of our own choice; a longer Retry-After is kept to
  Millis total_budget{45'000};  ///< exchanges and waits together; no attempt is begun beyond it
};

/// How long to wait after attempt number `attempt` (1, 2, …): between half of the doubled delay and
/// all of it, spread by `random` so that callers do not come back all at once, and never less than
/// Retry-After.
Millis delay_after(const RetryPolicy& policy, int attempt, std::optional<std::int64_t> retry_after,
                   std::uint16_t random);

}  // namespace purser::stripe
