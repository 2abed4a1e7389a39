#pragma once

#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/findings.hpp"

namespace purser::sqlite {

/// The invariants that one query can see: references, payments, sums of money.
Status check_rules(Connection& db, Findings& findings);

}  // namespace purser::sqlite
