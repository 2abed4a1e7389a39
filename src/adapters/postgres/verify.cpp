#include "adapters/postgres/verify.hpp"

#include "adapters/postgres/archive.hpp"
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
     "ON l.id = b.last_entry WHERE b.last_entry <> 0 AND l.id IS NULL AND b.last_entry > (SELECT "
     "coalesce(max(up_to), 0) FROM ledger_archives)"},
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

Status verify_database(Connection& db, const std::string& archives, Timestamp now,
                       const app::Progress& progress, app::VerifyReport& report) {
  sql::Verified store;
  store.rules = kRules;
  store.carries_forward = true;
  store.archives = archives;
  return sql::verify_tables(db, store, now, progress, report);
}

Result<app::VerifyReport> verify_with_archives(const std::string& uri, const std::string& folder,
                                               Timestamp now, const app::Progress& progress) {
  PURSER_TRY(const auto db, Connection::open(for_whole_tables(uri)));
  // One instant of the whole database, however long it takes.
  PURSER_CHECK_OK(db->exec("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  app::VerifyReport report;
  PURSER_CHECK_OK(verify_database(*db, folder, now, progress, report));
  PURSER_CHECK_OK(db->exec("ROLLBACK"));
  return report;
}

Result<app::VerifyReport> PostgresStore::verify(const app::Progress& progress) {
  const Timestamp now = options_.database_time ? clock().now() : options_.clock->now();
  return verify_with_archives(options_.uri, "", now, progress);
}

}  // namespace purser::postgres
