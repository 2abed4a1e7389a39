#pragma once

#include <vector>

#include "adapters/postgres/connection.hpp"
#include "adapters/sql/migrations.hpp"

namespace purser::postgres {

/// Brings a database to this program's schema. Nodes that start together wait for each other: one
/// migrates, the others find it done. Errors: kStoreUnavailable with a sentence for the operator.
Status migrate(const ConnectOptions& options, Timestamp now);

/// Every migration and whether the database has it; changes nothing.
Result<std::vector<sql::MigrationState>> migration_states(const ConnectOptions& options);

}  // namespace purser::postgres
