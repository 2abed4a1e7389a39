#include "adapters/sql/reads.hpp"
#include "adapters/sql/rows.hpp"

// The reads of purchases, checkouts, Stripe's side.

namespace purser::sql {

Result<std::optional<domain::Purchase>> Reads::purchase(const ProjectId& project,
                                                        const PurchaseId& id) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query_for_update("p",
                                        "SELECT " PURSER_PURCHASE_COLUMNS
                                        "WHERE p.project_id = $1 AND p.id = $2",
                                        row, id.str()),
                   rows::purchase);
}

Result<std::optional<domain::Purchase>> Reads::purchase_by_payment(const ProjectId& project,
                                                                   const std::string& payment_ref) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(
      db_.query_for_update("p",
                           "SELECT " PURSER_PURCHASE_COLUMNS
                           "WHERE p.project_id = $1 AND p.payment_ref = $2 AND p.payment_ref <> ''",
                           row, payment_ref),
      rows::purchase);
}

Status Reads::lock_customer(std::int64_t row) {
  if (!db_.locks_rows()) return {};
  PURSER_TRY(Cursor locked,
             db_.query_for_update("customers", "SELECT id FROM customers WHERE id = $1", row));
  PURSER_TRY(const bool found, locked.step());
  static_cast<void>(found);  // a custom customer without a row owns nothing yet
  return {};
}

Result<std::vector<domain::Purchase>> Reads::owned(const CustomerKey& customer) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, customer));
  PURSER_CHECK_OK(lock_customer(row));
  return rows::all(db_.query_for_update("p",
                                        "SELECT " PURSER_PURCHASE_COLUMNS
                                        "WHERE p.customer_id = $1 AND p.status = 0 ORDER BY p.row",
                                        row),
                   rows::purchase);
}

Result<std::optional<domain::Purchase>> Reads::purchase_by_subscription(
    const ProjectId& project, const std::string& remote_ref) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(
      db_.query_for_update("p",
                           "SELECT " PURSER_PURCHASE_COLUMNS
                           "WHERE p.project_id = $1 AND p.remote_ref = $2 AND p.remote_ref <> ''",
                           row, remote_ref),
      rows::purchase);
}

Result<std::vector<domain::Purchase>> Reads::due_purchases(Timestamp now, int limit) {
  return rows::all(db_.query("SELECT " PURSER_PURCHASE_COLUMNS
                             "WHERE p.wake_at <= $1 ORDER BY p.wake_at, p.row LIMIT $2",
                             now, limit),
                   rows::purchase);
}

Result<std::vector<app::Transaction>> Reads::transactions(const CustomerKey& customer,
                                                          const app::PageRequest& page) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, customer));
  const auto read = [&](Cursor& q) { return rows::transaction(q, customer); };
  if (page.after.empty()) {
    return rows::all(
        db_.query("SELECT " PURSER_TRANSACTION_COLUMNS " FROM transactions WHERE customer_id = $1 "
                  "ORDER BY row DESC LIMIT $2",
                  row, page.limit),
        read);
  }
  return rows::all(db_.query("SELECT " PURSER_TRANSACTION_COLUMNS
                             " FROM transactions WHERE customer_id = $1 AND row < "
                             "(SELECT row FROM transactions WHERE customer_id = $1 AND id = $2) "
                             "ORDER BY row DESC LIMIT $3",
                             row, page.after, page.limit),
                   read);
}

Result<std::optional<app::Checkout>> Reads::checkout(const ProjectId& project,
                                                     const CheckoutId& id) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query_for_update("k",
                                        "SELECT " PURSER_CHECKOUT_COLUMNS
                                        "WHERE k.project_id = $1 AND k.id = $2",
                                        row, id.str()),
                   rows::checkout);
}

Result<std::optional<app::Checkout>> Reads::checkout_by_session(const ProjectId& project,
                                                                const std::string& session_ref) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(
      db_.query_for_update("k",
                           "SELECT " PURSER_CHECKOUT_COLUMNS
                           "WHERE k.project_id = $1 AND k.session_ref = $2 AND k.session_ref <> ''",
                           row, session_ref),
      rows::checkout);
}

Result<std::optional<app::Checkout>> Reads::checkout_by_code(const crypto::Digest& code_hash) {
  return rows::one(db_.query_for_update(
                       "k", "SELECT " PURSER_CHECKOUT_COLUMNS "WHERE k.code_hash = $1", code_hash),
                   rows::checkout);
}

Result<std::vector<app::Checkout>> Reads::due_checkouts(Timestamp now, int limit) {
  return rows::all(db_.query("SELECT " PURSER_CHECKOUT_COLUMNS
                             "WHERE k.state = 1 AND k.next_check_at <= $1 ORDER BY k.row LIMIT $2",
                             now, limit),
                   rows::checkout);
}

Result<std::optional<std::string>> Reads::remote(const ProjectId& project,
                                                 const std::string& account_id,
                                                 app::RemoteKind kind, const std::string& local) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query("SELECT remote FROM remotes WHERE project_id = $1 AND account_id = $2 "
                             "AND kind = $3 AND local = $4",
                             row, account_id, kind, local),
                   [](Cursor& q) { return Result<std::string>(q.text(0)); });
}

Result<std::optional<app::InboxEvent>> Reads::inbox_event(const ProjectId& project,
                                                          const std::string& event_id) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query_for_update("i",
                                        "SELECT " PURSER_INBOX_COLUMNS
                                        "WHERE i.project_id = $1 AND i.event_id = $2",
                                        row, event_id),
                   rows::inbox_event);
}

Result<std::vector<app::InboxEvent>> Reads::inbox(const ProjectId& project,
                                                  std::optional<app::InboxState> state,
                                                  const app::PageRequest& page) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  std::int64_t before = kNewest;
  if (!page.after.empty()) {
    PURSER_TRY(const auto after,
               db_.integer("SELECT row FROM inbox WHERE project_id = $1 AND event_id = $2", row,
                           page.after));
    before = after.value_or(0);
  }
  if (state) {
    return rows::all(db_.query("SELECT " PURSER_INBOX_COLUMNS
                               "WHERE i.project_id = $1 AND i.state = $2 AND i.row < $3 "
                               "ORDER BY i.row DESC LIMIT $4",
                               row, *state, before, page.limit),
                     rows::inbox_event);
  }
  return rows::all(db_.query("SELECT " PURSER_INBOX_COLUMNS
                             "WHERE i.project_id = $1 AND i.row < $2 ORDER BY i.row DESC LIMIT $3",
                             row, before, page.limit),
                   rows::inbox_event);
}

Result<std::vector<app::InboxEvent>> Reads::due_inbox(Timestamp now, int limit) {
  return rows::all(db_.query("SELECT " PURSER_INBOX_COLUMNS
                             "WHERE i.state = 0 AND i.next_at <= $1 ORDER BY i.row LIMIT $2",
                             now, limit),
                   rows::inbox_event);
}

Result<std::vector<app::Intention>> Reads::due_intentions(Timestamp now, int limit) {
  return rows::all(db_.query("SELECT " PURSER_INTENTION_COLUMNS
                             "WHERE i.done = 0 AND i.next_at <= $1 ORDER BY i.row LIMIT $2",
                             now, limit),
                   rows::intention);
}

Result<std::vector<app::OutboxEvent>> Reads::outbox(std::int64_t after_id, int limit) {
  return rows::all(
      db_.query("SELECT " PURSER_OUTBOX_COLUMNS "WHERE o.id > $1 ORDER BY o.id LIMIT $2", after_id,
                limit),
      rows::outbox_event);
}

}  // namespace purser::sql
