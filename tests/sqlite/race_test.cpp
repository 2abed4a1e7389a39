#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "adapters/sqlite/sqlite_store.hpp"
#include "tests/contract/store_contract.hpp"
#include "tests/contract/temporary_folder.hpp"

// Readers beside the committer: a read must see every write whose commit returned before it began,
// and never go back, while accounts are evicted, written behind and loaded again under it.

namespace purser::sqlite {
namespace {

using contract::customer_of;
using contract::item_of;

constexpr int kCustomers = 24;
constexpr int kBatches = 150;
constexpr int kReaders = 3;

CustomerKey customer(int number) {
  return customer_of("p", CustomerType::kCustom, "c" + std::to_string(number));
}

class SqliteRace : public testing::Test {
 protected:
  void SetUp() override {
    // Small enough that accounts come and go all the time.
    open(4);
    PURSER_ASSERT_OK(store_->commit(
        [](app::StoreBatch& batch) { return batch.insert_project(contract::project_of("p")); }));
  }

  void open(std::size_t cache_accounts) {
    store_.reset();
    SqliteOptions options;
    options.path = folder_.path("purser.db");
    options.cache_accounts = cache_accounts;
    options.dirty_limit = 8;
    options.checkpoint_pages = 8;
    options.readers = 2;
    auto opened = open_sqlite_store(options, clock_);
    PURSER_ASSERT_OK(opened);
    store_ = *std::move(opened);
  }

  std::int64_t read(int number) {
    std::int64_t quantity = -1;
    store_->read_items(customer(number), {ItemId("credits")},
                       [&](Result<app::CustomerItems> items) {
                         if (items) quantity = items->accounts[0].quantity().value();
                       });
    return quantity;
  }

  void give_one(int number) {
    PURSER_EXPECT_OK(store_->commit([&](app::StoreBatch& batch) {
      return contract::give(batch, item_of(customer(number), "credits"), 1);
    }));
    acknowledged_[static_cast<std::size_t>(number)].fetch_add(1);
  }

  void write_all() {
    for (int i = 0; i < kBatches; ++i) {
      const int first = i % kCustomers;
      PURSER_EXPECT_OK(store_->commit([&](app::StoreBatch& batch) -> Status {
        for (int c = first; c < first + 4; ++c) {
          PURSER_CHECK_OK(contract::give(batch, item_of(customer(c % kCustomers), "credits"), 1));
        }
        return {};
      }));
      for (int c = first; c < first + 4; ++c) acknowledged_[c % kCustomers].fetch_add(1);
    }
    done_.store(true);
  }

  template <class Read>
  void read_until_done(Read read) {
    std::vector<std::int64_t> seen(kCustomers, 0);
    for (int round = 0; !done_.load() || round < kCustomers; ++round) {
      const int c = (round * 7) % kCustomers;
      const std::int64_t at_least = acknowledged_[c].load();
      const std::int64_t found = read(c);
      ASSERT_GE(found, at_least) << "an acknowledged write is not seen";
      ASSERT_GE(found, seen[static_cast<std::size_t>(c)]) << "a read went back";
      seen[static_cast<std::size_t>(c)] = found;
    }
  }

  /// Makes and deletes the user ann again and again, while a reader checks that she exists exactly
  /// when she should.
  void let_ann_come_and_go() {
    const CustomerKey ann = customer_of("p", CustomerType::kUser, "ann");
    std::atomic<int> generation{0};  // odd: ann exists
    std::thread reader([&] {
      while (!done_.load()) {
        const int before = generation.load();
        const bool exists = user_exists(ann);
        if (generation.load() != before || before < 0) continue;
        ASSERT_EQ(exists, before % 2 == 1) << "generation " << before;
      }
    });
    for (int i = 0; i < 60; ++i) {
      // Negative while it changes: what is read then may be either.
      const int next = i + 1;
      generation.store(-next);
      PURSER_EXPECT_OK(store_->commit([&](app::StoreBatch& batch) {
        if (next % 2 == 1) return batch.insert_user(contract::user_of("p", "ann"));
        return batch.delete_user(ProjectId("p"), UserId("ann"));
      }));
      generation.store(next);
      for (int spin = 0; spin < 20; ++spin) std::this_thread::yield();
    }
    done_.store(true);
    reader.join();
  }

  bool user_exists(const CustomerKey& user) {
    bool exists = false;
    store_->read_items(user, {}, [&](Result<app::CustomerItems> items) {
      exists = items.has_value() && items->customer_exists;
    });
    return exists;
  }

