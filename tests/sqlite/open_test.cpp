#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/migrations.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "tests/contract/store_contract.hpp"
#include "tests/contract/temporary_folder.hpp"

// Opening: one process for a file, the schema's history, foreign and damaged files.

namespace purser::sqlite {
namespace {

class SqliteOpen : public testing::Test {
 protected:
  std::unique_ptr<Connection> connection() {
    auto db = Connection::open(path_, OpenMode::kWriter, "");
    EXPECT_TRUE(db.has_value());
    return *std::move(db);
  }
  Result<std::unique_ptr<app::Store>> open() {
    SqliteOptions options;
    options.path = path_;
    options.background = false;
    return open_sqlite_store(options, clock_);
  }
  void expect_refusal(const std::string& part) {
    const auto opened = open();
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, ErrorCode::kStoreUnavailable);
    EXPECT_NE(opened.error().message.find(part), std::string::npos) << opened.error().message;
  }

  contract::TemporaryFolder folder_;
  const std::string path_ = folder_.path("purser.db");
  contract::TestClock clock_;
};

TEST_F(SqliteOpen, ASecondStoreOnTheFileIsRefused) {
  const auto first = open();
  PURSER_ASSERT_OK(first);
  expect_refusal("in use by another Purser process (process id " + std::to_string(getpid()) + ")");
}

TEST_F(SqliteOpen, ASecondProcessIsRefusedUntilTheFirstIsDead) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    auto store = open();
    const char byte = store.has_value() ? 'y' : 'n';
    if (write(ready[1], &byte, 1) != 1) _exit(2);
    pause();
    _exit(0);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, 'y');
  expect_refusal("process id " + std::to_string(child));
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  PURSER_EXPECT_OK(open());
  close(ready[0]);
  close(ready[1]);
}

TEST_F(SqliteOpen, AnotherProgramsDatabaseIsNotTouched) {
  PURSER_ASSERT_OK(connection()->exec("CREATE TABLE theirs(x); INSERT INTO theirs VALUES(1);"));
  std::ifstream before_file(path_, std::ios::binary);
  const std::string before((std::istreambuf_iterator<char>(before_file)), {});
  expect_refusal("another program");
  std::ifstream after_file(path_, std::ios::binary);
  const std::string after((std::istreambuf_iterator<char>(after_file)), {});
  EXPECT_EQ(before, after);
}

TEST_F(SqliteOpen, AFileThatIsNoDatabaseIsRefused) {
  std::ofstream(path_) << std::string(5000, 'x');
  EXPECT_FALSE(open().has_value());
}

TEST_F(SqliteOpen, AMissingFolderIsAClearRefusal) {
  SqliteOptions options;
  options.path = folder_.path("no/such/folder/purser.db");
  const auto opened = open_sqlite_store(options, clock_);
  ASSERT_FALSE(opened.has_value());
  EXPECT_NE(opened.error().message.find("No such file or directory"), std::string::npos);
}

TEST_F(SqliteOpen, TheMigrationStatusSaysWhatAFileHas) {
  PURSER_ASSERT_OK(open());
  SqliteOptions options;
  options.path = path_;
  const auto status = migration_status(options);
  PURSER_ASSERT_OK(status);
  ASSERT_FALSE(status->empty());
  EXPECT_EQ(status->front().number, 1);
  EXPECT_EQ(status->front().slug, "initial");
  for (const auto& migration : *status) EXPECT_TRUE(migration.applied);
}

TEST_F(SqliteOpen, ANewerSchemaIsRefused) {
  PURSER_ASSERT_OK(open());
  PURSER_ASSERT_OK(
      connection()->exec("INSERT INTO schema_migrations VALUES(9999, 'future', 'x', 0)"));
  expect_refusal("newer than this program");
}

TEST_F(SqliteOpen, AChangedMigrationIsRefused) {
  PURSER_ASSERT_OK(open());
  PURSER_ASSERT_OK(connection()->exec("UPDATE schema_migrations SET sha256 = 'other'"));
  expect_refusal("in another form");
}

constexpr sql::Migration kFirst{1, "first", "CREATE TABLE a(x INTEGER) STRICT;"};
constexpr sql::Migration kSecond{2, "second",
                                 "CREATE TABLE b(x INTEGER) STRICT; INSERT INTO a VALUES(1);"};
constexpr sql::Migration kBroken{
    2, "second", "CREATE TABLE b(x INTEGER) STRICT; INSERT INTO nowhere VALUES(1);"};

