#pragma once

#include "adapters/sql/connection.hpp"
#include "adapters/sql/findings.hpp"
#include "adapters/sql/verify.hpp"

namespace purser::sql {

/// Folds the ledger from empty and compares; see verify_tables. Fills the counts of the report.
Status check_ledger(Connection& db, const Verified& store, Findings& findings,
                    const app::Progress& progress, app::VerifyReport& report);

}  // namespace purser::sql
