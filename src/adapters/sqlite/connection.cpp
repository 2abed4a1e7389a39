#include "adapters/sqlite/connection.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace purser::sqlite {
namespace {

constexpr int kBusyTimeoutMillis = 5000;

[[noreturn]] void stop_after_failed_sync(const std::string& log) {
  std::fprintf(stderr, "fsync failed, what is on the disk is unknown; stopping at once. %s\n",
               log.c_str());
  std::abort();
}

Error unavailable(const std::string& log) {
  return {ErrorCode::kStoreUnavailable,
          "The database cannot be written or read at the moment; send the same request again.",
          {},
          LogDetail(log)};
}

}  // namespace

Query::Query(Query&& other) noexcept
    : connection_(other.connection_),
      cached_(std::exchange(other.cached_, nullptr)),
      own_(std::exchange(other.own_, nullptr)),
      bad_column_(other.bad_column_) {}

Query::~Query() { give_back(); }

void Query::give_back() {
  if (cached_) {
    // The result repeats what `step` said; it was handled there.
    sqlite3_reset(cached_->statement);
    sqlite3_clear_bindings(cached_->statement);
    cached_->in_use = false;
    cached_ = nullptr;
  }
  sqlite3_finalize(own_);
  own_ = nullptr;
}

Result<bool> Query::step() {
  bad_column_ = -1;
  const int rc = sqlite3_step(statement());
  if (rc == SQLITE_ROW) return true;
  if (rc == SQLITE_DONE) return false;
  return connection_->failed(sqlite3_sql(statement()));
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(statement(), column) == SQLITE_NULL;
}

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement(), column); }

