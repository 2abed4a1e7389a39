#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "adapters/postgres/batch.hpp"
#include "adapters/postgres/connection.hpp"
#include "app/ports/store.hpp"

namespace purser::postgres {

/// Up to `limit` lines of the chain that begins at line `head`, newest first.
Result<std::vector<app::LedgerLine>> ledger_chain(Connection& db, AccountRows rows,
                                                  std::int64_t head,
                                                  std::optional<std::int64_t> before, int limit);

}  // namespace purser::postgres
