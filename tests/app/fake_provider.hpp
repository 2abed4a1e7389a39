#pragma once

// A payment provider in memory that behaves as Stripe documents it where money depends on it:
// idempotency keys replay what was answered first, other parameters under a key are refused,
// subscriptions have periods, trials, proration and dunning, and any call can be refused, fail
// before it did anything, or lose its answer after it did.

#include <any>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "app/ports/payment_provider.hpp"

namespace purser::app::testing {

class FakeProvider final : public PaymentProvider {
 public:
  enum class Fault { kNone, kLoseAnswer, kUnavailable, kRefuse };
  struct Customer {
    NewRemoteCustomer described;
    std::string default_method;
    std::int64_t credit = 0;  ///< minor units that the next invoices use up; ≥ 0
    bool declines = false;    ///< whatever is to be charged now fails
  };
  struct Price {
    std::string product;
    Money amount;
    std::optional<CalendarInterval> interval;
  };
  struct Session {
    RemoteCheckoutSession remote;
    NewCheckoutSession asked;
  };
  /// Money that was taken.
  struct Payment {
    std::string id;  ///< pi_…
    std::string customer;
    Money amount;
    std::int64_t refunded = 0;  ///< minor units
  };
  struct Refund {
    RemoteRefund remote;
    std::string payment;
    std::string key;  ///< empty: made at the provider's dashboard
  };

  // --- faults ---
  /// What happens to the call with this name ("create_customer"); called for each call.
  std::function<Fault(const std::string& call)> plan;
  /// The n-th call from now on (1: the next one), whatever it is, has this fault. Replaces the one
  /// asked for before.
  void fault_at(int n, Fault fault);
  /// The call that had the fault of fault_at; empty while none had.
  std::string faulted() const;

  // --- the account ---
  std::string account_id = "acct_1";
  bool livemode = false;
  ProviderAccountState details{"", false, true, true, true};  ///< id and livemode are filled in
  /// The provider's clock.
  std::function<Timestamp()> now = [] { return Timestamp(); };

  // --- what buyers do ---
  /// Pays a session; answers the payment's reference (of a subscription: that of its first
  /// invoice, empty when nothing was to be paid). `settled` false: complete, the money comes later.
  std::string pay(const std::string& session, bool settled = true);
  /// The same; answers the subscription's reference (sub_…) for a subscription.
  std::string pay_session(const std::string& session);
  void expire(const std::string& session);
  /// The buyer confirms a setup intent; answers the payment method (pm_…).
  std::string confirm_setup_intent(const std::string& setup_intent);
  /// The customer's card from now on declines, or works again.
  void set_declines(const std::string& customer, bool declines);
  /// Gives the customer a default payment method; answers it.
  std::string add_default_method(const std::string& customer);

  // --- what time and the outside do to subscriptions ---
  /// Its period is over: the next one begins and is paid; one that is to be cancelled ends instead.
  void renew(const std::string& subscription);
  /// The next period begins, its invoice is still a draft and not charged (Stripe waits an hour).
  void begin_period(const std::string& subscription);
  /// The next period begins and its payment fails.
  void fail_renewal(const std::string& subscription);
  /// Open invoices and drafts are paid: active again.
  void recover(const std::string& subscription);
  /// Dunning is over: kUnpaid, kPaused or kCanceled.
  void give_up(const std::string& subscription, domain::SubscriptionStatus status);
  /// Ended at the provider's dashboard, now.
  void end(const std::string& subscription);
  void set_cancel(const std::string& subscription, bool at_period_end);
  /// Renews everything whose period is over by now(), as often as it takes; cards that decline make
  /// past_due.
  void run();

  // --- what banks and administrators do ---
  /// Disputes are inquiries, of which nothing was charged back: their payments can be refunded.
  bool banks_only_inquire = false;
  /// About so many minor units, or all that was paid; answers dp_….
  std::string dispute(const std::string& payment, std::optional<std::int64_t> amount = {});
  void close_dispute(const std::string& dispute, DisputeState state);
  /// Minor units; answers re_….
  std::string refund_at_provider(const std::string& payment, std::int64_t amount);
  void set_refund_state(const std::string& refund, RemoteRefund::Status status);
  void delete_customer(const std::string& id);
  void delete_price(const std::string& id);

  /// Notes an event of this type about `object` as of now(), as if nobody had been told of it.
  void note_event(const std::string& type, const std::string& object,
                  const std::string& subject = "");

  // --- changes of what the provider will say ---
  void edit(const std::string& session, const std::function<void(RemoteCheckoutSession&)>& change);
  void edit_subscription(const std::string& id,
                         const std::function<void(RemoteSubscription&)>& change);

