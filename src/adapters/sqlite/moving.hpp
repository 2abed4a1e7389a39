#pragma once

// A file that is to be moved into another store.

#include <memory>
#include <string>

#include "adapters/sql/moving.hpp"
#include "app/ports/clock.hpp"
#include "types/result.hpp"

namespace purser::sqlite {

/// Opens a file in order to move what is in it: brings it to this program's schema and its balances
/// up to its ledger, and keeps every other process away from it until the answer is destroyed.
/// Errors: those of open_sqlite_store; kStoreUnavailable with a sentence for the operator when
/// there is no such file.
Result<std::unique_ptr<sql::MovedStore>> open_for_move(const std::string& path,
                                                       const app::Clock& clock);

}  // namespace purser::sqlite
