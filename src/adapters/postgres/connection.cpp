#include "adapters/postgres/connection.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <deque>

#include "adapters/postgres/servers.hpp"

namespace purser::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Types of columns. Source: src/include/catalog/pg_type.dat of PostgreSQL.
constexpr Oid kBool = 16;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;

constexpr int kOldestServer = 130'000;
// Beyond the server's own time limit: by then it should have said so.
constexpr milliseconds kGrace{5'000};

std::int64_t big_endian(const char* bytes, int size) {
  std::uint64_t value = 0;
  for (int i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  // The sign lies in the topmost bit that was sent.
  const int unused = 64 - 8 * size;
  return static_cast<std::int64_t>(value << unused) >> unused;
}

/// The parameters of a statement for all engines, as texts; only bytes go as they are.
class Params {
 public:
  explicit Params(std::span<const sql::Value> values) {
    params_.reserve(values.size());
    numbers_.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) params_.push_back(param(values[i], i));
  }
  std::span<const Param> span() const { return params_; }

 private:
  Param param(const sql::Value& value, std::size_t index) {
    switch (value.kind()) {
      case sql::Value::Kind::kNull:
        return {};
      case sql::Value::Kind::kInteger: {
        std::array<char, 24>& number = numbers_[index];
        const auto end = std::to_chars(number.data(), number.data() + 23, value.integer()).ptr;
        *end = '\0';  // libpq ends texts there
        return {number.data(), static_cast<int>(end - number.data()), false};
      }
      case sql::Value::Kind::kText: {
        // libpq wants texts to end with a zero, which a view does not.
        const std::string& text = texts_.emplace_back(value.bytes());
        return {text.c_str(), static_cast<int>(text.size()), false};
      }
      case sql::Value::Kind::kBlob:
        break;
    }
    const std::string_view bytes = value.bytes();
    return {bytes.empty() ? "" : bytes.data(), static_cast<int>(bytes.size()), true};
  }

  std::vector<Param> params_;
  std::vector<std::array<char, 24>> numbers_;
  std::deque<std::string> texts_;
};

/// One run of a query that the shared SQL reads.
class Run final : public sql::Statement {
 public:
  Run(Rows rows, const char* sql) : rows_(std::move(rows)), sql_(sql) {}
  Result<bool> step() override { return ++row_ < rows_.size(); }
  bool is_null(int column) const override { return rows_.is_null(row_, column); }
  std::int64_t integer(int column) const override { return rows_.integer(row_, column); }
  std::string_view view(int column) const override { return rows_.view(row_, column); }
  std::string_view sql() const override { return sql_; }
  void give_back() noexcept override { const std::unique_ptr<Run> gone(this); }

 private:
  Rows rows_;
  int row_ = -1;
  std::string_view sql_;
};

// A statement that can violate a constraint in a way that a command expects, and go on.
bool may_violate(std::string_view sql) {
  const bool writes = sql.starts_with("INSERT") || sql.starts_with("UPDATE");
  return writes && sql.find("ON CONFLICT") == std::string_view::npos;
}

std::string trimmed(const char* message) {
  std::string text(message == nullptr ? "" : message);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

Error refused(std::string sentence) { return {ErrorCode::kStoreUnavailable, std::move(sentence)}; }

/// Connects, or says in the handle why not. Never null.
PGconn* connect_to(const ConnectionParameters& server) {
  // Of a repeated keyword the last value counts: the URI may say otherwise.
  std::vector<const char*> keywords{"connect_timeout",     "tcp_user_timeout", "keepalives_idle",
                                    "keepalives_interval", "keepalives_count", "application_name",
                                    "target_session_attrs"};
  std::vector<const char*> values{"5", "15000", "10", "5", "3", "purser", "read-write"};
  for (const auto& [keyword, value] : server) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.insert(keywords.end(), {"client_encoding", nullptr});
  values.insert(values.end(), {"UTF8", nullptr});
  PGconn* handle = PQconnectdbParams(keywords.data(), values.data(), 0);
  if (handle == nullptr) std::abort();  // no memory for it
  PQsetNoticeProcessor(
      handle, [](void*, const char*) {}, nullptr);
  return handle;
}

}  // namespace

std::int64_t Rows::integer(int row, int column) const {
  if (is_null(row, column)) return 0;
  const char* bytes = PQgetvalue(result_.get(), row, column);
  switch (PQftype(result_.get(), column)) {
    case kBool:
      return bytes[0] != 0 ? 1 : 0;
    case kInt2:
    case kInt4:
    case kInt8:
      return big_endian(bytes, PQgetlength(result_.get(), row, column));
    default:
      std::abort();  // our own SQL: a defect of ours
  }
}

std::vector<std::int64_t> Rows::integers(int row, int column) const {
  constexpr std::size_t kHeader = 20;  // as Array writes it
  constexpr std::size_t kElement = 12;
  std::vector<std::int64_t> values;
  const std::string_view bytes = view(row, column);
  for (std::size_t at = kHeader; at + kElement <= bytes.size(); at += kElement) {
    values.push_back(big_endian(bytes.data() + at + 4, 8));
  }
  return values;
}

std::string_view Rows::view(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t Rows::changed() const {
  const std::string_view text = PQcmdTuples(result_.get());
  std::int64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

sql::Cursor cursor_over(Rows rows) {
  return sql::Cursor(std::make_unique<Run>(std::move(rows), "a batch").release());
}

Result<std::unique_ptr<Connection>> Connection::open(const ConnectOptions& options) {
  PURSER_TRY(const auto servers, servers_of(options.uri));
  const bool limited = options.statement_timeout.count() > 0;
  const milliseconds patience =
      limited ? options.statement_timeout + kGrace : milliseconds(std::chrono::hours(24));
  std::string problems;
  for (const ConnectionParameters& server : servers) {
    std::unique_ptr<Connection> made(new Connection(connect_to(server), patience));
    if (PQstatus(made->handle_) != CONNECTION_OK) {
      problems += (problems.empty() ? "" : "; ") + trimmed(PQerrorMessage(made->handle_));
      continue;
    }
    PURSER_CHECK_OK(made->check_server());
    PURSER_CHECK_OK(made->configure(options));
    return made;
  }
  return refused("PostgreSQL cannot be reached: " + problems);
}

Connection::~Connection() { PQfinish(handle_); }

Status Connection::check_server() {
  if (PQserverVersion(handle_) < kOldestServer) {
    return refused("The server is PostgreSQL " + std::to_string(PQserverVersion(handle_) / 10'000) +
                   "; Purser needs 13 or newer.");
  }
  const char* encoding = PQparameterStatus(handle_, "server_encoding");
  if (encoding == nullptr || std::string_view(encoding) != "UTF8") {
    return refused("The database does not keep its texts in UTF-8; make one with ENCODING 'UTF8'.");
  }
  return {};
}

Status Connection::configure(const ConnectOptions& options) {
  const auto milliseconds_of = [](milliseconds time) { return std::to_string(time.count()); };
  // A batch's arrays are short beside the tables, and a plan that was made while a table was empty
  // must not read all of it later.
  const char* const few_rows =
      "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off; "
      "SET plan_cache_mode = force_generic_plan; ";
  PURSER_CHECK_OK(
      exec("SET synchronous_commit = on; SET default_transaction_isolation = 'read committed'; "
           "SET jit = off; " +
           std::string(options.reads_much ? "" : few_rows) +
           "SET statement_timeout = " + milliseconds_of(options.statement_timeout) +
           "; SET lock_timeout = " + milliseconds_of(options.lock_timeout) +
           "; SET idle_in_transaction_session_timeout = " +
           milliseconds_of(options.idle_in_transaction_timeout)));
  if (PQsetnonblocking(handle_, 1) != 0 || PQenterPipelineMode(handle_) != 1) {
    return lost("no pipeline mode");
  }
  PURSER_TRY(const Rows session, ask("SELECT pg_backend_pid()"));
  if (session.integer(0, 0) == PQbackendPID(handle_)) return {};
  return refused(
      "Something between Purser and PostgreSQL (pgbouncer, perhaps) answers for the server. Purser "
      "needs sessions of its own: it prepares statements and listens. Connect it to PostgreSQL "
      "directly; it pools by itself and opens few connections.");
}

const std::string& Connection::prepared(const char* sql, const char* locked_table) {
  const auto [place, fresh] = prepared_.try_emplace({sql, locked_table});
  if (!fresh) return place->second;
  place->second = "s" + std::to_string(++names_);
  std::string text = sql;
  if (locked_table != nullptr) text.append(" FOR NO KEY UPDATE OF ").append(locked_table);
  if (PQsendPrepare(handle_, place->second.c_str(), text.c_str(), 0, nullptr) == 1) {
    sent_.push_back({sql, locked_table, true});
  }
  return place->second;
}

void Connection::send(const char* sql, std::span<const Param> params) {
  send_prepared(sql, nullptr, params);
}

void Connection::send_prepared(const char* sql, const char* locked_table,
                               std::span<const Param> params) {
  if (silent_) static_cast<void>(conflict("a batch asks for more than it was told"));
  if (silent_ || failure_ == Failure::kLost) return;  // which `collect` says
  std::vector<const char*> data;
  std::vector<int> sizes;
  std::vector<int> formats;
  for (const Param& param : params) {
    data.push_back(param.data);
    sizes.push_back(param.size);
    formats.push_back(param.is_binary ? 1 : 0);
  }
  const std::string& statement = prepared(sql, locked_table);
  constexpr int kBinaryResult = 1;
  const int sent = PQsendQueryPrepared(handle_, statement.c_str(), static_cast<int>(params.size()),
                                       data.data(), sizes.data(), formats.data(), kBinaryResult);
  if (sent == 1) {
    sent_.push_back({sql, locked_table, false});
  } else {
    static_cast<void>(lost(sql));
  }
}

Result<std::vector<Rows>> Connection::collect() {
  if (silent_) return conflict("a batch asks for more than it was told");
  if (failure_ != Failure::kLost && PQpipelineSync(handle_) != 1) return lost("sync");
  if (failure_ == Failure::kLost) return lost("the connection was lost before");
  auto answers = receive();
  sent_.clear();
  return answers;
}

Result<std::vector<Rows>> Connection::receive() {
  const auto deadline = steady_clock::now() + patience_;
  std::vector<Rows> answers;
  std::optional<Error> error;
  for (const Sent& sent : sent_) {
    Rows answer(next_result(deadline));
    if (failure_ == Failure::kLost) return lost(sent.sql);
    const ExecStatusType status = answer.status();
    if (status == PGRES_FATAL_ERROR) {
      if (!error) error = failed(answer.raw(), sent.sql);
    } else if (status != PGRES_PIPELINE_ABORTED && !sent.is_prepare) {
      answers.push_back(std::move(answer));
    }
    // What the server has not understood, or not even looked at, is prepared anew.
    if (sent.is_prepare && status != PGRES_COMMAND_OK) prepared_.erase({sent.sql, sent.table});
    if (next_result(deadline) != nullptr) std::abort();  // each answer ends with nothing
    if (failure_ == Failure::kLost) return lost(sent.sql);
  }
  const Rows sync(next_result(deadline));
  if (failure_ == Failure::kLost || sync.status() != PGRES_PIPELINE_SYNC) return lost("sync");
  if (error) return *std::move(error);
  return answers;
}

PGresult* Connection::next_result(steady_clock::time_point deadline) {
  while (PQisBusy(handle_) != 0) {
    if (!wait(deadline)) {
      static_cast<void>(lost("waiting for an answer"));
      return nullptr;
    }
  }
  return PQgetResult(handle_);
}

bool Connection::wait(steady_clock::time_point deadline) {
  const int unsent = PQflush(handle_);
  if (unsent < 0) return false;
  // Rounded up, or the last millisecond would be spent looking.
  const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
  if (left.count() <= 0) return false;
  pollfd socket{PQsocket(handle_), static_cast<short>(POLLIN | (unsent > 0 ? POLLOUT : 0)), 0};
  const auto longest = static_cast<std::int64_t>(milliseconds(std::chrono::hours(1)).count());
  if (poll(&socket, 1, static_cast<int>(std::min<std::int64_t>(left.count(), longest))) < 0) {
    return errno == EINTR;
  }
  if ((socket.revents & (POLLIN | POLLERR | POLLHUP)) == 0) return true;
  return PQconsumeInput(handle_) == 1;
}

Result<Rows> Connection::ask(const char* sql, std::span<const Param> params) {
  send(sql, params);
  PURSER_TRY(auto answers, collect());
  return std::move(answers.back());
}

Status Connection::outside_pipeline(const std::function<Status()>& run) {
  const bool pipeline = PQpipelineStatus(handle_) != PQ_PIPELINE_OFF;
  if (pipeline && PQexitPipelineMode(handle_) != 1) return lost("leaving pipeline mode");
  Status status = run();
  if (pipeline && PQenterPipelineMode(handle_) != 1) return lost("entering pipeline mode");
  return status;
}

Status Connection::exec(const std::string& sql) {
  return outside_pipeline([&]() -> Status {
    const Rows done(PQexec(handle_, sql.c_str()));
    if (done.status() == PGRES_COMMAND_OK || done.status() == PGRES_TUPLES_OK) return {};
    return failed(done.raw(), sql.c_str());
  });
}

Result<sql::Cursor> Connection::start(const char* sql, const char* locked_table,
                                      std::span<const sql::Value> values) {
  const Params params(values);
  send_prepared(sql, in_batch_ ? locked_table : nullptr, params.span());
  PURSER_TRY(auto answers, collect());
  return sql::Cursor(std::make_unique<Run>(std::move(answers.back()), sql).release());
}

// A violated constraint ends a transaction, but a command may go on after it: such a statement runs
// inside a savepoint of its own, in the same round trip.
Result<std::int64_t> Connection::execute(const char* sql, std::span<const sql::Value> values) {
  const Params params(values);
  const bool guarded = in_batch_ && may_violate(sql);
  if (guarded) send("SAVEPOINT statement");
  send(sql, params.span());
  if (guarded) send("RELEASE SAVEPOINT statement");
  violated_ = false;
  auto answers = collect();
  if (answers) return (*answers)[answers->size() - (guarded ? 2 : 1)].changed();
  if (guarded && violated_) {
    send("ROLLBACK TO SAVEPOINT statement");
    send("RELEASE SAVEPOINT statement");
    PURSER_CHECK_OK(collect());
  }
  return std::move(answers).error();
}

bool Connection::is_alive() {
  if (failure_ == Failure::kLost) return false;
  pollfd socket{PQsocket(handle_), POLLIN, 0};
  if (poll(&socket, 1, 0) > 0 && PQconsumeInput(handle_) != 1) return false;
  return PQstatus(handle_) == CONNECTION_OK;
}

Result<std::vector<std::string>> Connection::notifications(milliseconds timeout) {
  std::vector<std::string> payloads;
  const auto deadline = steady_clock::now() + timeout;
  for (;;) {
    while (PGnotify* notified = PQnotifies(handle_)) {
      payloads.emplace_back(notified->extra);
      PQfreemem(notified);
    }
    if (!payloads.empty() || steady_clock::now() >= deadline) return payloads;
    if (!wait(deadline) && PQstatus(handle_) != CONNECTION_OK) return lost("listening");
  }
}

Error Connection::failed(const PGresult* result, const char* sql) {
  const char* state_text = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const std::string_view state = state_text == nullptr ? "" : state_text;
  const std::string log = std::string(state) + " " + trimmed(PQresultErrorMessage(result)) +
                          " in: " + std::string(sql).substr(0, 200);
  if (PQstatus(handle_) != CONNECTION_OK || state.empty()) return lost(log);
  // Source: PostgreSQL's manual, appendix A, "PostgreSQL Error Codes".
  if (state == "23505") {
    violated_ = true;
    return sql::already_exists(log);
  }
  // Numbers that were drawn before a month was over, and the month has been archived since.
  const char* table = PQresultErrorField(result, PG_DIAG_TABLE_NAME);
  const bool archived = state == "23514" && table != nullptr && std::string_view(table) == "ledger";
  if (state.starts_with("23") && !archived) {
    violated_ = true;
    return Error::internal(log);
  }
  constexpr std::string_view kUnless = "22012";  // the division by zero of PURSER_UNLESS
  const bool conflict =
      state == "40001" || state == "40P01" || state == "55P03" || state == kUnless || archived;
  failure_ = std::max(failure_, conflict ? Failure::kConflict : Failure::kOther);
  return sql::unavailable(log);
}

Error Connection::conflict(const std::string& why) {
  failure_ = std::max(failure_, Failure::kConflict);
  return sql::unavailable(why);
}

Error Connection::lost(const std::string& what) {
  failure_ = Failure::kLost;
  sent_.clear();
  return sql::unavailable("the connection to PostgreSQL was lost (" + what +
                          "): " + trimmed(PQerrorMessage(handle_)));
}

}  // namespace purser::postgres
