#include "adapters/sql/migrations.hpp"

#include <algorithm>
#include <charconv>

#include "crypto/crypto.hpp"
#include "embedded/migrations.hpp"

namespace purser::sql {
namespace {

std::string checksum(const Migration& migration) {
  return crypto::to_hex(crypto::sha256(migration.sql));
}

Error refused(std::string sentence) { return {ErrorCode::kStoreUnavailable, std::move(sentence)}; }

}  // namespace

std::vector<Migration> embedded_migrations(std::string_view engine) {
  std::vector<Migration> migrations;
  for (const auto& file : embedded::migrations::files) {
    // migrations/0001_initial/sqlite.sql
    const std::size_t slash = file.path.rfind('/');
    if (file.path.substr(slash + 1) != std::string(engine) + ".sql") continue;
    std::string_view folder = file.path.substr(0, slash);
    folder.remove_prefix(folder.rfind('/') + 1);
    const std::size_t underscore = folder.find('_');
    Migration migration{0, folder.substr(underscore + 1), file.content};
    std::from_chars(folder.data(), folder.data() + underscore, migration.number);
    migrations.push_back(migration);
  }
  return migrations;
}

std::string name_of(const Migration& migration) {
  return std::to_string(migration.number) + " (" + std::string(migration.slug) + ")";
}

Result<History> read_history(Connection& db) {
  History history;
  PURSER_TRY(Cursor row, db.query("SELECT number, slug, sha256 FROM schema_migrations"));
  for (;;) {
    PURSER_TRY(const bool more, row.step());
    if (!more) return history;
    history[static_cast<int>(row.integer(0))] = {row.text(1), row.text(2)};
  }
}

Status check_history(const History& history, std::span<const Migration> migrations) {
  const int newest = migrations.empty() ? 0 : migrations.back().number;
  for (const auto& [number, was] : history) {
    const auto built_in =
        std::find_if(migrations.begin(), migrations.end(),
                     [number = number](const Migration& m) { return m.number == number; });
    if (built_in == migrations.end()) {
      return refused("The database has schema " + std::to_string(number) + " (" + was.slug +
                     "), which is newer than this program knows (" + std::to_string(newest) +
                     "); start a newer Purser.");
    }
    if (checksum(*built_in) != was.sha256) {
      return refused("The database ran migration " + name_of(*built_in) +
                     " in another form than the one built into this program; start the Purser "
                     "that made it, or restore a backup.");
    }
  }
  return {};
}

Status record_migration(Connection& db, const Migration& migration, Timestamp now) {
  return db.run(
      "INSERT INTO schema_migrations(number, slug, sha256, applied_at) VALUES($1, $2, $3, $4)",
      migration.number, migration.slug, checksum(migration), now);
}

Error migration_failed(const Migration& migration, const Error& why) {
  return {ErrorCode::kStoreUnavailable,
          "Migration " + name_of(migration) + " failed; nothing of it was kept.",
          {},
          LogDetail(why.log.for_log())};
}

std::vector<MigrationState> states_of(const History& history,
                                      std::span<const Migration> migrations) {
  std::vector<MigrationState> states;
  states.reserve(migrations.size());
  for (const Migration& migration : migrations) {
    states.push_back(
        {migration.number, std::string(migration.slug), history.contains(migration.number)});
  }
  return states;
}

}  // namespace purser::sql
