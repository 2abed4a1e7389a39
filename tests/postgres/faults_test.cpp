#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>
#include <iostream>
#include <random>
#include <thread>

#include "adapters/postgres/postgres_store.hpp"
#include "tests/contract/store_contract.hpp"
#include "tests/contract/temporary_folder.hpp"
#include "tests/nodes/proxy.hpp"
#include "tests/postgres/test_database.hpp"

// Connections that are lost at every point of a batch: what was acknowledged happened once, and
// what was refused never.

namespace purser::contract {
namespace {

using nodes::Cut;
using nodes::Message;
using Side = nodes::MessageReader::Side;

const CustomerKey kAnn = customer_of("p", CustomerType::kUser, "ann");
const ItemKey kCredits = item_of(kAnn, "credits");
const CustomerKey kBob = customer_of("p", CustomerType::kCustom, "bob");
const ItemKey kBobsCredits = item_of(kBob, "credits");

constexpr const char* kTooLate = "comes too late";

class Faults : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(proxy_.start());
    direct_ = open(database_.uri(), "direct");
    store_ = open(database_.uri_at(folder_.path("")), "proxied");
    PURSER_ASSERT_OK(direct_->commit([](app::StoreBatch& batch) -> Status {
      PURSER_CHECK_OK(batch.insert_project(project_of("p")));
      return batch.insert_user(user_of("p", "ann"));
    }));
    PURSER_ASSERT_OK(store_->commit(give_one_));  // everything is prepared from here on
  }
  void TearDown() override {
    proxy_.cut_when(nullptr);
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
  std::int64_t quantity(const ItemKey& key = kCredits) {
    return direct_->view()->item(key)->quantity().value();
  }
  /// Bob's account is remembered by the store after this: what says that it touches that alone is
  /// committed in one round trip.
  void remember_bob() {
    for (int i = 0; i < 3; ++i) PURSER_ASSERT_OK(store_->commit(bobs_, give_bob_));
  }

  /// How many times a commit that touches Ann's account alone waits for the server, at best: the
  /// store says beside it that its node lives.
  int round_trips_of_ann() {
    std::atomic<int> syncs{0};
    proxy_.cut_when([&](Side side, const Message& message) {
      if (side == Side::kClient && message.type == 'S') ++syncs;
      return false;
    });
    int fewest = 100;
    for (int i = 0; i < 5; ++i) {
      syncs = 0;
      PURSER_EXPECT_OK(store_->commit(anns_, give_one_));
      fewest = std::min(fewest, syncs.load());
    }
    proxy_.cut_when(nullptr);
    return fewest;
  }

  /// Commits what the proxy is told to cut off, and is not done again when that has been found.
  void commit_too_late(std::span<const app::PlannedCommand> commands, const ItemKey& key) {
    int calls = 0;
    const Status status = store_->commit(commands, [&](app::StoreBatch& batch) -> Status {
      if (++calls > 1) return Error::internal("the second time it does not want to");
      PURSER_TRY(auto account, batch.item(key));
      domain::Grant grant;
      grant.amount = amount(100);
      grant.description = kTooLate;
      PURSER_TRY(const auto change, domain::grant(std::move(account), grant, batch.now()));
      return batch.put_item(key, change.account, change.entries);
    });
    EXPECT_FALSE(status.has_value());
    EXPECT_EQ(proxy_.cuts(), 1U);
    EXPECT_EQ(calls, 2);
  }

  /// Cuts at one message of two hundred; says with which seed.
  void cut_at_random() {
    const char* given = std::getenv("PURSER_TEST_SEED");
    const auto seed = given != nullptr ? static_cast<unsigned>(std::strtoul(given, nullptr, 10))
                                       : std::random_device()();
    std::cerr << "PURSER_TEST_SEED=" << seed << '\n';
    random_.seed(seed);
    proxy_.cut_when([this](Side, const Message&) {
      return std::uniform_int_distribution(0, 199)(random_) == 0;
    });
  }
  /// Commits until so many were acknowledged and some connections cut; how many were.
  std::int64_t acknowledge(int count, std::span<const app::PlannedCommand> commands,
                           const app::Store::Work& work) {
    std::int64_t acknowledged = 0;
    while (acknowledged < count || proxy_.cuts() < 10) {
      if (store_->commit(commands, work)) ++acknowledged;
    }
    proxy_.cut_when(nullptr);
    return acknowledged;
  }

  std::minstd_rand random_;
  const std::function<Status(app::StoreBatch&)> give_one_ = [](app::StoreBatch& batch) {
    return give(batch, kCredits, 1);
  };
  const std::function<Status(app::StoreBatch&)> give_bob_ = [](app::StoreBatch& batch) {
    return give(batch, kBobsCredits, 1);
  };
  const app::Touches touches_bob_{kBob, {kBobsCredits.item}};
  const std::vector<app::PlannedCommand> bobs_{{&touches_bob_, nullptr}};

  const app::Touches touches_ann_{kAnn, {kCredits.item}};
  const std::vector<app::PlannedCommand> anns_{{&touches_ann_, nullptr}};

  TestClock clock_;
  TestDatabase database_;
  TemporaryFolder folder_;
  nodes::Proxy proxy_{folder_.path(""), TestDatabase::folder()};
  std::unique_ptr<app::Store> direct_;
  std::unique_ptr<app::Store> store_;
};

TEST_F(Faults, ACommitWhoseAnswerIsLostIsLookedUpAndNotDoneAgain) {
  proxy_.arm({Cut::Where::kCommitAnswered, Side::kServer, 0});
  PURSER_ASSERT_OK(store_->commit(give_one_));
  EXPECT_EQ(proxy_.cuts(), 1U);
  EXPECT_EQ(quantity(), 2) << "one from the set-up, and this one once";
}

TEST_F(Faults, ABatchThatIsLostBeforeItsCommitIsDoneAgain) {
  proxy_.arm({Cut::Where::kBeforeMessage, Side::kClient, 0});
  PURSER_ASSERT_OK(store_->commit(give_one_));
  EXPECT_EQ(proxy_.cuts(), 1U);
  EXPECT_EQ(quantity(), 2);
}

TEST_F(Faults, ADatabaseThatCannotBeReachedIsAnErrorAndHealsByItself) {
  proxy_.cut_when([](Side, const Message&) { return true; });
  const Status refused = store_->commit(give_one_);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kStoreUnavailable);
  EXPECT_FALSE(store_->view()->item(kCredits).has_value());
  proxy_.cut_when(nullptr);
  PURSER_EXPECT_OK(store_->commit(give_one_));
  PURSER_EXPECT_OK(store_->view()->item(kCredits));
  EXPECT_EQ(quantity(), 2);
}

