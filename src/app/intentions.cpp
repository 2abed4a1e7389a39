#include "app/intentions.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "app/alarms.hpp"
#include "app/backoff.hpp"
#include "app/final_error.hpp"
#include "app/given_back.hpp"
#include "app/remote_objects.hpp"
#include "app/remote_state.hpp"

namespace purser::app {
namespace {

constexpr Millis kFirstRetry{5'000};
constexpr Millis kLongestRetry{3'600'000};
constexpr std::string_view kAlreadyRefunded = "charge_already_refunded";
constexpr std::string_view kDisputed = "charge_disputed";

std::string for_operators(const Error& error) { return error.message + " " + error.log.for_log(); }

/// Gives back all that is left of a payment. Nothing left is what was wanted, so a key that the
/// provider has forgotten gives nothing back twice.
Status refund_payment(PaymentProvider& provider, const ProviderCredentials& as,
                      const Intention& intention) {
  NewRefund wanted;
  wanted.payment_ref = intention.subject;
  wanted.reference = intention.id;
  const auto made = provider.create_refund(as, wanted, intention.id);
  if (!made) {
    if (provider_code(made.error()) == kAlreadyRefunded) return {};
    return made.error();
  }
  if (made->status != RemoteRefund::Status::kFailed) return {};
  return Error{ErrorCode::kPaymentProviderRefused,
               "The refund failed at the provider: " + made->failure_reason + "."};
}

/// Only when it has ended is it known what it charged: until the provider could be reached it may
/// have been renewed, and no event of that may ever arrive.
Result<std::vector<std::string>> give_back_subscription(PaymentProvider& provider,
                                                        const ProviderCredentials& as,
                                                        const Intention& intention) {
  PURSER_CHECK_OK(provider.end_subscription(as, intention.subject, false, intention.id));
  PURSER_TRY(const std::vector<RemoteInvoice> invoices,
             provider.invoices_of(as, intention.subject, kMostInvoices));
  return charged_payments(invoices);
}

bool is_disputed(const Intention& intention, const Error& error) {
  return intention.kind == kRefundPayment && provider_code(error) == kDisputed;
}

/// A buyer's money does not go back, and asking again will hardly change that: an operator looks.
Status alarm(StoreBatch& batch, const Intention& intention, const Error& error) {
  const std::optional<CheckoutId> id = gives_back(intention);
  if (!id || !is_final(error)) return {};
  PURSER_TRY(const std::optional<Checkout> checkout, batch.checkout(intention.project, *id));
  if (!checkout) return {};
  const std::string payment = intention.kind == kRefundPayment ? intention.subject : "";
  return raise_checkout_alarm(batch, *checkout, payment, intention.id,
                              "what was paid could not be given back: " + error.message);
}

Status carry_out(PaymentProvider& provider, const ProviderCredentials& as,
                 const Intention& intention) {
  const std::string& kind = intention.kind;
  if (kind == kRefundPayment) return refund_payment(provider, as, intention);
  if (kind == kEndSubscription || kind == kEndSubscriptionWithCredit) {
    const bool credit = kind == kEndSubscriptionWithCredit;
    return provider.end_subscription(as, intention.subject, credit, intention.id);
  }
  if (kind == kEndTrial) return provider.end_trial(as, intention.subject, intention.id);
  if (kind == kExpireSession) {
    return provider.expire_checkout_session(as, intention.subject, intention.id);
  }
  return Error::internal("an intention of unknown kind \"" + kind + "\"");
}

}  // namespace

Intentions::Intentions(Engine& engine, Store& store, Registry& registry, ProviderAccess& access,
                       const Clock& clock)
    : engine_(engine), store_(store), registry_(registry), access_(access), clock_(clock) {}

Result<int> Intentions::perform(int limit) {
  PURSER_TRY(const std::vector<Intention> due, store_.claim_intentions(clock_.now(), limit));
  std::optional<Error> failed;
  for (const Intention& intention : due) {
    const auto performed = perform(intention);
    const bool waits = !performed && is_disputed(intention, performed.error());
    if (!performed && !waits) failed = performed.error();
    const Status recorded =
        engine_.apply([&](StoreBatch& batch) { return record(batch, intention, performed); });
    if (!recorded) return recorded.error();
  }
  if (failed) return *std::move(failed);
  return static_cast<int>(due.size());
}

Status Intentions::record(StoreBatch& batch, const Intention& intention,
                          const Result<std::vector<std::string>>& performed) {
  Intention result = intention;
  result.done = performed.has_value();
  result.error = performed ? "" : for_operators(performed.error());
  ++result.attempts;
  result.next_at = batch.now() + backoff(result.attempts, kFirstRetry, kLongestRetry);
  if (!performed && is_disputed(intention, performed.error())) {
    return wait_for_dispute(batch, std::move(result));
  }
  PURSER_CHECK_OK(batch.update_intention(result));
  if (!performed) return alarm(batch, intention, performed.error());
  const std::optional<CheckoutId> checkout = gives_back(intention);
  if (!checkout && !performed->empty()) return Error::internal("money of no checkout goes back");
  for (const std::string& payment : *performed) {
    PURSER_CHECK_OK(intend_refund(batch, intention.project, payment, *checkout));
  }
  return {};
}

Result<std::vector<std::string>> Intentions::perform(const Intention& intention) {
  const auto context = registry_.project(intention.project);
  if (!context) return Error::internal("an intention of a project that is gone");
  PURSER_TRY(const ProviderCredentials as, access_.credentials(*context));
  if (intention.kind == kGiveBackSubscription) {
    return give_back_subscription(access_.provider(), as, intention);
  }
  PURSER_CHECK_OK(carry_out(access_.provider(), as, intention));
  return std::vector<std::string>();
}

}  // namespace purser::app
