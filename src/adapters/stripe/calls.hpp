#pragma once

// What the provider's calls share.

#include <string>
#include <string_view>

#include "adapters/stripe/form.hpp"
#include "types/result.hpp"
#include "types/timestamp.hpp"

namespace purser::stripe {

/// Stripe may forget an idempotency key after 24 hours; an hour less for clocks that differ and for
/// the time that a call takes. Source: https://docs.stripe.com/api/idempotent_requests
inline constexpr Millis kKeyTrust{23LL * 3600 * 1000};

/// The pages of a list that are looked through, and their rows; a hundred is Stripe's most.
inline constexpr int kMaxPages = 20;
inline constexpr std::int64_t kPageSize = 100;

/// "/subscriptions/sub_1". Errors: kInternalError for no id (the path would be another route: the
/// list); kPaymentProviderRefused (provider_code "resource_missing") for what can be no id.
Result<std::string> path_with_id(std::string_view collection, const std::string& id);

/// A path with its query.
std::string with_query(const std::string& path, const Form& query);

/// Whether Stripe refused with this details.provider_code.
bool was_refused_as(const Error& error, std::string_view provider_code);

/// Stripe's instants are whole seconds.
inline std::int64_t to_seconds(Timestamp at) { return at.millis() / 1000; }

/// Whether Stripe may have forgotten the key of what was first asked for at `asked_at`; the epoch:
/// just now.
inline bool may_be_forgotten(Timestamp asked_at, Timestamp now) {
  return asked_at != Timestamp{} && now - asked_at > kKeyTrust;
}

}  // namespace purser::stripe
