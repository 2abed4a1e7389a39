#pragma once

// What the application asks of a payment provider, in the application's words. Calls block; they
// run on worker threads, never inside a store batch.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/records.hpp"
#include "domain/subscription.hpp"
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
/// What an administrator sees of the account.
struct ProviderAccountState {
  std::string id;
  bool livemode = false;
  bool charges_enabled = false;
  bool details_submitted = false;
  bool payouts_enabled = false;
};

using Metadata = std::vector<std::pair<std::string, std::string>>;

struct NewRemoteCustomer {
  std::string display_name;
  std::optional<std::string> email;
  Metadata metadata;
};

struct NewRemotePrice {
  std::string product;  ///< prod_…
  Money amount;
  std::optional<CalendarInterval> interval;  ///< absent: one-time. More than the provider takes
                                             ///< (three years) is refused by it
  std::string reference;
};

struct NewCheckoutSession {
  std::string customer;  ///< cus_…
  std::string price;     ///< price_…
  std::int64_t quantity = 1;
  bool is_subscription = false;
  std::optional<Timestamp> trial_end;  ///< only for subscriptions; at least 48 hours away, else the
                                       ///< provider refuses: days are then given
  std::optional<int> trial_days;       ///< 1–730; instead of trial_end
  /// Paid in a form inside the shop's own page, for which the session has a client secret, instead
  /// of on a page of the provider; the buyer then comes to `success_url` in any case.
  bool is_embedded = false;
  std::string success_url;
  std::string cancel_url;
  std::string reference;  ///< our checkout id (client_reference_id, and metadata purser_checkout of
                          ///< the session, its subscription and its payment)
  /// When this checkout was first asked for. A key that old may be forgotten by the provider, so a
  /// session with our reference is then looked up before one is made. The epoch: just now.
  Timestamp asked_at;
};

struct RemoteCheckoutSession {
  std::string id;
  std::string url;       ///< where the buyer pays; empty once it is closed, and for an embedded one
  Secret client_secret;  ///< of an open embedded one, for the provider's script; else empty
  enum class Status { kOpen, kComplete, kExpired } status = Status::kOpen;
  bool paid = false;  ///< paid, or nothing was to be paid
  std::optional<Money> amount_total;
  std::string payment_ref;   ///< pi_…; empty while there is none, and for subscriptions
  std::string subscription;  ///< sub_…; empty while there is none
  std::string reference;     ///< what we gave
  std::string customer;
  bool livemode = false;
};

/// An invoice as the provider has it.
struct RemoteInvoice {
  std::string id;  ///< in_…
  std::string number;
  InvoiceStatus status = InvoiceStatus::kDraft;
  Money total{0, *Currency::parse("USD")};
  std::int64_t amount_paid = 0;  ///< minor units
  std::string payment_ref;       ///< pi_…; empty for none
  std::string hosted_url;
  std::string customer;
  std::string subscription;               ///< sub_…; empty for none
  bool is_renewal = false;                ///< billing_reason subscription_cycle
  std::optional<Timestamp> period_start;  ///< of what it pays for: its (non-proration) line
  std::optional<Timestamp> period_end;
  Timestamp created_at;
  bool livemode = false;
};

/// A subscription as the provider has it now.
struct RemoteSubscription {
  std::string id;  ///< sub_…
  std::string customer;
  domain::SubscriptionStatus status = domain::SubscriptionStatus::kIncomplete;
  std::string item;   ///< si_… of its only item
  std::string price;  ///< price_…
  std::int64_t quantity = 1;
  Money unit_amount{0, *Currency::parse("USD")};
  std::optional<CalendarInterval> interval;
  Timestamp billing_anchor;
  Timestamp current_period_start;
  Timestamp current_period_end;
  std::optional<Timestamp> trial_end;
  bool cancel_at_period_end = false;
  std::optional<Timestamp> ended_at;
  std::string default_payment_method;  ///< pm_…; empty: the customer's
  std::optional<RemoteInvoice> latest_invoice;
  std::string reference;  ///< metadata purser_checkout
  bool livemode = false;
};

