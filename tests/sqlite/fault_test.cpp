#include <gtest/gtest.h>

#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "tests/contract/store_contract.hpp"
#include "tests/contract/temporary_folder.hpp"
#include "tests/sqlite/fault_vfs.hpp"

// A disk that is full, refuses, or loses a sync.

namespace purser::sqlite {
namespace {

using contract::customer_of;
using contract::item_of;

const ItemKey kCredits = item_of(customer_of("p", CustomerType::kCustom, "c"), "credits");

class SqliteFaults : public testing::Test {
 protected:
  void SetUp() override { open(); }
  void TearDown() override {
    vfs_.fail_writes(SQLITE_OK);
    vfs_.fail_reads(SQLITE_OK);
    const auto report = store_->verify({});
    PURSER_ASSERT_OK(report);
    for (const auto& finding : report->findings) {
      ADD_FAILURE() << finding.where << ": " << finding.what;
    }
  }
  void open() {
    store_.reset();
    SqliteOptions options;
    options.path = folder_.path("purser.db");
    options.vfs = vfs_.name();
    options.background = false;
    options.dirty_limit = 4;
    options.checkpoint_pages = 8;
    options.cache_accounts = 1;
    options.page_cache_kib = 64;
    auto opened = open_sqlite_store(options, clock_);
    PURSER_ASSERT_OK(opened);
    store_ = *std::move(opened);
    if (store_->view()->project(ProjectId("p"))->has_value()) return;
    PURSER_ASSERT_OK(store_->commit(
        [](app::StoreBatch& batch) { return batch.insert_project(contract::project_of("p")); }));
  }
  /// A batch that writes much: items, a user, a record.
  Status write(int number) {
    return store_->commit([&](app::StoreBatch& batch) -> Status {
      const std::string name = std::to_string(number);
      batch.begin_command();
      PURSER_CHECK_OK(contract::give(batch, kCredits, 1));
      PURSER_CHECK_OK(batch.insert_user(contract::user_of("p", "user" + name)));
      batch.begin_command();
      for (int i = 0; i < 20; ++i) {
        const auto customer =
            customer_of("p", CustomerType::kCustom, name + "-" + std::to_string(i));
        PURSER_CHECK_OK(contract::give(batch, item_of(customer, "credits"), 1));
      }
      app::IdempotencyRecord record;
      record.project = ProjectId("p");
      record.key = name;
      return batch.put_idempotency(record);
    });
  }
  std::int64_t credits() { return store_->view()->item(kCredits)->quantity().value(); }

  contract::TemporaryFolder folder_;
  FaultVfs vfs_{"fault-test"};
  contract::TestClock clock_;
  std::unique_ptr<app::Store> store_;
};

TEST_F(SqliteFaults, AFullDiskRefusesWritesKeepsReadsAndHeals) {
  PURSER_ASSERT_OK(write(0));
  for (const int code : {SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_READONLY}) {
    vfs_.fail_writes(code);
    const std::int64_t before = credits();
    const Status refused = write(100);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kStoreUnavailable);
    EXPECT_EQ(credits(), before);
    EXPECT_FALSE(store_->view()->user(ProjectId("p"), UserId("user100"))->has_value());
    vfs_.fail_writes(SQLITE_OK);
    PURSER_ASSERT_OK(
        store_->commit([](app::StoreBatch& batch) { return contract::give(batch, kCredits, 1); }));
    EXPECT_EQ(credits(), before + 1);
  }
}

TEST_F(SqliteFaults, AWriteThatFailsAnywhereLeavesAllOrNothing) {
  int next = 0;
  int refused = 0;
  for (int passing = 0; passing < 40; ++passing) {
    const std::int64_t before = credits();
    vfs_.let_writes_pass(passing);
    vfs_.fail_writes(passing % 2 == 0 ? SQLITE_FULL : SQLITE_IOERR_WRITE);
    const Status status = write(next);
    vfs_.fail_writes(SQLITE_OK);
    if (!status) {
      ++refused;
      EXPECT_EQ(status.error().code, ErrorCode::kStoreUnavailable);
      ASSERT_EQ(credits(), before);
      PURSER_ASSERT_OK(write(next));  // the same request again
    }
    ASSERT_EQ(credits(), before + 1);
    ++next;
    if (passing % 8 == 7) open();
  }
  EXPECT_GT(refused, 5) << "the fault must have hit";
  EXPECT_EQ(credits(), next);
}

TEST_F(SqliteFaults, AFailedReadSinksTheBatchAndIsNoAnswer) {
  for (int i = 0; i < 20; ++i) PURSER_ASSERT_OK(write(i));
  open();  // nothing is in memory
  vfs_.fail_reads(SQLITE_IOERR_READ);
  const Status refused = store_->commit([](app::StoreBatch& batch) {
    // What a careless caller would do: go on after the error.
    static_cast<void>(contract::give(
        batch, item_of(customer_of("p", CustomerType::kCustom, "3-3"), "credits"), 1));
    return Status();
  });
  EXPECT_FALSE(refused.has_value());
  const auto read =
      store_->view()->item(item_of(customer_of("p", CustomerType::kCustom, "7-7"), "credits"));
  EXPECT_FALSE(read.has_value());
  vfs_.fail_reads(SQLITE_OK);
  EXPECT_EQ(credits(), 20);
  PURSER_ASSERT_OK(write(100));
}

using SqliteFaultsDeathTest = SqliteFaults;

TEST_F(SqliteFaultsDeathTest, AFailedSyncEndsTheProcess) {
  testing::FLAGS_gtest_death_test_style = "fast";
  EXPECT_DEATH(
      {
        vfs_.fail_syncs(SQLITE_IOERR_FSYNC);
        static_cast<void>(write(1));
      },
      "fsync failed");
}

TEST_F(SqliteFaultsDeathTest, AFailedSyncOfTheDatabaseFileEndsTheProcess) {
  testing::FLAGS_gtest_death_test_style = "fast";
  auto db = Connection::open(folder_.path("purser.db"), OpenMode::kExisting, vfs_.name());
  PURSER_ASSERT_OK(db);
  (*db)->sync_database_file();  // passes while the disk works
  EXPECT_DEATH(
      {
        vfs_.fail_syncs(SQLITE_IOERR_FSYNC);
        (*db)->sync_database_file();
      },
      "fsync failed");
}

}  // namespace
}  // namespace purser::sqlite
