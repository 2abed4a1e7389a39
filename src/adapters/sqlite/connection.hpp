#pragma once

// A thin layer over SQLite's C interface: a connection with its prepared statements.

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "adapters/sql/connection.hpp"
#include "adapters/sqlite/snapshot_rule.hpp"
#include "types/result.hpp"

namespace purser::sqlite {

enum class OpenMode {
  kWriter,    ///< creates the file when it is absent
  kReader,    ///< may read only
  kExisting,  ///< reads and writes a file that must be there
};

/// One connection to a database file. Used by one thread at a time.
///
/// A failed fsync ends the process (std::abort): what reached the disk is unknown then and must not
/// be guessed by trying again. Source: https://www.sqlite.org/rescode.html#ioerr_fsync
class Connection final : public sql::Connection {
 public:
  /// Opens a file through the named VFS (empty: SQLite's default one).
  /// Errors: kStoreUnavailable with the reason.
  static Result<std::unique_ptr<Connection>> open(const std::string& path, OpenMode mode,
                                                  const std::string& vfs);
  ~Connection() override;

  /// Runs SQL text that answers nothing; may hold several statements.
  Status exec(const char* sql);

  /// From now on queries read inside a transaction that is kept between them as `rule` allows; it
  /// must outlive the connection. For connections that only read.
  void keep_snapshots(const SnapshotRule& rule) { rule_ = &rule; }
  /// Ends the kept transaction. A failure is found by the next query.
  void end_snapshot();
  /// True when the next query may read in the kept transaction.
  bool may_keep_snapshot() const { return rule_ && rule_->may_keep.load(); }

  /// Brings what was written to the database file (not its log) to the disk. Safety does not need
  /// it: SQLite does the same when it must.
  void sync_database_file();

  bool in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
  sqlite3* handle() { return handle_; }

  /// The error of the last call: kAlreadyExists for a unique violation, kInternalError for another
  /// violated constraint, else kStoreUnavailable. The latter also sets `broken`.
  Error failed(const std::string& what);
  /// True when anything but a constraint failed since `forget_failure`.
  bool broken() const { return broken_; }
  void forget_failure() { broken_ = false; }

 protected:
  Result<sql::Cursor> start(const char* sql, const char* locked_table,
                            std::span<const sql::Value> values) override;
  Result<std::int64_t> execute(const char* sql, std::span<const sql::Value> values) override;

 private:
  /// A prepared statement: in the cache, or one run's alone when the cached one was busy.
  struct Prepared final : sql::Statement {
    Prepared() = default;
    Prepared(const Prepared&) = delete;
    Prepared& operator=(const Prepared&) = delete;
    ~Prepared() { sqlite3_finalize(handle); }

    Result<bool> step() override;
    bool is_null(int column) const override;
    std::int64_t integer(int column) const override;
    std::string_view view(int column) const override;
    std::string_view sql() const override { return sqlite3_sql(handle); }
    void give_back() noexcept override;

    Connection* connection = nullptr;
    sqlite3_stmt* handle = nullptr;
    bool in_use = false;
    bool cached = true;  ///< false: goes away when given back
  };

  explicit Connection(sqlite3* handle) : handle_(handle) {}
  Result<Prepared*> prepare(const char* sql);
  /// Begins the kept transaction anew when something was committed since.
  Status renew_snapshot();

  sqlite3* handle_;
  bool broken_ = false;
  const SnapshotRule* rule_ = nullptr;
  std::uint64_t snapshot_ = 0;  // the commits that were made when the kept transaction began
  std::unordered_map<const void*, Prepared> statements_;
};

}  // namespace purser::sqlite
