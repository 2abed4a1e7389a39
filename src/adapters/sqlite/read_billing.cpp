#include "adapters/sqlite/reads.hpp"
#include "adapters/sqlite/rows.hpp"

// The reads of trials, invoices, refunds and disputes.

namespace purser::sqlite {

Result<bool> Reads::trial_used(const CustomerKey& customer, const std::string& name) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, customer));
  PURSER_TRY(const auto used,
             db_.integer("SELECT 1 FROM trials WHERE customer_id = ? AND name = ?", row, name));
  return used.has_value();
}

Result<std::vector<app::Invoice>> Reads::invoices(const CustomerKey& customer,
                                                  const app::PageRequest& page) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, customer));
  std::int64_t before = kNewest;
  if (!page.after.empty()) {
    PURSER_TRY(const std::int64_t project, row_of(resolver_, customer.project));
    PURSER_TRY(const auto after, db_.integer("SELECT row FROM invoices WHERE project_id = ? "
                                             "AND id = ? AND customer_id = ?",
                                             project, page.after, row));
    before = after.value_or(0);
  }
  return rows::all(db_.query("SELECT " PURSER_INVOICE_COLUMNS
                             "WHERE i.customer_id = ? AND i.row < ? ORDER BY i.row DESC LIMIT ?",
                             row, before, page.limit),
                   rows::invoice);
}

Result<std::optional<app::Invoice>> Reads::invoice(const ProjectId& project,
                                                   const std::string& id) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(
      db_.query("SELECT " PURSER_INVOICE_COLUMNS "WHERE i.project_id = ? AND i.id = ?", row, id),
      rows::invoice);
}

Result<std::optional<app::Invoice>> Reads::invoice_by_payment(const ProjectId& project,
                                                              const std::string& payment_ref) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query("SELECT " PURSER_INVOICE_COLUMNS
                             "WHERE i.project_id = ? AND i.payment_ref = ? AND i.payment_ref <> ''",
                             row, payment_ref),
                   rows::invoice);
}

Result<std::vector<app::Invoice>> Reads::invoices_of(const ProjectId& project,
                                                     const PurchaseId& purchase, int limit) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::all(
      db_.query("SELECT " PURSER_INVOICE_COLUMNS "WHERE i.project_id = ? AND i.purchase_id = ? "
                "ORDER BY i.row DESC LIMIT ?",
                row, purchase.str(), limit),
      rows::invoice);
}

Result<std::optional<app::Refund>> Reads::refund(const ProjectId& project, const std::string& id) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(
      db_.query("SELECT " PURSER_REFUND_COLUMNS " FROM refunds WHERE project_id = ? AND id = ?",
                row, id),
      [&](Query& q) { return rows::refund(q, project); });
}

Result<std::optional<app::Refund>> Reads::refund_by_remote(const ProjectId& project,
                                                           const std::string& remote_ref) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query("SELECT " PURSER_REFUND_COLUMNS
                             " FROM refunds WHERE project_id = ? AND remote_ref = ? "
                             "AND remote_ref <> ''",
                             row, remote_ref),
                   [&](Query& q) { return rows::refund(q, project); });
}

Result<std::vector<app::Refund>> Reads::refunds_of(const ProjectId& project,
                                                   const PurchaseId& purchase) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::all(db_.query("SELECT " PURSER_REFUND_COLUMNS
                             " FROM refunds WHERE project_id = ? AND purchase_id = ? ORDER BY row",
                             row, purchase.str()),
                   [&](Query& q) { return rows::refund(q, project); });
}

Result<std::optional<app::Dispute>> Reads::dispute(const ProjectId& project,
                                                   const std::string& id) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(
      db_.query("SELECT " PURSER_DISPUTE_COLUMNS " FROM disputes WHERE project_id = ? AND id = ?",
                row, id),
      [&](Query& q) { return rows::dispute(q, project); });
}

}  // namespace purser::sqlite
