#pragma once

// What the shared SQL needs of a database: values to bind, rows to read, and a connection. Each
// engine's adapter implements Statement and Connection.
//
// Statements are written for all engines at once: parameters are $1, $2, … in the order of their
// first appearance; ON CONFLICT and RETURNING instead of what one engine alone has; flags and
// enumerations are small integers, instants milliseconds.

#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "crypto/crypto.hpp"
#include "types/quantity.hpp"
#include "types/result.hpp"
#include "types/timestamp.hpp"

namespace purser::sql {

/// Bytes to bind that are no text; borrowed until the call returns.
struct Blob {
  std::string_view bytes;
};

/// One parameter of a statement. Texts and bytes are borrowed until the call returns.
class Value {
 public:
  enum class Kind { kNull, kInteger, kText, kBlob };

  // Implicit on purpose: the arguments of `query` and `run` become values.
  Value(std::nullopt_t) {}  // NOLINT
  template <std::integral Integer>
  Value(Integer value)  // NOLINT
      : kind_(Kind::kInteger), integer_(static_cast<std::int64_t>(value)) {}
  template <class Enum>
  requires std::is_enum_v<Enum> Value(Enum value)  // NOLINT
      : kind_(Kind::kInteger), integer_(static_cast<std::int64_t>(value)) {}
  Value(Timestamp value) : Value(value.millis()) {}                    // NOLINT
  Value(Quantity value) : Value(value.value()) {}                      // NOLINT
  Value(std::string_view text) : kind_(Kind::kText), bytes_(text) {}   // NOLINT
  Value(const std::string& text) : Value(std::string_view(text)) {}    // NOLINT
  Value(const char* text) : Value(std::string_view(text)) {}           // NOLINT
  Value(const Blob& blob) : kind_(Kind::kBlob), bytes_(blob.bytes) {}  // NOLINT
  Value(const crypto::Digest& digest)                                  // NOLINT
      : Value(Blob{{reinterpret_cast<const char*>(digest.data()), digest.size()}}) {}
  template <class T>
  Value(const std::optional<T>& value) {  // NOLINT
    if (value) *this = Value(*value);
  }

  Kind kind() const { return kind_; }
  std::int64_t integer() const { return integer_; }
  /// The text or the bytes.
  std::string_view bytes() const { return bytes_; }

 private:
  Kind kind_ = Kind::kNull;
  std::int64_t integer_ = 0;
  std::string_view bytes_;
};

/// One run of a statement, as an engine implements it. Columns count from 0 and are read only while
/// `step` has answered true last.
class Statement {
 public:
  virtual Result<bool> step() = 0;
  virtual bool is_null(int column) const = 0;
  /// 0 for NULL.
  virtual std::int64_t integer(int column) const = 0;
  /// The text, or the raw bytes, of a column; empty for NULL. Borrowed until the next step.
  virtual std::string_view view(int column) const = 0;
  /// The SQL, for the log.
  virtual std::string_view sql() const = 0;
  /// Ends the run. Called once, by the cursor, which does not use the statement any more.
  virtual void give_back() noexcept = 0;

 protected:
  Statement() = default;
  Statement(const Statement&) = default;
  Statement& operator=(const Statement&) = default;
  ~Statement() = default;  // not through this type: see give_back
};

/// The rows that a query answers, read one by one. Gives its statement back when destroyed; must
/// not outlive its connection. Not thread-safe; used by the thread that uses its connection.
class Cursor {
 public:
  explicit Cursor(Statement* statement) : statement_(statement) {}
  Cursor(Cursor&& other) noexcept
      : statement_(std::exchange(other.statement_, nullptr)), bad_column_(other.bad_column_) {}
  Cursor& operator=(Cursor&&) = delete;
  ~Cursor() {
    if (statement_) statement_->give_back();
  }

  /// Moves to the next row; false when there is none.
  Result<bool> step() {
    bad_column_ = -1;
    return statement_->step();
  }

  bool is_null(int column) const { return statement_->is_null(column); }
  std::int64_t integer(int column) const { return statement_->integer(column); }
  bool boolean(int column) const { return integer(column) != 0; }
  /// The text or bytes of a column; borrowed until the next step.
  std::string_view view(int column) const { return statement_->view(column); }
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
  Statement* statement_;
  int bad_column_ = -1;
};

/// One connection to a database. Used by one thread at a time.
///
/// Errors of every call: kAlreadyExists for a violated unique constraint, kInternalError for
/// another violated constraint, else kStoreUnavailable (see `unavailable`).
///
/// `sql` must be a literal (or live as long as the connection): its address finds the prepared
/// statement again.
class Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection() = default;

  /// Starts a query.
  template <class... Args>
  Result<Cursor> query(const char* sql, const Args&... args) {
    return start(sql, nullptr, values_of(args...).span());
  }

  /// Starts a query of rows that this batch may write back: where several nodes write, no other
  /// batch can lock or write them before this one has ended, and what is read is the newest that
  /// was committed. Outside a batch, and where there is one writer, the same as `query`.
  /// `table`: the table, or its alias in the query, whose rows are meant; a literal. The SQL must
  /// be able to take a locking clause at its end (no grouping, no DISTINCT, no UNION).
  template <class... Args>
  Result<Cursor> query_for_update(const char* table, const char* sql, const Args&... args) {
    return start(sql, table, values_of(args...).span());
  }

  /// Runs a statement that changes rows; answers how many it inserted, changed or deleted.
  template <class... Args>
  Result<std::int64_t> change(const char* sql, const Args&... args) {
    return execute(sql, values_of(args...).span());
  }

  /// The same, when nobody asks how many.
  template <class... Args>
  Status run(const char* sql, const Args&... args) {
    PURSER_CHECK_OK(execute(sql, values_of(args...).span()));
    return {};
  }

  /// The single integer that a query answers, or nothing without a row or for NULL.
  template <class... Args>
  Result<std::optional<std::int64_t>> integer(const char* sql, const Args&... args) {
    PURSER_TRY(Cursor row, query(sql, args...));
    PURSER_TRY(const bool found, row.step());
    if (!found) return std::optional<std::int64_t>();
    return row.optional_integer(0);
  }

  /// True when `query_for_update` locks: inside a batch of a store that several nodes write. A row
  /// that nobody needs to read is locked only then.
  virtual bool locks_rows() const { return false; }

 protected:
  /// `locked_table`: null, or what `query_for_update` was told.
  virtual Result<Cursor> start(const char* sql, const char* locked_table,
                               std::span<const Value> values) = 0;
  /// Runs a statement to its end.
  virtual Result<std::int64_t> execute(const char* sql, std::span<const Value> values) = 0;

 private:
  template <std::size_t count>
  struct Values {
    std::array<Value, count> values;
    std::span<const Value> span() const { return {values.data(), count}; }
  };
  template <class... Args>
  static Values<sizeof...(Args)> values_of(const Args&... args) {
    return {{Value(args)...}};
  }
};

/// The errors of a connection; `log` says what happened, for the log alone.
Error unavailable(const std::string& log);
Error already_exists(const std::string& log);

}  // namespace purser::sql
