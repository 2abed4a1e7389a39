#pragma once

// A disk that fails on command and remembers what was done to it. For tests only.

#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace purser::sqlite {

/// What happened to one file, in the order in which it happened.
struct DiskOperation {
  enum class Kind { kWrite, kTruncate, kSync, kDelete, kMark };
  Kind kind = Kind::kMark;
  std::string file;         ///< its name without the folder
  std::int64_t offset = 0;  ///< of a write; the new size of a truncation; the number of a mark
  std::string data;         ///< of a write
};

/// An SQLite VFS around the operating system's, registered under `name` while it lives.
/// Thread-safe.
class FaultVfs {
 public:
  explicit FaultVfs(const std::string& name);
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;
  ~FaultVfs();

  const std::string& name() const { return name_; }

  // Each fault is an SQLite result code, SQLITE_OK for none. Shared memory and locks never fail.
  void fail_writes(int code) { write_fault_.store(code); }
  /// Lets `count` more writes pass before `fail_writes` takes effect.
  void let_writes_pass(int count) { passing_writes_.store(count); }
  void fail_reads(int code) { read_fault_.store(code); }
  void fail_syncs(int code) { sync_fault_.store(code); }
  std::int64_t writes() const { return writes_.load(); }

  void record(bool on) { recording_.store(on); }
  /// Puts a mark among the operations.
  void mark(std::int64_t number);
  std::vector<DiskOperation> operations() const;

 private:
  struct File;
  static File& file_of(sqlite3_file* file);
  static FaultVfs& self(sqlite3_vfs* vfs);
  static int open(sqlite3_vfs*, const char*, sqlite3_file*, int, int*);
  static int remove(sqlite3_vfs*, const char*, int);
  static int close(sqlite3_file*);
  static int read(sqlite3_file*, void*, int, sqlite3_int64);
  static int write(sqlite3_file*, const void*, int, sqlite3_int64);
  static int truncate(sqlite3_file*, sqlite3_int64);
  static int sync(sqlite3_file*, int);
  static const sqlite3_io_methods& methods();
  int write_fault();
  void note(DiskOperation operation);

  const std::string name_;
  sqlite3_vfs* base_;
  sqlite3_vfs vfs_;
  std::atomic<int> write_fault_{SQLITE_OK};
  std::atomic<int> passing_writes_{0};
  std::atomic<int> read_fault_{SQLITE_OK};
  std::atomic<int> sync_fault_{SQLITE_OK};
  std::atomic<std::int64_t> writes_{0};
  std::atomic<bool> recording_{false};
  mutable std::mutex mutex_;
  std::vector<DiskOperation> operations_;
};

/// Follows recorded operations and says what the disk may hold when the power goes.
class CrashSimulator {
 public:
  void apply(const DiskOperation& operation);

  enum class Fate {
    kNothing,  ///< of what was not synced, nothing arrived
    kAll,      ///< all arrived
    kSome,     ///< each write arrived or not
    kTorn,     ///< each sector of 512 bytes of each write arrived or not
  };
  /// Name → content of every file.
  std::map<std::string, std::string> image(Fate fate, std::mt19937_64& random) const;

 private:
  struct State {
    std::string durable;
    std::vector<DiskOperation> pending;
  };
  std::map<std::string, State> files_;
};

}  // namespace purser::sqlite
