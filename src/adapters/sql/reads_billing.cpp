#include "adapters/sql/reads.hpp"
#include "adapters/sql/rows.hpp"

// The reads of trials, invoices, refunds and disputes.

namespace purser::sql {

Result<bool> Reads::trial_used(const CustomerKey& customer, const std::string& name) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, customer));
  PURSER_TRY(const auto used,
             db_.integer("SELECT 1 FROM trials WHERE customer_id = $1 AND name = $2", row, name));
  return used.has_value();
}

Result<std::vector<app::Invoice>> Reads::invoices(const CustomerKey& customer,
                                                  const app::PageRequest& page) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, customer));
  std::int64_t before = kNewest;
  if (!page.after.empty()) {
    PURSER_TRY(const std::int64_t project, row_of(resolver_, customer.project));
    PURSER_TRY(const auto after, db_.integer("SELECT row FROM invoices WHERE project_id = $1 "
                                             "AND id = $2 AND customer_id = $3",
                                             project, page.after, row));
    before = after.value_or(0);
  }
  return rows::all(db_.query("SELECT " PURSER_INVOICE_COLUMNS
                             "WHERE i.customer_id = $1 AND i.row < $2 ORDER BY i.row DESC LIMIT $3",
                             row, before, page.limit),
                   rows::invoice);
}

Result<std::optional<app::Invoice>> Reads::invoice(const ProjectId& project,
                                                   const std::string& id) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(
      db_.query_for_update(
          "i", "SELECT " PURSER_INVOICE_COLUMNS "WHERE i.project_id = $1 AND i.id = $2", row, id),
      rows::invoice);
}

Result<std::optional<app::Invoice>> Reads::invoice_by_payment(const ProjectId& project,
                                                              const std::string& payment_ref) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(
      db_.query_for_update("i",
                           "SELECT " PURSER_INVOICE_COLUMNS
                           "WHERE i.project_id = $1 AND i.payment_ref = $2 AND i.payment_ref <> ''",
                           row, payment_ref),
      rows::invoice);
}

Result<std::vector<app::Invoice>> Reads::invoices_of(const ProjectId& project,
                                                     const PurchaseId& purchase, int limit) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::all(db_.query_for_update("i",
                                        "SELECT " PURSER_INVOICE_COLUMNS
                                        "WHERE i.project_id = $1 AND i.purchase_id = $2 "
                                        "ORDER BY i.row DESC LIMIT $3",
                                        row, purchase.str(), limit),
                   rows::invoice);
}

Result<std::optional<app::Refund>> Reads::refund(const ProjectId& project, const std::string& id) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query_for_update("refunds",
                                        "SELECT " PURSER_REFUND_COLUMNS
                                        " FROM refunds WHERE project_id = $1 AND id = $2",
                                        row, id),
                   [&](Cursor& q) { return rows::refund(q, project); });
}

Result<std::optional<app::Refund>> Reads::refund_by_remote(const ProjectId& project,
                                                           const std::string& remote_ref) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query_for_update("refunds",
                                        "SELECT " PURSER_REFUND_COLUMNS
                                        " FROM refunds WHERE project_id = $1 AND remote_ref = $2 "
                                        "AND remote_ref <> ''",
                                        row, remote_ref),
                   [&](Cursor& q) { return rows::refund(q, project); });
}

Result<std::vector<app::Refund>> Reads::refunds_of(const ProjectId& project,
                                                   const PurchaseId& purchase) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::all(
      db_.query_for_update("refunds",
                           "SELECT " PURSER_REFUND_COLUMNS
                           " FROM refunds WHERE project_id = $1 AND purchase_id = $2 ORDER BY row",
                           row, purchase.str()),
      [&](Cursor& q) { return rows::refund(q, project); });
}

Result<std::optional<app::Dispute>> Reads::dispute(const ProjectId& project,
                                                   const std::string& id) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query_for_update("disputes",
                                        "SELECT " PURSER_DISPUTE_COLUMNS
                                        " FROM disputes WHERE project_id = $1 AND id = $2",
                                        row, id),
                   [&](Cursor& q) { return rows::dispute(q, project); });
}

}  // namespace purser::sql
