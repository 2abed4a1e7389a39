#pragma once

// A payment provider in memory that behaves as Stripe documents it where money depends on it:
// idempotency keys replay, other parameters under a key are refused, and an answer can be lost
// after the work was done.

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "app/ports/payment_provider.hpp"

namespace purser::app::testing {

class FakeProvider final : public PaymentProvider {
 public:
  enum class Fault { kNone, kLoseAnswer, kUnavailable, kRefuse };
  struct Price {
    std::string product;
    Money amount;
  };
  struct Session {
    RemoteCheckoutSession remote;
    NewCheckoutSession asked;
  };
  struct Refund {
    std::string payment;
    std::string key;
  };

  /// What happens to the call with this name ("create_customer"); called for each call.
  std::function<Fault(const std::string& call)> plan;

  std::string account_id = "acct_1";
  bool livemode = false;

  // --- what the buyer and the outside do ---
  /// Pays a session; answers the payment's reference.
  std::string pay(const std::string& session, bool settled = true);
  void expire(const std::string& session);
  /// Changes what the provider will say of a session.
  void edit(const std::string& session, const std::function<void(RemoteCheckoutSession&)>& change);
  void delete_customer(const std::string& id);
  void delete_price(const std::string& id);

  // --- what a test looks at ---
  std::size_t customers() const;
  std::size_t products() const;
  std::size_t prices() const;
  std::vector<Session> sessions() const;
  std::vector<Refund> refunds() const;
  int calls(const std::string& call) const;
  Price price_of(const Session& session) const;

  // --- PaymentProvider ---
  Result<ProviderAccount> account(const ProviderCredentials& as) override;
  Result<std::string> create_customer(const ProviderCredentials& as,
                                      const NewRemoteCustomer& customer,
                                      const std::string& key) override;
  Result<std::string> create_product(const ProviderCredentials& as, const std::string& name,
                                     const std::string& reference, const std::string& key) override;
  Result<std::string> create_price(const ProviderCredentials& as, const std::string& product,
                                   const Money& amount, const std::string& reference,
                                   const std::string& key) override;
  Result<RemoteCheckoutSession> create_checkout_session(const ProviderCredentials& as,
                                                        const NewCheckoutSession& session,
                                                        const std::string& key) override;
  Result<RemoteCheckoutSession> checkout_session(const ProviderCredentials& as,
                                                 const std::string& id) override;
  Status refund_payment(const ProviderCredentials& as, const std::string& payment_ref,
                        const std::string& key) override;
  Result<RemoteWebhookEndpoint> create_webhook_endpoint(const ProviderCredentials& as,
                                                        const std::string& url,
                                                        const std::string& key) override;
  /// A signature is good when it is "signed:" and one of the secrets; a payload is
  /// "id|type|object|account|live".
  Result<ProviderEvent> verify_event(const std::string& payload, const std::string& header,
                                     const std::vector<Secret>& secrets, Timestamp now) override;

 private:
  Fault fault(const std::string& call);
  /// Runs `make` once for a key; replays its id for the same parameters.
  Result<std::string> once(const std::string& call, const std::string& key,
                           const std::string& parameters,
                           const std::function<Result<std::string>()>& make);
  std::string next_id(const std::string& prefix);

  struct Known {
    std::string parameters;
    std::string id;
  };
  std::mutex plan_mutex_;
  mutable std::mutex mutex_;
  int counter_ = 0;
  std::map<std::string, int> calls_;
  std::map<std::string, Known> keys_;
  std::map<std::string, NewRemoteCustomer> customers_;
  std::map<std::string, std::string> products_;
  std::map<std::string, Price> prices_;
  std::map<std::string, Session> sessions_;
  std::vector<Refund> refunds_;
};

}  // namespace purser::app::testing
