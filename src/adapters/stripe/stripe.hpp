#pragma once

// The payment provider that speaks Stripe's HTTP API. The real Stripe and the sandbox differ by
// base_url alone.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "adapters/stripe/client.hpp"
#include "adapters/stripe/retry.hpp"
#include "adapters/stripe/transport.hpp"
#include "app/ports/clock.hpp"
#include "app/ports/payment_provider.hpp"

namespace purser::stripe {

struct StripeOptions {
  std::string base_url = "https://api.stripe.com";
  std::string api_version = "2024-06-20";  ///< whose shapes objects.cpp reads
  std::string ca_file;                     ///< empty: the system's certificates
  Millis connect_timeout{5'000};
  Millis request_timeout{20'000};
  std::size_t max_response_bytes = std::size_t{4} << 20;
  RetryPolicy retry;
  Wait wait;  ///< for tests; empty: really waits, until stop()
};

/// Blocks; a call takes at most about retry.total_budget + request_timeout. Thread-safe.
///
/// What may be lost between an answer and our record of it, and what then:
///  - within 24 hours the same idempotency key gives the same answer (Stripe keeps keys that long);
///  - later, a checkout session is looked up before one is made (NewCheckoutSession::asked_at); a
///    second refund of a whole payment is refused by Stripe, which counts as done; a second
///    customer, product or price holds no money and stays unused;
///  - a key for which Stripe remembers a 5xx is followed by others derived from it, after the same
///    look-up, so that a passing fault of Stripe's blocks a sale for seconds and not for a day.
class Stripe final : public app::PaymentProvider {
 public:
  /// `clock` must outlive the provider. Errors: kInternalError for a base URL that is none.
  static Result<std::unique_ptr<Stripe>> create(StripeOptions options, const app::Clock& clock);
  /// For create(), and for tests with a transport of their own.
  Stripe(StripeOptions options, std::unique_ptr<Transport> transport, const app::Clock& clock);
  ~Stripe() override;

  /// Ends waits, running and later exchanges with kPaymentProviderUnavailable, for a prompt
  /// shutdown.
  void stop();

  Result<app::ProviderAccount> account(const app::ProviderCredentials& as) override;
  Result<std::string> create_customer(const app::ProviderCredentials& as,
                                      const app::NewRemoteCustomer& customer,
                                      const std::string& idempotency_key) override;
  Result<std::string> create_product(const app::ProviderCredentials& as, const std::string& name,
                                     const std::string& reference,
                                     const std::string& idempotency_key) override;
  Result<std::string> create_price(const app::ProviderCredentials& as, const std::string& product,
                                   const Money& amount, const std::string& reference,
                                   const std::string& idempotency_key) override;
  Result<app::RemoteCheckoutSession> create_checkout_session(
      const app::ProviderCredentials& as, const app::NewCheckoutSession& session,
      const std::string& idempotency_key) override;
  Result<app::RemoteCheckoutSession> checkout_session(const app::ProviderCredentials& as,
                                                      const std::string& id) override;
  Status refund_payment(const app::ProviderCredentials& as, const std::string& payment_ref,
                        const std::string& idempotency_key) override;
  Result<app::RemoteWebhookEndpoint> create_webhook_endpoint(
      const app::ProviderCredentials& as, const std::string& url,
      const std::string& idempotency_key) override;
  Result<app::ProviderEvent> verify_event(const std::string& payload,
                                          const std::string& signature_header,
                                          const std::vector<Secret>& secrets,
                                          Timestamp now) override;

 private:
  /// Looks whether an earlier call took effect after all.
  using LookUp = std::function<Result<std::optional<json::Value>>()>;

  bool wait(Millis delay);
  Result<json::Value> make(const app::ProviderCredentials& as, const std::string& path,
                           const Form& form, const std::string& idempotency_key,
                           const LookUp& look_up = {});
  Result<std::string> create_object(const app::ProviderCredentials& as, const std::string& path,
                                    const Form& form, const std::string& idempotency_key);
  Result<std::optional<json::Value>> find_session(const app::ProviderCredentials& as,
                                                  const app::NewCheckoutSession& session,
                                                  Timestamp asked_at);

  const StripeOptions options_;
  const std::unique_ptr<Transport> transport_;
  const app::Clock& clock_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  Client client_;
};

}  // namespace purser::stripe
