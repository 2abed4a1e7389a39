#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <random>

#include "adapters/sqlite/sqlite_store.hpp"
#include "tests/contract/store_contract.hpp"
#include "tests/contract/temporary_folder.hpp"

// Random work with crashes in between: the files are copied while the store has them open, and the
// copy is opened in its place. The store must always equal a plain map.

namespace purser::sqlite {
namespace {

using contract::amount;
using contract::at;
using contract::customer_of;
using contract::item_of;

struct Model {
  std::map<ItemKey, domain::ItemAccount> accounts;
  std::map<ItemKey, std::vector<domain::Entry>> lines;
};

class RandomLives {
 public:
  explicit RandomLives(std::uint64_t seed) : random_(seed) {
    options_.background = false;
    options_.dirty_limit = static_cast<std::int64_t>(2 + random_() % 60);
    options_.checkpoint_pages = static_cast<int>(1 + random_() % 60);
    options_.cache_accounts = 1 + random_() % 40;
    start_life();
    PURSER_EXPECT_OK(store_->commit(
        [](app::StoreBatch& batch) { return batch.insert_project(contract::project_of("p")); }));
  }

  void run(int batches) {
    for (int i = 0; i < batches; ++i) {
      clock_.set(clock_.now().millis() + static_cast<std::int64_t>(random_() % 100'000));
      batch();
      if (random_() % 20 == 0) {
        crash();
        compare();
      }
      if (testing::Test::HasFailure()) return;
    }
    compare();
    store_.reset();  // in order
    start_life();
    compare();
  }

 private:
  void start_life() {
    options_.path = folder_.path("life" + std::to_string(life_) + ".db");
    auto opened = open_sqlite_store(options_, clock_);
    PURSER_ASSERT_OK(opened);
    store_ = *std::move(opened);
  }

  /// What a killed process leaves: the files as they are now.
  void crash() {
    const std::string before = folder_.path("life" + std::to_string(life_) + ".db");
    const std::string after = folder_.path("life" + std::to_string(++life_) + ".db");
    for (const char* suffix : {"", "-wal"}) {
      if (std::filesystem::exists(before + suffix)) {
        std::filesystem::copy_file(before + suffix, after + suffix);
      }
    }
    store_.reset();
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
      std::filesystem::remove(before + suffix);
    }
    start_life();
  }

  void batch() {
    Model after = model_;
    const bool sinks = random_() % 12 == 0;
    const Status status = store_->commit([&](app::StoreBatch& batch) -> Status {
      after = model_;
      const int commands = static_cast<int>(random_() % 8);
      for (int i = 0; i < commands; ++i) {
        batch.begin_command();
        const Model before = after;
        PURSER_CHECK_OK(command(batch, after));
        if (random_() % 5 == 0) {
          PURSER_CHECK_OK(batch.undo_command());
          after = before;
        }
      }
      if (sinks) return Error(ErrorCode::kOverloaded, "given up");
      return {};
    });
    EXPECT_EQ(status.has_value(), !sinks);
    if (status) model_ = after;
  }

  Status command(app::StoreBatch& batch, Model& model) {
    const int writes = 1 + static_cast<int>(random_() % 3);
    for (int i = 0; i < writes; ++i) PURSER_CHECK_OK(change(batch, model));
    return {};
  }

  Status change(app::StoreBatch& batch, Model& model) {
    const std::string name = "c" + std::to_string(random_() % 25);
    const ItemKey key = item_of(customer_of("p", CustomerType::kCustom, name),
                                random_() % 3 == 0 ? "seats" : "credits");
    PURSER_TRY(const domain::ItemAccount found, batch.item(key));
    EXPECT_EQ(found, model.accounts[key]);
    PURSER_TRY(const domain::Change change, decide(found, batch.now()));
    PURSER_CHECK_OK(batch.put_item(key, change.account, change.entries));
    model.accounts[key] = change.account;
    auto& lines = model.lines[key];
    lines.insert(lines.end(), change.entries.begin(), change.entries.end());
    return {};
  }

  Result<domain::Change> decide(const domain::ItemAccount& account, Timestamp now) {
    const auto count = amount(static_cast<std::int64_t>(1 + random_() % 50));
    switch (random_() % 5) {
      case 0: {
        domain::Grant grant;
        grant.amount = count;
        grant.expires_at = now + Millis{static_cast<std::int64_t>(1 + random_() % 900'000)};
        return domain::grant(account, grant, now);
      }
      case 1: {
        domain::Grant grant;
        grant.amount = count;
        grant.description = "a gift";
        return domain::grant(account, grant, now);
      }
      case 2:
        return domain::decrease(account, count, "", now);
      case 3:
        return domain::apply_due(account, now);
      default: {
        PURSER_TRY(auto tried, domain::try_decrease(account, count, "", now));
        return std::move(tried.change);
      }
    }
  }

  void compare() {
    const auto view = store_->view();
    for (const auto& [key, account] : model_.accounts) {
      const auto found = view->item(key);
      PURSER_ASSERT_OK(found);
      ASSERT_EQ(*found, account) << key.customer.id;
      const auto lines = view->ledger(key, std::nullopt, 100'000);
      PURSER_ASSERT_OK(lines);
      const auto& expected = model_.lines[key];
      ASSERT_EQ(lines->size(), expected.size());
      for (std::size_t i = 0; i < lines->size(); ++i) {
        ASSERT_EQ(lines->at(i).entry, expected[expected.size() - 1 - i]);
      }
    }
    const auto report = store_->verify({});
    PURSER_ASSERT_OK(report);
    for (const auto& finding : report->findings) {
      ADD_FAILURE() << finding.where << ": " << finding.what;
    }
  }

  contract::TemporaryFolder folder_;
  contract::TestClock clock_;
  std::mt19937_64 random_;
  SqliteOptions options_;
  int life_ = 0;
  std::unique_ptr<app::Store> store_;
  Model model_;
};

TEST(SqliteRecovery, EqualsAPlainMapThroughCrashes) {
  const char* given = std::getenv("PURSER_SEED");
  const std::uint64_t seed = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  for (std::uint64_t life = 0; life < 8; ++life) {
    SCOPED_TRACE("PURSER_SEED=" + std::to_string(seed + life));
    RandomLives lives(seed + life);
    lives.run(120);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace purser::sqlite
