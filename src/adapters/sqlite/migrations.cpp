#include "adapters/sqlite/migrations.hpp"

#include <charconv>
#include <map>

#include "crypto/crypto.hpp"
#include "embedded/migrations.hpp"

namespace purser::sqlite {
namespace {

// "Pursr": marks a file as ours (PRAGMA application_id).
constexpr std::int64_t kApplicationId = 0x50757273;

struct Applied {
  std::string slug;
  std::string sha256;
};

Error refused(std::string sentence) { return {ErrorCode::kStoreUnavailable, std::move(sentence)}; }

std::string name_of(const Migration& migration) {
  return std::to_string(migration.number) + " (" + std::string(migration.slug) + ")";
}

Result<std::map<int, Applied>> applied_migrations(Connection& db) {
  std::map<int, Applied> applied;
  PURSER_TRY(const auto exists,
             db.integer("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = "
                        "'schema_migrations'"));
  if (!exists) {
    PURSER_TRY(const auto tables, db.integer("SELECT count(*) FROM sqlite_schema"));
    if (tables.value_or(0) > 0) {
      return refused("The file is a database of another program; Purser does not touch it.");
    }
    return applied;
  }
  PURSER_TRY(const auto id, db.integer("PRAGMA application_id"));
  if (id != kApplicationId) {
    return refused("The file is a database of another program; Purser does not touch it.");
  }
  PURSER_TRY(sql::Cursor row, db.query("SELECT number, slug, sha256 FROM schema_migrations"));
  for (;;) {
    PURSER_TRY(const bool more, row.step());
    if (!more) return applied;
    applied[static_cast<int>(row.integer(0))] = {row.text(1), row.text(2)};
  }
}

/// Compares what a file ran with what is built in here.
Status check_history(const std::map<int, Applied>& applied, std::span<const Migration> migrations) {
  for (const auto& [number, was] : applied) {
    if (number < 1 || number > static_cast<int>(migrations.size())) {
      return refused("The database has schema " + std::to_string(number) + " (" + was.slug +
                     "), which is newer than this program knows (" +
                     std::to_string(migrations.size()) + "); start a newer Purser.");
    }
    const Migration& built_in = migrations[static_cast<std::size_t>(number - 1)];
    if (crypto::to_hex(crypto::sha256(built_in.sql)) != was.sha256) {
      return refused("The database ran migration " + name_of(built_in) +
                     " in another form than the one built into this program; start the Purser "
                     "that made it, or restore a backup.");
    }
  }
  return {};
}

Status apply(Connection& db, const Migration& migration, Timestamp now) {
  PURSER_CHECK_OK(db.exec(std::string(migration.sql).c_str()));
  PURSER_CHECK_OK(
      db.run("INSERT INTO schema_migrations(number, slug, sha256, applied_at) VALUES(?, ?, ?, ?)",
             migration.number, migration.slug, crypto::to_hex(crypto::sha256(migration.sql)), now));
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

std::vector<Migration> embedded_migrations() {
  std::vector<Migration> migrations;
  for (const auto& file : embedded::migrations::files) {
    // migrations/0001_initial/sqlite.sql
    std::string_view folder = file.path.substr(0, file.path.rfind('/'));
    folder.remove_prefix(folder.rfind('/') + 1);
    const std::size_t underscore = folder.find('_');
    Migration migration{0, folder.substr(underscore + 1), file.content};
    std::from_chars(folder.data(), folder.data() + underscore, migration.number);
    migrations.push_back(migration);
  }
  return migrations;
}

Status migrate(Connection& db, std::span<const Migration> migrations, Timestamp now) {
  PURSER_TRY(const auto applied, applied_migrations(db));
  PURSER_CHECK_OK(check_history(applied, migrations));
  if (applied.empty()) {
    PURSER_TRY(const auto id, db.integer("PRAGMA application_id"));
    if (id != kApplicationId) PURSER_CHECK_OK(prepare_empty_file(db));
  }
  for (const Migration& migration : migrations) {
    if (applied.contains(migration.number)) continue;
    PURSER_CHECK_OK(db.exec("BEGIN IMMEDIATE"));
    const Status done = apply(db, migration, now);
    if (done) continue;
    if (db.in_transaction()) static_cast<void>(db.exec("ROLLBACK"));
    return Error{ErrorCode::kStoreUnavailable,
                 "Migration " + name_of(migration) + " failed; nothing of it was kept.",
                 {},
                 LogDetail(done.error().log.for_log())};
  }
  return {};
}

Result<std::vector<MigrationState>> migration_states(Connection& db,
                                                     std::span<const Migration> migrations) {
  PURSER_TRY(const auto applied, applied_migrations(db));
  PURSER_CHECK_OK(check_history(applied, migrations));
  std::vector<MigrationState> states;
  for (const Migration& migration : migrations) {
    states.push_back(
        {migration.number, std::string(migration.slug), applied.contains(migration.number)});
  }
  return states;
}

}  // namespace purser::sqlite
