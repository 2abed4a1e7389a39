#pragma once

// Moving a store from another engine into a database here.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "adapters/sql/moving.hpp"
#include "app/ports/clock.hpp"
#include "app/ports/store.hpp"
#include "types/result.hpp"

namespace purser::postgres {

struct MoveOptions {
  std::string uri;                    ///< of the database that receives the store
  const app::Clock* clock = nullptr;  ///< never null
  /// What is being done ("ledger", "checking ledger", "verifying"), and how much of it.
  std::function<void(const std::string& what, std::int64_t done, std::int64_t total)> progress;
};

struct MovedRows {
  std::string table;
  std::int64_t rows = 0;
  std::string checksum;  ///< of all rows, in any order
};
struct MoveReport {
  bool began_anew = false;  ///< an earlier move had been cut off; nothing of it was there
  std::vector<MovedRows> tables;
  app::VerifyReport verified;  ///< nothing was kept if it has findings
};

/// Copies everything of a store into an empty database, compares rows and checksums, and verifies
/// the balances there. All of it is one transaction: a move that does not come to its end leaves no
/// row, only the mark that it began, and such a database is not served until a move has succeeded.
///
/// Errors: kStoreUnavailable with a sentence for the operator: the database cannot be reached, is
/// not empty, is served, receives another store just now, or what arrived differs.
Result<MoveReport> move_store(sql::MovedStore& source, const MoveOptions& options);

/// An error when a move into this database began and did not come to its end.
Status check_not_half_moved(const std::string& uri);

}  // namespace purser::postgres
