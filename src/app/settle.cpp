#include <array>
#include <string_view>
#include <utility>

#include "app/backoff.hpp"
#include "app/events.hpp"
#include "app/fulfilment.hpp"
#include "app/items.hpp"
#include "app/remote_objects.hpp"
#include "app/sales.hpp"

namespace purser::app {
namespace {

constexpr Millis kMinute{60'000};
constexpr Millis kHour{3'600'000};
// A session closes 24 hours after it was opened (https://docs.stripe.com/api/checkout/sessions);
// an hour later at most, the sweep has seen it. Slow payment methods take up to two weeks more.
constexpr Millis kFrequentChecks{25 * kHour.count};
constexpr Millis kGiveUp{30LL * 24 * kHour.count};
constexpr Millis kFirstRetry{5'000};

constexpr std::string_view kRefundPayment = "refund_payment";

/// How long after sweep number `checks` the next one comes.
Millis check_delay(int checks, Millis age) {
  constexpr std::array<Millis, 3> kDelays = {Millis{2 * kMinute.count}, Millis{10 * kMinute.count},
                                             kHour};
  if (checks <= static_cast<int>(kDelays.size())) {
    return kDelays[static_cast<std::size_t>(checks - 1)];
  }
  return age < kFrequentChecks ? kHour : Millis{6 * kHour.count};
}

/// What of the paid session differs from what was sold; empty when nothing does.
Result<std::string> difference(StoreBatch& batch, const Checkout& checkout,
                               const RemoteCheckoutSession& session) {
  if (session.reference != checkout.id.str()) return std::string("reference");
  if (!session.amount_total) return std::string("amount");
  if (session.amount_total->currency() != checkout.total.currency()) return std::string("currency");
  if (*session.amount_total != checkout.total) return std::string("amount");
  if (session.livemode != checkout.livemode) return std::string("livemode");
  PURSER_TRY(const std::optional<std::string> customer,
             batch.remote(checkout.customer.project, checkout.account_id, RemoteKind::kCustomer,
                          remote_name(checkout.customer)));
  if (customer != session.customer) return std::string("customer");
  return std::string();
}

/// Why a paid checkout cannot be granted any more; empty when it can.
Result<std::string> obstacle(StoreBatch& batch, const Checkout& checkout) {
  const Status exists = require_customer_exists(batch, checkout.customer);
  if (!exists) {
    if (exists.error().code == ErrorCode::kStoreUnavailable) return exists.error();
    return std::string("the customer was deleted");
  }
  PURSER_TRY(const std::vector<domain::Purchase> owned, batch.owned(checkout.customer));
  const Status allowed = domain::check_order(
      {checkout.product, checkout.price, checkout.quantity, checkout.customer, false}, owned);
  return allowed ? std::string() : std::string(error_row(allowed.error().code).name);
}

Status close(StoreBatch& batch, Checkout checkout, CheckoutState state, std::string_view event,
             const std::string& reason, const std::string& payment_ref) {
  checkout.state = state;
  PURSER_CHECK_OK(batch.update_checkout(checkout));
  return append_event(
      batch, checkout.customer, event,
      {{"checkout_id", checkout.id.str()}, {"payment_ref", payment_ref}, {"reason", reason}});
}

Status refund(StoreBatch& batch, const Checkout& checkout, const RemoteCheckoutSession& session,
              const std::string& reason) {
  PURSER_CHECK_OK(close(batch, checkout, CheckoutState::kRefunded, "checkout.refunded", reason,
                        session.payment_ref));
  if (session.payment_ref.empty()) return {};  // nothing was charged
  Intention intention;
  intention.id = "purser-refund-" + checkout.id.str();
  intention.project = checkout.customer.project;
  intention.kind = std::string(kRefundPayment);
  intention.subject = session.payment_ref;
  intention.next_at = batch.now();
  return batch.insert_intention(intention);
}

Status alarm(StoreBatch& batch, const Checkout& checkout, const RemoteCheckoutSession& session,
             const std::string& reason) {
  return close(batch, checkout, CheckoutState::kAlarmed, "checkout.alarm", reason,
               session.payment_ref);
}

}  // namespace

Status Sales::settle(const ProjectId& project, const std::string& session_ref) {
  const auto context = registry_.project(project);
  if (!context) return {};
  PURSER_TRY(const std::optional<Checkout> known,
             store_.view()->checkout_by_session(project, session_ref));
  if (!known || known->state != CheckoutState::kOpen) return {};
  PURSER_TRY(const ProviderCredentials as, projects_.credentials(context->project));
  PURSER_TRY(const RemoteCheckoutSession session, provider_.checkout_session(as, session_ref));
  using SessionStatus = RemoteCheckoutSession::Status;
  const bool paid = session.status == SessionStatus::kComplete && session.paid;
  // Open, or complete but unpaid: a slow payment method; its success or failure comes later.
  if (!paid && session.status != SessionStatus::kExpired) return {};
  PURSER_TRY(const ProviderAccount account, this->account(*context, as));
  return engine_.apply(
      [&](StoreBatch& batch) { return conclude(batch, account, project, known->id, session); });
}

Status Sales::conclude(StoreBatch& batch, const ProviderAccount& account, const ProjectId& project,
                       const CheckoutId& id, const RemoteCheckoutSession& session) const {
  PURSER_TRY(std::optional<Checkout> checkout, batch.checkout(project, id));
  // Another event about the same session may have been faster.
  if (!checkout || checkout->state != CheckoutState::kOpen) return {};
  if (session.status == RemoteCheckoutSession::Status::kExpired) {
    return close(batch, *checkout, CheckoutState::kExpired, "checkout.expired", "not paid in time",
                 session.payment_ref);
  }
  if (account.id != checkout->account_id) {
    return alarm(batch, *checkout, session, "account");
  }
  PURSER_TRY(const std::string differs, difference(batch, *checkout, session));
  if (!differs.empty()) return alarm(batch, *checkout, session, differs);
  if (!session.payment_ref.empty()) {
    PURSER_TRY(const auto counted, batch.purchase_by_payment(project, session.payment_ref));
    if (counted) return alarm(batch, *checkout, session, "payment counted already");
  }
  PURSER_TRY(const std::string hindered, obstacle(batch, *checkout));
  if (!hindered.empty()) return refund(batch, *checkout, session, hindered);
  return fulfil(batch, *std::move(checkout), session);
}

Status Sales::fulfil(StoreBatch& batch, Checkout checkout,
                     const RemoteCheckoutSession& session) const {
  domain::Purchase purchase = purchase_of(checkout, PurchaseId(ids_.unique_id()),
                                          domain::PurchaseOrigin::kStripe, batch.now());
  // A session over nothing has no payment; it is itself what must not count twice.
  purchase.payment_ref = session.payment_ref.empty() ? session.id : session.payment_ref;
  const Status written =
      write_purchase(batch, purchase, checkout.total, TransactionId(ids_.unique_id()));
  if (!written && written.error().code == ErrorCode::kQuantityOutOfRange) {
    return refund(batch, checkout, session, "a balance would leave its range");
  }
  PURSER_CHECK_OK(written);
  checkout.state = CheckoutState::kCompleted;
  checkout.purchase = purchase.id;
  return batch.update_checkout(checkout);
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
      return close(batch, *current, CheckoutState::kExpired, "checkout.expired",
                   "the provider did not conclude it in 30 days", "");
    }
    ++current->checks;
    current->next_check_at = batch.now() + check_delay(current->checks, age);
    return batch.update_checkout(*current);
  });
}

Result<int> Sales::perform_intentions(int limit) {
  PURSER_TRY(const std::vector<Intention> due, store_.view()->due_intentions(clock_.now(), limit));
  std::optional<Error> failed;
  for (const Intention& intention : due) {
    const Status performed = perform(intention);
    if (!performed) failed = performed.error();
    PURSER_CHECK_OK(engine_.apply([&](StoreBatch& batch) -> Status {
      Intention result = intention;
      result.done = performed.has_value();
      result.error =
          performed ? "" : performed.error().message + " " + performed.error().log.for_log();
      ++result.attempts;
      result.next_at = batch.now() + backoff(result.attempts, kFirstRetry, kHour);
      return batch.update_intention(result);
    }));
  }
  if (failed) return *std::move(failed);
  return static_cast<int>(due.size());
}

Status Sales::perform(const Intention& intention) {
  if (intention.kind != kRefundPayment) {
    return Error::internal("an intention of unknown kind \"" + intention.kind + "\"");
  }
  const auto context = registry_.project(intention.project);
  if (!context) return Error::internal("an intention of a project that is gone");
  PURSER_TRY(const ProviderCredentials as, projects_.credentials(context->project));
  return provider_.refund_payment(as, intention.subject, intention.id);
}

}  // namespace purser::app
