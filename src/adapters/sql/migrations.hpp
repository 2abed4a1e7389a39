#pragma once

// The schema's history: numbered steps, each run once in its own transaction, its checksum
// recorded in `schema_migrations`.

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sql/connection.hpp"
#include "types/result.hpp"
#include "types/timestamp.hpp"

namespace purser::sql {

struct Migration {
  int number = 0;         ///< 1, 2, …: growing
  std::string_view slug;  ///< "initial"
  std::string_view sql;
};

/// The migrations built into this program, in order. `engine`: "sqlite" or "postgres".
std::vector<Migration> embedded_migrations(std::string_view engine);

/// "2 (subscriptions)"
std::string name_of(const Migration& migration);

/// What a database says that it ran.
struct Applied {
  std::string slug;
  std::string sha256;
};
using History = std::map<int, Applied>;

/// Reads the history of a database that has one.
Result<History> read_history(Connection& db);
/// Compares what a database ran with what is built in here. Error: kStoreUnavailable, with a
/// sentence for the operator, when it was made by a newer program, or ran a migration in another
/// form.
Status check_history(const History& history, std::span<const Migration> migrations);
/// Notes that a migration ran; in its transaction.
Status record_migration(Connection& db, const Migration& migration, Timestamp now);
/// What to tell the operator when one failed and was rolled back.
Error migration_failed(const Migration& migration, const Error& why);

/// What a database says of one migration.
struct MigrationState {
  int number = 0;
  std::string slug;
  bool applied = false;
};
/// Every built-in migration and whether the database has it.
std::vector<MigrationState> states_of(const History& history,
                                      std::span<const Migration> migrations);

}  // namespace purser::sql
