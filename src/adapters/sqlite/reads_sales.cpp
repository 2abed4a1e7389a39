#include "adapters/sqlite/reads.hpp"
#include "adapters/sqlite/rows.hpp"

// The reads of purchases, checkouts, Stripe's side, and of an item's history.

namespace purser::sqlite {
Result<std::optional<domain::Purchase>> Reads::purchase(const ProjectId& project,
                                                        const PurchaseId& id) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(
      db_.query("SELECT " PURSER_PURCHASE_COLUMNS "WHERE p.project_id = ? AND p.id = ?", row,
                id.str()),
      rows::purchase);
}

Result<std::optional<domain::Purchase>> Reads::purchase_by_payment(const ProjectId& project,
                                                                   const std::string& payment_ref) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query("SELECT " PURSER_PURCHASE_COLUMNS
                             "WHERE p.project_id = ? AND p.payment_ref = ? AND p.payment_ref <> ''",
                             row, payment_ref),
                   rows::purchase);
}

Result<std::vector<domain::Purchase>> Reads::owned(const CustomerKey& customer) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, customer));
  return rows::all(db_.query("SELECT " PURSER_PURCHASE_COLUMNS
                             "WHERE p.customer_id = ? AND p.status = 0 ORDER BY p.row",
                             row),
                   rows::purchase);
}

Result<std::optional<domain::Purchase>> Reads::purchase_by_subscription(
    const ProjectId& project, const std::string& remote_ref) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query("SELECT " PURSER_PURCHASE_COLUMNS
                             "WHERE p.project_id = ? AND p.remote_ref = ? AND p.remote_ref <> ''",
                             row, remote_ref),
                   rows::purchase);
}

Result<std::vector<domain::Purchase>> Reads::due_purchases(Timestamp now, int limit) {
  return rows::all(db_.query("SELECT " PURSER_PURCHASE_COLUMNS
                             "WHERE p.wake_at <= ? ORDER BY p.wake_at, p.row LIMIT ?",
                             now, limit),
                   rows::purchase);
}

Result<std::vector<app::Transaction>> Reads::transactions(const CustomerKey& customer,
                                                          const app::PageRequest& page) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, customer));
  const auto read = [&](Query& q) { return rows::transaction(q, customer); };
  if (page.after.empty()) {
    return rows::all(
        db_.query("SELECT " PURSER_TRANSACTION_COLUMNS " FROM transactions WHERE customer_id = ? "
                  "ORDER BY row DESC LIMIT ?",
                  row, page.limit),
        read);
  }
  return rows::all(db_.query("SELECT " PURSER_TRANSACTION_COLUMNS
                             " FROM transactions WHERE customer_id = ?1 AND row < "
                             "(SELECT row FROM transactions WHERE customer_id = ?1 AND id = ?2) "
                             "ORDER BY row DESC LIMIT ?3",
                             row, page.after, page.limit),
                   read);
}

Result<std::optional<app::Checkout>> Reads::checkout(const ProjectId& project,
                                                     const CheckoutId& id) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(
      db_.query("SELECT " PURSER_CHECKOUT_COLUMNS "WHERE k.project_id = ? AND k.id = ?", row,
                id.str()),
      rows::checkout);
}

Result<std::optional<app::Checkout>> Reads::checkout_by_session(const ProjectId& project,
                                                                const std::string& session_ref) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query("SELECT " PURSER_CHECKOUT_COLUMNS
                             "WHERE k.project_id = ? AND k.session_ref = ? AND k.session_ref <> ''",
                             row, session_ref),
                   rows::checkout);
}

Result<std::optional<app::Checkout>> Reads::checkout_by_code(const crypto::Digest& code_hash) {
  return rows::one(db_.query("SELECT " PURSER_CHECKOUT_COLUMNS "WHERE k.code_hash = ?", code_hash),
                   rows::checkout);
}

Result<std::vector<app::Checkout>> Reads::due_checkouts(Timestamp now, int limit) {
  return rows::all(db_.query("SELECT " PURSER_CHECKOUT_COLUMNS
                             "WHERE k.state = 1 AND k.next_check_at <= ? ORDER BY k.row LIMIT ?",
                             now, limit),
                   rows::checkout);
}

