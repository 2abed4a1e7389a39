#pragma once

// What is carried forward, for many accounts at once.

#include <set>

#include "adapters/postgres/connection.hpp"
#include "adapters/sql/carried.hpp"

namespace purser::postgres {

/// What is kept of these accounts; those of which nothing is are not in the answer.
Result<sql::CarriedAccounts> load_carried(Connection& db, const std::set<sql::AccountKey>& keys);

/// Keeps what these accounts came to in the place of what was kept before.
Status write_carried(Connection& db, const sql::CarriedAccounts& accounts);

}  // namespace purser::postgres
