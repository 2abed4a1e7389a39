#pragma once

#include <cstdint>

#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/shared_state.hpp"
#include "types/timestamp.hpp"

namespace purser::sqlite {

/// Where an opened file stands.
struct Recovered {
  std::int64_t folded_up_to = 0;
  std::int64_t last_id = 0;  ///< the greatest id of ledger and outbox
  Timestamp last_instant;    ///< of the newest batch, as far as its rows tell
};

/// Folds the ledger above the watermark onto the stored balances, and pins the outcome in the
/// cache. Errors: kStoreUnavailable when it cannot be read; kInternalError when the ledger does not
/// add up.
Result<Recovered> recover(Connection& db, SharedState& shared);

}  // namespace purser::sqlite