TEST_F(Faults, AServerThatTakesConnectionsAndClosesThemIsPassedOver) {
  // As a proxy does whose server has died, in whichever place of the URI it stands.
  proxy_.cut_when([](Side, const Message&) { return true; });
  const std::string alive = TestDatabase::folder();
  for (const std::string& folders :
       {folder_.path("") + "," + alive, alive + "," + folder_.path("")}) {
    const auto store = open(database_.uri_at(folders), "to " + folders);
    PURSER_ASSERT_OK(store->commit(give_one_));
  }
  EXPECT_GT(proxy_.cuts(), 0U);
  EXPECT_EQ(quantity(), 3);
}

/// Looks until it is so. No time makes a success.
template <class Condition>
void wait_until(Condition is_so) {
  while (!is_so()) std::this_thread::yield();
}

TEST_F(Faults, AChangeWhoseNodeIsCutOffBehindItsCommitIsNotAnsweredBeforeAllFollowIt) {
  std::atomic<bool> answered{false};
  std::atomic<bool> early{false};
  // The other node takes its time until the first one has lost some connections.
  PURSER_ASSERT_OK(direct_->watch([&](const ProjectId&) -> Status {
    wait_until([&] { return proxy_.cuts() >= 10 || answered; });
    early = answered && direct_->is_current();
    proxy_.cut_when(nullptr);
    return {};
  }));
  bool committed = false;
  bool is_over = false;  // the round trip that committed
  proxy_.cut_when([&](Side side, const Message& message) {
    if (is_over) return true;
    const bool from_server = side == Side::kServer;
    is_over = committed && from_server && message.type == 'Z';
    committed = committed || (from_server && nodes::says_committed(message));
    return false;
  });
  PURSER_EXPECT_OK(
      store_->commit([](app::StoreBatch& batch) { return batch.insert_project(project_of("q")); }));
  answered = true;
  EXPECT_GE(proxy_.cuts(), 10U);
  EXPECT_FALSE(early);
  PURSER_EXPECT_OK(direct_->watch(nullptr));
}

