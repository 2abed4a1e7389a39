#pragma once

#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/findings.hpp"
#include "adapters/sqlite/shared_state.hpp"

namespace purser::sqlite {

/// Folds the ledger from empty and compares; see verify_store. Fills the counts of the report.
Status check_ledger(Connection& db, AccountCache& cache, Findings& findings,
                    const app::Progress& progress, app::VerifyReport& report);

}  // namespace purser::sqlite