/// A change of a subscription's plan.
struct PlanChange {
  std::string subscription;  ///< sub_…
  std::string item;          ///< si_…
  std::string price;         ///< price_… of the new plan
  std::int64_t quantity = 1;
  /// true: charged (or credited) now, prorated; a declined payment changes nothing. false: nothing
  /// is charged, the new price counts from the next renewal on.
  bool prorate = true;
  Timestamp asked_at;  ///< the instant for which it is prorated; the epoch: the provider's now
};
/// What a plan change would cost.
struct PlanPreview {
  Money due_now{0, *Currency::parse("USD")};  ///< ≥ 0; what a credit leaves is not paid out
  Money next_renewal{0, *Currency::parse("USD")};
  Timestamp next_renewal_at;
  struct Line {
    std::string description;
    std::int64_t amount = 0;  ///< minor units, may be negative
    bool is_proration = false;
    Timestamp period_start;
    Timestamp period_end;
  };
  std::vector<Line> lines;  ///< of what is due now
};

struct RemotePaymentMethod {
  std::string id;     ///< pm_…
  std::string brand;  ///< "visa"; empty: not a card
  std::string last4;  ///< empty: not a card
  std::optional<int> exp_month;
  std::optional<int> exp_year;
};
struct RemoteSetupIntent {
  std::string id;  ///< seti_…
  Secret client_secret;
  bool succeeded = false;
  std::string customer;
  std::string payment_method;  ///< pm_…; empty until it succeeded
};

struct NewRefund {
  std::string payment_ref;
  std::optional<Money> amount;  ///< absent: all that is left
  std::string reason;           ///< "duplicate", "fraudulent", "requested_by_customer" or empty
  std::string reference;        ///< metadata purser_refund
  Timestamp asked_at;           ///< as in NewCheckoutSession: looked up by reference when that old
};
struct RemoteRefund {
  std::string id;  ///< re_…
  std::string payment_ref;
  Money amount{0, *Currency::parse("USD")};
  enum class Status { kPending, kSucceeded, kFailed } status = Status::kPending;
  std::string reference;
  std::string failure_reason;
  Timestamp created_at;
};
struct RemoteDispute {
  std::string id;  ///< dp_…
  std::string payment_ref;
  Money amount{0, *Currency::parse("USD")};
  DisputeState state = DisputeState::kOpen;
  Timestamp created_at;
  bool livemode = false;
};

/// What an event is about.
enum class ProviderObject : std::uint8_t {
  kOther,  ///< nothing that we follow
  kCheckoutSession,
  kSubscription,  ///< object_id is the subscription's, for events about its invoices too
  kInvoice,       ///< an invoice that names no subscription in the event
  kPayment,       ///< refunds: object_id is the payment's (pi_…)
  kDispute,
  kAccount,
};
/// A verified webhook event.
struct ProviderEvent {
  std::string id;
  std::string type;
  std::string object_id;  ///< id of data.object
  ProviderObject about = ProviderObject::kOther;
  std::string subject;  ///< id of what `about` says; object_id where they are the same
  std::string account;  ///< connected account; empty for the key's own
  bool livemode = false;
  Timestamp created_at;  ///< when it happened
};

/// A page of the account's events, newest first.
struct ProviderEventPage {
  std::vector<ProviderEvent> events;
  /// What lists the next page; absent on the last one.
  std::optional<std::string> next_after;
};

struct RemoteWebhookEndpoint {
  std::string id;
  Secret secret;
};

/// Errors of every call: kPaymentProviderUnavailable when it is not known whether it happened
/// (timeouts, 5xx, exhausted 409/429): the same call with the same idempotency key must be
/// repeated; kPaymentProviderRefused (details.provider_code, details.provider_message) when it
/// certainly did not; kPaymentFailed (details.decline_code, which may be empty) when a payment was
/// declined and nothing else happened. Thread-safe.
class PaymentProvider {
 public:
  virtual ~PaymentProvider() = default;

  virtual Result<ProviderAccount> account(const ProviderCredentials& as) = 0;
  virtual Result<ProviderAccountState> account_state(const ProviderCredentials& as) = 0;
  /// A new account connected to the key's own (the platform's). Answers acct_….
  virtual Result<std::string> create_connected_account(const ProviderCredentials& as,
                                                       const Metadata& metadata,
                                                       const std::string& idempotency_key) = 0;
  /// A URL where the owner of a connected account enters what the provider wants to know. Each
  /// works once and for minutes, so it is made anew whenever asked for.
  virtual Result<std::string> create_onboarding_link(const ProviderCredentials& as,
                                                     const std::string& connected_account,
                                                     const std::string& refresh_url,
                                                     const std::string& return_url) = 0;

