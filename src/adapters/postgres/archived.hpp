#pragma once

// Reads of what archived ledger lines left; see app::ArchivedHistory.

#include "adapters/postgres/connection.hpp"
#include "app/ports/archived_history.hpp"

namespace purser::postgres {

Result<std::optional<app::LedgerOpening>> read_opening(Connection& db, const ItemKey& key);
Result<std::optional<Timestamp>> read_archived_grant(Connection& db, const ItemKey& key,
                                                     const PurchaseId& purchase);

}  // namespace purser::postgres
