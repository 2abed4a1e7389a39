#include "app/settlement.hpp"

#include <string_view>
#include <utility>
#include <vector>

#include "app/events.hpp"
#include "app/fulfilment.hpp"
#include "app/given_back.hpp"
#include "app/items.hpp"
#include "app/purchase_book.hpp"
#include "app/remote_report.hpp"
#include "app/remote_state.hpp"
#include "domain/purchase.hpp"

namespace purser::app {
namespace {

Status close(StoreBatch& batch, Checkout checkout, CheckoutState state, std::string_view event,
             const std::string& reason, const std::string& payment_ref) {
  checkout.state = state;
  PURSER_CHECK_OK(batch.update_checkout(checkout));
  return append_event(
      batch, checkout.customer, event,
      {{"checkout_id", checkout.id.str()}, {"payment_ref", payment_ref}, {"reason", reason}});
}

/// Concludes one checkout in one batch.
class Settlement {
 public:
  Settlement(StoreBatch& batch, Ids& ids, Millis grace, const SessionReport& report)
      : batch_(batch), ids_(ids), grace_(grace), report_(report), book_(batch, ids, grace) {}

  Status conclude(const Checkout& checkout);
  /// Intends to refund every payment that was made. A refund gives back what is left, so asking
  /// twice gives back once.
  Status refund_payments(const Checkout& checkout);

 private:
  Status alarm(const Checkout& checkout, const std::string& reason);
  Status give_back(const Checkout& checkout, const std::string& reason);
  Status fulfil(Checkout checkout, const domain::Purchase& purchase);
  Status record_payment(const Checkout& checkout, const domain::Purchase& purchase);
  Result<bool> is_counted(const ProjectId& project);
  Result<std::string> obstacle(const Checkout& checkout, const domain::Purchase& purchase);
  domain::Purchase sold_purchase(const Checkout& checkout) const;
  void begin_with_first_period(domain::Purchase& purchase) const;
  bool is_late() const { return report_.invoices.size() > 1; }
  /// Whether what was sold gives access now; absent: it never will.
  std::optional<bool> access() const;
  std::string first_payment() const;
  std::string payment_ref() const;
  std::vector<std::string> payments() const;

