#include "adapters/postgres/postgres_store.hpp"
#include "tests/contract/store_contract.hpp"
#include "tests/contract/temporary_folder.hpp"
#include "tests/postgres/test_database.hpp"

// The store on PostgreSQL against the contract.

namespace purser::contract {
namespace {

class PostgresFactory final : public StoreFactory {
 public:
  Result<std::unique_ptr<app::Store>> open(const app::Clock& clock) override {
    postgres::PostgresOptions options;
    options.uri = database_.uri();
    options.instance = "contract-" + std::to_string(++opened_);
    options.clock = &clock;
    options.database_time = false;
    options.readers = 2;
    options.webhooks_queued = webhooks_queued;
    return postgres::open_postgres_store(std::move(options));
  }
  bool writes_backups() const override { return false; }
  std::string scratch_path(const std::string& name) override { return folder_.path(name); }
  Result<std::unique_ptr<app::Store>> open_backup(const std::string&, const app::Clock&) override {
    return Error::internal("this store writes no backups");
  }

 private:
  TestDatabase database_;
  TemporaryFolder folder_;
  int opened_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Postgres, StoreContract, testing::Values(MakeFactory([] {
                           return std::make_unique<PostgresFactory>();
                         })));

}  // namespace
}  // namespace purser::contract
