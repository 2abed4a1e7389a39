#include <algorithm>
#include <utility>
#include <vector>

#include "app/alarms.hpp"
#include "app/events.hpp"
#include "app/given_back.hpp"
#include "app/money_back.hpp"
#include "app/purchase_book.hpp"
#include "app/refunds.hpp"

namespace purser::app {
namespace {

Status announce(StoreBatch& batch, const domain::Purchase& purchase, std::string_view type,
                const Dispute& dispute) {
  return append_event(batch, purchase.customer, type,
                      {{"purchase_id", purchase.id.str()},
                       product_field(purchase),
                       {"dispute_id", dispute.id},
                       {"amount", dispute.amount.minor_units()},
                       {"currency", std::string(dispute.amount.currency().code())}});
}

/// A dispute that is new here. One that was won before it was heard of has taken nothing.
Status open_dispute(StoreBatch& batch, PurchaseBook& book, const PaidPurchase& paid,
                    const RemoteDispute& remote) {
  Dispute dispute;
  dispute.id = remote.id;
  dispute.project = paid.purchase.customer.project;
  dispute.purchase = paid.purchase.id;
  dispute.payment_ref = remote.payment_ref;
  dispute.amount = remote.amount;
  dispute.state = remote.state;
  dispute.created_at = batch.now();
  if (remote.state == DisputeState::kWon) return batch.insert_dispute(dispute);
  const std::int64_t left = paid.invoice.amount_paid - paid.invoice.refunded;
  const std::int64_t amount = std::min(left, remote.amount.minor_units());
  if (amount > 0) {
    PURSER_TRY(TakenBack taken, take_back(batch, book, paid, amount, Quantity()));
    dispute.taken = std::move(taken.lots);
    const bool active = paid.purchase.status == domain::PurchaseStatus::kActive;
    dispute.ended_purchase = taken.revoked && active;
  }
  PURSER_CHECK_OK(batch.insert_dispute(dispute));
  PURSER_CHECK_OK(
      book.record(paid.purchase, {TransactionKind::kDispute, dispute.amount, dispute.id}));
  return announce(batch, paid.purchase, "purchase.disputed", dispute);
}

/// Minor units of the invoice that were given back after the dispute took all there was. Told by
/// the transactions, which stand in the order in which things happened; a refund's own instant is
/// that at which it was asked for.
Result<std::int64_t> refunded_since(StoreBatch& batch, const domain::Purchase& purchase,
                                    const Dispute& dispute, const Invoice& invoice) {
  constexpr int kPage = 200;
  const ProjectId& project = dispute.project;
  std::int64_t sum = 0;
  PageRequest page{"", kPage};
  for (;;) {
    PURSER_TRY(const std::vector<Transaction> rows, batch.transactions(purchase.customer, page));
    for (const Transaction& row : rows) {
      if (row.kind == TransactionKind::kDispute && row.payment_ref == dispute.id) return sum;
      if (row.kind != TransactionKind::kRefund || row.purchase != purchase.id) continue;
      PURSER_TRY(const auto refund, batch.refund_by_remote(project, row.payment_ref));
      if (refund && refund->invoice == invoice.id && row.amount) sum += row.amount->minor_units();
    }
    if (rows.size() < static_cast<std::size_t>(kPage)) return sum;
    page.after = rows.back().id.str();
  }
}

/// What the dispute took comes back, but not what a refund since then would have taken.
Status restore(StoreBatch& batch, PurchaseBook& book, const PaidPurchase& paid,
               const Dispute& dispute) {
  const Invoice& invoice = paid.invoice;
  if (invoice.refunded >= invoice.amount_paid) return {};
  PURSER_CHECK_OK(book.restore(paid.purchase, dispute.taken, dispute.ended_purchase));
  if (!dispute.ended_purchase) return {};  // refunds took their share themselves
  PURSER_TRY(const std::int64_t since, refunded_since(batch, paid.purchase, dispute, invoice));
  if (since <= 0) return {};
  PURSER_TRY(const auto restored, book.find(dispute.project, dispute.purchase));
  if (!restored) return Error::internal("a disputed purchase is gone");
  PaidPurchase before{invoice, *restored};
  before.invoice.refunded -= since;
  PURSER_CHECK_OK(take_back(batch, book, before, since, Quantity()));
  return {};
}

Status close_dispute(StoreBatch& batch, PurchaseBook& book, const PaidPurchase& paid,
                     Dispute dispute, DisputeState outcome) {
  dispute.state = outcome;
  PURSER_CHECK_OK(batch.update_dispute(dispute));
  if (outcome == DisputeState::kLost) {
    return announce(batch, paid.purchase, "purchase.dispute_lost", dispute);
  }
  PURSER_CHECK_OK(restore(batch, book, paid, dispute));
  PURSER_CHECK_OK(
      book.record(paid.purchase, {TransactionKind::kDisputeWon, dispute.amount, dispute.id}));
  return announce(batch, paid.purchase, "purchase.dispute_won", dispute);
}

/// Answers whether a purchase was paid for so, or a payment that bought nothing is to go back.
Result<bool> record_dispute(StoreBatch& batch, PurchaseBook& book, const ProjectId& project,
                            const ProviderAccount& account, const RemoteDispute& remote) {
  PURSER_TRY(const std::optional<PaidPurchase> paid,
             find_paid(batch, book, project, remote.payment_ref));
  if (!paid) return follow_dispute(batch, project, remote);
  const auto alarm = [&](std::string_view reason) -> Result<bool> {
    PURSER_CHECK_OK(
        raise_payment_alarm(batch, paid->purchase, remote.id, remote.payment_ref, reason));
    return true;
  };
  if (remote.livemode != account.livemode) return alarm("livemode");
  if (remote.amount.currency() != paid->invoice.total.currency()) return alarm("currency");
  PURSER_TRY(const std::optional<Dispute> known, batch.dispute(project, remote.id));
  if (!known) {
    PURSER_CHECK_OK(open_dispute(batch, book, *paid, remote));
  } else if (known->state == DisputeState::kOpen && remote.state != DisputeState::kOpen) {
    PURSER_CHECK_OK(close_dispute(batch, book, *paid, *known, remote.state));
  }
  return true;
}

}  // namespace

Result<bool> Refunds::sync_dispute(const ProjectId& project, const std::string& dispute_ref) {
  const auto context = registry_.project(project);
  if (!context) return false;
  PURSER_TRY(const ProviderConnection connection, access_.connect(*context));
  PURSER_TRY(const RemoteDispute remote, access_.provider().dispute(connection.as, dispute_ref));
  bool known = false;
  PURSER_CHECK_OK(engine_.apply([&](StoreBatch& batch) -> Status {
    PurchaseBook book(batch, ids_, grace_of(context->project.settings));
    PURSER_TRY(known, record_dispute(batch, book, project, connection.account, remote));
    return {};
  }));
  return known;
}

}  // namespace purser::app