TEST_F(Faults, AnAnswerThatIsRepeatedElsewhereWaitsForAllToo) {
  const auto third = open(database_.uri(), "third");
  std::promise<void> committed;
  std::atomic<int> asked{0};  // by the node that repeats, behind its batch
  std::atomic<bool> repeated{false};
  std::atomic<bool> early{false};
  PURSER_ASSERT_OK(third->watch([&](const ProjectId&) -> Status {
    committed.set_value();
    wait_until([&] { return asked >= 3 || repeated; });
    early = repeated && third->is_current();
    return {};
  }));
  app::IdempotencyRecord record;
  record.project = ProjectId("p");
  record.key = "same";
  record.completed = true;
  record.reply = {200, "given"};
  std::thread first([&] {
    PURSER_EXPECT_OK(direct_->commit([&](app::StoreBatch& batch) -> Status {
      PURSER_CHECK_OK(batch.insert_project(project_of("q")));
      return batch.put_idempotency(record);
    }));
  });
  committed.get_future().wait();
  bool is_over = false;
  proxy_.cut_when([&](Side side, const Message& message) {
    is_over = is_over || (side == Side::kServer && nodes::says_committed(message));
    asked += is_over && side == Side::kClient && message.type == 'E' ? 1 : 0;
    return false;
  });
  PURSER_EXPECT_OK(store_->commit([](app::StoreBatch& batch) -> Status {
    PURSER_TRY(const auto known, batch.idempotency(ProjectId("p"), "same"));
    EXPECT_TRUE(known && known->reply.body == "given");
    return {};
  }));
  repeated = true;
  first.join();
  proxy_.cut_when(nullptr);
  EXPECT_FALSE(early);
  PURSER_EXPECT_OK(third->watch(nullptr));
}

TEST_F(Faults, WhateverIsCutAnAcknowledgedBatchHappenedOnceAndARefusedOneNever) {
  cut_at_random();
  const std::int64_t acknowledged = acknowledge(40, {}, give_one_);
  EXPECT_EQ(quantity(), 1 + acknowledged);
}

TEST_F(Faults, WhateverIsCutOfABatchInOneRoundTripItHappenedOnceOrNever) {
  remember_bob();
  cut_at_random();
  const std::int64_t acknowledged = acknowledge(40, bobs_, give_bob_);
  EXPECT_EQ(quantity(kBobsCredits), 3 + acknowledged);
}

TEST_F(Faults, ABatchWhoseEndReachesTheServerAfterItWasLookedUpNeverHappens) {
  std::promise<void> looked_up;
  proxy_.set_late([done = looked_up.get_future().share()] { done.wait(); });
  bool is_cut = false;
  bool asks = false;
  proxy_.cut_when([&](Side side, const Message& message) {
    if (side == Side::kServer) {
      if (asks && message.type == 'C') looked_up.set_value();
      asks = asks && message.type != 'C';
      return false;
    }
    asks = asks || message.bytes.find("ELSE -1") != std::string::npos;
    const bool is_meant = message.bytes.find(kTooLate) != std::string::npos;
    return is_meant && !std::exchange(is_cut, true);
  });
  commit_too_late({}, kCredits);
  while (proxy_.late() == 0) std::this_thread::yield();
  EXPECT_EQ(quantity(), 1);
}

TEST_F(Faults, ABatchInOneRoundTripThatReachesTheServerAfterItWasLookedUpNeverHappens) {
  remember_bob();
  std::promise<void> refused;
  proxy_.set_late([done = refused.get_future().share()] { done.wait(); });
  proxy_.cut_when([is_cut = false](Side side, const Message& message) mutable {
    const bool is_meant =
        side == Side::kClient && message.bytes.find(kTooLate) != std::string::npos;
    return is_meant && !std::exchange(is_cut, true);
  });
  commit_too_late(bobs_, kBobsCredits);
  refused.set_value();
  while (proxy_.late() == 0) std::this_thread::yield();
  EXPECT_EQ(quantity(kBobsCredits), 3);
}

