#pragma once

// The schema's history: numbered steps, each run once in its own transaction, its checksum
// recorded.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sqlite/connection.hpp"
#include "types/result.hpp"
#include "types/timestamp.hpp"

namespace purser::sqlite {

struct Migration {
  int number = 0;         ///< 1, 2, …: without gaps
  std::string_view slug;  ///< "initial"
  std::string_view sql;
};

/// The migrations built into this program, in order.
std::vector<Migration> embedded_migrations();

/// What a file says of one migration.
struct MigrationState {
  int number = 0;
  std::string slug;
  bool applied = false;
};

/// Brings a file to the newest schema. A kill in the middle leaves it at a step's border; the next
/// start goes on from there. Errors: kStoreUnavailable, with a sentence for the operator, when the
/// file was made by a newer program, when a migration that it ran is not the one built in here, or
/// when it is no Purser database.
Status migrate(Connection& db, std::span<const Migration> migrations, Timestamp now);

/// Every built-in migration and whether the file has it. Errors: as `migrate`.
Result<std::vector<MigrationState>> migration_states(Connection& db,
                                                     std::span<const Migration> migrations);

}  // namespace purser::sqlite