std::string_view Query::view(int column) const {
  const void* data = sqlite3_column_blob(statement(), column);
  const int size = sqlite3_column_bytes(statement(), column);
  if (!data) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

std::optional<std::string> Query::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

std::optional<std::int64_t> Query::optional_integer(int column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

Timestamp Query::timestamp(int column) {
  const auto value = Timestamp::from_millis(integer(column));
  if (!value) note_bad(column);
  return value.value_or(Timestamp{});
}

std::optional<Timestamp> Query::optional_timestamp(int column) {
  if (is_null(column)) return std::nullopt;
  return timestamp(column);
}

Quantity Query::quantity(int column) {
  const auto value = Quantity::of(integer(column));
  if (!value) note_bad(column);
  return value.value_or(Quantity{});
}

crypto::Digest Query::digest(int column) {
  crypto::Digest digest{};
  const std::string_view bytes = view(column);
  if (bytes.size() != digest.size()) {
    note_bad(column);
  } else {
    std::copy(bytes.begin(), bytes.end(), digest.begin());
  }
  return digest;
}

Error Query::bad_row() const {
  return unavailable("column " + std::to_string(bad_column_) +
                     " of a row is not what it must be: " + sqlite3_sql(statement()));
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, OpenMode mode,
                                                     const std::string& vfs) {
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | SQLITE_OPEN_EXRESCODE |
                    (mode == OpenMode::kWriter ? SQLITE_OPEN_CREATE : 0);
  sqlite3* handle = nullptr;
  const int rc = sqlite3_open_v2(path.c_str(), &handle, flags, vfs.empty() ? nullptr : vfs.c_str());
  std::unique_ptr<Connection> connection(new Connection(handle));
  if (rc != SQLITE_OK) return connection->failed("open " + path);
  sqlite3_busy_timeout(handle, kBusyTimeoutMillis);
  // Otherwise SQLite looks at bound values where a table has partial indexes, and prepares the
  // statement anew whenever they change: a tenth of what its readers do.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
  // A file's own views or triggers are not trusted, and a writer notices a changed page early.
  PURSER_CHECK_OK(connection->exec("PRAGMA trusted_schema=OFF;"));
  PURSER_CHECK_OK(connection->exec(mode == OpenMode::kReader ? "PRAGMA query_only=ON;"
                                                             : "PRAGMA cell_size_check=ON;"));
  return connection;
}

Connection::~Connection() {
  for (auto& [sql, cached] : statements_) sqlite3_finalize(cached.statement);
  sqlite3_close(handle_);
}

Status Connection::exec(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return failed(sql);
  return {};
}

void Connection::end_snapshot() {
  // A failure leaves the connection broken, which the next query sees.
  if (in_transaction()) static_cast<void>(exec("COMMIT"));
}

Status Connection::renew_snapshot() {
  const std::uint64_t commits = rule_->commits.load();
  const bool keep = rule_->may_keep.load();
  if (in_transaction()) {
    if (keep && snapshot_ == commits) return {};
    end_snapshot();
  }
  if (!keep) return {};
  snapshot_ = commits;
  return exec("BEGIN");
}

void Connection::sync_database_file() {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(handle_, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (file == nullptr || file->pMethods == nullptr) return;
  // The system tells a failure only once: SQLite's own sync would not see it any more.
  const int rc = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
  if (rc != SQLITE_OK) stop_after_failed_sync("SQLite error " + std::to_string(rc));
}

Result<Query> Connection::start(const char* sql) {
  if (rule_) PURSER_CHECK_OK(renew_snapshot());
  // SQLite may have rolled the transaction back by itself: what followed would commit alone.
  if (broken_) return unavailable("an earlier statement of this transaction failed");
  Query::Cached& cached = statements_[sql];
  if (cached.statement && !cached.in_use) {
    cached.in_use = true;
    return Query(this, &cached, nullptr);
  }
  sqlite3_stmt* statement = nullptr;
  const unsigned flags = cached.statement ? 0 : SQLITE_PREPARE_PERSISTENT;
  if (sqlite3_prepare_v3(handle_, sql, -1, flags, &statement, nullptr) != SQLITE_OK) {
    return failed(sql);
  }
  if (cached.statement) return Query(this, nullptr, statement);
  cached = {statement, true};
  return Query(this, &cached, nullptr);
}

Error Connection::failed(const std::string& what) {
  const int code = sqlite3_extended_errcode(handle_);
  const std::string log =
      "SQLite error " + std::to_string(code) + " (" + sqlite3_errmsg(handle_) + ") in: " + what;
  switch (code) {
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
      stop_after_failed_sync(log);
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
      return {
          ErrorCode::kAlreadyExists, "Something with this id exists already.", {}, LogDetail(log)};
    default:
      break;
  }
  if ((code & 0xff) == SQLITE_CONSTRAINT) return Error::internal(log);
  broken_ = true;
  return unavailable(log);
}

bool Connection::bind(sqlite3_stmt* s, int i, std::int64_t value, Lifetime) {
  return sqlite3_bind_int64(s, i, value) == SQLITE_OK;
}
bool Connection::bind(sqlite3_stmt* s, int i, int value, Lifetime) {
  return sqlite3_bind_int64(s, i, value) == SQLITE_OK;
}
bool Connection::bind(sqlite3_stmt* s, int i, bool value, Lifetime) {
  return sqlite3_bind_int64(s, i, value ? 1 : 0) == SQLITE_OK;
}
bool Connection::bind(sqlite3_stmt* s, int i, std::string_view value, Lifetime lifetime) {
  // A null pointer would bind NULL where an empty text is meant.
  const char* data = value.data() ? value.data() : "";
  return sqlite3_bind_text64(s, i, data, value.size(), lifetime, SQLITE_UTF8) == SQLITE_OK;
}
bool Connection::bind(sqlite3_stmt* s, int i, const std::string& value, Lifetime lifetime) {
  return bind(s, i, std::string_view(value), lifetime);
}
bool Connection::bind(sqlite3_stmt* s, int i, const char* value, Lifetime lifetime) {
  return bind(s, i, std::string_view(value), lifetime);
}
bool Connection::bind(sqlite3_stmt* s, int i, const Blob& value, Lifetime lifetime) {
  if (value.bytes.empty()) return sqlite3_bind_zeroblob(s, i, 0) == SQLITE_OK;
  return sqlite3_bind_blob64(s, i, value.bytes.data(), value.bytes.size(), lifetime) == SQLITE_OK;
}
bool Connection::bind(sqlite3_stmt* s, int i, Timestamp value, Lifetime) {
  return sqlite3_bind_int64(s, i, value.millis()) == SQLITE_OK;
}
bool Connection::bind(sqlite3_stmt* s, int i, Quantity value, Lifetime) {
  return sqlite3_bind_int64(s, i, value.value()) == SQLITE_OK;
}
bool Connection::bind(sqlite3_stmt* s, int i, const crypto::Digest& value, Lifetime lifetime) {
  const std::string_view bytes(reinterpret_cast<const char*>(value.data()), value.size());
  return bind(s, i, Blob{bytes}, lifetime);
}

}  // namespace purser::sqlite
