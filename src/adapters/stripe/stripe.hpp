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
  std::string api_version = "2024-06-20";  ///< whose shapes objects.hpp reads
  std::string ca_file;                     ///< empty: the system's certificates
  Millis connect_timeout{5'000};
  Millis request_timeout{20'000};
  std::size_t max_response_bytes = std::size_t{4} << 20;
  RetryPolicy retry;
  Wait wait;  ///< for tests; empty: really waits, until stop()
};

/// Blocks; an exchange with its repetitions takes at most about retry.total_budget +
/// request_timeout, and a call makes a few of them. Thread-safe.
///
/// What may be lost between an answer and our record of it, and what then:
///  - within 24 hours the same idempotency key gives the same answer (Stripe keeps keys that long);
///  - later, what takes or gives money is looked up before it is made: a checkout session and a
///    refund by our reference, a change of plan by the plan that the subscription has, a trial and
///    an end by its status. A second customer, product, price or connected account holds no money
///    and stays unused; what only sets a value may be set twice;
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
  Result<app::ProviderAccountState> account_state(const app::ProviderCredentials& as) override;
  Result<std::string> create_connected_account(const app::ProviderCredentials& as,
                                               const app::Metadata& metadata,
                                               const std::string& idempotency_key) override;
  Result<std::string> create_onboarding_link(const app::ProviderCredentials& as,
                                             const std::string& connected_account,
                                             const std::string& refresh_url,
                                             const std::string& return_url) override;

  Result<std::string> create_customer(const app::ProviderCredentials& as,
                                      const app::NewRemoteCustomer& customer,
                                      const std::string& idempotency_key) override;
  Result<std::string> create_product(const app::ProviderCredentials& as, const std::string& name,
                                     const std::string& reference,
                                     const std::string& idempotency_key) override;
  Result<std::string> create_price(const app::ProviderCredentials& as,
                                   const app::NewRemotePrice& price,
                                   const std::string& idempotency_key) override;
  Result<app::RemoteCheckoutSession> create_checkout_session(
      const app::ProviderCredentials& as, const app::NewCheckoutSession& session,
      const std::string& idempotency_key) override;
  Result<app::RemoteCheckoutSession> checkout_session(const app::ProviderCredentials& as,
                                                      const std::string& id) override;
  Status expire_checkout_session(const app::ProviderCredentials& as, const std::string& id,
                                 const std::string& idempotency_key) override;

  Result<app::RemoteSubscription> subscription(const app::ProviderCredentials& as,
                                               const std::string& id) override;
  Result<app::RemoteSubscription> change_plan(const app::ProviderCredentials& as,
                                              const app::PlanChange& change,
                                              const std::string& idempotency_key) override;
  Result<app::PlanPreview> preview_plan(const app::ProviderCredentials& as,
                                        const app::PlanChange& change) override;
  Result<app::RemoteSubscription> set_cancel_at_period_end(
      const app::ProviderCredentials& as, const std::string& subscription, bool cancel,
      const std::string& idempotency_key) override;
  Status end_subscription(const app::ProviderCredentials& as, const std::string& subscription,
                          bool credit_unused, const std::string& idempotency_key) override;
  Status end_trial(const app::ProviderCredentials& as, const std::string& subscription,
                   const std::string& idempotency_key) override;
  Result<app::RemoteInvoice> invoice(const app::ProviderCredentials& as,
                                     const std::string& id) override;
  Result<std::vector<app::RemoteInvoice>> invoices_of(const app::ProviderCredentials& as,
                                                      const std::string& subscription,
                                                      int limit) override;

  Result<std::optional<app::RemotePaymentMethod>> default_payment_method(
      const app::ProviderCredentials& as, const std::string& customer) override;
  Result<app::RemoteSetupIntent> create_setup_intent(const app::ProviderCredentials& as,
                                                     const std::string& customer,
                                                     const std::string& idempotency_key) override;
  Result<app::RemoteSetupIntent> setup_intent(const app::ProviderCredentials& as,
                                              const std::string& id) override;
  Result<app::RemotePaymentMethod> set_default_payment_method(
      const app::ProviderCredentials& as, const std::string& customer,
      const std::string& payment_method, const std::string& idempotency_key) override;
  Status set_subscription_payment_method(const app::ProviderCredentials& as,
                                         const std::string& subscription,
                                         const std::string& payment_method,
                                         const std::string& idempotency_key) override;

  Result<app::RemoteRefund> create_refund(const app::ProviderCredentials& as,
                                          const app::NewRefund& refund,
                                          const std::string& idempotency_key) override;
  Result<std::vector<app::RemoteRefund>> refunds_of(const app::ProviderCredentials& as,
                                                    const std::string& payment_ref) override;
  Result<app::RemoteDispute> dispute(const app::ProviderCredentials& as,
                                     const std::string& id) override;

  Result<app::ProviderEventPage> events(const app::ProviderCredentials& as, Timestamp since,
                                        const std::string& after) override;

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
  /// Only for what may be done under two keys without harm, if need be after a look-up.
  Result<json::Value> make(const app::ProviderCredentials& as, const Post& what,
                           const LookUp& look_up = {});
  Result<std::string> make_object(const app::ProviderCredentials& as, const Post& what);
  /// The object at a path; it must be the one with this id.
  Result<json::Value> fetch(const app::ProviderCredentials& as, std::string_view collection,
                            const std::string& id, const Form& query = {});
  Result<std::optional<json::Value>> find_session(const app::ProviderCredentials& as,
                                                  const app::NewCheckoutSession& session,
                                                  Timestamp asked_at);
  Result<json::Value> fetch_subscription(const app::ProviderCredentials& as, const std::string& id);
  Result<json::Value> change_subscription(const app::ProviderCredentials& as, const std::string& id,
                                          Post what, const LookUp& look_up = {});
  Result<std::vector<json::Value>> fetch_refunds(const app::ProviderCredentials& as,
                                                 const std::string& payment_ref);
  Result<std::optional<json::Value>> find_refund(const app::ProviderCredentials& as,
                                                 const app::NewRefund& refund);

  const StripeOptions options_;
  const std::unique_ptr<Transport> transport_;
  const app::Clock& clock_;
  std::mutex mutex_;
  std::condition_variable stopped_;
  bool stopping_ = false;
  Client client_;
};

}  // namespace purser::stripe
