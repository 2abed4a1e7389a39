#include "adapters/sql/documents.hpp"
#include "adapters/sql/writes.hpp"

// Trials, invoices, refunds and disputes.

namespace purser::sql {

Result<bool> BatchWrites::put_trial(const CustomerKey& key, const std::string& name) {
  PURSER_TRY(const std::int64_t customer, customer_row(key));
  PURSER_CHECK_OK(before_write());
  PURSER_TRY(const std::int64_t rows,
             db_.change("INSERT INTO trials(customer_id, name, used_at) VALUES($1, $2, $3) "
                        "ON CONFLICT(customer_id, name) DO NOTHING",
                        customer, name, now()));
  return rows > 0;
}

Status BatchWrites::put_invoice(const app::Invoice& invoice) {
  PURSER_TRY(const std::int64_t project, project_row(invoice.customer.project));
  PURSER_TRY(const std::int64_t customer, customer_row(invoice.customer));
  PURSER_CHECK_OK(before_write());
  return db_.run(
      "INSERT INTO invoices(project_id, id, customer_id, purchase_id, number, status, total, "
      "currency, amount_paid, refunded, payment_ref, hosted_url, period_start, period_end, "
      "created_at) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15) "
      "ON CONFLICT(project_id, id) DO UPDATE SET number = excluded.number, "
      "status = excluded.status, total = excluded.total, currency = excluded.currency, "
      "amount_paid = excluded.amount_paid, refunded = excluded.refunded, "
      "payment_ref = excluded.payment_ref, hosted_url = excluded.hosted_url, "
      "period_start = excluded.period_start, period_end = excluded.period_end",
      project, invoice.id, customer, invoice.purchase.str(), invoice.number, invoice.status,
      invoice.total.minor_units(), invoice.total.currency().code(), invoice.amount_paid,
      invoice.refunded, invoice.payment_ref, invoice.hosted_url, invoice.period_start,
      invoice.period_end, invoice.created_at);
}

Status BatchWrites::insert_refund(const app::Refund& refund) {
  PURSER_TRY(const std::int64_t project, project_row(refund.project));
  PURSER_CHECK_OK(before_write());
  return db_.run(
      "INSERT INTO refunds(project_id, id, purchase_id, invoice_id, payment_ref, amount, currency, "
      "quantity, reason, state, remote_ref, error, created_at) "
      "VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)",
      project, refund.id, refund.purchase.str(), refund.invoice, refund.payment_ref,
      refund.amount.minor_units(), refund.amount.currency().code(), refund.quantity, refund.reason,
      refund.state, refund.remote_ref, refund.error, refund.created_at);
}

Status BatchWrites::update_refund(const app::Refund& refund) {
  PURSER_TRY(const std::int64_t project, project_row(refund.project));
  PURSER_CHECK_OK(before_write());
  return update_row("refund",
                    "UPDATE refunds SET state = $1, remote_ref = $2, error = $3 WHERE project_id = "
                    "$4 AND id = $5",
                    refund.state, refund.remote_ref, refund.error, project, refund.id);
}

Status BatchWrites::insert_dispute(const app::Dispute& dispute) {
  PURSER_TRY(const std::int64_t project, project_row(dispute.project));
  PURSER_CHECK_OK(before_write());
  return db_.run(
      "INSERT INTO disputes(project_id, id, purchase_id, payment_ref, amount, currency, state, "
      "taken, ended_purchase, created_at) VALUES($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)",
      project, dispute.id, dispute.purchase.str(), dispute.payment_ref,
      dispute.amount.minor_units(), dispute.amount.currency().code(), dispute.state,
      encode_taken(dispute.taken), dispute.ended_purchase, dispute.created_at);
}

Status BatchWrites::update_dispute(const app::Dispute& dispute) {
  PURSER_TRY(const std::int64_t project, project_row(dispute.project));
  PURSER_CHECK_OK(before_write());
  return update_row("dispute",
                    "UPDATE disputes SET state = $1, taken = $2, ended_purchase = $3 "
                    "WHERE project_id = $4 AND id = $5",
                    dispute.state, encode_taken(dispute.taken), dispute.ended_purchase, project,
                    dispute.id);
}

}  // namespace purser::sql