TEST_F(Faults, ABatchInOneRoundTripSeesWhatAnotherNodeDidMeanwhile) {
  remember_bob();
  PURSER_ASSERT_OK(direct_->commit([](app::StoreBatch& b) { return give(b, kBobsCredits, 10); }));
  // Also when it changes nothing: a refusal must not tell of yesterday.
  std::int64_t seen = 0;
  PURSER_ASSERT_OK(store_->commit(bobs_, [&](app::StoreBatch& batch) -> Status {
    PURSER_TRY(const auto account, batch.item(kBobsCredits));
    seen = account.quantity().value();
    return {};
  }));
  EXPECT_EQ(seen, 13);
  PURSER_ASSERT_OK(store_->commit(bobs_, give_bob_));
  PURSER_ASSERT_OK(direct_->commit([](app::StoreBatch& b) { return give(b, kBobsCredits, 10); }));
  PURSER_ASSERT_OK(store_->commit(bobs_, give_bob_));
  EXPECT_EQ(quantity(kBobsCredits), 25);
}

TEST_F(Faults, ABatchIsNotDatedBeforeWhatAnotherNodeCommittedWhoseClockIsAhead) {
  const auto give_and_look = [](app::Store& node) {
    Timestamp dated;
    PURSER_EXPECT_OK(node.commit([&](app::StoreBatch& batch) {
      dated = batch.now();
      return give(batch, kCredits, 1);
    }));
    return dated;
  };
  clock_.set(9'000'000);
  const Timestamp ahead = give_and_look(*direct_);
  clock_.set(2'000'000);
  EXPECT_EQ(give_and_look(*store_), ahead);
}

TEST_F(Faults, WhoIsDeletedElsewhereIsGoneForABatchInOneRoundTrip) {
  for (int i = 0; i < 3; ++i) PURSER_ASSERT_OK(store_->commit(anns_, give_one_));
  ASSERT_EQ(round_trips_of_ann(), 1) << "it remembers Ann";
  PURSER_ASSERT_OK(direct_->commit(
      [](app::StoreBatch& batch) { return batch.delete_user(ProjectId("p"), UserId("ann")); }));
  bool exists = true;  // also for who writes nothing
  PURSER_ASSERT_OK(store_->commit(anns_, [&](app::StoreBatch& batch) -> Status {
    PURSER_TRY(exists, batch.customer_exists(kAnn));
    return {};
  }));
  EXPECT_FALSE(exists);
}

TEST_F(Faults, ABatchInOneRoundTripFindsAnAnswerThatAnotherNodeGaveUnderItsKey) {
  remember_bob();
  const app::IdempotencyScope scope{ProjectId("p"), "key", crypto::sha256("body")};
  const std::vector<app::PlannedCommand> planned{{&touches_bob_, &scope}};
  const auto once = [&](app::StoreBatch& batch) -> Status {
    PURSER_TRY(const auto known, batch.idempotency(scope.project, scope.key));
    if (known) return {};
    app::IdempotencyRecord record;
    record.project = scope.project;
    record.key = scope.key;
    record.request_hash = scope.request_hash;
    record.created_at = batch.now();
    record.completed = true;
    record.reply = {200, "{}"};
    PURSER_CHECK_OK(batch.put_idempotency(record));
    return give(batch, kBobsCredits, 1);
  };
  PURSER_ASSERT_OK(direct_->commit(planned, once));
  // It remembers what the other node did, and tries again to do with one round trip.
  for (int i = 0; i < 5; ++i) PURSER_ASSERT_OK(store_->commit(bobs_, give_bob_));
  bool found = false;  // also by who writes nothing under it
  PURSER_ASSERT_OK(store_->commit(planned, [&](app::StoreBatch& batch) -> Status {
    PURSER_TRY(const auto known, batch.idempotency(scope.project, scope.key));
    found = known.has_value();
    return {};
  }));
  EXPECT_TRUE(found);
  PURSER_ASSERT_OK(store_->commit(planned, once));
  EXPECT_EQ(quantity(kBobsCredits), 9);
}

}  // namespace
}  // namespace purser::contract
