#include <filesystem>

#include "adapters/sqlite/sqlite_store.hpp"
#include "tests/contract/store_contract.hpp"
#include "tests/contract/temporary_folder.hpp"

// The embedded store against the contract: as it is configured by default, and with everything so
// small that eviction, rounds of balances and checkpoints happen all the time.

namespace purser::contract {
namespace {

class SqliteFactory final : public StoreFactory {
 public:
  explicit SqliteFactory(bool tiny) : tiny_(tiny) {}

  Result<std::unique_ptr<app::Store>> open(const app::Clock& clock) override {
    return sqlite::open_sqlite_store(options(folder_.path("purser.db")), clock);
  }
  std::string scratch_path(const std::string& name) override { return folder_.path(name); }
  Result<std::unique_ptr<app::Store>> open_backup(const std::string& path,
                                                  const app::Clock& clock) override {
    return sqlite::open_sqlite_store(options(path), clock);
  }

 private:
  sqlite::SqliteOptions options(std::string path) const {
    sqlite::SqliteOptions options;
    options.path = std::move(path);
    options.background = !tiny_;
    options.webhooks_queued = webhooks_queued;
    if (tiny_) {
      options.cache_accounts = 1;
      options.dirty_limit = 2;
      options.checkpoint_pages = 4;
      options.readers = 1;
    }
    return options;
  }
  TemporaryFolder folder_;
  const bool tiny_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreContract, testing::Values(MakeFactory([] {
                           return std::make_unique<SqliteFactory>(false);
                         })));
INSTANTIATE_TEST_SUITE_P(SqliteWithTinyLimits, StoreContract, testing::Values(MakeFactory([] {
                           return std::make_unique<SqliteFactory>(true);
                         })));

}  // namespace
}  // namespace purser::contract
