#pragma once

// A thin layer over SQLite's C interface: a connection with its prepared statements, and a query in
// progress.

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "adapters/sqlite/snapshot_rule.hpp"
#include "crypto/crypto.hpp"
#include "types/quantity.hpp"
#include "types/result.hpp"
#include "types/timestamp.hpp"

namespace purser::sqlite {

/// Bytes to bind as a BLOB; borrowed until the statement has run.
struct Blob {
  std::string_view bytes;
};

/// One run of a prepared statement: values are read row by row. Given back when destroyed.
/// Not thread-safe; used by the thread that uses its connection.
class Query {
 public:
  Query(Query&& other) noexcept;
  Query& operator=(Query&&) = delete;
  ~Query();

  /// Moves to the next row; false when there is none.
  Result<bool> step();

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  bool boolean(int column) const { return integer(column) != 0; }
  /// The text or bytes of a column; borrowed until the next step.
  std::string_view view(int column) const;
  std::string text(int column) const { return std::string(view(column)); }
  std::optional<std::string> optional_text(int column) const;
  std::optional<std::int64_t> optional_integer(int column) const;

  // These note a value that is out of range, which `checked` then reports: such a row was not
  // written by us.
  Timestamp timestamp(int column);
  std::optional<Timestamp> optional_timestamp(int column);
  Quantity quantity(int column);
  crypto::Digest digest(int column);
  /// An enumeration stored as its number, of which `last` is the greatest.
  template <class Enum>
  Enum enumeration(int column, Enum last) {
    const std::int64_t value = integer(column);
    if (value < 0 || value > static_cast<std::int64_t>(last)) {
      note_bad(column);
      return last;
    }
    return static_cast<Enum>(value);
  }
  void note_bad(int column) { bad_column_ = column; }

  /// The value that was read from this row, or an error when a column did not hold what it must.
  template <class T>
  Result<T> checked(T value) const {
    if (bad_column_ >= 0) return bad_row();
    return value;
  }
  Error bad_row() const;

 private:
  friend class Connection;
  struct Cached {
    sqlite3_stmt* statement = nullptr;
    bool in_use = false;
  };
  Query(class Connection* connection, Cached* cached, sqlite3_stmt* own)
      : connection_(connection), cached_(cached), own_(own) {}
  sqlite3_stmt* statement() const { return cached_ ? cached_->statement : own_; }
  void give_back();

  class Connection* connection_;
  Cached* cached_;     // from the connection's cache …
  sqlite3_stmt* own_;  // … or this query's alone, when the cached one was busy
  int bad_column_ = -1;
};

enum class OpenMode {
  kWriter,    ///< creates the file when it is absent
  kReader,    ///< may read only
  kExisting,  ///< reads and writes a file that must be there
};

/// One connection to a database file. Used by one thread at a time.
///
/// A failed fsync ends the process (std::abort): what reached the disk is unknown then and must not
/// be guessed by trying again. Source: https://www.sqlite.org/rescode.html#ioerr_fsync
class Connection {
 public:
  /// Opens a file through the named VFS (empty: SQLite's default one).
  /// Errors: kStoreUnavailable with the reason.
  static Result<std::unique_ptr<Connection>> open(const std::string& path, OpenMode mode,
                                                  const std::string& vfs);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// Runs SQL text that answers nothing; may hold several statements.
  Status exec(const char* sql);

  /// Starts a query. `sql` must be a literal: its address finds the prepared statement again.
  template <class... Args>
  Result<Query> query(const char* sql, const Args&... args) {
    PURSER_TRY(Query started, start(sql));
    int index = 0;
    bool bound = true;
    ((bound = bound && bind(started.statement(), ++index, args, SQLITE_TRANSIENT)), ...);
    if (!bound) return failed("bind");
    return started;
  }

  /// Runs a statement that answers no rows.
  template <class... Args>
  Status run(const char* sql, const Args&... args) {
    PURSER_TRY(Query started, start(sql));
    int index = 0;
    bool bound = true;
    ((bound = bound && bind(started.statement(), ++index, args, SQLITE_STATIC)), ...);
    if (!bound) return failed("bind");
    PURSER_TRY(const bool row, started.step());
    static_cast<void>(row);
    return {};
  }

  /// The single integer that a query answers, or nothing without a row or for NULL.
  template <class... Args>
  Result<std::optional<std::int64_t>> integer(const char* sql, const Args&... args) {
    PURSER_TRY(Query row, query(sql, args...));
    PURSER_TRY(const bool found, row.step());
    if (!found) return std::optional<std::int64_t>();
    return row.optional_integer(0);
  }

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

  std::int64_t changes() const { return sqlite3_changes64(handle_); }
  std::int64_t last_row() const { return sqlite3_last_insert_rowid(handle_); }
  bool in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
  sqlite3* handle() { return handle_; }

  /// The error of the last call: kAlreadyExists for a unique violation, kInternalError for another
  /// violated constraint, else kStoreUnavailable. The latter also sets `broken`.
  Error failed(const std::string& what);
  /// True when anything but a constraint failed since `forget_failure`.
  bool broken() const { return broken_; }
  void forget_failure() { broken_ = false; }

 private:
  explicit Connection(sqlite3* handle) : handle_(handle) {}
  Result<Query> start(const char* sql);
  /// Begins the kept transaction anew when something was committed since.
  Status renew_snapshot();

  using Lifetime = sqlite3_destructor_type;
  static bool bind(sqlite3_stmt* s, int i, std::int64_t value, Lifetime);
  static bool bind(sqlite3_stmt* s, int i, int value, Lifetime);
  static bool bind(sqlite3_stmt* s, int i, bool value, Lifetime);
  static bool bind(sqlite3_stmt* s, int i, std::string_view value, Lifetime lifetime);
  static bool bind(sqlite3_stmt* s, int i, const std::string& value, Lifetime lifetime);
  static bool bind(sqlite3_stmt* s, int i, const char* value, Lifetime lifetime);
  static bool bind(sqlite3_stmt* s, int i, const Blob& value, Lifetime lifetime);
  static bool bind(sqlite3_stmt* s, int i, Timestamp value, Lifetime);
  static bool bind(sqlite3_stmt* s, int i, Quantity value, Lifetime);
  static bool bind(sqlite3_stmt* s, int i, const crypto::Digest& value, Lifetime lifetime);
  template <class Enum>
  requires std::is_enum_v<Enum>
  static bool bind(sqlite3_stmt* s, int i, Enum value, Lifetime lifetime) {
    return bind(s, i, static_cast<std::int64_t>(value), lifetime);
  }
  template <class T>
  static bool bind(sqlite3_stmt* s, int i, const std::optional<T>& value, Lifetime lifetime) {
    return value ? bind(s, i, *value, lifetime) : sqlite3_bind_null(s, i) == SQLITE_OK;
  }

  sqlite3* handle_;
  bool broken_ = false;
  const SnapshotRule* rule_ = nullptr;
  std::uint64_t snapshot_ = 0;  // the commits that were made when the kept transaction began
  std::unordered_map<const void*, Query::Cached> statements_;
};

}  // namespace purser::sqlite