  // --- what a test looks at ---
  std::size_t customers() const;
  std::size_t products() const;
  std::size_t prices() const;
  std::vector<Session> sessions() const;
  std::vector<Payment> payments() const;  ///< oldest first
  int charges() const;                    ///< how many payments there were
  std::int64_t charged() const;           ///< their sum, in minor units
  std::vector<Refund> refunds() const;    ///< oldest first
  std::vector<RemoteSubscription> subscriptions() const;
  RemoteSubscription subscription_now(const std::string& id) const;
  std::vector<RemoteInvoice> invoices_now(const std::string& subscription) const;  ///< newest first
  Customer customer(const std::string& id) const;
  int calls() const;
  int calls(const std::string& call) const;
  Price price_of(const Session& session) const;
  Price price(const std::string& id) const;
  /// The connected accounts in whose name calls were made, oldest first; empty: the key's own.
  std::vector<std::string> called_as() const;

  // --- PaymentProvider ---
  Result<ProviderAccount> account(const ProviderCredentials& as) override;
  Result<ProviderAccountState> account_state(const ProviderCredentials& as) override;
  Result<std::string> create_connected_account(const ProviderCredentials& as,
                                               const Metadata& metadata,
                                               const std::string& key) override;
  Result<std::string> create_onboarding_link(const ProviderCredentials& as,
                                             const std::string& connected_account,
                                             const std::string& refresh_url,
                                             const std::string& return_url) override;
  Result<std::string> create_customer(const ProviderCredentials& as,
                                      const NewRemoteCustomer& customer,
                                      const std::string& key) override;
  Result<std::string> create_product(const ProviderCredentials& as, const std::string& name,
                                     const std::string& reference, const std::string& key) override;
  Result<std::string> create_price(const ProviderCredentials& as, const NewRemotePrice& price,
                                   const std::string& key) override;
  Result<RemoteCheckoutSession> create_checkout_session(const ProviderCredentials& as,
                                                        const NewCheckoutSession& session,
                                                        const std::string& key) override;
  Result<RemoteCheckoutSession> checkout_session(const ProviderCredentials& as,
                                                 const std::string& id) override;
  Status expire_checkout_session(const ProviderCredentials& as, const std::string& id,
                                 const std::string& key) override;
  Result<RemoteSubscription> subscription(const ProviderCredentials& as,
                                          const std::string& id) override;
  Result<RemoteSubscription> change_plan(const ProviderCredentials& as, const PlanChange& change,
                                         const std::string& key) override;
  Result<PlanPreview> preview_plan(const ProviderCredentials& as,
                                   const PlanChange& change) override;
  Result<RemoteSubscription> set_cancel_at_period_end(const ProviderCredentials& as,
                                                      const std::string& subscription, bool cancel,
                                                      const std::string& key) override;
  Status end_subscription(const ProviderCredentials& as, const std::string& subscription,
                          bool credit_unused, const std::string& key) override;
  Status end_trial(const ProviderCredentials& as, const std::string& subscription,
                   const std::string& key) override;
  Result<RemoteInvoice> invoice(const ProviderCredentials& as, const std::string& id) override;
  Result<std::vector<RemoteInvoice>> invoices_of(const ProviderCredentials& as,
                                                 const std::string& subscription,
                                                 int limit) override;
  Result<std::optional<RemotePaymentMethod>> default_payment_method(
      const ProviderCredentials& as, const std::string& customer) override;
  Result<RemoteSetupIntent> create_setup_intent(const ProviderCredentials& as,
                                                const std::string& customer,
                                                const std::string& key) override;
  Result<RemoteSetupIntent> setup_intent(const ProviderCredentials& as,
                                         const std::string& id) override;
  Result<RemotePaymentMethod> set_default_payment_method(const ProviderCredentials& as,
                                                         const std::string& customer,
                                                         const std::string& payment_method,
                                                         const std::string& key) override;
  Status set_subscription_payment_method(const ProviderCredentials& as,
                                         const std::string& subscription,
                                         const std::string& payment_method,
                                         const std::string& key) override;
  Result<RemoteRefund> create_refund(const ProviderCredentials& as, const NewRefund& refund,
                                     const std::string& key) override;
  Result<std::vector<RemoteRefund>> refunds_of(const ProviderCredentials& as,
                                               const std::string& payment_ref) override;
  Result<RemoteDispute> dispute(const ProviderCredentials& as, const std::string& id) override;
  /// Pages of two of `happened`.
  Result<ProviderEventPage> events(const ProviderCredentials& as, Timestamp since,
                                   const std::string& after) override;
  Result<RemoteWebhookEndpoint> create_webhook_endpoint(const ProviderCredentials& as,
                                                        const std::string& url,
                                                        const std::string& key) override;
  /// A signature is good when it is "signed:" and one of the secrets; a payload is
  /// "id|type|object|account|live" or "id|type|object|account|live|subject", with the subscription
  /// of an invoice's event or the payment of a refund's as its subject.
  Result<ProviderEvent> verify_event(const std::string& payload, const std::string& header,
                                     const std::vector<Secret>& secrets, Timestamp now) override;

 private:
  struct Method {
    RemotePaymentMethod shown;
    std::string customer;  ///< empty until attached
  };
  struct Known {
    std::string parameters;
    std::any answer;
    Timestamp at;
  };
  /// Ids of one kind in the order in which they were given.
  struct ByAge {
    bool operator()(const std::string& a, const std::string& b) const {
      return a.size() != b.size() ? a.size() < b.size() : a < b;
    }
  };
  struct Quote {
    std::int64_t credit = 0;  ///< for the old plan's unused time
    std::int64_t debit = 0;   ///< for the new plan
    bool new_interval = false;
  };

