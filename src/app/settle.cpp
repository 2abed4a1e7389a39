#include <algorithm>
#include <array>
#include <utility>

#include "app/alarms.hpp"
#include "app/final_error.hpp"
#include "app/purchase_book.hpp"
#include "app/remote_objects.hpp"
#include "app/remote_state.hpp"
#include "app/sales.hpp"
#include "app/settlement.hpp"

namespace purser::app {
namespace {

constexpr Millis kMinute{60'000};
constexpr Millis kHour{3'600'000};
// A session closes 24 hours after it was opened (https://docs.stripe.com/api/checkout/sessions);
// an hour later at most, the sweep has seen it. Slow payment methods take up to two weeks more.
constexpr Millis kFrequentChecks{25 * kHour.count};
constexpr Millis kGiveUp{30LL * 24 * kHour.count};

/// How long after sweep number `checks` the next one comes.
Millis check_delay(int checks, Millis age) {
  constexpr std::array<Millis, 3> kDelays = {Millis{2 * kMinute.count}, Millis{10 * kMinute.count},
                                             kHour};
  if (checks <= static_cast<int>(kDelays.size())) {
    return kDelays[static_cast<std::size_t>(checks - 1)];
  }
  if (age > kGiveUp) return Millis{24 * kHour.count};
  return age < kFrequentChecks ? kHour : Millis{6 * kHour.count};
}

/// What was paid could not be granted so far, or whether it was paid is not to be seen. A passing
/// fault is waited out.
Status alarm_of_unresolved(StoreBatch& batch, const Checkout& checkout, const Error* fault) {
  if (fault != nullptr && !is_final(*fault)) return {};
  const std::string reason =
      fault == nullptr ? "paid 30 days ago, and its subscription gives no access"
                       : "30 days old, and not to be seen whether paid: " + fault->message;
  return raise_checkout_alarm(batch, checkout, "", "unresolved", reason);
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

}  // namespace

Status Sales::settle(const ProjectId& project, const std::string& session_ref) {
  const auto seen = look_at(project, session_ref);
  return seen ? Status() : Status(seen.error());
}

Result<Sales::Seen> Sales::look_at(const ProjectId& project, const std::string& session_ref) {
  const auto context = registry_.project(project);
  if (!context) return Seen::kUnpaid;
  PURSER_TRY(const std::optional<Checkout> known,
             store_.view()->checkout_by_session(project, session_ref));
  if (known && known->state == CheckoutState::kRefunded && known->is_subscription) {
    PURSER_CHECK_OK(give_back_renewals(*context, *known));
    return Seen::kPaid;
  }
  if (!known || known->state != CheckoutState::kOpen) return Seen::kUnpaid;
  PURSER_TRY(const ProviderConnection connection, access_.connect(*context));
  SessionReport report;
  report.account = connection.account;
  PURSER_TRY(report.session, access_.provider().checkout_session(connection.as, session_ref));
  using SessionStatus = RemoteCheckoutSession::Status;
  const bool paid = report.session.status == SessionStatus::kComplete && report.session.paid;
  // Open, or complete but unpaid: a slow payment method; its success or failure comes later.
  if (!paid && report.session.status != SessionStatus::kExpired) return Seen::kUnpaid;
  // Another account does not know it.
  if (paid && report.account.id == known->account_id) {
    PURSER_CHECK_OK(fetch_subscription(access_.provider(), connection.as, report));
  }
  const Millis grace = grace_of(context->project.settings);
  PURSER_CHECK_OK(engine_.apply([&](StoreBatch& batch) -> Status {
    PURSER_TRY(const std::optional<Checkout> checkout, batch.checkout(project, known->id));
    // Another event about the same session may have been faster.
    const bool stands =
        checkout && checkout->state == CheckoutState::kOpen && checkout->session_ref == session_ref;
    if (!stands) return {};
    return conclude_checkout(batch, ids_, grace, *checkout, report);
  }));
  return paid ? Seen::kPaid : Seen::kUnpaid;
}

/// The subscription could not be granted, and its end takes until the provider can be reached: what
/// it charges until then is nobody's.
Status Sales::give_back_renewals(const ProjectContext& context, const Checkout& checkout) {
  PURSER_TRY(const ProviderConnection connection, access_.connect(context));
  if (connection.account.id != checkout.account_id) return {};
  PaymentProvider& provider = access_.provider();
  SessionReport report;
  report.account = connection.account;
  PURSER_TRY(report.session, provider.checkout_session(connection.as, checkout.session_ref));
  if (report.session.subscription.empty()) return {};
  PURSER_TRY(report.invoices,
             provider.invoices_of(connection.as, report.session.subscription, kMostInvoices));
  std::reverse(report.invoices.begin(), report.invoices.end());
  return engine_.apply([&](StoreBatch& batch) {
    return give_back_since(batch, ids_, grace_of(context.project.settings), checkout, report);
  });
}

Status Sales::settle_checkout(const ProjectId& project, const CheckoutId& id) {
  PURSER_TRY(const std::optional<Checkout> checkout,
             store_.view()->checkout(project, referenced_checkout(id.str())));
  if (!checkout || checkout->session_ref.empty()) return {};
  return settle(project, checkout->session_ref);
}

Result<int> Sales::sweep_checkouts(int limit) {
  PURSER_TRY(const std::vector<Checkout> due, store_.claim_checkouts(clock_.now(), limit));
  std::optional<Error> failed;
  for (const Checkout& checkout : due) {
    const auto seen = look_at(checkout.customer.project, checkout.session_ref);
    if (!seen) failed = seen.error();
    // Also after a failure: one checkout that cannot be looked at must not hold up the others.
    PURSER_CHECK_OK(reschedule(checkout, seen));
  }
  if (failed) return *std::move(failed);
  return static_cast<int>(due.size());
}

Status Sales::reschedule(const Checkout& checkout, const Result<Seen>& seen) {
  return engine_.apply([&](StoreBatch& batch) -> Status {
    PURSER_TRY(std::optional<Checkout> current,
               batch.checkout(checkout.customer.project, checkout.id));
    if (!current || current->state != CheckoutState::kOpen) return {};
    const Millis age = batch.now() - current->created_at;
    if (age > kGiveUp && seen && *seen == Seen::kUnpaid) {
      return expire_checkout(batch, *std::move(current),
                             "the provider did not conclude it in 30 days");
    }
    if (age > kGiveUp)
      PURSER_CHECK_OK(alarm_of_unresolved(batch, *current, seen ? nullptr : &seen.error()));
    ++current->checks;
    current->next_check_at = batch.now() + check_delay(current->checks, age);
    return batch.update_checkout(*current);
  });
}

}  // namespace purser::app
