#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <utility>

#include "adapters/postgres/postgres_store.hpp"
#include "app/engine.hpp"
#include "tests/contract/store_contract.hpp"
#include "tests/postgres/test_database.hpp"

// Several nodes on one database.

namespace purser::contract {
namespace {

const CustomerKey kAnn = customer_of("p", CustomerType::kUser, "ann");
const ItemKey kCredits = item_of(kAnn, "credits");

class Nodes : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"a", "b", "c"}) nodes_.push_back(open(name));
    PURSER_ASSERT_OK(nodes_[0]->commit([](app::StoreBatch& batch) -> Status {
      PURSER_CHECK_OK(batch.insert_project(project_of("p")));
      return batch.insert_user(user_of("p", "ann"));
    }));
  }
  void TearDown() override {
    const auto report = nodes_.back()->verify({});
    PURSER_ASSERT_OK(report);
    for (const auto& finding : report->findings) {
      ADD_FAILURE() << finding.where << ": " << finding.what;
    }
  }

  postgres::PostgresOptions options(const std::string& instance) const {
    postgres::PostgresOptions options;
    options.uri = database_.uri();
    options.instance = instance;
    options.clock = &clock_;
    options.database_time = false;
    options.readers = 2;
    options.lease = std::chrono::milliseconds(3'000);
    return options;
  }
  std::unique_ptr<app::Store> open(const std::string& instance) const {
    auto opened = postgres::open_postgres_store(options(instance));
    EXPECT_TRUE(opened.has_value()) << (opened ? "" : why(opened.error()));
    return opened ? *std::move(opened) : nullptr;
  }
  std::vector<std::unique_ptr<app::Engine>> engines() const {
    std::vector<std::unique_ptr<app::Engine>> made;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      app::EngineOptions engine;
      engine.instance = std::string(1, static_cast<char>('a' + i));
      made.push_back(std::make_unique<app::Engine>(*nodes_[i], engine));
    }
    return made;
  }

  TestClock clock_;
  TestDatabase database_;
  std::vector<std::unique_ptr<app::Store>> nodes_;
};

TEST_F(Nodes, ParallelTryDecreasesOverThreeNodesTakeExactlyWhatIsThere) {
  PURSER_ASSERT_OK(
      nodes_[0]->commit([](app::StoreBatch& batch) { return give(batch, kCredits, 100); }));
  const auto nodes = engines();
  std::atomic<int> taken{0};
  std::vector<std::future<void>> answered;
  for (int i = 0; i < 600; ++i) {
    auto promise = std::make_shared<std::promise<void>>();
    answered.push_back(promise->get_future());
    // Every other one says nothing of whom it touches.
    const auto touches =
        i % 2 == 0 ? std::optional(app::Touches{kAnn, {ItemId("credits")}}) : std::nullopt;
    nodes[static_cast<std::size_t>(i % 3)]->submit(
        std::nullopt,
        [](app::StoreBatch& batch) -> Result<app::Decision> {
          PURSER_TRY(const bool success, try_take(batch, kCredits, 1));
          return app::Decision{{success ? 200 : 409, ""}, true, true, {}};
        },
        [&taken, promise](Result<app::EngineReply> result) {
          EXPECT_TRUE(result.has_value()) << (result ? "" : why(result.error()));
          if (result && result->reply.status == 200) ++taken;
          promise->set_value();
        },
        touches);
  }
  for (auto& answer : answered) answer.wait();
  EXPECT_EQ(taken, 100);
  EXPECT_EQ(nodes_[2]->view()->item(kCredits)->quantity(), amount(0));
}

