#pragma once

// Months of the ledger that go into files.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "app/ports/clock.hpp"
#include "app/ports/store.hpp"
#include "types/result.hpp"

namespace purser::postgres {

struct ArchiveOptions {
  std::string uri;                    ///< of the database; servers may run on it
  Timestamp before;                   ///< the first instant of the oldest month that stays
  std::string folder;                 ///< where the files go; made when it is not there
  const app::Clock* clock = nullptr;  ///< never null
  /// What is being done ("2026-01", …), and how much of it.
  std::function<void(const std::string& what, std::int64_t done, std::int64_t total)> progress = {};
};

struct ArchivedPart {
  std::string name;  ///< "2026-01"; "before-2026-11" for what was moved here from another store
  std::string file;  ///< its path; empty when there were no lines
  std::int64_t lines = 0;
  std::string sha256;
};

/// Writes every month that ended before `before` to a file and takes it out of the ledger, oldest
/// first, each in a transaction of its own: its lines' outcome is carried forward in the
/// transaction that drops them, after the file is on the disk. Whenever it is cut off, each month
/// is either in the ledger or in a file (or both, and the next run writes the same file again).
///
/// Errors: kSchemaError when `before` does not begin a month, or lies in the future;
/// kStoreUnavailable with a sentence for the operator.
Result<std::vector<ArchivedPart>> archive_ledger(const ArchiveOptions& options);

/// Store::verify, and, with a folder, every archive against its checksum and what is carried
/// forward against their lines.
Result<app::VerifyReport> verify_with_archives(const std::string& uri, const std::string& folder,
                                               Timestamp now, const app::Progress& progress);

}  // namespace purser::postgres
