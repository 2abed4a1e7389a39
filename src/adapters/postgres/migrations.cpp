#include "adapters/postgres/migrations.hpp"

namespace purser::postgres {
namespace {

constexpr const char* kEngine = "postgres";

Error not_ours() {
  return {ErrorCode::kStoreUnavailable,
          "The database holds tables of another program; give Purser a database of its own."};
}

/// The history of a database; empty for an empty one.
Result<sql::History> history_of(Connection& db) {
  PURSER_TRY(const auto known,
             db.integer("SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename "
                        "= 'schema_migrations'"));
  if (known) return sql::read_history(db);
  PURSER_TRY(const auto tables, db.integer("SELECT count(*) FROM pg_tables "
                                           "WHERE schemaname = current_schema()"));
  if (tables.value_or(0) > 0) return not_ours();
  return sql::History{};
}

Status run_all(Connection& db, Timestamp now) {
  const std::vector<sql::Migration> migrations = sql::embedded_migrations(kEngine);
  PURSER_TRY(const sql::History history, history_of(db));
  PURSER_CHECK_OK(sql::check_history(history, migrations));
  if (history.empty()) {
    PURSER_CHECK_OK(
        db.exec("CREATE TABLE IF NOT EXISTS schema_migrations(number bigint PRIMARY KEY, slug text "
                "NOT NULL, sha256 text NOT NULL, applied_at bigint NOT NULL)"));
  }
  for (const sql::Migration& migration : migrations) {
    if (history.contains(migration.number)) continue;
    Status done = db.exec("BEGIN");
    if (done) done = db.exec(std::string(migration.sql));
    if (done) done = sql::record_migration(db, migration, now);
    if (done) done = db.exec("COMMIT");
    if (done) continue;
    static_cast<void>(db.exec("ROLLBACK"));
    return sql::migration_failed(migration, done.error());
  }
  return {};
}

ConnectOptions unlimited(ConnectOptions options) {
  options.statement_timeout = std::chrono::milliseconds(0);
  options.lock_timeout = std::chrono::milliseconds(0);
  options.idle_in_transaction_timeout = std::chrono::milliseconds(0);
  return options;
}

}  // namespace

Status migrate(const ConnectOptions& options, Timestamp now) {
  PURSER_TRY(const auto db, Connection::open(unlimited(options)));
  // Held by the session: a node that dies while it migrates lets go of it with its transaction.
  PURSER_CHECK_OK(db->exec("SELECT pg_advisory_lock(hashtext('purser migrations'))"));
  return run_all(*db, now);
}

Result<std::vector<sql::MigrationState>> migration_states(const ConnectOptions& options) {
  PURSER_TRY(const auto db, Connection::open(options));
  const std::vector<sql::Migration> migrations = sql::embedded_migrations(kEngine);
  PURSER_TRY(const sql::History history, history_of(*db));
  PURSER_CHECK_OK(sql::check_history(history, migrations));
  return sql::states_of(history, migrations);
}

}  // namespace purser::postgres
