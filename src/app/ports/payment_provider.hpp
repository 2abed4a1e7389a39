#pragma once

// What the application asks of a payment provider, in the application's words. Calls block; they
// run on worker threads, never inside a store batch.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "types/money.hpp"
#include "types/result.hpp"
#include "types/secret.hpp"
#include "types/timestamp.hpp"

namespace purser::app {

/// Under which account a call is made.
struct ProviderCredentials {
  Secret secret_key;
  std::string connected_account;  ///< acct_… of a connected account; empty for the key's own
};

struct ProviderAccount {
  std::string id;
  bool livemode = false;
};

struct NewRemoteCustomer {
  std::string display_name;
  std::optional<std::string> email;
  std::vector<std::pair<std::string, std::string>> metadata;
};

struct NewCheckoutSession {
  std::string customer;  ///< cus_…
  std::string price;     ///< price_…
  std::int64_t quantity = 1;
  std::string success_url;
  std::string cancel_url;
  std::string reference;  ///< our checkout id (client_reference_id and metadata)
  /// When this checkout was first asked for. A key that old may be forgotten by the provider, so a
  /// session with our reference is then looked up before one is made. The epoch: just now.
  Timestamp asked_at;
};

struct RemoteCheckoutSession {
  std::string id;
  std::string url;  ///< where the buyer pays; empty once it is closed
  enum class Status { kOpen, kComplete, kExpired } status = Status::kOpen;
  bool paid = false;
  std::optional<Money> amount_total;
  std::string payment_ref;  ///< pi_…; empty while there is none
  std::string reference;    ///< what we gave
  std::string customer;
  bool livemode = false;
};

/// A verified webhook event.
struct ProviderEvent {
  std::string id;
  std::string type;
  std::string object_id;
  std::string account;  ///< connected account; empty for the key's own
  bool livemode = false;
};

struct RemoteWebhookEndpoint {
  std::string id;
  Secret secret;
};

/// Errors of every call: kPaymentProviderUnavailable when it is not known whether it happened
/// (timeouts, 5xx, exhausted 409/429): the same call with the same idempotency key must be
/// repeated; kPaymentProviderRefused (details.provider_code, details.provider_message) when it
/// certainly did not. Thread-safe.
class PaymentProvider {
 public:
  virtual ~PaymentProvider() = default;

  virtual Result<ProviderAccount> account(const ProviderCredentials& as) = 0;
  virtual Result<std::string> create_customer(const ProviderCredentials& as,
                                              const NewRemoteCustomer& customer,
                                              const std::string& idempotency_key) = 0;
  virtual Result<std::string> create_product(const ProviderCredentials& as, const std::string& name,
                                             const std::string& reference,
                                             const std::string& idempotency_key) = 0;
  virtual Result<std::string> create_price(const ProviderCredentials& as,
                                           const std::string& product, const Money& amount,
                                           const std::string& reference,
                                           const std::string& idempotency_key) = 0;
  virtual Result<RemoteCheckoutSession> create_checkout_session(
      const ProviderCredentials& as, const NewCheckoutSession& session,
      const std::string& idempotency_key) = 0;
  virtual Result<RemoteCheckoutSession> checkout_session(const ProviderCredentials& as,
                                                         const std::string& id) = 0;
  /// Gives the whole payment back.
  virtual Status refund_payment(const ProviderCredentials& as, const std::string& payment_ref,
                                const std::string& idempotency_key) = 0;
  /// Registers `url` for all events that we handle (the sandbox's set-up).
  virtual Result<RemoteWebhookEndpoint> create_webhook_endpoint(
      const ProviderCredentials& as, const std::string& url,
      const std::string& idempotency_key) = 0;

  /// Verifies the signature over the raw body with any of the secrets and reads the envelope.
  /// Errors: kWebhookSignatureInvalid; kBodyParsingError for a signed body that is no event.
  /// Source: https://docs.stripe.com/webhooks#verify-manually
  virtual Result<ProviderEvent> verify_event(const std::string& payload,
                                             const std::string& signature_header,
                                             const std::vector<Secret>& secrets, Timestamp now) = 0;
};

}  // namespace purser::app
