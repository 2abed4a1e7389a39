#pragma once

// A thin layer over libpq: a connection in pipeline mode with its prepared statements, and what
// they answer.

#include <libpq-fe.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/sql/connection.hpp"
#include "types/result.hpp"

namespace purser::postgres {

/// One parameter as libpq takes it; borrowed until the statement was sent.
struct Param {
  const char* data = nullptr;  ///< null: NULL
  int size = 0;
  bool is_binary = false;
};

/// What a statement answered. Integers of every width, booleans, texts and bytes can be read.
class Rows {
 public:
  explicit Rows(PGresult* result) : result_(result) {}
  int size() const { return PQntuples(result_.get()); }
  bool is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
  std::int64_t integer(int row, int column) const;  ///< 0 for NULL
  /// An array of bigint without NULLs.
  std::vector<std::int64_t> integers(int row, int column) const;
  std::string_view view(int row, int column) const;
  std::string text(int row, int column) const { return std::string(view(row, column)); }
  std::int64_t changed() const;  ///< how many rows it inserted, changed or deleted
  std::string_view tag() const { return PQcmdStatus(result_.get()); }  ///< "COMMIT", …
  ExecStatusType status() const { return PQresultStatus(result_.get()); }
  const PGresult* raw() const { return result_.get(); }

 private:
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

/// The rows of an answer, for who reads them as the shared SQL does.
sql::Cursor cursor_over(Rows rows);

struct ConnectOptions {
  std::string uri;  ///< postgres://…; may hold a password
  /// A statement that takes longer is cancelled; 0: never.
  std::chrono::milliseconds statement_timeout{10'000};
  /// Waiting longer for one lock is given up; 0: never.
  std::chrono::milliseconds lock_timeout{5'000};
  /// The server ends a session whose transaction stands still for longer: its locks must not
  /// outlive a node that is gone.
  std::chrono::milliseconds idle_in_transaction_timeout{10'000};
  /// For whole tables instead of a few rows.
  bool reads_much = false;
};

/// A statement's end that fails it, as a conflict, when a condition is true.
#define PURSER_UNLESS(condition) "SELECT 1 / (CASE WHEN " condition " THEN 0 ELSE 1 END)"

/// One connection. Used by one thread at a time.
class Connection final : public sql::Connection {
 public:
  /// Errors: kStoreUnavailable with a sentence for the operator: the server cannot be reached or
  /// refuses, is too old, keeps its texts in another encoding than UTF-8, or a pooler stands in
  /// between that gives every transaction another session.
  static Result<std::unique_ptr<Connection>> open(const ConnectOptions& options);
  ~Connection() override;

  /// Puts a statement in line; it goes out with the next `collect` or before. `sql` as in
  /// sql::Connection.
  void send(const char* sql, std::span<const Param> params = {});
  /// Sends what is in line and waits for all answers, in order: one round trip. The first statement
  /// that fails fails all; those behind it did not run.
  Result<std::vector<Rows>> collect();
  /// One statement, and its answer.
  Result<Rows> ask(const char* sql, std::span<const Param> params = {});

  /// Runs SQL text of several statements that answer nothing; never a part of a batch.
  Status exec(const std::string& sql);

  /// Runs a COPY … FROM STDIN. `fill` appends some rows in COPY's text form to the text that it is
  /// given, and answers false after the last. An error of `fill` fails the statement.
  Status copy_in(const std::string& sql, const std::function<Result<bool>(std::string&)>& fill);
  /// Runs a COPY … TO STDOUT and hands out what the server sends, message by message: one for each
  /// row.
  Status copy_out(const std::string& sql, const std::function<Status(std::string_view)>& take);

  /// Whether an idle connection still stands; notices when the server has closed it.
  bool is_alive();

  /// In a batch, queries for update lock, and a violated constraint does not end the transaction.
  void set_in_batch(bool in_batch) { in_batch_ = in_batch; }
  bool locks_rows() const override { return in_batch_; }

  /// While nothing may be asked, whoever asks all the same finds a conflict.
  void set_silent(bool silent) { silent_ = silent; }

  /// Waits until the server says something by itself or `timeout` has passed; the payloads of the
  /// notifications that came. Errors: kStoreUnavailable.
  Result<std::vector<std::string>> notifications(std::chrono::milliseconds timeout);

  /// What went wrong since `forget_failure`, the gravest of it.
  enum class Failure {
    kNone,
    kConflict,  ///< a deadlock, a lock not got in time, PURSER_UNLESS: try again
    kOther,     ///< the transaction is lost
    kLost,      ///< the connection is: what was sent last may have happened or not
  };
  Failure failure() const { return failure_; }
  /// Notes that the batch met another one and must begin again; `why` is for the log.
  Error conflict(const std::string& why);
  void forget_failure() {
    if (failure_ != Failure::kLost) failure_ = Failure::kNone;
  }

 protected:
  Result<sql::Cursor> start(const char* sql, const char* locked_table,
                            std::span<const sql::Value> values) override;
  Result<std::int64_t> execute(const char* sql, std::span<const sql::Value> values) override;

 private:
  struct Sent {
    const char* sql = nullptr;
    const char* table = nullptr;
    bool is_prepare = false;
  };

  Connection(PGconn* handle, std::chrono::milliseconds patience)
      : handle_(handle), patience_(patience) {}
  Status check_server();
  Status configure(const ConnectOptions& options);
  /// The name of a statement, which is prepared when it is new.
  const std::string& prepared(const char* sql, const char* locked_table);
  void send_prepared(const char* sql, const char* locked_table, std::span<const Param> params);
  Result<std::vector<Rows>> receive();
  /// The next result of the pipeline; null when the connection is lost.
  PGresult* next_result(std::chrono::steady_clock::time_point deadline);
  bool wait(std::chrono::steady_clock::time_point deadline);
  /// Runs one thing that has no pipeline mode.
  Status outside_pipeline(const std::function<Status()>& run);
  Status send_rows(const std::string& sql, const std::function<Result<bool>(std::string&)>& fill);
  Status take_rows(const std::string& sql, const std::function<Status(std::string_view)>& take);
  /// Reads results up to the last; an error when one of them is.
  Status end_copy(const std::string& sql);
  Error failed(const PGresult* result, const char* sql);
  Error lost(const std::string& what);

  PGconn* handle_;
  const std::chrono::milliseconds patience_;  // for the answers to one round trip
  bool in_batch_ = false;
  bool silent_ = false;
  Failure failure_ = Failure::kNone;
  bool violated_ = false;  // the last failure was a violated constraint
  std::map<std::pair<const void*, const void*>, std::string> prepared_;
  int names_ = 0;
  std::vector<Sent> sent_;
};

}  // namespace purser::postgres
