#include "app/given_back.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "app/purchase_book.hpp"

namespace purser::app {
namespace {

constexpr Millis kDisputeWait{7LL * 24 * 3'600'000};
constexpr int kMostPending = 10'000;  // refunds that wait are the oldest, and asked for first
constexpr std::string_view kRefund = "purser-refund-";
constexpr std::string_view kEnd = "purser-end-";

/// The refunds of a payment that are still to be made.
Result<std::vector<Intention>> pending_refunds(StoreView& view, const ProjectId& project,
                                               const std::string& payment_ref) {
  constexpr Timestamp kAny = *Timestamp::from_millis(Timestamp::kMaxMillis);
  PURSER_TRY(std::vector<Intention> pending, view.due_intentions(kAny, kMostPending));
  std::erase_if(pending, [&](const Intention& one) {
    return one.project != project || one.kind != kRefundPayment || one.subject != payment_ref;
  });
  return pending;
}

/// What the ids of the refunds that follow from a dispute begin with.
std::string prefix_of(const RemoteDispute& dispute) {
  return std::string(kRefund) + dispute.id + "-";
}

bool waits_for(const Intention& refund, const RemoteDispute& dispute) {
  return !refund.id.starts_with(prefix_of(dispute));
}

}  // namespace

Status intend_refund(StoreBatch& batch, const ProjectId& project, const std::string& payment_ref,
                     const CheckoutId& checkout) {
  return intend(batch, project, std::string(kRefund) + payment_ref + "-" + checkout.str(),
                kRefundPayment, payment_ref);
}

std::optional<CheckoutId> gives_back(const Intention& intention) {
  if (intention.kind == kGiveBackSubscription && intention.id.starts_with(kEnd)) {
    return CheckoutId(intention.id.substr(kEnd.size()));
  }
  if (intention.kind != kRefundPayment) return std::nullopt;
  const std::string payment = intention.subject + "-";
  const auto at = intention.id.find(payment);
  if (at == std::string::npos) return std::nullopt;
  return CheckoutId(intention.id.substr(at + payment.size()));
}

Status wait_for_dispute(StoreBatch& batch, Intention refused) {
  PURSER_TRY(const std::vector<Intention> pending,
             pending_refunds(batch, refused.project, refused.subject));
  const bool waits = std::any_of(pending.begin(), pending.end(),
                                 [&](const Intention& one) { return one.id == refused.id; });
  if (!waits) return {};
  refused.next_at = batch.now() + kDisputeWait;
  return batch.update_intention(refused);
}

Result<bool> is_held_up(StoreView& view, const ProjectId& project, const RemoteDispute& dispute) {
  if (dispute.state == DisputeState::kOpen) return false;
  PURSER_TRY(const std::vector<Intention> pending,
             pending_refunds(view, project, dispute.payment_ref));
  return std::any_of(pending.begin(), pending.end(),
                     [&](const Intention& one) { return waits_for(one, dispute); });
}

Result<bool> follow_dispute(StoreBatch& batch, const ProjectId& project,
                            const RemoteDispute& dispute) {
  PURSER_TRY(const std::vector<Intention> pending,
             pending_refunds(batch, project, dispute.payment_ref));
  if (dispute.state == DisputeState::kOpen) return !pending.empty();
  for (Intention refund : pending) {
    if (!waits_for(refund, dispute)) continue;
    refund.done = true;
    refund.error = dispute.id + " was " + std::string(to_string(dispute.state)) + ".";
    PURSER_CHECK_OK(batch.update_intention(refund));
    if (dispute.state == DisputeState::kLost) continue;
    PURSER_CHECK_OK(intend(batch, project, prefix_of(dispute) + refund.id.substr(kRefund.size()),
                           kRefundPayment, dispute.payment_ref));
  }
  return !pending.empty();
}

}  // namespace purser::app
