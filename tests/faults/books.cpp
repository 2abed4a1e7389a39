#include "tests/faults/books.hpp"

#include <sqlite3.h>

#include <functional>

#include "tests/faults/journey.hpp"

namespace purser::faults {

namespace {

std::string text(const json::Value& row, const char* name) {
  return row.string_at(name).value_or("");
}

std::int64_t number(const json::Value& row, const char* name) {
  return row.int_at(name).value_or(0);
}

std::string metadata(const json::Value& row, const char* name) {
  const json::Value* all = row.find("metadata");
  return all == nullptr ? "" : text(*all, name);
}

void each(const json::Value& account, const char* name,
          const std::function<void(const json::Value&)>& visit) {
  const json::Value* rows = account.find(name);
  if (rows == nullptr || rows->as_array() == nullptr) return;
  for (const json::Value& row : *rows->as_array()) visit(row);
}

void read_account(const json::Value& account, ProviderBooks& out) {
  const std::string account_id = text(account, "id");
  each(account, "customers", [&](const json::Value& row) {
    const std::string id = metadata(row, "purser_customer_id");
    if (!id.empty()) out.customers[text(row, "id")] = id;
  });
  each(account, "checkout_sessions", [&](const json::Value& row) {
    out.sessions.push_back({text(row, "id"), text(row, "status"), text(row, "payment_status"),
                            metadata(row, "purser_checkout"), text(row, "customer"),
                            text(row, "payment_intent"), text(row, "subscription"),
                            text(row, "invoice"), number(row, "amount_total"), account_id});
  });
  each(account, "subscriptions", [&](const json::Value& row) {
    out.subscriptions.push_back({text(row, "id"), text(row, "status"),
                                 metadata(row, "purser_checkout"),
                                 number(row, "current_period_end"),
                                 row.bool_at("cancel_at_period_end").value_or(false), account_id});
  });
  each(account, "invoices", [&](const json::Value& row) {
    out.invoices.push_back({text(row, "id"), text(row, "subscription"), text(row, "payment_intent"),
                            text(row, "status"), number(row, "amount_paid")});
  });
  each(account, "charges", [&](const json::Value& row) {
    out.charges.push_back({text(row, "id"), text(row, "status"), text(row, "payment_intent"),
                           text(row, "invoice"), number(row, "amount"),
                           number(row, "amount_refunded")});
  });
  each(account, "refunds", [&](const json::Value& row) {
    out.refunds.push_back({text(row, "id"), text(row, "status"), text(row, "charge"),
                           text(row, "payment_intent"), number(row, "amount")});
  });
  each(account, "disputes", [&](const json::Value& row) {
    out.disputes.push_back({text(row, "id"), text(row, "status"), text(row, "payment_intent")});
  });
  each(account, "events", [&](const json::Value& row) {
    if (number(row, "pending_webhooks") > 0) out.undelivered.push_back(text(row, "id"));
  });
}

/// A connection that only reads. Used by one thread.
class Database {
 public:
  explicit Database(const std::string& path) {
    const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_FULLMUTEX;
    if (sqlite3_open_v2(path.c_str(), &db_, flags, nullptr) != SQLITE_OK) failed_ = true;
    if (db_ != nullptr) sqlite3_busy_timeout(db_, 5'000);
  }
  ~Database() { sqlite3_close(db_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  class Row {
   public:
    explicit Row(sqlite3_stmt* statement) : statement_(statement) {}
    std::string text() {
      const auto* bytes = sqlite3_column_text(statement_, column_++);
      return bytes == nullptr ? "" : reinterpret_cast<const char*>(bytes);
    }
    std::int64_t number() { return sqlite3_column_int64(statement_, column_++); }
    int small() { return sqlite3_column_int(statement_, column_++); }

   private:
    sqlite3_stmt* statement_;
    int column_ = 0;
  };

  void each(const char* sql, const std::function<void(Row&)>& visit) {
    sqlite3_stmt* statement = nullptr;
    if (failed_ || sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr) != SQLITE_OK) {
      failed_ = true;
      return;
    }
    int status = SQLITE_ROW;
    while ((status = sqlite3_step(statement)) == SQLITE_ROW) {
      Row row(statement);
      visit(row);
    }
    failed_ = failed_ || status != SQLITE_DONE;
    sqlite3_finalize(statement);
  }
  bool failed() const { return failed_; }

 private:
  sqlite3* db_ = nullptr;
  bool failed_ = false;
};

using Row = Database::Row;

/// The sandbox makes ids of 28 characters; those of its events for others are longer.
bool is_stranger(const std::string& event) { return event.size() > 28; }

void read_sales(Database& db, SellerBooks& out) {
  db.each(
      "SELECT p.id, c.external_id, p.product_id, p.payment_ref, p.remote_ref, "
      "coalesce(json_extract(p.subscription, '$.status'), ''), p.quantity, p.status, p.origin, "
      "coalesce(json_extract(p.subscription, '$.current_period_end'), 0), "
      "coalesce(json_extract(p.subscription, '$.cancel_at_period_end'), 0), p.anchor, "
      "coalesce(json_extract(p.subscription, '$.paid_through'), 0), j.id "
      "FROM purchases p JOIN customers c ON c.id = p.customer_id "
      "JOIN projects j ON j.row = c.project_id",
      [&](Row& row) {
        SellerBooks::Purchase purchase;
        purchase.id = row.text();
        purchase.customer = row.text();
        purchase.product = plain(row.text());
        purchase.payment = row.text();
        purchase.subscription_ref = row.text();
        purchase.subscription_status = row.text();
        purchase.quantity = row.number();
        purchase.status = row.small();
        purchase.origin = row.small();
        purchase.period_end = row.number();
        purchase.cancels_at_period_end = row.small() != 0;
        purchase.anchor = row.number();
        purchase.paid_through = row.number();
        purchase.project = row.text();
        out.purchases.push_back(std::move(purchase));
      });
  db.each(
      "SELECT k.id, c.external_id, k.session_ref, k.purchase_id, k.state, j.id "
      "FROM checkouts k JOIN customers c ON c.id = k.customer_id "
      "JOIN projects j ON j.row = c.project_id",
      [&](Row& row) {
        SellerBooks::Checkout checkout;
        checkout.id = row.text();
        checkout.customer = row.text();
        checkout.session = row.text();
        checkout.purchase = row.text();
        checkout.state = row.small();
        checkout.project = row.text();
        out.checkouts.push_back(std::move(checkout));
      });
  db.each("SELECT purchase_id, product_id, kind FROM transactions", [&](Row& row) {
    SellerBooks::Transaction transaction;
    transaction.purchase = row.text();
    transaction.product = plain(row.text());
    transaction.kind = row.small();
    out.transactions.push_back(std::move(transaction));
  });
  db.each("SELECT id, coalesce(json_extract(payments, '$.account_id'), '') FROM projects",
          [&](Row& row) {
            const std::string project = row.text();
            out.accounts[project] = row.text();
          });
}

void read_money(Database& db, SellerBooks& out) {
  db.each("SELECT id, purchase_id, payment_ref, amount_paid, refunded, status FROM invoices",
          [&](Row& row) {
            SellerBooks::Invoice invoice;
            invoice.id = row.text();
            invoice.purchase = row.text();
            invoice.payment = row.text();
            invoice.amount_paid = row.number();
            invoice.refunded = row.number();
            invoice.status = row.small();
            out.invoices.push_back(std::move(invoice));
          });
  db.each("SELECT id, purchase_id, payment_ref, remote_ref, amount, state FROM refunds",
          [&](Row& row) {
            SellerBooks::Refund refund;
            refund.id = row.text();
            refund.purchase = row.text();
            refund.payment = row.text();
            refund.remote = row.text();
            refund.amount = row.number();
            refund.state = row.small();
            out.refunds.push_back(std::move(refund));
          });
  db.each("SELECT id, payment_ref, state FROM disputes", [&](Row& row) {
    SellerBooks::Dispute dispute;
    dispute.id = row.text();
    dispute.payment = row.text();
    dispute.state = row.small();
    out.disputes.push_back(std::move(dispute));
  });
}

void read_ledger(Database& db, SellerBooks& out) {
  db.each(
      "SELECT c.external_id, n.item, coalesce(l.source, ''), coalesce(l.description, ''), "
      "l.change, l.quantity_after, l.at, l.cause "
      "FROM ledger l JOIN customers c ON c.id = l.customer_id JOIN item_names n ON n.row = "
      "l.item_id ORDER BY l.id",
      [&](Row& row) {
        SellerBooks::Entry entry;
        entry.customer = row.text();
        entry.item = plain(row.text());
        entry.source = row.text();
        entry.description = row.text();
        entry.change = row.number();
        entry.quantity_after = row.number();
        entry.at = row.number();
        entry.cause = row.small();
        out.entries.push_back(std::move(entry));
      });
}

void read_work(Database& db, SellerBooks& out) {
  db.each(
      "SELECT type, coalesce(json_extract(payload, '$.checkout_id'), ''), "
      "coalesce(json_extract(payload, '$.reason'), ''), payload "
      "FROM outbox WHERE type LIKE '%.alarm'",
      [&](Row& row) {
        SellerBooks::Alarm alarm;
        alarm.type = row.text();
        alarm.checkout = row.text();
        alarm.reason = row.text();
        alarm.payload = row.text();
        out.alarms.push_back(std::move(alarm));
      });
  db.each("SELECT id, kind, subject, error FROM intentions WHERE done = 0", [&](Row& row) {
    SellerBooks::Intention intention;
    intention.id = row.text();
    intention.kind = row.text();
    intention.subject = row.text();
    intention.error = row.text();
    out.intentions.push_back(std::move(intention));
  });
  db.each("SELECT event_id, type, object_id, error, state FROM inbox WHERE state IN (0, 3)",
          [&](Row& row) {
            SellerBooks::Event event;
            event.id = row.text();
            event.type = row.text();
            event.subject = row.text();
            event.error = row.text();
            event.quarantined = row.small() == 3;
            if (!is_stranger(event.id)) out.waiting.push_back(std::move(event));
          });
  db.each("SELECT event_id, state FROM inbox", [&](Row& row) {
    SellerBooks::Stranger stranger;
    stranger.id = row.text();
    stranger.state = row.small();
    if (is_stranger(stranger.id)) out.strangers.push_back(std::move(stranger));
  });
}

}  // namespace

ProviderBooks read_provider_books(const json::Value& books) {
  ProviderBooks out;
  each(books, "accounts", [&](const json::Value& account) { read_account(account, out); });
  return out;
}

std::optional<SellerBooks> read_seller_books(const std::string& database) {
  Database db(database);
  SellerBooks out;
  read_sales(db, out);
  read_money(db, out);
  read_ledger(db, out);
  read_work(db, out);
  if (db.failed()) return std::nullopt;
  return out;
}

std::int64_t work_due(const std::string& database, std::int64_t now) {
  Database db(database);
  std::int64_t due = 0;
  const std::string at = std::to_string(now);
  const std::string sql =
      "SELECT (SELECT count(*) FROM inbox WHERE state = 0 AND next_at <= " + at +
      ") + (SELECT count(*) FROM intentions WHERE done = 0 AND next_at <= " + at +
      ") + (SELECT count(*) FROM checkouts WHERE state = 1 AND next_check_at <= " + at +
      ") + (SELECT count(*) FROM purchases WHERE wake_at <= " + at + ")";
  db.each(sql.c_str(), [&](Row& row) { due = row.number(); });
  return db.failed() ? -1 : due;
}

}  // namespace purser::faults
