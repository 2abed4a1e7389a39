#include "adapters/sqlite/connection.hpp"

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

bool bind(sqlite3_stmt* statement, int index, const sql::Value& value,
          sqlite3_destructor_type life) {
  const std::string_view bytes = value.bytes();
  switch (value.kind()) {
    case sql::Value::Kind::kNull:
      return sqlite3_bind_null(statement, index) == SQLITE_OK;
    case sql::Value::Kind::kInteger:
      return sqlite3_bind_int64(statement, index, value.integer()) == SQLITE_OK;
    case sql::Value::Kind::kText: {
      // A null pointer would bind NULL where an empty text is meant.
      const char* data = bytes.data() ? bytes.data() : "";
      return sqlite3_bind_text64(statement, index, data, bytes.size(), life, SQLITE_UTF8) ==
             SQLITE_OK;
    }
    case sql::Value::Kind::kBlob:
      if (bytes.empty()) return sqlite3_bind_zeroblob(statement, index, 0) == SQLITE_OK;
      return sqlite3_bind_blob64(statement, index, bytes.data(), bytes.size(), life) == SQLITE_OK;
  }
  return false;
}

bool bind_all(sqlite3_stmt* statement, std::span<const sql::Value> values,
              sqlite3_destructor_type life) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!bind(statement, static_cast<int>(i) + 1, values[i], life)) return false;
  }
  return true;
}

}  // namespace

void Connection::Prepared::give_back() noexcept {
  if (!cached) {
    delete this;  // tidy: allow naked-new: a cursor owns what no cache does
    return;
  }
  // The result repeats what `step` said; it was handled there.
  sqlite3_reset(handle);
  sqlite3_clear_bindings(handle);
  in_use = false;
}

Result<bool> Connection::Prepared::step() {
  const int rc = sqlite3_step(handle);
  if (rc == SQLITE_ROW) return true;
  if (rc == SQLITE_DONE) return false;
  return connection->failed(sqlite3_sql(handle));
}

bool Connection::Prepared::is_null(int column) const {
  return sqlite3_column_type(handle, column) == SQLITE_NULL;
}

std::int64_t Connection::Prepared::integer(int column) const {
  return sqlite3_column_int64(handle, column);
}

std::string_view Connection::Prepared::view(int column) const {
  const void* data = sqlite3_column_blob(handle, column);
  const int size = sqlite3_column_bytes(handle, column);
  if (!data) return {};
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
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
  statements_.clear();  // before the connection that they belong to
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

Result<Connection::Prepared*> Connection::prepare(const char* sql) {
  if (rule_) PURSER_CHECK_OK(renew_snapshot());
  // SQLite may have rolled the transaction back by itself: what followed would commit alone.
  if (broken_) return sql::unavailable("an earlier statement of this transaction failed");
  Prepared* statement = &statements_[sql];
  std::unique_ptr<Prepared> own;
  if (statement->in_use) {
    own = std::make_unique<Prepared>();
    own->cached = false;
    statement = own.get();
  }
  if (!statement->handle) {
    const unsigned flags = statement->cached ? SQLITE_PREPARE_PERSISTENT : 0;
    if (sqlite3_prepare_v3(handle_, sql, -1, flags, &statement->handle, nullptr) != SQLITE_OK) {
      return failed(sql);
    }
    statement->connection = this;
  }
  statement->in_use = true;
  static_cast<void>(own.release());  // its cursor owns it now
  return statement;
}

Result<sql::Cursor> Connection::start(const char* sql, const char* /*one writer needs no locks*/,
                                      std::span<const sql::Value> values) {
  PURSER_TRY(Prepared * statement, prepare(sql));
  sql::Cursor cursor(statement);
  if (!bind_all(statement->handle, values, SQLITE_TRANSIENT)) return failed("bind");
  return cursor;
}

Result<std::int64_t> Connection::execute(const char* sql, std::span<const sql::Value> values) {
  PURSER_TRY(Prepared * statement, prepare(sql));
  sql::Cursor cursor(statement);
  if (!bind_all(statement->handle, values, SQLITE_STATIC)) return failed("bind");
  PURSER_TRY(const bool row, cursor.step());
  static_cast<void>(row);
  return sqlite3_changes64(handle_);
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
      return sql::already_exists(log);
    default:
      break;
  }
  if ((code & 0xff) == SQLITE_CONSTRAINT) return Error::internal(log);
  broken_ = true;
  return sql::unavailable(log);
}

}  // namespace purser::sqlite
