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

/// Calls of Stripe's API with its headers, retries and errors; knows nothing of single resources.
/// Thread-safe as far as `transport` and `wait` are.
class Client {
 public:
  Client(Transport& transport, RetryPolicy policy, std::string api_version, Wait wait);

  /// Reads an object. `path` is below /v1, percent-encoded, with its query.
  /// Errors: kPaymentProviderUnavailable, kPaymentProviderRefused (details.provider_code,
  /// provider_message and, for a card, decline_code).
  Result<json::Value> get(const app::ProviderCredentials& as, const std::string& path);

  /// Makes or changes an object. Every attempt carries the same idempotency key (1–255 printable
  /// ASCII characters), so at most one of them takes effect. `key_is_spent` becomes true when
  /// Stripe has remembered a 5xx for this key: it will say nothing else for a day, and whether the
  /// call took effect must be found out in another way. Errors: as above; kInternalError for a key
  /// that Stripe would not take.
  Result<json::Value> post(const app::ProviderCredentials& as, const std::string& path,
                           const Form& form, const std::string& idempotency_key,
                           bool& key_is_spent);

 private:
  Result<json::Value> call(const HttpRequest& request, bool& key_is_spent);

  Transport& transport_;
  const RetryPolicy policy_;
  const std::string api_version_;
  const Wait wait_;
};

}  // namespace purser::stripe