  virtual Result<std::string> create_customer(const ProviderCredentials& as,
                                              const NewRemoteCustomer& customer,
                                              const std::string& idempotency_key) = 0;
  virtual Result<std::string> create_product(const ProviderCredentials& as, const std::string& name,
                                             const std::string& reference,
                                             const std::string& idempotency_key) = 0;
  virtual Result<std::string> create_price(const ProviderCredentials& as,
                                           const NewRemotePrice& price,
                                           const std::string& idempotency_key) = 0;
  virtual Result<RemoteCheckoutSession> create_checkout_session(
      const ProviderCredentials& as, const NewCheckoutSession& session,
      const std::string& idempotency_key) = 0;
  virtual Result<RemoteCheckoutSession> checkout_session(const ProviderCredentials& as,
                                                         const std::string& id) = 0;
  /// Closes an open session, so that nobody can pay it any more. One that is closed already: ok.
  virtual Status expire_checkout_session(const ProviderCredentials& as, const std::string& id,
                                         const std::string& idempotency_key) = 0;

  virtual Result<RemoteSubscription> subscription(const ProviderCredentials& as,
                                                  const std::string& id) = 0;
  /// Changes the plan. Errors besides the common ones: kPaymentFailed.
  virtual Result<RemoteSubscription> change_plan(const ProviderCredentials& as,
                                                 const PlanChange& change,
                                                 const std::string& idempotency_key) = 0;
  virtual Result<PlanPreview> preview_plan(const ProviderCredentials& as,
                                           const PlanChange& change) = 0;
  virtual Result<RemoteSubscription> set_cancel_at_period_end(
      const ProviderCredentials& as, const std::string& subscription, bool cancel,
      const std::string& idempotency_key) = 0;
  /// Ends it now. `credit_unused`: unused time becomes a credit on the customer's balance, which
  /// the next invoices use up. One that has ended already: ok.
  virtual Status end_subscription(const ProviderCredentials& as, const std::string& subscription,
                                  bool credit_unused, const std::string& idempotency_key) = 0;
  /// Ends a trial now; a first period that cannot be paid is past due then. No longer trialing: ok.
  virtual Status end_trial(const ProviderCredentials& as, const std::string& subscription,
                           const std::string& idempotency_key) = 0;
  virtual Result<RemoteInvoice> invoice(const ProviderCredentials& as, const std::string& id) = 0;
  /// A subscription's invoices, newest first, at most `limit` (1–100).
  virtual Result<std::vector<RemoteInvoice>> invoices_of(const ProviderCredentials& as,
                                                         const std::string& subscription,
                                                         int limit) = 0;

  /// The customer's invoice_settings.default_payment_method; absent when there is none.
  virtual Result<std::optional<RemotePaymentMethod>> default_payment_method(
      const ProviderCredentials& as, const std::string& customer) = 0;
  virtual Result<RemoteSetupIntent> create_setup_intent(const ProviderCredentials& as,
                                                        const std::string& customer,
                                                        const std::string& idempotency_key) = 0;
  virtual Result<RemoteSetupIntent> setup_intent(const ProviderCredentials& as,
                                                 const std::string& id) = 0;
  /// Attaches the method to the customer (attached already: ok) and makes it the customer's
  /// default.
  virtual Result<RemotePaymentMethod> set_default_payment_method(
      const ProviderCredentials& as, const std::string& customer, const std::string& payment_method,
      const std::string& idempotency_key) = 0;
  virtual Status set_subscription_payment_method(const ProviderCredentials& as,
                                                 const std::string& subscription,
                                                 const std::string& payment_method,
                                                 const std::string& idempotency_key) = 0;

  /// A refund that would exceed what is left is refused: kPaymentProviderRefused with
  /// provider_code "charge_already_refunded" or the provider's own.
  virtual Result<RemoteRefund> create_refund(const ProviderCredentials& as, const NewRefund& refund,
                                             const std::string& idempotency_key) = 0;
  /// Every refund of a payment, oldest first.
  virtual Result<std::vector<RemoteRefund>> refunds_of(const ProviderCredentials& as,
                                                       const std::string& payment_ref) = 0;
  virtual Result<RemoteDispute> dispute(const ProviderCredentials& as, const std::string& id) = 0;

  /// The account's events that we handle and that happened at `since` or later; of those that
  /// happened more than 30 days ago the provider knows none any more. `after`: empty, or a page's
  /// next_after. Source: https://docs.stripe.com/api/events/list
  virtual Result<ProviderEventPage> events(const ProviderCredentials& as, Timestamp since,
                                           const std::string& after) = 0;

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