TEST_F(Nodes, ABatchWaitsForAnotherNodesBatchOfTheSameCustomerAndSeesWhatItDid) {
  PURSER_ASSERT_OK(
      nodes_[0]->commit([](app::StoreBatch& batch) { return give(batch, kCredits, 1); }));
  const app::Touches touches{kAnn, {ItemId("credits")}};
  const std::vector<app::PlannedCommand> planned{{&touches, nullptr}};
  std::promise<void> entered;
  std::promise<void> release;
  std::thread first([&] {
    PURSER_EXPECT_OK(nodes_[0]->commit(planned, [&](app::StoreBatch& batch) -> Status {
      entered.set_value();
      release.get_future().wait();
      return give(batch, kCredits, 5);
    }));
  });
  entered.get_future().wait();
  std::atomic<std::int64_t> seen{-1};
  std::thread second([&] {
    PURSER_EXPECT_OK(nodes_[1]->commit(planned, [&](app::StoreBatch& batch) -> Status {
      seen = batch.item(kCredits)->quantity().value();
      return give(batch, kCredits, 10);
    }));
  });
  // Until the second waits for a lock, or (which would be wrong) has not had to.
  const std::string waits =
      "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND "
      "wait_event_type = 'Lock'";
  while (seen < 0 && database_.ask(waits) != "t") std::this_thread::yield();
  EXPECT_EQ(seen, -1) << "it did not wait";
  release.set_value();
  first.join();
  second.join();
  EXPECT_EQ(seen, 6);
  EXPECT_EQ(nodes_[2]->view()->item(kCredits)->quantity(), amount(16));
}

TEST_F(Nodes, ABatchOfManyStrangersCommitsBesideBusyLanes) {
  const auto nodes = engines();
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop) {
      PURSER_EXPECT_OK(nodes[1]->execute(
          std::nullopt,
          [](app::StoreBatch& batch) -> Result<app::Decision> {
            PURSER_CHECK_OK(give(batch, kCredits, 1));
            return app::Decision{};
          },
          app::Touches{kAnn, {ItemId("credits")}}));
      clock_.advance(1);
    }
  });
  // Nothing says whom these touch, and there are more of them than attempts.
  PURSER_EXPECT_OK(nodes[0]->apply([](app::StoreBatch& batch) -> Status {
    for (int i = 0; i < 40; ++i) {
      const auto stranger = customer_of("p", CustomerType::kCustom, "s" + std::to_string(i));
      PURSER_CHECK_OK(give(batch, item_of(stranger, "credits"), 1));
    }
    return {};
  }));
  stop = true;
  busy.join();
  const auto last = customer_of("p", CustomerType::kCustom, "s39");
  EXPECT_EQ(nodes_[2]->view()->item(item_of(last, "credits"))->quantity(), amount(1));
}

