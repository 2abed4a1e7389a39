#include "app/remote_report.hpp"

#include <algorithm>
#include <utility>

#include "app/alarms.hpp"
#include "app/remote_objects.hpp"
#include "app/remote_state.hpp"

namespace purser::app {
namespace {

using domain::PendingSwitch;
using domain::Subscription;

// Longer than a call can be under way; what the provider does not show by then did not happen.
constexpr Millis kSwitchLost{10LL * 60'000};
constexpr std::string_view kAtPeriodEnd = "/period_end";

bool is_open(InvoiceStatus status) {
  return status == InvoiceStatus::kOpen || status == InvoiceStatus::kDraft;
}

/// Which of a purchase's plans the provider charges for from the next renewal on.
enum class Shown { kCurrent, kSwitching, kPending, kOther };

/// Applies one report in one batch.
class Application {
 public:
  Application(StoreBatch& batch, PurchaseBook& book, const SubscriptionReport& report,
              domain::Purchase purchase)
      : batch_(batch), book_(book), report_(report), purchase_(std::move(purchase)) {}

  Status run();

 private:
  /// A renewal's invoice that is paid now and was not before.
  using Renewals = std::vector<RemoteInvoice>;

  const ProjectId& project() const { return purchase_.customer.project; }
  Result<std::string> difference(Shown shown);
  Result<Shown> shown_plan();
  Result<bool> shows(const domain::Product& product, std::int64_t version, const PriceId& price,
                     Quantity quantity);
  Result<bool> is_stale();
  Status record_invoices();
  Status apply_closed();
  Status apply_running(Shown shown);
  Status apply_switch(const PendingSwitch& switching, const Subscription& now);
  Status apply_pending(const PendingSwitch& pending, const Subscription& now);
  Status apply_renewals(Subscription& now);

  StoreBatch& batch_;
  PurchaseBook& book_;
  const SubscriptionReport& report_;
  domain::Purchase purchase_;
  Renewals renewals_;             ///< oldest first
  std::optional<Money> charged_;  ///< by a new invoice that is no renewal's
};

Result<bool> Application::shows(const domain::Product& product, std::int64_t version,
                                const PriceId& price, Quantity quantity) {
  const RemoteSubscription& remote = report_.subscription;
  const PlanRef plan{product, version, price, referenced_checkout(remote.reference).str()};
  PURSER_TRY(
      const std::optional<std::string> mapped,
      batch_.remote(project(), report_.account.id, RemoteKind::kPrice, remote_price_name(plan)));
  return mapped == remote.price && quantity.value() == remote.quantity;
}

Result<Shown> Application::shown_plan() {
  if (!purchase_.price) return Shown::kOther;
  PURSER_TRY(const bool current, shows(purchase_.product, purchase_.catalog_version,
                                       *purchase_.price, purchase_.quantity));
  if (current) return Shown::kCurrent;
  const auto shows_change = [&](const std::optional<PendingSwitch>& change) -> Result<bool> {
    if (!change) return false;
    return shows(change->product, change->catalog_version, change->price, change->quantity);
  };
  PURSER_TRY(const bool switching, shows_change(purchase_.subscription->switching));
  if (switching) return Shown::kSwitching;
  PURSER_TRY(const bool pending, shows_change(purchase_.subscription->pending));
  return pending ? Shown::kPending : Shown::kOther;
}

/// What differs from what was sold; empty when nothing does.
Result<std::string> Application::difference(Shown shown) {
  const RemoteSubscription& remote = report_.subscription;
  if (remote.livemode != report_.account.livemode) return std::string("livemode");
  PURSER_TRY(const std::optional<std::string> customer,
             batch_.remote(project(), report_.account.id, RemoteKind::kCustomer,
                           remote_name(purchase_.customer)));
  if (customer != remote.customer) return std::string("customer");
  if (domain::is_final(remote.status)) return std::string();  // it charges nothing any more
  // What has ended here forgot the plan that waited, whose price may be shown; it is only ended.
  if (purchase_.status != domain::PurchaseStatus::kActive) return std::string();
  const domain::Price* price =
      purchase_.price ? purchase_.product.find_price(*purchase_.price) : nullptr;
  const bool same_currency =
      price != nullptr && price->amount.currency() == remote.unit_amount.currency();
  if (shown == Shown::kCurrent && !same_currency) return std::string("currency");
  if (shown == Shown::kOther) return std::string(same_currency ? "price" : "currency");
  return std::string();
}

/// Answers that overtake one another must not bring back what is over.
Result<bool> Application::is_stale() {
  const RemoteSubscription& remote = report_.subscription;
  if (remote.current_period_start < purchase_.subscription->current_period_start) return true;
  for (const RemoteInvoice& invoice : report_.invoices) {
    PURSER_TRY(const std::optional<Invoice> known, batch_.invoice(project(), invoice.id));
    if (known && known->status == InvoiceStatus::kPaid && is_open(invoice.status)) return true;
  }
  return false;
}

Status Application::record_invoices() {
  for (const RemoteInvoice& remote : report_.invoices) {
    if (remote.subscription != report_.subscription.id) continue;
    PURSER_TRY(const std::optional<Invoice> known, batch_.invoice(project(), remote.id));
    PURSER_CHECK_OK(
        batch_.put_invoice(invoice_of(remote, purchase_.customer, purchase_.id, known)));
    const bool newly_paid =
        remote.status == InvoiceStatus::kPaid && (!known || known->status != InvoiceStatus::kPaid);
    if (newly_paid && remote.is_renewal) renewals_.push_back(remote);
    if (newly_paid && !remote.is_renewal && !known) {
      charged_ = Money(remote.amount_paid, remote.total.currency());
    }
  }
  return {};
}

/// The period that a renewal's invoice pays for.
struct Period {
  Timestamp start;
  Timestamp end;
};
Period period_of(const RemoteInvoice& invoice, const Subscription& now) {
  return {invoice.period_start.value_or(now.current_period_start),
          invoice.period_end.value_or(now.current_period_end)};
}

/// One newly paid period after the other; the plan that waited for one takes effect with it.
Status Application::apply_renewals(Subscription& now) {
  for (const RemoteInvoice& invoice : renewals_) {
    const Period period = period_of(invoice, now);
    if (now.pending && period.start >= now.pending->at) {
      PURSER_CHECK_OK(apply_pending(*now.pending, now));
      now.pending.reset();
    }
    purchase_.subscription = now;
    PURSER_CHECK_OK(book_.pay_period(purchase_, period.start, period.end));
    PURSER_CHECK_OK(
        book_.renewed(purchase_,
                      {TransactionKind::kRenewal,
                       Money(invoice.amount_paid, invoice.total.currency()), invoice.payment_ref},
                      std::min(period.start, batch_.now())));
    now.paid_through = std::max(now.paid_through, period.end);
  }
  return {};
}

Status Application::run() {
  PURSER_TRY(const Shown shown, shown_plan());
  PURSER_TRY(const std::string differs, difference(shown));
  if (!differs.empty()) {
    return raise_subscription_alarm(batch_, purchase_, report_.subscription, differs);
  }
  PURSER_TRY(const bool stale, is_stale());
  if (stale) return {};
  PURSER_CHECK_OK(record_invoices());
  const bool active = purchase_.status == domain::PurchaseStatus::kActive;
  return active ? apply_running(shown) : apply_closed();
}

/// What has ended here stays so; the provider is told, if it does not know yet.
Status Application::apply_closed() {
  if (domain::is_final(report_.subscription.status)) return {};
  return book_.intend(project(), "purser-end-" + purchase_.id.str(), kEndSubscription,
                      report_.subscription.id);
}

Status Application::apply_running(Shown shown) {
  const Subscription before = *purchase_.subscription;
  Subscription now = subscription_of(report_.subscription, before);
  if (domain::is_final(now.status)) {
    PURSER_CHECK_OK(apply_renewals(now));
    purchase_.subscription = now;
    return book_.update(std::move(purchase_));
  }
  const bool switched = shown == Shown::kSwitching;
  const bool later = before.switching && switching_time(before) == domain::SwitchTime::kPeriodEnd;
  const bool lost =
      before.switching && !switched && batch_.now() - before.switching->at > kSwitchLost;
  if (switched || lost) now.switching.reset();
  if (lost) now.switching_id.clear();
  if (switched && later) {
    now.pending = before.switching;
    now.pending->at = before.current_period_end;
  } else if (switched || (shown == Shown::kCurrent && !now.switching)) {
    now.pending.reset();  // overtaken by another switch, or called off there
  }
  PURSER_CHECK_OK(apply_renewals(now));
  if (switched && !later) return apply_switch(*before.switching, now);
  if (now.pending && now.paid_through > now.pending->at) {
    PURSER_CHECK_OK(apply_pending(*now.pending, now));
    now.pending.reset();
  }
  purchase_.subscription = now;
  return book_.update(std::move(purchase_));
}

/// The switch takes effect. The periods up to it were the old plan's.
Status Application::apply_switch(const PendingSwitch& switching, const Subscription& now) {
  PURSER_TRY(const domain::SwitchPlan plan, plan_of(purchase_, switching));
  domain::Purchase after =
      domain::switched(purchase_, switching.product, switching.catalog_version, plan, batch_.now());
  after.subscription = now;
  // Repeats and periods coincide, and no repeat falls due before its period is paid.
  if (after.anchor != purchase_.anchor) after.anchor = now.current_period_start;
  PURSER_CHECK_OK(book_.switch_plan(purchase_, after, charged_));
  return book_.update(std::move(after));
}

/// The period from which on the pending plan counts has begun and is paid.
Status Application::apply_pending(const PendingSwitch& pending, const Subscription& now) {
  const Timestamp at = pending.at;
  PURSER_TRY(const domain::SwitchPlan plan, plan_of(purchase_, pending));
  domain::Purchase before = purchase_;
  before.subscription = now;
  domain::Purchase after =
      domain::switched(before, pending.product, pending.catalog_version, plan, at);
  after.subscription = now;
  after.subscription->pending.reset();
  PURSER_CHECK_OK(book_.switch_plan(before, after, std::nullopt, at));
  purchase_ = std::move(after);
  return {};
}

bool is_named_after(const std::string& switching_id, const std::string& operation) {
  return switching_id == operation || switching_id == operation + std::string(kAtPeriodEnd);
}

/// Whether the latest invoice is all that can be new here.
bool latest_tells_all(const Subscription& before, const std::vector<Invoice>& recorded,
                      const RemoteSubscription& answer) {
  const std::optional<RemoteInvoice>& latest = answer.latest_invoice;
  bool is_known = false;
  bool follows = false;  // the latest invoice's period follows a recorded one
  for (const Invoice& invoice : recorded) {
    const bool told = latest && invoice.id == latest->id;
    if (is_open(invoice.status) && !told) return false;  // it may be paid by now
    const bool before_it = latest && latest->period_start && invoice.period_end &&
                           invoice.period_end == latest->period_start;
    is_known = is_known || told;
    follows = follows || before_it;
  }
  const bool moved = answer.current_period_start > before.current_period_start;
  if (!latest || !latest->is_renewal) return !moved;
  if (moved && latest->period_start != answer.current_period_start) return false;
  if (is_known) return true;
  // A recorded period that a switch cut short (a trial's, a year's) may also have ended there.
  return moved ? answer.current_period_start == before.current_period_end : follows;
}

}  // namespace

std::string switching_id(const std::string& operation, domain::SwitchTime effective) {
  if (effective == domain::SwitchTime::kNow) return operation;
  return operation + std::string(kAtPeriodEnd);
}

bool is_switching_of(const Subscription& subscription, const std::string& operation) {
  return subscription.switching && is_named_after(subscription.switching_id, operation);
}

bool was_switched_by(const Subscription& subscription, const std::string& operation) {
  return !subscription.switching && is_named_after(subscription.switching_id, operation);
}

domain::SwitchTime switching_time(const Subscription& subscription) {
  return subscription.switching_id.ends_with(kAtPeriodEnd) ? domain::SwitchTime::kPeriodEnd
                                                           : domain::SwitchTime::kNow;
}

std::string switching_key(const Subscription& subscription) {
  return "purser-switch-" + subscription.switching_id + "-" +
         std::to_string(subscription.switching->at.millis());
}

Result<SubscriptionReport> complete_report(Store& store, PaymentProvider& provider,
                                           const ProviderConnection& connection,
                                           const ProjectId& project,
                                           const RemoteSubscription& answer) {
  SubscriptionReport report{answer, {}, connection.account};
  if (answer.latest_invoice) report.invoices.push_back(*answer.latest_invoice);
  {
    const auto view = store.view();
    PURSER_TRY(const auto known, view->purchase_by_subscription(project, answer.id));
    if (!known || !known->subscription) return report;
    PURSER_TRY(const auto recorded, view->invoices_of(project, known->id, kMostInvoices));
    if (latest_tells_all(*known->subscription, recorded, answer)) return report;
  }
  PURSER_TRY(report.invoices, provider.invoices_of(connection.as, answer.id, kMostInvoices));
  std::reverse(report.invoices.begin(), report.invoices.end());
  return report;
}

Status apply_report(StoreBatch& batch, PurchaseBook& book, const ProjectId& project,
                    const SubscriptionReport& report) {
  PURSER_TRY(const auto known, batch.purchase_by_subscription(project, report.subscription.id));
  if (!known) return {};
  PURSER_TRY(const std::optional<domain::Purchase> purchase, book.find(project, known->id));
  if (!purchase || !purchase->subscription) return {};
  return Application(batch, book, report, *purchase).run();
}

}  // namespace purser::app
