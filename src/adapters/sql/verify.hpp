#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>

#include "adapters/sql/accounts.hpp"
#include "adapters/sql/connection.hpp"
#include "app/ports/store.hpp"

namespace purser::sql {

/// An invariant as a query that answers a line of text for each violation.
struct Rule {
  const char* what;
  const char* sql;
};

/// What verify must know of a store beyond its tables.
struct Verified {
  /// Every ledger line up to this id must be in `balances`.
  std::int64_t folded_up_to = std::numeric_limits<std::int64_t>::max();
  /// The account as the store has it in memory, if it has. May be empty.
  std::function<std::optional<StoredAccount>(const AccountKey&)> in_memory;
  /// The rules that only this engine's SQL can tell.
  std::span<const Rule> rules;
  /// Whether older ledger lines may lie in archives (sql/carried.hpp): accounts then begin with
  /// what is carried forward of them.
  bool carries_forward = false;
  /// The folder with all archives, which are then compared with what is carried forward; empty: it
  /// is taken as it is.
  std::string archives = {};
  /// Bounds of memory: rows read at once, and (about) accounts of a portion. Range: 1 and more.
  std::int64_t page = 10'000;
  std::int64_t portion = 250'000;
};

/// Checks the tables of a store as `db` sees them, which must be one snapshot: every chain of the
/// ledger folded from empty against stored balances and memory, purchases against their grants and
/// against each other as of `now`, money against money, and references across tables. Memory stays
/// bounded: rows are read in pages, customers taken in portions, each with its own pass over the
/// ledger. Adds to the report. Errors: what is read cannot be read; damage is a finding.
Status verify_tables(Connection& db, const Verified& store, Timestamp now,
                     const app::Progress& progress, app::VerifyReport& report);

}  // namespace purser::sql
