#pragma once

#include <functional>
#include <memory>
#include <string>

#include "adapters/stripe/form.hpp"
#include "adapters/stripe/retry.hpp"
#include "adapters/stripe/transport.hpp"
#include "app/ports/payment_provider.hpp"
#include "json/json.hpp"
#include "types/result.hpp"

namespace purser::stripe {

/// Waits before another attempt; false: do not try again, the server is stopping.
using Wait = std::function<bool(Millis)>;

/// An object to make or change.
struct Post {
  std::string path;  ///< below /v1, percent-encoded
  Form form;
  std::string idempotency_key;  ///< 1–255 printable ASCII characters
  bool takes_money = false;     ///< a decline is then kPaymentFailed
};

/// Calls of Stripe's API with its headers, retries and errors; knows nothing of single resources.
/// Thread-safe as far as `transport` and `wait` are.
class Client {
 public:
  Client(Transport& transport, RetryPolicy policy, std::string api_version, Wait wait);

  /// Reads an object. `path` is below /v1, percent-encoded, with its query.
  /// Errors: kPaymentProviderUnavailable, kPaymentProviderRefused (details.provider_code,
  /// provider_message and, for a card, decline_code).
  Result<json::Value> get(const app::ProviderCredentials& as, const std::string& path);

  /// Makes or changes an object. Every attempt carries the same idempotency key, so at most one of
  /// them takes effect. `key_is_spent` becomes true when Stripe has remembered a 5xx for this key:
  /// it will say nothing else for a day, and whether the call took effect must be found out in
  /// another way. Errors: as above; kPaymentFailed (details.decline_code, else the error's code,
  /// and provider_message) for a declined card where money is asked for; kInternalError for a key
  /// that Stripe would not take.
  Result<json::Value> post(const app::ProviderCredentials& as, const Post& what,
                           bool& key_is_spent);

  /// Removes an object. `path` as for get. Carries no idempotency key, which has no effect here: a
  /// repetition is refused because there is nothing to remove any more. Errors: as get().
  /// Source: https://docs.stripe.com/api/idempotent_requests
  Result<json::Value> remove(const app::ProviderCredentials& as, const std::string& path);

 private:
  Result<json::Value> call(HttpRequest request, bool takes_money, bool& key_is_spent);

  Transport& transport_;
  const RetryPolicy policy_;
  const std::string api_version_;
  const Wait wait_;
};

}  // namespace purser::stripe