  contract::TemporaryFolder folder_;
  contract::TestClock clock_;
  std::unique_ptr<app::Store> store_;
  std::array<std::atomic<std::int64_t>, kCustomers> acknowledged_{};
  std::atomic<bool> done_{false};
};

TEST_F(SqliteRace, ReadsSeeEveryAcknowledgedWrite) {
  std::vector<std::thread> threads;
  for (int i = 0; i < kReaders; ++i) {
    threads.emplace_back([this] { read_until_done([this](int c) { return read(c); }); });
  }
  threads.emplace_back([this] {
    read_until_done([this](int c) {
      const auto account = store_->view()->item(item_of(customer(c), "credits"));
      return account ? account->quantity().value() : -1;
    });
  });
  threads.emplace_back([this] {
    read_until_done([this](int c) {
      const auto lines =
          store_->view()->ledger(item_of(customer(c), "credits"), std::nullopt, 1000);
      return lines ? static_cast<std::int64_t>(lines->size()) : -1;
    });
  });
  write_all();
  for (auto& thread : threads) thread.join();
  const auto report = store_->verify({});
  PURSER_ASSERT_OK(report);
  for (const auto& finding : report->findings)
    ADD_FAILURE() << finding.where << ": " << finding.what;
  EXPECT_EQ(report->entries, kBatches * 4);
}

// While the caches have room, a read loads the neighbours of what it asks for: those must not be
// older than what was committed meanwhile either.
TEST_F(SqliteRace, NeighboursThatAReadBroughtAlongAreNotOutOfDate) {
  for (int c = 0; c < kCustomers; ++c) give_one(c);
  for (int round = 0; round < 40; ++round) {
    open(10'000);  // with empty caches
    std::vector<std::thread> readers;
    for (int first : {round % kCustomers, (round * 5 + 1) % kCustomers}) {
      readers.emplace_back([this, first] {
        for (int i = 0; i < 2 * kCustomers; ++i) {
          const int c = (first + i * 7) % kCustomers;
          const std::int64_t at_least = acknowledged_[static_cast<std::size_t>(c)].load();
          ASSERT_GE(read(c), at_least);
        }
      });
    }
    for (int i = 0; i < 8; ++i) give_one((round + i * 5) % kCustomers);
    for (auto& reader : readers) reader.join();
    for (int c = 0; c < kCustomers; ++c) {
      ASSERT_EQ(read(c), acknowledged_[static_cast<std::size_t>(c)].load());
    }
  }
}

// What is kept of the purchases of a customer, none included, while they come and go and readers
// load them again.
TEST_F(SqliteRace, WhatIsKnownOfPurchasesIsNeverOutOfDate) {
  constexpr int kRounds = 200;
  const CustomerKey buyer = customer(0);
  domain::Purchase purchase;
  purchase.customer = buyer;
  purchase.product.id = ProductId("pack");
  purchase.quantity = *Quantity::of(1);
  give_one(0);                // who is nobody yet is not known
  std::atomic<int> owned{0};  // negative while it changes: what is found then may be either
  std::atomic<int> known_of_none{0};
  std::atomic<int> known_of_some{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < kReaders; ++i) {
    readers.emplace_back([&] {
      while (!done_.load()) {
        const int before = owned.load();
        const auto known = store_->known_owned(buyer);
        const auto read = store_->view()->shared_owned(buyer);
        PURSER_ASSERT_OK(read);
        if (before < 0 || owned.load() != before) continue;
        ASSERT_EQ((*read)->size(), static_cast<std::size_t>(before % 2));
        if (!known) continue;
        ASSERT_TRUE(known->customer_exists);
        ASSERT_EQ(known->purchases->size(), static_cast<std::size_t>(before % 2));
        ++(before % 2 == 0 ? known_of_none : known_of_some);
      }
    });
  }
  for (int round = 1; round <= kRounds || known_of_none == 0 || known_of_some == 0; ++round) {
    owned.store(-round);
    if (round % 2 == 1) purchase.id = PurchaseId("p" + std::to_string(round));
    purchase.status =
        round % 2 == 1 ? domain::PurchaseStatus::kActive : domain::PurchaseStatus::kEnded;
    PURSER_ASSERT_OK(store_->commit([&](app::StoreBatch& batch) {
      return round % 2 == 1 ? batch.insert_purchase(purchase, std::nullopt)
                            : batch.update_purchase(purchase, std::nullopt);
    }));
    owned.store(round);
    for (int spin = 0; spin < 20; ++spin) std::this_thread::yield();
  }
  done_.store(true);
  for (auto& reader : readers) reader.join();
}

TEST_F(SqliteRace, VerifyAndBackupRunBesideWrites) {
  std::thread watcher([this] {
    for (int i = 0; !done_.load() || i < 2; ++i) {
      const auto report = store_->verify({});
      PURSER_ASSERT_OK(report);
      for (const auto& finding : report->findings) {
        ADD_FAILURE() << finding.where << ": " << finding.what;
      }
      const std::string copy = folder_.path("backup" + std::to_string(i));
      PURSER_ASSERT_OK(store_->backup(copy, {}));
      SqliteOptions options;
      options.path = copy;
      auto restored = open_sqlite_store(options, clock_);
      PURSER_ASSERT_OK(restored);
      const auto restored_report = (*restored)->verify({});
      PURSER_ASSERT_OK(restored_report);
      EXPECT_TRUE(restored_report->findings.empty());
      if (HasFailure()) return;
    }
  });
  write_all();
  watcher.join();
}

TEST_F(SqliteRace, ADeletedUserDoesNotComeBackThroughTheCache) { let_ann_come_and_go(); }

TEST_F(SqliteRace, ADeletedUserDoesNotComeBackAsANeighbour) {
  open(10'000);
  // Amy never exists: each look at her loads her neighbour ann.
  std::thread other([this] {
    while (!done_.load()) EXPECT_FALSE(user_exists(customer_of("p", CustomerType::kUser, "amy")));
  });
  let_ann_come_and_go();
  other.join();
}

}  // namespace
}  // namespace purser::sqlite
