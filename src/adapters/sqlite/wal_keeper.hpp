#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "adapters/sqlite/connection_pool.hpp"

namespace purser::sqlite {

/// Keeps the write-ahead log short without standing in the way of commits.
///
/// Once the log is long enough, a connection of its own copies it into the database file while
/// commits go on. What they appended meanwhile is little; the writer copies that itself between two
/// batches, after which SQLite begins the log anew with the next commit. A long reader (a backup)
/// only postpones this.
///
/// Two connections may checkpoint at once only since SQLite 3.51.3, which fixed a race between them
/// (https://www.sqlite.org/wal.html#walresetbug); with an older library the writer does all of it.
class WalKeeper {
 public:
  /// All that is referred to must outlive this. `own` may be absent, then the writer does all.
  /// `readers` keep snapshots by `rule`, which is this keeper's to set.
  WalKeeper(Connection& writer, std::unique_ptr<Connection> own, int pages, ConnectionPool& readers,
            SnapshotRule& rule);
  ~WalKeeper();

  /// For the background thread: true when `copy` should be called.
  bool wants_copy() const { return stage_.load() == Stage::kCopy; }
  void copy();

  /// For the writer, between transactions: the rest, when it is due.
  void between_batches();

 private:
  enum class Stage { kIdle, kCopy, kFinish };
  static int on_commit(void* self, sqlite3* db, const char* name, int pages);
  /// A passive checkpoint; a failed fsync ends the process, other failures are tried again later.
  void checkpoint(Connection& db);

  Connection& writer_;
  std::unique_ptr<Connection> own_;
  const int threshold_;
  ConnectionPool& readers_;
  SnapshotRule& rule_;
  std::atomic<Stage> stage_{Stage::kIdle};
  // The writer's only.
  int pages_ = 0;
  int next_at_;
};

}  // namespace purser::sqlite
