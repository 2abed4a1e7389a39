#include "app/drift.hpp"

#include <optional>
#include <string_view>
#include <vector>

#include "app/given_back.hpp"
#include "app/remote_objects.hpp"

namespace purser::app {
namespace {

std::string differs(std::string_view there, std::string_view here) {
  return std::string(there) + " there, " + std::string(here) + " here";
}

/// A subscription that runs on both sides.
std::string compare(const RemoteSubscription& remote, const domain::Subscription& local) {
  if (remote.status != local.status) {
    return differs(to_string(remote.status), to_string(local.status));
  }
  if (remote.current_period_end != local.current_period_end) {
    return differs("period until " + remote.current_period_end.to_iso8601(),
                   "until " + local.current_period_end.to_iso8601());
  }
  if (remote.cancel_at_period_end != local.cancel_at_period_end) {
    return remote.cancel_at_period_end ? "ends with its period there, goes on here"
                                       : "goes on there, ends with its period here";
  }
  return {};
}

}  // namespace

std::string_view to_string(ProviderObject about) {
  switch (about) {
    case ProviderObject::kCheckoutSession:
      return "checkout_session";
    case ProviderObject::kSubscription:
      return "subscription";
    case ProviderObject::kInvoice:
      return "invoice";
    case ProviderObject::kPayment:
      return "payment";
    case ProviderObject::kDispute:
      return "dispute";
    case ProviderObject::kAccount:
      return "account";
    case ProviderObject::kOther:
      break;
  }
  return "other";
}

Result<std::string> DriftFinder::look_at(ProviderObject about, const std::string& subject) {
  switch (about) {
    case ProviderObject::kCheckoutSession:
      return session(subject);
    case ProviderObject::kSubscription:
      return subscription(subject);
    case ProviderObject::kInvoice:
      return invoice(subject);
    case ProviderObject::kPayment:
      return refunds(subject);
    case ProviderObject::kDispute:
      return dispute(subject);
    case ProviderObject::kAccount:
    case ProviderObject::kOther:
      break;
  }
  return std::string();
}

Result<std::string> DriftFinder::session(const std::string& id) {
  PURSER_TRY(const auto known, store_.view()->checkout_by_session(project_, id));
  if (!known || known->state != CheckoutState::kOpen) return std::string();
  PURSER_TRY(const RemoteCheckoutSession remote, provider_.checkout_session(as_, id));
  using Status = RemoteCheckoutSession::Status;
  if (remote.status == Status::kComplete && remote.paid) return differs("paid", "not granted");
  return remote.status == Status::kExpired ? differs("expired", "open") : std::string();
}

Result<std::string> DriftFinder::subscription(const std::string& id) {
  PURSER_TRY(const RemoteSubscription remote, provider_.subscription(as_, id));
  const auto view = store_.view();
  PURSER_TRY(const auto known, view->purchase_by_subscription(project_, id));
  if (!known || !known->subscription) return unknown_subscription(*view, remote);
  const bool runs_here = known->status == domain::PurchaseStatus::kActive;
  const bool runs_there = !domain::is_final(remote.status);
  if (runs_here != runs_there) {
    return runs_there ? differs("runs", "has ended") : differs("has ended", "runs");
  }
  if (runs_here) {
    std::string difference = compare(remote, *known->subscription);
    if (!difference.empty()) return difference;
  }
  return latest_invoice(*view, remote);
}

/// Not sold here, or its sale was not heard of.
Result<std::string> DriftFinder::unknown_subscription(StoreView& view,
                                                      const RemoteSubscription& remote) {
  using Status = domain::SubscriptionStatus;
  const bool gives_access = remote.status == Status::kActive || remote.status == Status::kTrialing;
  if (remote.reference.empty() || !gives_access) return std::string();
  PURSER_TRY(const auto checkout, view.checkout(project_, referenced_checkout(remote.reference)));
  const bool waits = checkout && checkout->state == CheckoutState::kOpen;
  return waits ? differs(to_string(remote.status), "not granted") : std::string();
}

Result<std::string> DriftFinder::latest_invoice(StoreView& view, const RemoteSubscription& remote) {
  const std::optional<RemoteInvoice>& there = remote.latest_invoice;
  if (!there) return std::string();
  PURSER_TRY(const auto here, view.invoice(project_, there->id));
  if (!here) return differs("invoice " + there->id, "unknown");
  if (here->status != there->status) {
    return differs("invoice " + there->id + " " + std::string(to_string(there->status)),
                   to_string(here->status));
  }
  return std::string();
}

Result<std::string> DriftFinder::invoice(const std::string& id) {
  PURSER_TRY(const RemoteInvoice remote, provider_.invoice(as_, id));
  return remote.subscription.empty() ? Result<std::string>(std::string())
                                     : subscription(remote.subscription);
}

Result<std::string> DriftFinder::refunds(const std::string& payment_ref) {
  PURSER_TRY(const auto paid, store_.view()->invoice_by_payment(project_, payment_ref));
  if (!paid) return std::string();
  PURSER_TRY(const std::vector<RemoteRefund> remote, provider_.refunds_of(as_, payment_ref));
  std::int64_t sum = 0;  // of minor units that were paid once, so it stays in range
  for (const RemoteRefund& refund : remote) {
    if (refund.status == RemoteRefund::Status::kSucceeded) sum += refund.amount.minor_units();
  }
  if (sum == paid->refunded) return std::string();
  return differs(std::to_string(sum) + " refunded", std::to_string(paid->refunded));
}

Result<std::string> DriftFinder::dispute(const std::string& id) {
  PURSER_TRY(const RemoteDispute remote, provider_.dispute(as_, id));
  const auto view = store_.view();
  PURSER_TRY(const auto paid, view->invoice_by_payment(project_, remote.payment_ref));
  if (!paid) {
    PURSER_TRY(const bool held_up, is_held_up(*view, project_, remote));
    return held_up ? differs("dispute " + std::string(to_string(remote.state)), "its refund waits")
                   : std::string();
  }
  PURSER_TRY(const auto known, view->dispute(project_, id));
  if (!known) return differs("dispute " + std::string(to_string(remote.state)), "unknown");
  const bool closed = known->state == DisputeState::kOpen && remote.state != DisputeState::kOpen;
  return closed ? differs(to_string(remote.state), to_string(known->state)) : std::string();
}

}  // namespace purser::app
