#include "adapters/sqlite/moving.hpp"

#include <filesystem>

#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/file_lock.hpp"
#include "adapters/sqlite/sqlite_store.hpp"

namespace purser::sqlite {
namespace {

Error refused(std::string sentence) { return {ErrorCode::kStoreUnavailable, std::move(sentence)}; }

// Only this engine's: how far balances follow the ledger, and what the file's schema ran.
constexpr const char* kTables =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite#_%' ESCAPE '#' "
    "AND name NOT IN ('meta', 'schema_migrations') ORDER BY name";

/// The SQL that reads a column; empty for one that only this engine has.
std::string expression_of(const std::string& table, const std::string& column) {
  if (table != "idempotency") return column;
  if (column == "row") return "";
  if (column != "key") return column;
  // A UUID's bytes here, or a text; elsewhere a letter says which of them it is.
  return "CASE typeof(key) WHEN 'blob' THEN CAST(x'75' || key AS BLOB) "
         "ELSE CAST('t' || key AS BLOB) END";
}

class File final : public sql::MovedStore {
 public:
  File(FileLock lock, std::unique_ptr<Connection> db, std::string name)
      : lock_(std::move(lock)), db_(std::move(db)), name_(std::move(name)) {}

  const std::string& name() const override { return name_; }
  const std::vector<sql::MovedTable>& tables() const override { return tables_; }
  sql::Connection& db() override { return *db_; }

  Status begin() {
    PURSER_CHECK_OK(db_->exec("BEGIN"));
    PURSER_TRY(const auto behind,
               db_->integer("SELECT 1 FROM meta WHERE name = 'folded_up_to' AND value < (SELECT "
                            "coalesce(max(id), 0) FROM ledger)"));
    if (behind) {
      return refused("The balances of " + name_ +
                     " could not be brought up to its ledger; see whether its disk is full.");
    }
    return read_schema();
  }

 private:
  Status read_schema() {
    PURSER_TRY(sql::Cursor table, db_->query(kTables));
    for (;;) {
      PURSER_TRY(const bool more, table.step());
      if (!more) return {};
      sql::MovedTable& made = tables_.emplace_back();
      made.name = table.text(0);
      PURSER_TRY(sql::Cursor column,
                 db_->query("SELECT name FROM pragma_table_info($1) ORDER BY cid", made.name));
      for (;;) {
        PURSER_TRY(const bool another, column.step());
        if (!another) break;
        std::string expression = expression_of(made.name, column.text(0));
        if (expression.empty()) continue;
        made.columns.push_back({column.text(0), std::move(expression)});
      }
    }
  }

  const FileLock lock_;
  const std::unique_ptr<Connection> db_;
  const std::string name_;
  std::vector<sql::MovedTable> tables_;
};

}  // namespace

Result<std::unique_ptr<sql::MovedStore>> open_for_move(const std::string& path,
                                                       const app::Clock& clock) {
  std::error_code problem;
  if (!std::filesystem::is_regular_file(path, problem)) {
    return refused("There is no file " + path + " to move.");
  }
  SqliteOptions options;
  options.path = path;
  {
    // As it is closed, what balances are behind is written.
    PURSER_TRY(const auto store, open_sqlite_store(options, clock));
  }
  PURSER_TRY(FileLock lock, FileLock::acquire(path + ".lock", path));
  PURSER_TRY(auto db, Connection::open(path, OpenMode::kReader, options.vfs));
  auto file = std::make_unique<File>(std::move(lock), std::move(db), "sqlite:" + path);
  PURSER_CHECK_OK(file->begin());
  return std::unique_ptr<sql::MovedStore>(std::move(file));
}

}  // namespace purser::sqlite
