#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "app/events.hpp"
#include "app/fulfilment.hpp"
#include "app/items.hpp"
#include "app/purchase_book.hpp"
#include "app/remote_objects.hpp"
#include "app/remote_state.hpp"
#include "app/sales.hpp"
#include "app/sold.hpp"

namespace purser::app {
namespace {

constexpr Millis kMinute{60'000};
constexpr Millis kHour{3'600'000};
// A session closes 24 hours after it was opened (https://docs.stripe.com/api/checkout/sessions);
// an hour later at most, the sweep has seen it. Slow payment methods take up to two weeks more.
constexpr Millis kFrequentChecks{25 * kHour.count};
constexpr Millis kGiveUp{30LL * 24 * kHour.count};
constexpr int kMostInvoices = 100;

/// How long after sweep number `checks` the next one comes.
Millis check_delay(int checks, Millis age) {
  constexpr std::array<Millis, 3> kDelays = {Millis{2 * kMinute.count}, Millis{10 * kMinute.count},
                                             kHour};
  if (checks <= static_cast<int>(kDelays.size())) {
    return kDelays[static_cast<std::size_t>(checks - 1)];
  }
  return age < kFrequentChecks ? kHour : Millis{6 * kHour.count};
}

Status close(StoreBatch& batch, Checkout checkout, CheckoutState state, std::string_view event,
             const std::string& reason, const std::string& payment_ref) {
  checkout.state = state;
  PURSER_CHECK_OK(batch.update_checkout(checkout));
  return append_event(
      batch, checkout.customer, event,
      {{"checkout_id", checkout.id.str()}, {"payment_ref", payment_ref}, {"reason", reason}});
}

/// The session is over and nothing was paid.
Status expire(StoreBatch& batch, Checkout checkout, const std::string& reason) {
  // On its purchase page the buyer can still choose again: another choice closed this session.
  if (page_is_usable(checkout, batch.now())) {
    reopen_page(checkout);
    return batch.update_checkout(checkout);
  }
  return close(batch, std::move(checkout), CheckoutState::kExpired, "checkout.expired", reason, "");
}

/// The subscription that the session began, with its invoices.
Status fetch_subscription(PaymentProvider& provider, const ProviderCredentials& as,
                          SessionReport& report) {
  const std::string& ref = report.session.subscription;
  if (ref.empty()) return {};  // a difference from what was sold, found below
  PURSER_TRY(report.subscription, provider.subscription(as, ref));
  const std::optional<RemoteInvoice>& latest = report.subscription->latest_invoice;
  if (!latest) return {};
  report.invoices = {*latest};
  if (!latest->is_renewal) return {};
  // We hear of it so late that it was renewed meanwhile.
  PURSER_TRY(report.invoices, provider.invoices_of(as, ref, kMostInvoices));
  std::reverse(report.invoices.begin(), report.invoices.end());
  return {};
}

/// Concludes one checkout in one batch.
class Settlement {
 public:
  Settlement(StoreBatch& batch, Ids& ids, Millis grace, const SessionReport& report)
      : batch_(batch), ids_(ids), grace_(grace), report_(report), book_(batch, ids, grace) {}

  Status conclude(const Checkout& checkout);

 private:
  Status alarm(const Checkout& checkout, const std::string& reason);
  Status give_back(const Checkout& checkout, const std::string& reason);
  Status fulfil(Checkout checkout, const domain::Purchase& purchase);
  Status record_payment(const Checkout& checkout, const domain::Purchase& purchase);
  Result<bool> is_counted(const ProjectId& project);
  Result<std::string> obstacle(const Checkout& checkout, const domain::Purchase& purchase);
  domain::Purchase sold_purchase(const Checkout& checkout) const;
  std::string payment_ref() const;

  StoreBatch& batch_;
  Ids& ids_;
  Millis grace_;
  const SessionReport& report_;
  PurchaseBook book_;
};

Status Settlement::conclude(const Checkout& checkout) {
  if (report_.session.status == RemoteCheckoutSession::Status::kExpired) {
    return expire(batch_, checkout, "not paid in time");
  }
  PURSER_TRY(const std::string differs, difference(batch_, checkout, report_));
  if (!differs.empty()) return alarm(checkout, differs);
  PURSER_TRY(const bool counted, is_counted(checkout.customer.project));
  if (counted) return alarm(checkout, "payment counted already");
  const domain::Purchase purchase = sold_purchase(checkout);
  if (purchase.subscription) {
    const domain::Subscription& subscription = *purchase.subscription;
    if (domain::is_final(subscription.status)) return alarm(checkout, "subscription has ended");
    // Paid, but without access for now: the event about its next payment comes here again.
    if (!domain::gives_access(subscription, grace_, batch_.now())) return {};
  }
  PURSER_TRY(const std::string hindered, obstacle(checkout, purchase));
  if (!hindered.empty()) return give_back(checkout, hindered);
  return fulfil(checkout, purchase);
}

/// What must not count twice: the first payment; of a sale over nothing, the session itself.
std::string Settlement::payment_ref() const {
  std::string payment = report_.session.payment_ref;
  if (!report_.invoices.empty()) payment = report_.invoices.front().payment_ref;
  return payment.empty() ? report_.session.id : payment;
}

Result<bool> Settlement::is_counted(const ProjectId& project) {
  PURSER_TRY(const auto by_payment, batch_.purchase_by_payment(project, payment_ref()));
  if (by_payment || !report_.subscription) return by_payment.has_value();
  PURSER_TRY(const auto by_subscription,
             batch_.purchase_by_subscription(project, report_.subscription->id));
  return by_subscription.has_value();
}

domain::Purchase Settlement::sold_purchase(const Checkout& checkout) const {
  domain::Purchase purchase = purchase_of(checkout, PurchaseId(ids_.unique_id()),
                                          domain::PurchaseOrigin::kStripe, batch_.now());
  purchase.payment_ref = payment_ref();
  if (!report_.subscription) return purchase;
  purchase.subscription = subscription_of(*report_.subscription, std::nullopt);
  // The provider's instant, so that repeats and periods coincide; the first period's, however late
  // we hear of it.
  purchase.anchor = report_.subscription->current_period_start;
  if (report_.invoices.size() > 1) {
    purchase.anchor = report_.invoices.front().period_start.value_or(purchase.anchor);
  }
  return purchase;
}

/// Why a paid checkout cannot be granted any more; empty when it can.
Result<std::string> Settlement::obstacle(const Checkout& checkout,
                                         const domain::Purchase& purchase) {
  const Status exists = require_customer_exists(batch_, checkout.customer);
  if (!exists) {
    if (exists.error().code == ErrorCode::kStoreUnavailable) return exists.error();
    return std::string("the customer was deleted");
  }
  PURSER_TRY(const std::vector<domain::Purchase> owned, book_.owned(checkout.customer));
  const Status allowed = domain::check_order(
      {checkout.product, checkout.price, checkout.quantity, checkout.customer, false}, owned);
  if (!allowed) return std::string(error_row(allowed.error().code).name);
  const Status fits = book_.check_grants(purchase);
  if (fits) return std::string();
  if (fits.error().code != ErrorCode::kQuantityOutOfRange) return fits.error();
  return std::string("a balance would leave its range");
}

Status Settlement::alarm(const Checkout& checkout, const std::string& reason) {
  return close(batch_, checkout, CheckoutState::kAlarmed, "checkout.alarm", reason,
               report_.session.payment_ref);
}

Status Settlement::give_back(const Checkout& checkout, const std::string& reason) {
  const ProjectId& project = checkout.customer.project;
  std::vector<std::string> payments;
  if (!report_.session.payment_ref.empty()) payments = {report_.session.payment_ref};
  for (const RemoteInvoice& invoice : report_.invoices) {
    const bool charged = invoice.amount_paid > 0 && !invoice.payment_ref.empty();
    if (charged) payments.push_back(invoice.payment_ref);
  }
  PURSER_CHECK_OK(close(batch_, checkout, CheckoutState::kRefunded, "checkout.refunded", reason,
                        payments.empty() ? std::string() : payments.front()));
  if (report_.subscription) {
    PURSER_CHECK_OK(book_.intend(project, "purser-end-" + checkout.id.str(), kEndSubscription,
                                 report_.subscription->id));
  }
  for (const std::string& payment : payments) {
    std::string id = "purser-refund-" + checkout.id.str();
    if (payment != payments.front()) id += "-" + payment;  // of a renewal that came meanwhile
    PURSER_CHECK_OK(book_.intend(project, std::move(id), kRefundPayment, payment));
  }
  return {};
}

Status Settlement::fulfil(Checkout checkout, const domain::Purchase& purchase) {
  PURSER_TRY(const bool first_trial, use_trial(batch_, checkout));
  if (!first_trial) {
    PURSER_CHECK_OK(book_.intend(checkout.customer.project, "purser-end-trial-" + checkout.id.str(),
                                 kEndTrial, report_.session.subscription));
  }
  // The new plan is paid: only now the old one ends.
  PURSER_CHECK_OK(book_.replace_for(checkout.product, checkout.customer));
  PURSER_CHECK_OK(
      book_.open(purchase, {TransactionKind::kPurchase, checkout.total, purchase.payment_ref}));
  PURSER_CHECK_OK(record_payment(checkout, purchase));
  checkout.state = CheckoutState::kCompleted;
  checkout.purchase = purchase.id;
  return batch_.update_checkout(checkout);
}

Status Settlement::record_payment(const Checkout& checkout, const domain::Purchase& purchase) {
  if (report_.subscription) {
    if (report_.invoices.empty()) return {};
    // Later ones are renewals, which the subscription's next look records.
    return batch_.put_invoice(
        invoice_of(report_.invoices.front(), checkout.customer, purchase.id, std::nullopt));
  }
  Invoice invoice;
  invoice.id = purchase.id.str();
  invoice.customer = checkout.customer;
  invoice.purchase = purchase.id;
  invoice.status = InvoiceStatus::kPaid;
  invoice.total = checkout.total;
  invoice.amount_paid = checkout.total.minor_units();
  invoice.payment_ref = report_.session.payment_ref;
  invoice.created_at = batch_.now();
  return batch_.put_invoice(invoice);
}

}  // namespace

Status Sales::settle(const ProjectId& project, const std::string& session_ref) {
  const auto context = registry_.project(project);
  if (!context) return {};
  PURSER_TRY(const std::optional<Checkout> known,
             store_.view()->checkout_by_session(project, session_ref));
  if (!known || known->state != CheckoutState::kOpen) return {};
  PURSER_TRY(const ProviderConnection connection, access_.connect(*context));
  SessionReport report;
  report.account_id = connection.account.id;
  PURSER_TRY(report.session, access_.provider().checkout_session(connection.as, session_ref));
  using SessionStatus = RemoteCheckoutSession::Status;
  const bool paid = report.session.status == SessionStatus::kComplete && report.session.paid;
  // Open, or complete but unpaid: a slow payment method; its success or failure comes later.
  if (!paid && report.session.status != SessionStatus::kExpired) return {};
  // Another account does not know it.
  if (paid && report.account_id == known->account_id) {
    PURSER_CHECK_OK(fetch_subscription(access_.provider(), connection.as, report));
  }
  const Millis grace = grace_of(context->project.settings);
  return engine_.apply([&](StoreBatch& batch) -> Status {
    PURSER_TRY(const std::optional<Checkout> checkout, batch.checkout(project, known->id));
    // Another event about the same session may have been faster.
    const bool stands =
        checkout && checkout->state == CheckoutState::kOpen && checkout->session_ref == session_ref;
    if (!stands) return {};
    return Settlement(batch, ids_, grace, report).conclude(*checkout);
  });
}

Status Sales::settle_checkout(const ProjectId& project, const CheckoutId& id) {
  PURSER_TRY(const std::optional<Checkout> checkout,
             store_.view()->checkout(project, referenced_checkout(id.str())));
  if (!checkout || checkout->session_ref.empty()) return {};
  return settle(project, checkout->session_ref);
}

Result<int> Sales::sweep_checkouts(int limit) {
  PURSER_TRY(const std::vector<Checkout> due, store_.view()->due_checkouts(clock_.now(), limit));
  std::optional<Error> failed;
  for (const Checkout& checkout : due) {
    const Status settled = settle(checkout.customer.project, checkout.session_ref);
    if (!settled) failed = settled.error();
    // Also after a failure: one checkout that cannot be looked at must not hold up the others.
    PURSER_CHECK_OK(reschedule(checkout));
  }
  if (failed) return *std::move(failed);
  return static_cast<int>(due.size());
}

Status Sales::reschedule(const Checkout& checkout) {
  return engine_.apply([&](StoreBatch& batch) -> Status {
    PURSER_TRY(std::optional<Checkout> current,
               batch.checkout(checkout.customer.project, checkout.id));
    if (!current || current->state != CheckoutState::kOpen) return {};
    const Millis age = batch.now() - current->created_at;
    if (age > kGiveUp) {
      return expire(batch, *std::move(current), "the provider did not conclude it in 30 days");
    }
    ++current->checks;
    current->next_check_at = batch.now() + check_delay(current->checks, age);
    return batch.update_checkout(*current);
  });
}

}  // namespace purser::app
