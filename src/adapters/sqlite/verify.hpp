#pragma once

#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/shared_state.hpp"
#include "app/ports/store.hpp"

namespace purser::sqlite {

/// Checks the whole store on one snapshot, while others write on: the file itself, every chain of
/// the ledger folded from empty against stored and cached balances, purchases against their grants
/// and against each other as of `now`, money against money, and references across tables. Memory
/// stays bounded: customers are taken in portions, each with its own pass over the ledger. Errors:
/// kStoreUnavailable when the file cannot be read at all; damage is a finding.
Result<app::VerifyReport> verify_store(Connection& db, AccountCache& cache, Timestamp now,
                                       const app::Progress& progress);

}  // namespace purser::sqlite
