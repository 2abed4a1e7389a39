#pragma once

#include <span>

#include "adapters/sql/connection.hpp"
#include "adapters/sql/findings.hpp"
#include "adapters/sql/verify.hpp"

namespace purser::sql {

/// The invariants that one query can see: references, payments, sums of money; and those of
/// the engine.
Status check_rules(Connection& db, std::span<const Rule> of_engine, Findings& findings);

}  // namespace purser::sql