TEST_F(SqliteOpen, MigrationsRunOnceInOrder) {
  const auto db = connection();
  const sql::Migration both[] = {kFirst, kSecond};
  PURSER_ASSERT_OK(migrate(*db, std::span(both, 1), clock_.now()));
  EXPECT_FALSE(migration_states(*db, both)->at(1).applied);
  PURSER_ASSERT_OK(migrate(*db, both, clock_.now()));
  PURSER_ASSERT_OK(migrate(*db, both, clock_.now()));
  EXPECT_EQ(*db->integer("SELECT count(*) FROM a"), 1);
}

TEST_F(SqliteOpen, AFailedMigrationLeavesNothingAndCanBeTriedAgain) {
  const auto db = connection();
  const sql::Migration broken[] = {kFirst, kBroken};
  const Status failed = migrate(*db, broken, clock_.now());
  ASSERT_FALSE(failed.has_value());
  EXPECT_NE(failed.error().message.find("Migration 2 (second) failed"), std::string::npos);
  db->forget_failure();
  EXPECT_EQ(*db->integer("SELECT count(*) FROM sqlite_schema WHERE name = 'b'"), 0);
  EXPECT_EQ(*db->integer("SELECT count(*) FROM schema_migrations"), 1);
  const sql::Migration mended[] = {kFirst, kSecond};
  PURSER_ASSERT_OK(migrate(*db, mended, clock_.now()));
}

// Another process is killed inside a migration, at each of its statements.
TEST_F(SqliteOpen, AKillInsideAMigrationRollsItBack) {
  const pid_t child = fork();
  if (child == 0) {
    const auto db = connection();
    const sql::Migration first[] = {kFirst};
    if (!migrate(*db, first, clock_.now())) _exit(1);
    if (!db->exec("BEGIN IMMEDIATE; CREATE TABLE b(x INTEGER) STRICT; INSERT INTO a VALUES(1);")) {
      _exit(1);
    }
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const auto db = connection();
  const sql::Migration both[] = {kFirst, kSecond};
  PURSER_ASSERT_OK(migrate(*db, both, clock_.now()));
  EXPECT_EQ(*db->integer("SELECT count(*) FROM a"), 1);
}

// An operator copies a backup over the file of a killed server and leaves its log behind.
TEST_F(SqliteOpen, ABackupIsRestoredByCopyingItBackOverAKilledServersFile) {
  const ItemKey credits =
      contract::item_of(contract::customer_of("p", CustomerType::kCustom, "c"), "credits");
  const std::string backup = folder_.path("backup.db");
  std::string log;
  {
    auto store = open();
    PURSER_ASSERT_OK(store);
    PURSER_ASSERT_OK((*store)->commit([&](app::StoreBatch& batch) -> Status {
      PURSER_CHECK_OK(batch.insert_project(contract::project_of("p")));
      return contract::give(batch, credits, 10);
    }));
    PURSER_ASSERT_OK((*store)->backup(backup, {}));
    for (int i = 0; i < 20; ++i) {
      PURSER_ASSERT_OK((*store)->commit(
          [&](app::StoreBatch& batch) { return contract::give(batch, credits, 1); }));
    }
    std::ifstream file(path_ + "-wal", std::ios::binary);
    log.assign(std::istreambuf_iterator<char>(file), {});
  }
  ASSERT_GT(log.size(), 4096U);
  std::filesystem::copy_file(backup, path_, std::filesystem::copy_options::overwrite_existing);
  std::ofstream(path_ + "-wal", std::ios::binary) << log;

  auto restored = open();
  PURSER_ASSERT_OK(restored);
  EXPECT_EQ((*restored)->view()->item(credits)->quantity(), contract::amount(10));
  const auto report = (*restored)->verify({});
  PURSER_ASSERT_OK(report);
  EXPECT_TRUE(report->findings.empty());
}

// Numbers between them are those that another engine alone has.
TEST_F(SqliteOpen, EmbeddedMigrationsHaveGrowingNumbers) {
  int last = 0;
  for (const sql::Migration& migration : sql::embedded_migrations("sqlite")) {
    EXPECT_GT(migration.number, last);
    last = migration.number;
    EXPECT_FALSE(migration.slug.empty());
    EXPECT_FALSE(migration.sql.empty());
  }
  EXPECT_GT(last, 0);
}

}  // namespace
}  // namespace purser::sqlite
