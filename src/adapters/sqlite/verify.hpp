#pragma once

#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/shared_state.hpp"
#include "app/ports/store.hpp"

namespace purser::sqlite {

/// Checks the file itself and what sql::verify_tables checks, on one snapshot, while others write
/// on. Errors: kStoreUnavailable when the file cannot be read at all; damage is a finding.
Result<app::VerifyReport> verify_store(Connection& db, AccountCache& cache, Timestamp now,
                                       const app::Progress& progress);

}  // namespace purser::sqlite
