#include "adapters/postgres/view.hpp"

#include "adapters/postgres/archived.hpp"
#include "adapters/postgres/history.hpp"
#include "adapters/sql/rows.hpp"
#include "codec/account_codec.hpp"

namespace purser::postgres {
namespace {

struct Borrowed {
  Borrowed(Pool::Lent lent_connection, Connection& connection, KnownRows& known_rows)
      : lent(std::move(lent_connection)), db(connection), resolver(connection, known_rows) {}
  Pool::Lent lent;
  Connection& db;
  ViewResolver resolver;
};

/// Where an account stands and what it holds.
struct Found {
  AccountRows rows;
  domain::ItemAccount account;
  std::int64_t last_entry = 0;
};

class View final : private Borrowed,
                   public sql::ReadsBy<app::StoreView>,
                   public app::ArchivedHistory {
 public:
  View(Pool::Lent lent_connection, Connection& connection, KnownRows& known_rows)
      : Borrowed(std::move(lent_connection), connection, known_rows),
        ReadsBy(Borrowed::db, Borrowed::resolver) {}

  Result<domain::ItemAccount> item(const ItemKey& key) override {
    PURSER_TRY(Found found, find(key));
    return std::move(found.account);
  }

  Result<std::vector<app::LedgerLine>> ledger(const ItemKey& key,
                                              std::optional<std::int64_t> before,
                                              int limit) override {
    PURSER_TRY(const Found found, find(key));
    return ledger_chain(db, found.rows, found.last_entry, before, limit);
  }

  Result<std::optional<app::LedgerOpening>> ledger_opening(const ItemKey& key) override {
    return read_opening(db, key);
  }
  Result<std::optional<Timestamp>> archived_grant(const ItemKey& key,
                                                  const PurchaseId& purchase) override {
    return read_archived_grant(db, key, purchase);
  }

  Result<std::optional<app::IdempotencyRecord>> idempotency(const ProjectId& project,
                                                            const std::string& key) override {
    PURSER_TRY(const auto owner, sql::record_owner(resolver, project));
    return sql::rows::one(db.query("SELECT " PURSER_IDEMPOTENCY_COLUMNS
                                   " FROM idempotency WHERE project_id = $1 AND key = $2",
                                   owner.value_or(sql::kNoRow), sql::Blob{pack_key(key)}),
                          [&](sql::Cursor& q) { return sql::rows::idempotency(q, project, key); });
  }

 private:
  Result<Found> find(const ItemKey& key) {
    Found found;
    PURSER_TRY(const auto project, resolver.project(key.customer.project));
    PURSER_TRY(sql::Cursor row,
               db.query("SELECT b.customer_id, b.item_id, b.account, b.last_entry FROM customers c "
                        "JOIN item_names i ON i.project_id = c.project_id AND i.item = $1 "
                        "JOIN balances b ON b.customer_id = c.id AND b.item_id = i.row "
                        "WHERE c.project_id = $2 AND c.type = $3 AND c.external_id = $4",
                        key.item.str(), project.value_or(sql::kNoRow), key.customer.type,
                        key.customer.id));
    PURSER_TRY(const bool any, row.step());
    if (!any) return found;
    found.rows = {row.integer(0), row.integer(1)};
    found.last_entry = row.integer(3);
    PURSER_TRY(found.account, codec::decode_account(row.view(2)));
    return found;
  }
};

/// What cannot be read: every question is answered with the error.
class NoConnection final : public sql::Connection {
 public:
  explicit NoConnection(Error error) : error_(std::move(error)) {}

 protected:
  Result<sql::Cursor> start(const char*, const char*, std::span<const sql::Value>) override {
    return error_;
  }
  Result<std::int64_t> execute(const char*, std::span<const sql::Value>) override { return error_; }

 private:
  Error error_;
};

class NoResolver final : public sql::Resolver {
 public:
  explicit NoResolver(Error error) : error_(std::move(error)) {}
  Result<std::optional<std::int64_t>> project(const ProjectId&) override { return error_; }
  Result<std::optional<sql::CustomerRow>> customer(const CustomerKey&) override { return error_; }

 private:
  Error error_;
};

struct Nothing {
  explicit Nothing(const Error& error) : db(error), resolver(error), why(error) {}
  NoConnection db;
  NoResolver resolver;
  Error why;
};

class NoView final : private Nothing, public sql::ReadsBy<app::StoreView> {
 public:
  explicit NoView(const Error& error) : Nothing(error), ReadsBy(Nothing::db, Nothing::resolver) {}
  Result<domain::ItemAccount> item(const ItemKey&) override { return why; }
  Result<std::vector<app::LedgerLine>> ledger(const ItemKey&, std::optional<std::int64_t>,
                                              int) override {
    return why;
  }
  Result<std::optional<app::IdempotencyRecord>> idempotency(const ProjectId&,
                                                            const std::string&) override {
    return why;
  }
};

}  // namespace

std::unique_ptr<app::StoreView> make_view(Pool& pool, KnownRows& known_rows) {
  Pool::Lent lent(pool);
  const auto db = lent.get();
  if (!db) return std::make_unique<NoView>(db.error());
  return std::make_unique<View>(std::move(lent), **db, known_rows);
}

}  // namespace purser::postgres