  StoreBatch& batch_;
  Ids& ids_;
  Millis grace_;
  const SessionReport& report_;
  PurchaseBook book_;
};

Status Settlement::conclude(const Checkout& checkout) {
  if (report_.session.status == RemoteCheckoutSession::Status::kExpired) {
    return expire_checkout(batch_, checkout, "not paid in time");
  }
  PURSER_TRY(const std::string differs, difference(batch_, checkout, report_));
  if (!differs.empty()) return alarm(checkout, differs);
  PURSER_TRY(const bool counted, is_counted(checkout.customer.project));
  if (counted) return alarm(checkout, "payment counted already");
  const std::optional<bool> access = this->access();
  // Whatever became of it since, what was sold late began, and its first period was paid for.
  const bool began = is_late() && report_.invoices.front().status == InvoiceStatus::kPaid;
  if (!access && !began) return give_back(checkout, "the subscription has ended");
  if (access && !*access && !began) return {};  // the event about its next payment comes again
  const domain::Purchase purchase = sold_purchase(checkout);
  PURSER_TRY(const std::string hindered, obstacle(checkout, purchase));
  if (!hindered.empty()) return give_back(checkout, hindered);
  return fulfil(checkout, purchase);
}

std::optional<bool> Settlement::access() const {
  if (!report_.subscription) return true;
  const domain::Subscription now = subscription_of(*report_.subscription, std::nullopt);
  if (domain::is_final(now.status)) return std::nullopt;
  return domain::gives_access(now, grace_, batch_.now());
}

/// The first payment; empty when nothing was charged.
std::string Settlement::first_payment() const {
  if (!report_.invoices.empty()) return report_.invoices.front().payment_ref;
  return report_.session.payment_ref;
}

/// What must not count twice: the first payment; of a sale over nothing, the session itself.
std::string Settlement::payment_ref() const {
  const std::string payment = first_payment();
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
  if (is_late()) begin_with_first_period(purchase);
  // The provider's instant, so that repeats and periods coincide.
  purchase.anchor = purchase.subscription->current_period_start;
  return purchase;
}

/// As it was when it was sold; what came since then is applied like any other report.
void Settlement::begin_with_first_period(domain::Purchase& purchase) const {
  const RemoteInvoice& first = report_.invoices.front();
  domain::Subscription& subscription = *purchase.subscription;
  const Timestamp renewed_at = report_.subscription->current_period_start;
  const bool began_with_trial = report_.subscription->trial_end.has_value();
  subscription.status = began_with_trial ? domain::SubscriptionStatus::kTrialing
                                         : domain::SubscriptionStatus::kActive;
  subscription.current_period_start = first.period_start.value_or(first.created_at);
  subscription.current_period_end =
      began_with_trial ? *report_.subscription->trial_end : first.period_end.value_or(renewed_at);
  subscription.paid_through = subscription.current_period_end;
  subscription.cancel_at_period_end = false;
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
               first_payment());
}

/// All that were charged, oldest first.
std::vector<std::string> Settlement::payments() const {
  std::vector<std::string> payments = charged_payments(report_.invoices);
  const std::string& own = report_.session.payment_ref;
  if (!own.empty()) payments.insert(payments.begin(), own);
  return payments;
}

Status Settlement::give_back(const Checkout& checkout, const std::string& reason) {
  const std::vector<std::string> payments = this->payments();
  PURSER_CHECK_OK(close(batch_, checkout, CheckoutState::kRefunded, "checkout.refunded", reason,
                        payments.empty() ? std::string() : payments.front()));
  if (report_.subscription) {
    PURSER_CHECK_OK(book_.intend(checkout.customer.project, "purser-end-" + checkout.id.str(),
                                 kGiveBackSubscription, report_.subscription->id));
  }
  return refund_payments(checkout);
}

Status Settlement::refund_payments(const Checkout& checkout) {
  for (const std::string& payment : payments()) {
    PURSER_CHECK_OK(intend_refund(batch_, checkout.customer.project, payment, checkout.id));
  }
  return {};
}

Status Settlement::fulfil(Checkout checkout, const domain::Purchase& purchase) {
  PURSER_TRY(const bool first_trial, use_trial(batch_, checkout));
  if (!first_trial) {
    PURSER_CHECK_OK(book_.intend(checkout.customer.project, "purser-end-trial-" + checkout.id.str(),
                                 kEndTrial, report_.session.subscription));
  }
  // The new plan is paid: only now the old one ends. One that is over already replaces nothing.
  if (access()) PURSER_CHECK_OK(book_.replace_for(checkout.product, checkout.customer));
  PURSER_CHECK_OK(
      book_.open(purchase, {TransactionKind::kPurchase, checkout.total, purchase.payment_ref}));
  PURSER_CHECK_OK(record_payment(checkout, purchase));
  if (is_late()) {
    const SubscriptionReport since{*report_.subscription, report_.invoices, report_.account};
    PURSER_CHECK_OK(apply_report(batch_, book_, checkout.customer.project, since));
  }
  checkout.state = CheckoutState::kCompleted;
  checkout.purchase = purchase.id;
  return batch_.update_checkout(checkout);
}

Status Settlement::record_payment(const Checkout& checkout, const domain::Purchase& purchase) {
  if (report_.subscription) {
    if (report_.invoices.empty()) return {};
    const RemoteInvoice& first = report_.invoices.front();
    PURSER_TRY(const std::optional<Invoice> known,
               batch_.invoice(checkout.customer.project, first.id));
    return batch_.put_invoice(invoice_of(first, checkout.customer, purchase.id, known));
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

Status expire_checkout(StoreBatch& batch, Checkout checkout, const std::string& reason) {
  // On its purchase page the buyer can still choose again: another choice closed this session.
  if (page_is_usable(checkout, batch.now())) {
    reopen_page(checkout);
    return batch.update_checkout(checkout);
  }
  return close(batch, std::move(checkout), CheckoutState::kExpired, "checkout.expired", reason, "");
}

Status conclude_checkout(StoreBatch& batch, Ids& ids, Millis grace, const Checkout& checkout,
                         const SessionReport& report) {
  return Settlement(batch, ids, grace, report).conclude(checkout);
}

Status give_back_since(StoreBatch& batch, Ids& ids, Millis grace, const Checkout& checkout,
                       const SessionReport& report) {
  return Settlement(batch, ids, grace, report).refund_payments(checkout);
}

}  // namespace purser::app
