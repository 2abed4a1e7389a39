#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <random>

#include "adapters/postgres/postgres_store.hpp"
#include "tests/contract/store_contract.hpp"
#include "tests/postgres/proxy.hpp"
#include "tests/postgres/test_database.hpp"

// Connections that are lost at every point of a batch: what was acknowledged happened once, and
// what was refused never.

namespace purser::contract {
namespace {

const CustomerKey kAnn = customer_of("p", CustomerType::kUser, "ann");
const ItemKey kCredits = item_of(kAnn, "credits");

class Faults : public testing::Test {
 protected:
  void SetUp() override {
    direct_ = open(database_.uri(), "direct");
    store_ = open(proxy_.uri(), "proxied");
    PURSER_ASSERT_OK(direct_->commit([](app::StoreBatch& batch) -> Status {
      PURSER_CHECK_OK(batch.insert_project(project_of("p")));
      return batch.insert_user(user_of("p", "ann"));
    }));
    PURSER_ASSERT_OK(store_->commit(give_one_));  // everything is prepared from here on
  }
  void TearDown() override {
    proxy_.set_cut(nullptr);
    const auto report = direct_->verify({});
    PURSER_ASSERT_OK(report);
    for (const auto& finding : report->findings) {
      ADD_FAILURE() << finding.where << ": " << finding.what;
    }
  }

  std::unique_ptr<app::Store> open(const std::string& uri, const std::string& instance) {
    postgres::PostgresOptions options;
    options.uri = uri;
    options.instance = instance;
    options.clock = &clock_;
    options.database_time = false;
    options.readers = 2;
    options.lanes = 1;
    auto opened = postgres::open_postgres_store(std::move(options));
    EXPECT_TRUE(opened.has_value()) << (opened ? "" : why(opened.error()));
    return opened ? *std::move(opened) : nullptr;
  }
  std::int64_t quantity() { return direct_->view()->item(kCredits)->quantity().value(); }

  const std::function<Status(app::StoreBatch&)> give_one_ = [](app::StoreBatch& batch) {
    return give(batch, kCredits, 1);
  };

  TestClock clock_;
  TestDatabase database_;
  Proxy proxy_{database_.uri()};
  std::unique_ptr<app::Store> direct_;
  std::unique_ptr<app::Store> store_;
};

TEST_F(Faults, ACommitWhoseAnswerIsLostIsLookedUpAndNotDoneAgain) {
  const std::string_view committed("COMMIT\0", 7);  // ends the server's word for it
  std::atomic<int> left{1};
  proxy_.set_cut([&](bool from_client, std::string_view piece) {
    return !from_client && piece.find(committed) != std::string_view::npos && left-- > 0;
  });
  PURSER_ASSERT_OK(store_->commit(give_one_));
  EXPECT_EQ(proxy_.cuts(), 1);
  EXPECT_EQ(quantity(), 2) << "one from the set-up, and this one once";
}

TEST_F(Faults, ABatchThatIsLostBeforeItsCommitIsDoneAgain) {
  std::atomic<int> left{1};
  proxy_.set_cut([&](bool from_client, std::string_view) { return from_client && left-- > 0; });
  PURSER_ASSERT_OK(store_->commit(give_one_));
  EXPECT_EQ(proxy_.cuts(), 1);
  EXPECT_EQ(quantity(), 2);
}

TEST_F(Faults, ADatabaseThatCannotBeReachedIsAnErrorAndHealsByItself) {
  proxy_.set_cut([](bool, std::string_view) { return true; });
  const Status refused = store_->commit(give_one_);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kStoreUnavailable);
  EXPECT_FALSE(store_->view()->item(kCredits).has_value());
  proxy_.set_cut(nullptr);
  PURSER_EXPECT_OK(store_->commit(give_one_));
  PURSER_EXPECT_OK(store_->view()->item(kCredits));
  EXPECT_EQ(quantity(), 2);
}

TEST_F(Faults, WhateverIsCutAnAcknowledgedBatchHappenedOnceAndARefusedOneNever) {
  const char* given = std::getenv("PURSER_TEST_SEED");
  const auto seed = given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                                     : std::random_device()();
  std::cerr << "PURSER_TEST_SEED=" << seed << '\n';
  std::mutex mutex;
  std::minstd_rand random(seed);
  proxy_.set_cut([&](bool, std::string_view) {
    const std::lock_guard lock(mutex);
    return std::uniform_int_distribution(0, 11)(random) == 0;
  });
  std::int64_t acknowledged = 1;  // that of the set-up
  for (int i = 0; i < 60; ++i) {
    if (store_->commit(give_one_)) ++acknowledged;
  }
  proxy_.set_cut(nullptr);
  EXPECT_GT(proxy_.cuts(), 10);
  EXPECT_GT(acknowledged, 30);
  EXPECT_EQ(quantity(), acknowledged);
}

}  // namespace
}  // namespace purser::contract
