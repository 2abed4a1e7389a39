#pragma once

// Brings a file to this program's schema.

#include <span>
#include <vector>

#include "adapters/sql/migrations.hpp"
#include "adapters/sqlite/connection.hpp"
#include "types/result.hpp"
#include "types/timestamp.hpp"

namespace purser::sqlite {

/// Brings a file to the newest schema. A kill in the middle leaves it at a step's border; the next
/// start goes on from there. Errors: kStoreUnavailable, with a sentence for the operator, when the
/// file was made by a newer program, when a migration that it ran is not the one built in here, or
/// when it is no Purser database.
Status migrate(Connection& db, std::span<const sql::Migration> migrations, Timestamp now);

/// Every built-in migration and whether the file has it. Errors: as `migrate`.
Result<std::vector<sql::MigrationState>> migration_states(
    Connection& db, std::span<const sql::Migration> migrations);

}  // namespace purser::sqlite
