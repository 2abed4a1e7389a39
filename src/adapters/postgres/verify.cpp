#include "adapters/sql/verify.hpp"

#include "adapters/postgres/store.hpp"

namespace purser::postgres {
namespace {

// What only this engine's SQL can tell.
constexpr sql::Rule kRules[] = {
    {"its document names another subscription of the provider than its row",
     "SELECT 'purchase ' || id FROM purchases WHERE subscription IS NOT NULL AND "
     "substring(subscription from '\"remote_ref\":\"([^\"]*)\"') <> remote_ref"},
    {"it has fewer lines than the account that stands after it",
     "SELECT 'customer number ' || b.customer_id FROM balances b LEFT JOIN ledger l "
     "ON l.id = b.last_entry WHERE b.last_entry <> 0 AND l.id IS NULL"},
};

}  // namespace

Result<app::VerifyReport> PostgresStore::verify(const app::Progress& progress) {
  ConnectOptions options = connect_options(options_);
  options.statement_timeout = std::chrono::milliseconds(0);
  options.idle_in_transaction_timeout = std::chrono::milliseconds(0);
  options.reads_much = true;
  PURSER_TRY(const auto db, Connection::open(options));
  // One instant of the whole database, however long it takes.
  PURSER_CHECK_OK(db->exec("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  const Timestamp now = options_.database_time ? clock().now() : options_.clock->now();
  sql::Verified store;
  store.rules = kRules;
  app::VerifyReport report;
  PURSER_CHECK_OK(sql::verify_tables(*db, store, now, progress, report));
  PURSER_CHECK_OK(db->exec("ROLLBACK"));
  return report;
}

}  // namespace purser::postgres
