#include "adapters/postgres/verify.hpp"

#include "adapters/postgres/store.hpp"
#include "adapters/sql/verify.hpp"

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

ConnectOptions for_whole_tables(const std::string& uri) {
  ConnectOptions options;
  options.uri = uri;
  options.statement_timeout = std::chrono::milliseconds(0);
  options.idle_in_transaction_timeout = std::chrono::milliseconds(0);
  options.reads_much = true;
  return options;
}

Status verify_database(Connection& db, Timestamp now, const app::Progress& progress,
                       app::VerifyReport& report) {
  sql::Verified store;
  store.rules = kRules;
  return sql::verify_tables(db, store, now, progress, report);
}

Result<app::VerifyReport> PostgresStore::verify(const app::Progress& progress) {
  PURSER_TRY(const auto db, Connection::open(for_whole_tables(options_.uri)));
  // One instant of the whole database, however long it takes.
  PURSER_CHECK_OK(db->exec("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  const Timestamp now = options_.database_time ? clock().now() : options_.clock->now();
  app::VerifyReport report;
  PURSER_CHECK_OK(verify_database(*db, now, progress, report));
  PURSER_CHECK_OK(db->exec("ROLLBACK"));
  return report;
}

}  // namespace purser::postgres
