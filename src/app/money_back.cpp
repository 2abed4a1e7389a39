#include "app/money_back.hpp"

#include <algorithm>
#include <utility>

#include "app/alarms.hpp"
#include "app/events.hpp"

namespace purser::app {
namespace {

constexpr int kInvoices = 100;  // far more than one period has

/// All money that was paid for what the purchase gives now, and what of it went back.
struct Present {
  std::int64_t paid = 0;
  std::int64_t refunded = 0;
};
Result<Present> present_of(StoreBatch& batch, const PaidPurchase& paid) {
  const domain::Purchase& purchase = paid.purchase;
  PURSER_TRY(const std::vector<Invoice> invoices,
             batch.invoices_of(purchase.customer.project, purchase.id, kInvoices));
  const Currency currency = paid.invoice.total.currency();
  Money sum(0, currency);
  Money back(0, currency);
  for (const Invoice& stored : invoices) {
    const Invoice& invoice = stored.id == paid.invoice.id ? paid.invoice : stored;
    if (invoice.total.currency() != currency || !pays_for_present(invoice, purchase)) continue;
    PURSER_TRY(sum, sum.plus(Money(invoice.amount_paid, currency)));
    PURSER_TRY(back, back.plus(Money(invoice.refunded, currency)));
  }
  return Present{sum.minor_units(), back.minor_units()};
}

/// The row of a refund that the provider tells of; absent for one that was made there.
Result<std::optional<Refund>> known_row(StoreBatch& batch, const ProjectId& project,
                                        const RemoteRefund& remote) {
  PURSER_TRY(std::optional<Refund> row, batch.refund_by_remote(project, remote.id));
  if (row || remote.reference.empty()) return row;
  PURSER_TRY(row, batch.refund(project, remote.reference));
  // Anybody can write our reference on a refund of their own: it must be this payment's, and free.
  const bool ours = row && row->payment_ref == remote.payment_ref && row->remote_ref.empty();
  if (!ours) row.reset();
  return row;
}

/// What of a refund cannot be, so that nobody may count it; empty when nothing.
std::string_view impossible(const PaidPurchase& paid, const std::optional<Refund>& row,
                            const RemoteRefund& remote) {
  const Invoice& invoice = paid.invoice;
  if (remote.amount.currency() != invoice.total.currency()) return "currency";
  if (remote.amount.minor_units() <= 0) return "amount";
  if (row && row->amount != remote.amount) return "amount";
  const bool is_new = remote.status == RemoteRefund::Status::kSucceeded &&
                      !(row && row->state == RefundState::kSucceeded);
  const std::int64_t left = invoice.amount_paid - invoice.refunded;
  return is_new && remote.amount.minor_units() > left ? "more than was paid" : "";
}

Refund new_row(const PaidPurchase& paid, const RemoteRefund& remote, Timestamp now) {
  Refund row;
  row.id = remote.id;
  row.project = paid.purchase.customer.project;
  row.purchase = paid.purchase.id;
  row.invoice = paid.invoice.id;
  row.payment_ref = remote.payment_ref;
  row.amount = remote.amount;
  row.created_at = now;
  return row;
}

Status announce(StoreBatch& batch, const domain::Purchase& purchase, std::string_view type,
                const Refund& row, std::string_view extent) {
  return append_event(batch, purchase.customer, type,
                      {{"purchase_id", purchase.id.str()},
                       product_field(purchase),
                       {"refund_id", row.id},
                       {"amount", row.amount.minor_units()},
                       {"currency", std::string(row.amount.currency().code())},
                       {"extent", std::string(extent)}});
}

/// A refund succeeded: counts it, takes back what belongs to it, tells of it.
Status succeed(StoreBatch& batch, PurchaseBook& book, const PaidPurchase& paid, const Refund& row) {
  PURSER_TRY(const TakenBack taken,
             take_back(batch, book, paid, row.amount.minor_units(), row.quantity));
  Invoice invoice = paid.invoice;
  invoice.refunded += row.amount.minor_units();
  PURSER_CHECK_OK(batch.put_invoice(invoice));
  PURSER_CHECK_OK(
      book.record(paid.purchase, {TransactionKind::kRefund, row.amount, row.remote_ref}));
  return announce(batch, paid.purchase, "purchase.refunded", row,
                  taken.revoked ? "full" : "partial");
}

/// A refund failed after it had succeeded: the money can be given back again. The transaction that
/// told of it stays, and one of the negative amount takes it back.
Status take_success_back(StoreBatch& batch, PurchaseBook& book, const PaidPurchase& paid,
                         const Refund& row) {
  Invoice invoice = paid.invoice;
  invoice.refunded -= row.amount.minor_units();
  PURSER_CHECK_OK(batch.put_invoice(invoice));
  const Money reversed(-row.amount.minor_units(), row.amount.currency());
  PURSER_CHECK_OK(book.record(paid.purchase, {TransactionKind::kRefund, reversed, row.remote_ref}));
  return announce(batch, paid.purchase, "purchase.refund_failed", row, "none");
}

/// Brings a row that is stored to what the provider says; nothing when it says nothing new.
Status follow(StoreBatch& batch, PurchaseBook& book, const PaidPurchase& paid, Refund row,
              const RemoteRefund& remote) {
  using Remote = RemoteRefund::Status;
  const RefundState before = row.state;
  const bool new_ref = row.remote_ref != remote.id;
  row.remote_ref = remote.id;
  switch (remote.status) {
    case Remote::kPending:
      if (!new_ref) return {};  // known, or an older answer that was overtaken
      row.state = RefundState::kRequested;
      break;
    case Remote::kSucceeded:
      if (before == RefundState::kSucceeded) return {};
      row.state = RefundState::kSucceeded;
      row.error.clear();
      PURSER_CHECK_OK(succeed(batch, book, paid, row));
      break;
    case Remote::kFailed:
      if (before == RefundState::kFailed && !new_ref) return {};
      row.state = RefundState::kFailed;
      row.error = remote.failure_reason;
      if (before == RefundState::kSucceeded) {
        PURSER_CHECK_OK(take_success_back(batch, book, paid, row));
      }
      break;
  }
  return batch.update_refund(row);
}

}  // namespace

Result<std::optional<PaidPurchase>> find_paid(StoreBatch& batch, PurchaseBook& book,
                                              const ProjectId& project,
                                              const std::string& payment_ref) {
  PURSER_TRY(const std::optional<Invoice> invoice, batch.invoice_by_payment(project, payment_ref));
  if (!invoice) return std::optional<PaidPurchase>();
  PURSER_TRY(const std::optional<domain::Purchase> purchase, book.find(project, invoice->purchase));
  if (!purchase) return std::optional<PaidPurchase>();
  return std::optional<PaidPurchase>({*invoice, *purchase});
}

bool pays_for_present(const Invoice& invoice, const domain::Purchase& purchase) {
  if (!purchase.subscription) return true;
  const domain::Subscription& subscription = *purchase.subscription;
  const Timestamp begins = invoice.period_start.value_or(invoice.created_at);
  return begins >= subscription.current_period_start && begins < subscription.current_period_end;
}

Result<TakenBack> take_back(StoreBatch& batch, PurchaseBook& book, const PaidPurchase& paid,
                            std::int64_t amount, Quantity quantity) {
  TakenBack taken;
  domain::Purchase purchase = paid.purchase;
  const bool gone = purchase.status == domain::PurchaseStatus::kRefunded;
  if (gone || !pays_for_present(paid.invoice, purchase)) return taken;
  PURSER_TRY(const Present present, present_of(batch, paid));
  const std::int64_t after = present.refunded + amount;
  if (purchase.subscription) quantity = Quantity();  // all of one invoice may be part of a period
  const auto given_back = purchase.refunded_quantity.plus(quantity);
  if (!given_back) return Error::internal("a refunded quantity out of range");
  purchase.refunded_quantity = std::min(*given_back, purchase.quantity);
  if (after >= present.paid) {
    taken.revoked = true;
    PURSER_TRY(taken.lots, book.revoke(std::move(purchase)));
    return taken;
  }
  PURSER_TRY(taken.lots,
             book.revoke_part(purchase, {present.refunded, after, present.paid, quantity}));
  // By quantity only without a subscription, so there is nothing to wake up for.
  if (!quantity.is_zero()) PURSER_CHECK_OK(batch.update_purchase(purchase, std::nullopt));
  return taken;
}

Status record_refund(StoreBatch& batch, PurchaseBook& book, const ProjectId& project,
                     const RemoteRefund& remote) {
  PURSER_TRY(const std::optional<PaidPurchase> paid,
             find_paid(batch, book, project, remote.payment_ref));
  if (!paid) return {};
  PURSER_TRY(std::optional<Refund> row, known_row(batch, project, remote));
  const std::string_view wrong = impossible(*paid, row, remote);
  if (!wrong.empty()) {
    return raise_payment_alarm(batch, paid->purchase, remote.id, remote.payment_ref, wrong);
  }
  if (!row) {
    if (remote.status == RemoteRefund::Status::kFailed) return {};
    row = new_row(*paid, remote, batch.now());
    PURSER_CHECK_OK(batch.insert_refund(*row));
  }
  return follow(batch, book, *paid, *std::move(row), remote);
}

}  // namespace purser::app
