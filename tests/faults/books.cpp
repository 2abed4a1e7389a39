#include "tests/faults/books.hpp"

#include <functional>
#include <memory>

#include "adapters/postgres/connection.hpp"
#include "adapters/sqlite/connection.hpp"
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

Result<std::unique_ptr<sql::Connection>> connect(const std::string& database) {
  if (database.starts_with("postgres://")) {
    postgres::ConnectOptions options;
    options.uri = database;
    options.reads_much = true;
    PURSER_TRY(std::unique_ptr<sql::Connection> db, postgres::Connection::open(options));
    return db;
  }
  PURSER_TRY(std::unique_ptr<sql::Connection> db,
             sqlite::Connection::open(database, sqlite::OpenMode::kReader, ""));
  return db;
}

/// A connection that only reads, to either engine. Used by one thread.
class Database {
 public:
  explicit Database(const std::string& database) {
    if (auto db = connect(database)) db_ = *std::move(db);
  }

  class Row {
   public:
    explicit Row(const sql::Cursor& cursor) : cursor_(cursor) {}
    std::string text() { return cursor_.text(column_++); }
    std::int64_t number() { return cursor_.integer(column_++); }
    int small() { return static_cast<int>(number()); }
    /// Null where there is none.
    json::Value document() {
      auto parsed = json::parse(cursor_.view(column_++));
      return parsed ? *std::move(parsed) : json::Value();
    }

   private:
    const sql::Cursor& cursor_;
    int column_ = 0;
  };

  /// `sql`: a literal.
  template <class... Args>
  void each(const char* sql, const std::function<void(Row&)>& visit, const Args&... args) {
    if (failed()) return;
    const auto read = [&]() -> Status {
      PURSER_TRY(sql::Cursor cursor, db_->query(sql, args...));
      for (;;) {
        PURSER_TRY(const bool found, cursor.step());
        if (!found) return {};
        Row row(cursor);
        visit(row);
      }
    };
    if (!read()) db_.reset();
  }
  bool failed() const { return db_ == nullptr; }

 private:
  std::unique_ptr<sql::Connection> db_;
};

using Row = Database::Row;

/// The sandbox makes ids of 28 characters; those of its events for others are longer.
bool is_stranger(const std::string& event) { return event.size() > 28; }

void read_sales(Database& db, SellerBooks& out) {
  db.each(
      "SELECT p.id, c.external_id, p.product_id, p.payment_ref, p.remote_ref, "
      "p.quantity, p.status, p.origin, p.anchor, p.subscription, j.id "
      "FROM purchases p JOIN customers c ON c.id = p.customer_id "
      "JOIN projects j ON j.row = c.project_id",
      [&](Row& row) {
        SellerBooks::Purchase purchase;
        purchase.id = row.text();
        purchase.customer = row.text();
        purchase.product = plain(row.text());
        purchase.payment = row.text();
        purchase.subscription_ref = row.text();
        purchase.quantity = row.number();
        purchase.status = row.small();
        purchase.origin = row.small();
        purchase.anchor = row.number();
        const json::Value subscription = row.document();
        purchase.subscription_status = text(subscription, "status");
        purchase.period_end = number(subscription, "current_period_end");
        purchase.cancels_at_period_end =
            subscription.bool_at("cancel_at_period_end").value_or(false);
        purchase.paid_through = number(subscription, "paid_through");
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
  db.each("SELECT id, payments FROM projects", [&](Row& row) {
    const std::string project = row.text();
    out.accounts[project] = text(row.document(), "account_id");
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
  db.each("SELECT type, payload, payload FROM outbox WHERE type LIKE '%.alarm'", [&](Row& row) {
    SellerBooks::Alarm alarm;
    alarm.type = row.text();
    alarm.payload = row.text();
    const json::Value payload = row.document();
    alarm.checkout = text(payload, "checkout_id");
    alarm.reason = text(payload, "reason");
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
  db.each(
      "SELECT (SELECT count(*) FROM inbox WHERE state = 0 AND next_at <= $1) + "
      "(SELECT count(*) FROM intentions WHERE done = 0 AND next_at <= $1) + "
      "(SELECT count(*) FROM checkouts WHERE state = 1 AND next_check_at <= $1) + "
      "(SELECT count(*) FROM purchases WHERE wake_at <= $1)",
      [&](Row& row) { due = row.number(); }, now);
  return db.failed() ? -1 : due;
}

}  // namespace purser::faults