Result<std::optional<std::string>> Reads::remote(const ProjectId& project,
                                                 const std::string& account_id,
                                                 app::RemoteKind kind, const std::string& local) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query("SELECT remote FROM remotes WHERE project_id = ? AND account_id = ? "
                             "AND kind = ? AND local = ?",
                             row, account_id, kind, local),
                   [](Query& q) { return Result<std::string>(q.text(0)); });
}

Result<std::optional<app::InboxEvent>> Reads::inbox_event(const ProjectId& project,
                                                          const std::string& event_id) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(
      db_.query("SELECT " PURSER_INBOX_COLUMNS "WHERE i.project_id = ? AND i.event_id = ?", row,
                event_id),
      rows::inbox_event);
}

Result<std::vector<app::InboxEvent>> Reads::inbox(const ProjectId& project,
                                                  std::optional<app::InboxState> state,
                                                  const app::PageRequest& page) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  std::int64_t before = kNewest;
  if (!page.after.empty()) {
    PURSER_TRY(const auto after,
               db_.integer("SELECT row FROM inbox WHERE project_id = ? AND event_id = ?", row,
                           page.after));
    before = after.value_or(0);
  }
  if (state) {
    return rows::all(db_.query("SELECT " PURSER_INBOX_COLUMNS
                               "WHERE i.project_id = ? AND i.state = ? AND i.row < ? "
                               "ORDER BY i.row DESC LIMIT ?",
                               row, *state, before, page.limit),
                     rows::inbox_event);
  }
  return rows::all(db_.query("SELECT " PURSER_INBOX_COLUMNS
                             "WHERE i.project_id = ? AND i.row < ? ORDER BY i.row DESC LIMIT ?",
                             row, before, page.limit),
                   rows::inbox_event);
}

Result<std::vector<app::InboxEvent>> Reads::due_inbox(Timestamp now, int limit) {
  return rows::all(db_.query("SELECT " PURSER_INBOX_COLUMNS
                             "WHERE i.state = 0 AND i.next_at <= ? ORDER BY i.row LIMIT ?",
                             now, limit),
                   rows::inbox_event);
}

Result<std::vector<app::Intention>> Reads::due_intentions(Timestamp now, int limit) {
  return rows::all(db_.query("SELECT " PURSER_INTENTION_COLUMNS
                             "WHERE i.done = 0 AND i.next_at <= ? ORDER BY i.row LIMIT ?",
                             now, limit),
                   rows::intention);
}

Result<std::vector<app::OutboxEvent>> Reads::outbox(std::int64_t after_id, int limit) {
  return rows::all(db_.query("SELECT " PURSER_OUTBOX_COLUMNS "WHERE o.id > ? ORDER BY o.id LIMIT ?",
                             after_id, limit),
                   rows::outbox_event);
}

Result<std::vector<app::LedgerLine>> Reads::ledger_chain(const AccountKey& key, std::int64_t head,
                                                         std::optional<std::int64_t> before,
                                                         int limit) {
  constexpr const char* kSql =
      "SELECT customer_id, item_id, previous, " PURSER_ENTRY_COLUMNS " FROM ledger WHERE id = ?";
  std::vector<app::LedgerLine> lines;
  std::int64_t at = head;
  if (before && *before <= head) {
    // A cursor is normally a line of this chain: then the walk begins right behind it.
    PURSER_TRY(Query line, db_.query(kSql, *before));
    PURSER_TRY(const bool found, line.step());
    const bool ours = found && AccountKey{line.integer(0), line.integer(1)} == key;
    if (ours) at = line.integer(2);
  }
  while (at > 0 && static_cast<int>(lines.size()) < limit) {
    PURSER_TRY(Query line, db_.query(kSql, at));
    PURSER_TRY(const bool found, line.step());
    if (!found || AccountKey{line.integer(0), line.integer(1)} != key) {
      return Error::internal("ledger line " + std::to_string(at) + " breaks its chain");
    }
    if (!before || at < *before) {
      PURSER_TRY(domain::Entry entry, line.checked(rows::entry(line, 3)));
      lines.push_back({at, std::move(entry)});
    }
    at = line.integer(2);
  }
  return lines;
}

}  // namespace purser::sqlite