TEST_F(Nodes, CommandsThatSayNothingAndCommandsOfOneItemShareAnAccountOfAnyNode) {
  const auto nodes = engines();
  constexpr int kEach = 150;
  std::vector<std::thread> threads;
  for (std::size_t node = 0; node < nodes.size(); ++node) {
    threads.emplace_back([&, node] {
      for (int i = 0; i < kEach; ++i) {
        // The account is there, or not yet, or of a customer whom somebody just made.
        const auto customer =
            customer_of("p", CustomerType::kCustom, "shared" + std::to_string(i / 50));
        const ItemKey key = item_of(customer, "credits");
        const auto touches = (i + static_cast<int>(node)) % 2 == 0
                                 ? std::optional(app::Touches{customer, {key.item}})
                                 : std::nullopt;
        PURSER_EXPECT_OK(nodes[node]->execute(
            std::nullopt,
            [key](app::StoreBatch& batch) -> Result<app::Decision> {
              PURSER_CHECK_OK(give(batch, key, 1));
              return app::Decision{};
            },
            touches));
        clock_.advance(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 0; i < 3; ++i) {
    const auto customer = customer_of("p", CustomerType::kCustom, "shared" + std::to_string(i));
    EXPECT_EQ(nodes_[0]->view()->item(item_of(customer, "credits"))->quantity(), amount(150));
  }
}

TEST_F(Nodes, ACommandThatSaysNothingReadsAnItemAfterAnotherOfItsBatchHasWritten) {
  const ItemKey second = item_of(kAnn, "second");
  PURSER_ASSERT_OK(nodes_[0]->commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(give(batch, kCredits, 3));
    return give(batch, second, 5);
  }));
  PURSER_ASSERT_OK(nodes_[0]->commit([&](app::StoreBatch& batch) -> Status {
    batch.begin_command();
    PURSER_CHECK_OK(give(batch, kCredits, 1));
    PURSER_CHECK_OK(batch.insert_user(user_of("p", "bea")));
    batch.begin_command();
    PURSER_CHECK_OK(give(batch, second, 1));
    return give(batch, item_of(kAnn, "of a new name"), 2);
  }));
  EXPECT_EQ(nodes_[1]->view()->item(kCredits)->quantity(), amount(4));
  EXPECT_EQ(nodes_[1]->view()->item(second)->quantity(), amount(6));
  EXPECT_EQ(nodes_[1]->view()->item(item_of(kAnn, "of a new name"))->quantity(), amount(2));
}

TEST_F(Nodes, ACustomerWhoIsDeletedElsewhereIsGoneForTheNextBatchOfAnItem) {
  PURSER_ASSERT_OK(
      nodes_[0]->commit([](app::StoreBatch& batch) { return give(batch, kCredits, 3); }));
  const app::Touches touches{kAnn, {ItemId("credits")}};
  const std::vector<app::PlannedCommand> planned{{&touches, nullptr}};
  const auto exists = [&](std::size_t node) {
    bool answer = false;
    PURSER_EXPECT_OK(nodes_[node]->commit(planned, [&](app::StoreBatch& batch) -> Status {
      PURSER_TRY(answer, batch.customer_exists(kAnn));
      return give(batch, kCredits, 1);
    }));
    return answer;
  };
  EXPECT_TRUE(exists(1));
  PURSER_ASSERT_OK(nodes_[0]->commit(
      [](app::StoreBatch& batch) { return batch.delete_user(ProjectId("p"), UserId("ann")); }));
  EXPECT_FALSE(exists(1));
  EXPECT_FALSE(exists(0));
}

TEST_F(Nodes, ACommandThatFindsACustomerOtherwiseThanItsBatchDidBeginsAgain) {
  PURSER_ASSERT_OK(
      nodes_[0]->commit([](app::StoreBatch& batch) { return give(batch, kCredits, 3); }));
  const app::Touches touches{kAnn, {ItemId("credits")}};
  const std::vector<app::PlannedCommand> planned{{&touches, nullptr}};
  int tries = 0;
  bool existed = true;
  PURSER_ASSERT_OK(nodes_[1]->commit(planned, [&](app::StoreBatch& batch) -> Status {
    PURSER_TRY(existed, batch.customer_exists(kAnn));
    if (++tries == 1) {
      // The account is held, the customer is not.
      PURSER_CHECK_OK(nodes_[0]->commit(
          [](app::StoreBatch& other) { return other.delete_user(ProjectId("p"), UserId("ann")); }));
    }
    PURSER_CHECK_OK(batch.owned(kAnn));  // locks the customer
    return give(batch, kCredits, 1);
  }));
  EXPECT_EQ(tries, 2);
  EXPECT_FALSE(existed);
}

TEST_F(Nodes, OneIdempotencyKeyOnAllNodesAtOnceHasOneEffect) {
  const auto nodes = engines();
  const app::IdempotencyScope scope{ProjectId("p"), "once", crypto::sha256("body")};
  std::atomic<int> fresh{0};
  std::atomic<int> replayed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 30; ++i) {
    threads.emplace_back([&, i] {
      const auto touches =
          i % 2 == 0 ? std::optional(app::Touches{kAnn, {ItemId("credits")}}) : std::nullopt;
      const auto result = nodes[static_cast<std::size_t>(i % 3)]->execute(
          scope,
          [](app::StoreBatch& batch) -> Result<app::Decision> {
            PURSER_CHECK_OK(give(batch, kCredits, 7));
            return app::Decision{{200, "given"}, true, true, {}};
          },
          touches);
      ASSERT_TRUE(result.has_value()) << why(result.error());
      EXPECT_EQ(result->reply.body, "given");
      ++(result->replayed ? replayed : fresh);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fresh, 1);
  EXPECT_EQ(replayed, 29);
  EXPECT_EQ(nodes_[0]->view()->item(kCredits)->quantity(), amount(7));
}

TEST_F(Nodes, AnUnfinishedOperationIsTakenOverOnlyFromADeadNode) {
  const app::IdempotencyScope scope{ProjectId("p"), "checkout", crypto::sha256("body")};
  PURSER_ASSERT_OK(nodes_[0]->watch([](const ProjectId&) { return Status(); }));
  {
    const auto nodes = engines();
    PURSER_ASSERT_OK(nodes[0]->start_operation(scope, "op-1"));
    const auto refused = nodes[1]->start_operation(scope, "op-2");
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::kIdempotencyKeyInUse);
  }
  nodes_[0] = open("d");  // node a has ended
  const auto nodes = engines();
  const auto resumed = nodes[1]->start_operation(scope, "op-2");
  PURSER_ASSERT_OK(resumed);
  EXPECT_TRUE(resumed->resumed);
  EXPECT_EQ(resumed->id, "op-1");
}

TEST_F(Nodes, AChangeIsFollowedEverywhereWhenItsCommitReturns) {
  std::mutex mutex;
  std::vector<std::set<std::string>> followed(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    const auto watched = nodes_[i]->watch([&, i](const ProjectId& project) -> Status {
      const std::lock_guard lock(mutex);
      followed[i].insert(project.str());
      return {};
    });
    PURSER_ASSERT_OK(watched);
    EXPECT_TRUE(*watched);
    EXPECT_TRUE(nodes_[i]->is_current());
  }
  for (const std::string project : {"q", "r", "s"}) {
    PURSER_ASSERT_OK(nodes_[1]->commit(
        [&](app::StoreBatch& batch) { return batch.insert_project(project_of(project)); }));
    const std::lock_guard lock(mutex);
    for (const auto& seen : followed) EXPECT_EQ(seen.count(project), 1U) << project;
  }
  for (const auto& node : nodes_) PURSER_EXPECT_OK(node->watch(nullptr));
}

TEST_F(Nodes, ANodeThatCannotFollowStopsAnsweringBeforeTheOthersGoOn) {
  std::atomic<bool> follows{true};
  const auto follow = [&follows](const ProjectId&) -> Status {
    if (follows) return {};
    return Error{ErrorCode::kStoreUnavailable, "cannot"};
  };
  PURSER_ASSERT_OK(nodes_[0]->watch(follow));
  follows = false;
  PURSER_ASSERT_OK(nodes_[1]->commit(
      [](app::StoreBatch& batch) { return batch.insert_project(project_of("q")); }));
  EXPECT_FALSE(nodes_[0]->is_current());
  follows = true;
  PURSER_ASSERT_OK(nodes_[0]->watch(follow));
  EXPECT_TRUE(nodes_[0]->is_current()) << "and heals";
  PURSER_EXPECT_OK(nodes_[0]->watch(nullptr));
}

TEST_F(Nodes, WhatIsDueIsClaimedByOneNodeUntilTheClaimExpires) {
  PURSER_ASSERT_OK(nodes_[0]->commit([](app::StoreBatch& batch) -> Status {
    for (int i = 0; i < 40; ++i) {
      app::Intention intention;
      intention.project = ProjectId("p");
      intention.id = "i" + std::to_string(i);
      intention.kind = "refund_payment";
      intention.next_at = at(1);
      PURSER_CHECK_OK(batch.insert_intention(intention));
    }
    return {};
  }));
  const Timestamp now = at(1'000'000);
  std::mutex mutex;
  std::multiset<std::string> claimed;
  std::vector<std::thread> threads;
  for (const auto& node : nodes_) {
    threads.emplace_back([&mutex, &claimed, &node, now] {
      for (int round = 0; round < 10; ++round) {
        const auto mine = node->claim_intentions(now, 5);
        PURSER_ASSERT_OK(mine);
        const std::lock_guard lock(mutex);
        for (const app::Intention& intention : *mine) claimed.insert(intention.id);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(claimed.size(), 40U);
  EXPECT_EQ(std::set<std::string>(claimed.begin(), claimed.end()).size(), 40U) << "each once";
  EXPECT_TRUE(nodes_[1]->claim_intentions(now + app::Store::kClaim + Millis{-1}, 5)->empty());
  EXPECT_EQ(nodes_[1]->claim_intentions(now + app::Store::kClaim, 5)->size(), 5U);
}

app::OutboxEvent event_of(const CustomerKey& customer, const std::string& payload) {
  app::OutboxEvent event;
  event.project = customer.project;
  event.customer = customer;
  event.type = "x";
  event.payload = payload;
  event.at = at(2);
  return event;
}

TEST_F(Nodes, ALaterEventOfACustomerHasAGreaterNumber) {
  const CustomerKey other = customer_of("p", CustomerType::kCustom, "other");
  bool told = false;
  PURSER_ASSERT_OK(nodes_[0]->commit([&](app::StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(batch.append_outbox(event_of(other, "other")));
    if (!std::exchange(told, true)) {
      PURSER_CHECK_OK(nodes_[1]->commit(
          [](app::StoreBatch& there) { return there.append_outbox(event_of(kAnn, "first")); }));
    }
    return batch.append_outbox(event_of(kAnn, "second"));
  }));
  const auto events = nodes_[0]->view()->outbox(0, 10);
  PURSER_ASSERT_OK(events);
  std::string of_ann;
  for (const app::OutboxEvent& event : *events) {
    if (event.customer == kAnn) of_ann += event.payload + " ";
  }
  EXPECT_EQ(of_ann, "first second ");
}

// While events are appended on all nodes, each node claims lines and records at once what it got.
TEST_F(Nodes, ACustomersEventsAreClaimedInOrderByOneNodeAtATime) {
  constexpr int kCustomers = 4;
  constexpr int kEvents = 120;
  PURSER_ASSERT_OK(nodes_[0]->commit([](app::StoreBatch& batch) {
    app::WebhookEndpoint endpoint;
    endpoint.project = ProjectId("p");
    endpoint.id = "e";
    endpoint.created_at = at(1);
    return batch.insert_webhook_endpoint(endpoint);
  }));
  const Timestamp now = at(1'000'000'000'000);
  std::mutex mutex;
  std::map<std::string, std::vector<std::string>> told;  // payloads of each customer
  std::atomic<int> delivered = 0;
  std::vector<std::thread> threads;
  for (const auto& node : nodes_) {
    threads.emplace_back([&, node = node.get()] {
      for (int round = 0; round < 100'000 && delivered < kEvents; ++round) {
        const auto mine = node->claim_webhooks(ProjectId("p"), "e", now, 2, 0);
        PURSER_ASSERT_OK(mine);
        for (app::WebhookDelivery delivery : *mine) {
          {
            const std::lock_guard lock(mutex);
            told[delivery.event.customer->id].push_back(delivery.event.payload);
          }
          delivery.state = app::DeliveryState::kDelivered;
          PURSER_ASSERT_OK(node->commit([&](app::StoreBatch& batch) {
            return batch.record_webhook(ProjectId("p"), delivery);
          }));
          ++delivered;
        }
      }
    });
  }
  for (int i = 0; i < kEvents; ++i) {
    const auto event =
        event_of(customer_of("p", CustomerType::kCustom, "c" + std::to_string(i % kCustomers)),
                 std::to_string(i));
    PURSER_EXPECT_OK(nodes_[static_cast<std::size_t>(i) % nodes_.size()]->commit(
        [&](app::StoreBatch& batch) { return batch.append_outbox(event); }));
  }
  for (std::thread& thread : threads) thread.join();
  for (int c = 0; c < kCustomers; ++c) {
    std::vector<std::string> wanted;
    for (int i = c; i < kEvents; i += kCustomers) wanted.push_back(std::to_string(i));
    EXPECT_EQ(told["c" + std::to_string(c)], wanted);
  }
  EXPECT_EQ(database_.ask("SELECT count(*) FROM webhook_lines"), "0");
}

TEST_F(Nodes, ADatabaseOfANewerPurserIsRefused) {
  database_.run("INSERT INTO schema_migrations VALUES(99, 'future', 'x', 0)");
  const auto refused = postgres::open_postgres_store(options("z"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("newer"), std::string::npos) << refused.error().message;
}

TEST_F(Nodes, NodesThatStartTogetherMigrateOnce) {
  const TestDatabase empty;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this, &empty, i] {
      postgres::PostgresOptions own = options("n" + std::to_string(i));
      own.uri = empty.uri();
      PURSER_EXPECT_OK(postgres::open_postgres_store(own));
    });
  }
  for (std::thread& thread : threads) thread.join();
  postgres::PostgresOptions own = options("reader");
  own.uri = empty.uri();
  const auto known = postgres::migration_status(own);
  PURSER_ASSERT_OK(known);
  EXPECT_EQ(empty.ask("SELECT count(*) FROM schema_migrations"), std::to_string(known->size()));
}

TEST_F(Nodes, AForeignDatabaseIsLeftAlone) {
  const TestDatabase foreign;
  foreign.run("CREATE TABLE theirs(x int)");
  postgres::PostgresOptions own = options("z");
  own.uri = foreign.uri();
  const auto refused = postgres::open_postgres_store(own);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("another program"), std::string::npos);
  EXPECT_EQ(foreign.ask("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "1");
}

}  // namespace
}  // namespace purser::contract