  Fault fault(const ProviderCredentials& as, const std::string& call);
  /// Runs `make` once for a key; replays its answer for the same parameters. Keys are forgotten
  /// after a day, as at Stripe.
  template <class T>
  Result<T> once(const ProviderCredentials& as, const std::string& call, const std::string& key,
                 const std::string& parameters, const std::function<Result<T>()>& make);
  template <class T>
  Result<T> read(const ProviderCredentials& as, const std::string& call,
                 const std::function<Result<T>()>& look);
  std::string next_id(const std::string& prefix);

  // With the mutex held:
  Result<RemoteCheckoutSession> open_session(const NewCheckoutSession& session);
  void start_subscription(Session& session, bool settled);
  /// Moves the period on; false when the subscription ended instead.
  bool next_period(RemoteSubscription& subscription);
  RemoteInvoice& add_invoice(RemoteSubscription& subscription, std::int64_t total, bool renewal);
  RemoteInvoice& add_period_invoice(RemoteSubscription& subscription, bool renewal);
  /// Charges what the invoice asks for; false when the card declines.
  bool charge(RemoteInvoice& invoice);
  void show_latest(RemoteSubscription& subscription);
  void finish(RemoteSubscription& subscription, Timestamp at);
  bool has_method(const RemoteSubscription& subscription) const;
  Result<Quote> quote(const RemoteSubscription& subscription, const PlanChange& change) const;
  Result<RemoteSubscription> apply_plan(const PlanChange& change);
  Result<RemoteRefund> add_refund(const std::string& payment, std::optional<std::int64_t> amount,
                                  const std::string& reference, const std::string& key);
  Result<RemoteSubscription*> find_subscription(const std::string& id);
  std::string add_method(const std::string& customer);

  std::recursive_mutex plan_mutex_;  // a plan may also call
  mutable std::mutex mutex_;
  int counter_ = 0;
  int calls_total_ = 0;
  int fault_call_ = 0;  ///< the number of the call that fault_at named; 0: none
  Fault fault_ = Fault::kNone;
  std::string faulted_;
  std::map<std::string, int> calls_;
  std::vector<std::string> called_as_;
  std::map<std::string, Known> keys_;
  std::map<std::string, Customer> customers_;
  std::map<std::string, std::string> products_;
  std::map<std::string, Price> prices_;
  std::map<std::string, Session, ByAge> sessions_;
  std::map<std::string, RemoteSubscription, ByAge> subscriptions_;
  std::vector<RemoteInvoice> invoices_;  ///< oldest first
  std::map<std::string, Method> methods_;
  std::map<std::string, RemoteSetupIntent> setup_intents_;
  std::vector<Payment> payments_;
  std::vector<Refund> refunds_;
  std::map<std::string, RemoteDispute> disputes_;
  std::vector<ProviderEvent> happened_;  ///< oldest first
};

/// The errors of the port.
Error provider_unavailable();
Error provider_refused(const std::string& code, const std::string& message);
Error payment_declined(const std::string& code);

template <class T>
Result<T> FakeProvider::once(const ProviderCredentials& as, const std::string& call,
                             const std::string& key, const std::string& parameters,
                             const std::function<Result<T>()>& make) {
  constexpr Millis kRemembered{24LL * 3'600'000};
  const Fault planned = fault(as, call);
  if (planned == Fault::kUnavailable) return provider_unavailable();
  if (planned == Fault::kRefuse) return provider_refused("parameter_invalid", "No.");
  if (key.empty()) return provider_refused("key_missing", call + " without an idempotency key");
  std::lock_guard lock(mutex_);
  const std::string scope = as.connected_account + "/" + key;
  auto known = keys_.find(scope);
  if (known != keys_.end() && now() - known->second.at > kRemembered) {
    keys_.erase(known);
    known = keys_.end();
  }
  if (known == keys_.end()) {
    Result<T> made = make();
    // What was not even begun may be asked for again; a decline is an answer like any other.
    if (!made && made.error().code != ErrorCode::kPaymentFailed) return made;
    known = keys_.emplace(scope, Known{call + "|" + parameters, std::move(made), now()}).first;
  } else if (known->second.parameters != call + "|" + parameters) {
    return provider_refused("idempotency_error", "The key was used with other parameters.");
  }
  if (planned == Fault::kLoseAnswer) return provider_unavailable();
  return std::any_cast<Result<T>>(known->second.answer);
}

template <class T>
Result<T> FakeProvider::read(const ProviderCredentials& as, const std::string& call,
                             const std::function<Result<T>()>& look) {
  const Fault planned = fault(as, call);
  if (planned == Fault::kRefuse) return provider_refused("parameter_invalid", "No.");
  if (planned != Fault::kNone) return provider_unavailable();
  std::lock_guard lock(mutex_);
  return look();
}

}  // namespace purser::app::testing
