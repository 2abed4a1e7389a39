#pragma once

// The embedded store: one SQLite file, owned by one process.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/ports/clock.hpp"
#include "app/ports/store.hpp"
#include "types/result.hpp"

namespace purser::sqlite {

struct SqliteOptions {
  std::string path;  ///< the database file; made when absent, its folder must exist

  /// Memory for item accounts, and as much for customers' names: room for about this many of each,
  /// 30 bytes with what finds them, when names are short. Accounts that are ahead of their rows
  /// come on top of it, about 100 bytes each. Range: 1 and more.
  std::size_t cache_accounts = 600'000;

  /// Views that can be borrowed at once. Range: 1–64.
  int readers = 4;

  /// Ledger lines that may stay above the watermark: they are folded again when the file is opened
  /// after a crash, at about a million a second. Range: 2 and more.
  std::int64_t dirty_limit = 131'072;

  /// Length of the write-ahead log, in pages of 4 KiB, at which it is carried over into the
  /// database file. Range: 1 and more. Bringing that many pages to the disk holds up the commits of
  /// that moment: few pages are short waits, and cost nothing that could be measured.
  int checkpoint_pages = 500;

  /// Whether a thread of the store's own checkpoints and, when nothing is written, brings balances
  /// up to the ledger. Without it the committer does what must be done.
  bool background = true;

  /// Page cache of the writing connection, in KiB. Readers have an eighth of it each.
  int page_cache_kib = 16'384;

  /// The SQLite VFS to go through; empty: the operating system's. For tests that make the disk
  /// fail.
  std::string vfs;

  /// Called after each commit that may have made something due for webhook endpoints, by the thread
  /// that committed it; must not block. Absent: nobody is told.
  std::function<void()> webhooks_queued = {};
};

/// Opens a store, bringing the file to this program's schema and its balances up to its ledger.
/// `clock` must outlive the store.
///
/// Errors: kStoreUnavailable with a sentence for the operator: another process has the file, it
/// cannot be opened or written, it is no Purser database, or it was made by another Purser than
/// this. kInternalError when the ledger does not add up.
///
/// The store is thread-safe as app::Store says. A failed fsync ends the process.
Result<std::unique_ptr<app::Store>> open_sqlite_store(SqliteOptions options,
                                                      const app::Clock& clock);

/// One step of the schema's history.
struct MigrationStatus {
  int number = 0;
  std::string slug;
  bool applied = false;
};
/// The migrations that this program knows and whether a file has them. Refuses while another
/// process has the file; changes nothing. Errors: as open_sqlite_store.
Result<std::vector<MigrationStatus>> migration_status(const SqliteOptions& options);

}  // namespace purser::sqlite
