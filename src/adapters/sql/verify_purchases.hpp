#pragma once

#include "adapters/sql/connection.hpp"
#include "adapters/sql/findings.hpp"
#include "types/timestamp.hpp"

namespace purser::sql {

/// Every purchase is readable and its subscription makes sense; nobody has at `now` what excludes
/// each other. What purchases granted is checked with the ledger. Reads
/// about `page` rows at once.
Status check_purchases(Connection& db, Findings& findings, Timestamp now, std::int64_t page);

}  // namespace purser::sql
