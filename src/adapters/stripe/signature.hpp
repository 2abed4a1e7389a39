#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "types/result.hpp"
#include "types/secret.hpp"
#include "types/timestamp.hpp"

namespace purser::stripe {

/// How far a webhook's timestamp may lie from now, in the past and in the future, inclusive.
inline constexpr std::int64_t kSignatureToleranceSeconds = 300;

/// Checks a `Stripe-Signature` header ("t=…,v1=…,v1=…,v0=…") over the raw body: any v1 that is the
/// HMAC-SHA256 of "t.body" under any of the secrets, and a `t` within the tolerance of `now`. Other
/// schemes (v0) are ignored. Empty secrets never verify. Every pair of signature and secret is
/// compared, in constant time, so the time taken tells nothing about which one matched. Errors:
/// kWebhookSignatureInvalid; the log detail says what was wrong, the message does not. Thread-safe.
/// Source: https://docs.stripe.com/webhooks#verify-manually
Status verify_signature(std::string_view body, std::string_view header,
                        const std::vector<Secret>& secrets, Timestamp now);

/// The header that verify_signature accepts at `at`: for tests and for the demo's own deliveries.
std::string sign(std::string_view body, const Secret& secret, Timestamp at);

}  // namespace purser::stripe
