#pragma once

#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/findings.hpp"
#include "types/timestamp.hpp"

namespace purser::sqlite {

/// Every purchase is readable and its subscription makes sense; nobody has at `now` what excludes
/// each other. What purchases granted is checked with the ledger.
Status check_purchases(Connection& db, Findings& findings, Timestamp now);

}  // namespace purser::sqlite
