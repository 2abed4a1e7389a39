#include "adapters/sqlite/migrations.hpp"

namespace purser::sqlite {
namespace {

// "Pursr": marks a file as ours (PRAGMA application_id).
constexpr std::int64_t kApplicationId = 0x50757273;

Error refused(std::string sentence) { return {ErrorCode::kStoreUnavailable, std::move(sentence)}; }

Result<sql::History> applied_migrations(Connection& db) {
  PURSER_TRY(const auto exists,
             db.integer("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = "
                        "'schema_migrations'"));
  if (!exists) {
    PURSER_TRY(const auto tables, db.integer("SELECT count(*) FROM sqlite_schema"));
    if (tables.value_or(0) > 0) {
      return refused("The file is a database of another program; Purser does not touch it.");
    }
    return sql::History{};
  }
  PURSER_TRY(const auto id, db.integer("PRAGMA application_id"));
  if (id != kApplicationId) {
    return refused("The file is a database of another program; Purser does not touch it.");
  }
  return sql::read_history(db);
}

Status apply(Connection& db, const sql::Migration& migration, Timestamp now) {
  PURSER_CHECK_OK(db.exec(std::string(migration.sql).c_str()));
  PURSER_CHECK_OK(sql::record_migration(db, migration, now));
  return db.exec("COMMIT");
}

Status prepare_empty_file(Connection& db) {
  PURSER_CHECK_OK(db.exec("BEGIN IMMEDIATE"));
  const std::string mark = "PRAGMA application_id = " + std::to_string(kApplicationId);
  Status made = [&]() -> Status {
    PURSER_CHECK_OK(db.exec(mark.c_str()));
    PURSER_CHECK_OK(
        db.exec("CREATE TABLE schema_migrations(number INTEGER PRIMARY KEY, slug TEXT NOT NULL, "
                "sha256 TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT"));
    return db.exec("COMMIT");
  }();
  if (!made && db.in_transaction()) static_cast<void>(db.exec("ROLLBACK"));
  return made;
}

}  // namespace

Status migrate(Connection& db, std::span<const sql::Migration> migrations, Timestamp now) {
  PURSER_TRY(const auto applied, applied_migrations(db));
  PURSER_CHECK_OK(sql::check_history(applied, migrations));
  if (applied.empty()) {
    PURSER_TRY(const auto id, db.integer("PRAGMA application_id"));
    if (id != kApplicationId) PURSER_CHECK_OK(prepare_empty_file(db));
  }
  for (const sql::Migration& migration : migrations) {
    if (applied.contains(migration.number)) continue;
    PURSER_CHECK_OK(db.exec("BEGIN IMMEDIATE"));
    const Status done = apply(db, migration, now);
    if (done) continue;
    if (db.in_transaction()) static_cast<void>(db.exec("ROLLBACK"));
    return sql::migration_failed(migration, done.error());
  }
  return {};
}

Result<std::vector<sql::MigrationState>> migration_states(
    Connection& db, std::span<const sql::Migration> migrations) {
  PURSER_TRY(const auto applied, applied_migrations(db));
  PURSER_CHECK_OK(sql::check_history(applied, migrations));
  return sql::states_of(applied, migrations);
}

}  // namespace purser::sqlite
