#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/engine_test_kit.hpp"

namespace purser::app {
namespace {

using testing::Answers;
using testing::FakeStore;
using testing::Gate;
using testing::insert;
using testing::options;
using testing::scope;

TEST(Engine, AnswersAfterTheCommit) {
  FakeStore store;
  std::atomic<bool> committed{false};
  store.before_commit = [&]() -> Status {
    committed = true;
    return {};
  };
  Engine engine(store, options());
  bool committed_before_answer = false;
  std::promise<void> answered;
  engine.submit(std::nullopt, insert("a"), [&](Result<EngineReply> result) {
    committed_before_answer = committed && result.has_value();
    answered.set_value();
  });
  answered.get_future().wait();
  EXPECT_TRUE(committed_before_answer);
  EXPECT_EQ(store.state().users.count("a"), 1U);
}

TEST(Engine, CommandsThatWaitCommitTogetherInTheirOrder) {
  FakeStore store;
  Engine engine(store, options());
  Gate gate;
  Answers answers;
  engine.submit(std::nullopt, gate.work(), answers.take());
  gate.wait_until_entered();
  for (int i = 0; i < 100; ++i) {
    engine.submit(std::nullopt, insert("u" + std::to_string(i)), answers.take());
  }
  gate.open();
  engine.drain();
  EXPECT_EQ(store.commits(), 2);
  const auto all = answers.all();
  ASSERT_EQ(all.size(), 101U);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(all[static_cast<std::size_t>(i) + 1]->reply.body, "made u" + std::to_string(i));
  }
}

TEST(Engine, ARefusedCommandChangesNothingAndSinksNothing) {
  FakeStore store;
  Engine engine(store, options());
  Gate gate;
  Answers answers;
  engine.submit(std::nullopt, gate.work(), answers.take());
  gate.wait_until_entered();
  engine.submit(std::nullopt, insert("before"), answers.take());
  engine.submit(
      std::nullopt,
      [](StoreBatch& batch) -> Result<Decision> {
        PURSER_CHECK_OK(insert("refused")(batch));
        return Decision{{400, "no"}, false, true, {}};
      },
      answers.take());
  engine.submit(
      std::nullopt,
      [](StoreBatch& batch) -> Result<Decision> {
        PURSER_CHECK_OK(insert("failed")(batch));
        return Error{ErrorCode::kAlreadyExists, "no"};
      },
      answers.take());
  engine.submit(std::nullopt, insert("after"), answers.take());
  gate.open();
  engine.drain();
  const auto all = answers.all();
  ASSERT_EQ(all.size(), 5U);
  EXPECT_TRUE(all[1].has_value());
  EXPECT_EQ(all[2]->reply.status, 400);
  EXPECT_EQ(all[3].error().code, ErrorCode::kAlreadyExists);
  EXPECT_TRUE(all[4].has_value());
  const auto users = store.state().users;
  EXPECT_EQ(users.size(), 2U);
  EXPECT_EQ(users.count("before") + users.count("after"), 2U);
}

TEST(Engine, AFailedCommitAcknowledgesNothing) {
  FakeStore store;
  Engine engine(store, options());
  Gate gate;
  Answers answers;
  engine.submit(std::nullopt, gate.work(), answers.take());
  gate.wait_until_entered();
  int published = 0;
  for (int i = 0; i < 10; ++i) {
    engine.submit(
        scope("k" + std::to_string(i)),
        [&published, i](StoreBatch& batch) -> Result<Decision> {
          PURSER_TRY(Decision decision, insert("u" + std::to_string(i))(batch));
          decision.after_commit.emplace_back([&published] { ++published; });
          return decision;
        },
        answers.take());
  }
  store.before_commit = [] { return Status(Error{ErrorCode::kStoreUnavailable, "disk full"}); };
  gate.open();
  engine.drain();
  const auto all = answers.all();
  ASSERT_EQ(all.size(), 11U);
  for (const auto& result : all) {
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::kStoreUnavailable);
  }
  EXPECT_EQ(published, 0);
  EXPECT_TRUE(store.state().users.empty());
  EXPECT_TRUE(store.state().idempotency.empty());
}

TEST(Engine, AStoreThatFailsInsideTheBatchFailsAllOfIt) {
  FakeStore store;
  Engine engine(store, options());
  Gate gate;
  Answers answers;
  engine.submit(std::nullopt, gate.work(), answers.take());
  gate.wait_until_entered();
  engine.submit(std::nullopt, insert("a"), answers.take());
  store.broken = true;
  engine.submit(scope("k"), insert("b"), answers.take());
  gate.open();
  engine.drain();
  const auto all = answers.all();
  ASSERT_EQ(all.size(), 3U);
  for (std::size_t i = 1; i < all.size(); ++i) {
    ASSERT_FALSE(all[i].has_value());
    EXPECT_EQ(all[i].error().code, ErrorCode::kStoreUnavailable);
  }
  EXPECT_TRUE(store.state().users.empty());
}

TEST(Engine, WorkThatIsRepeatedAfterAConflictHasOneEffectAndOneAnswer) {
  FakeStore store;
  store.repeat_work = true;
  Engine engine(store, options());
  int published = 0;
  int runs = 0;
  const auto result = engine.execute(scope("k"), [&](StoreBatch& batch) -> Result<Decision> {
    ++runs;
    PURSER_TRY(Decision decision, insert("a")(batch));
    decision.after_commit.emplace_back([&published] { ++published; });
    return decision;
  });
  ASSERT_TRUE(result.has_value());
  EXPECT_FALSE(result->replayed);
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(published, 1);
  EXPECT_EQ(store.state().users.size(), 1U);
}

TEST(Engine, BeyondTheQueueLimitItRefusesAtOnce) {
  FakeStore store;
  Engine engine(store, options(3));
  Gate gate;
  Answers answers;
  engine.submit(std::nullopt, gate.work(), answers.take());
  gate.wait_until_entered();
  for (int i = 0; i < 5; ++i) {
    engine.submit(std::nullopt, insert("u" + std::to_string(i)), answers.take());
  }
  const auto refused = answers.all();  // answered while the committer stands
  ASSERT_EQ(refused.size(), 2U);
  for (const auto& result : refused) EXPECT_EQ(result.error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(engine.stats().waiting, 3U);
  EXPECT_EQ(engine.stats().refused_full, 2U);
  gate.open();
  engine.drain();
  EXPECT_EQ(store.state().users.size(), 3U);
}

TEST(Engine, DrainingAnswersWhatWaitsAndRefusesWhatComes) {
  FakeStore store;
  Engine engine(store, options());
  Gate gate;
  Answers answers;
  engine.submit(std::nullopt, gate.work(), answers.take());
  gate.wait_until_entered();
  engine.submit(std::nullopt, insert("a"), answers.take());
  auto drained = std::async(std::launch::async, [&] { engine.drain(); });
  gate.open();
  drained.get();
  EXPECT_EQ(answers.all().size(), 2U);
  EXPECT_EQ(store.state().users.count("a"), 1U);
  const auto late = engine.execute(std::nullopt, insert("late"));
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, ErrorCode::kShuttingDown);
}

Touches touching(const std::string& customer) {
  return {CustomerKey{ProjectId("p"), CustomerType::kCustom, customer}};
}

TEST(EngineLanes, ACustomersCommandsKeepTheirOrderAndWaitForNoOthers) {
  FakeStore store;
  store.lane_count = 3;
  Engine engine(store, options());
  // Holds the first lane, where commands go of which nothing is known.
  Gate gate;
  Answers held;
  engine.submit(std::nullopt, gate.work(), held.take());
  gate.wait_until_entered();
  // What each customer's commands saw, in the order in which they were decided.
  std::mutex mutex;
  std::map<std::string, std::vector<int>> order;
  std::vector<std::future<void>> answered;
  for (int i = 0; i < 100; ++i) {
    for (const std::string customer : {"a", "b", "c", "d"}) {
      auto promise = std::make_shared<std::promise<void>>();
      answered.push_back(promise->get_future());
      engine.submit(
          std::nullopt,
          [&mutex, &order, customer, i](StoreBatch&) -> Result<Decision> {
            const std::lock_guard lock(mutex);
            order[customer].push_back(i);
            return Decision{};
          },
          [promise](const Result<EngineReply>&) { promise->set_value(); }, touching(customer));
    }
  }
  for (auto& answer : answered) answer.wait();
  EXPECT_TRUE(held.all().empty()) << "the held command was not answered before";
  for (const auto& [customer, seen] : order) {
    EXPECT_TRUE(seen.size() == 100 && std::is_sorted(seen.begin(), seen.end())) << customer;
  }
  gate.open();
  engine.drain();
  EXPECT_EQ(held.all().size(), 1U);
}

TEST(EngineLanes, TheStoreIsToldWhatABatchWillTouch) {
  std::vector<std::string> told;
  FakeStore store;
  store.on_commit = [&told](std::span<const PlannedCommand> commands) {
    for (const PlannedCommand& command : commands) {
      told.push_back((command.touches ? command.touches->customer.id : "?") + "/" +
                     (command.scope ? command.scope->key : "?"));
    }
  };
  Engine engine(store, options());
  ASSERT_TRUE(engine.execute(scope("k"), insert("a"), touching("ann")));
  ASSERT_TRUE(engine.execute(std::nullopt, insert("b")));
  EXPECT_EQ(told, (std::vector<std::string>{"ann/k", "?/?"}));
}

TEST(EngineLanes, TheQueueLimitHoldsForAllLanesTogetherAndDrainingEmptiesThemAll) {
  FakeStore store;
  store.lane_count = 2;
  Engine engine(store, options(2));
  Answers answers;
  Gate unknown;
  Gate customers;
  engine.submit(std::nullopt, unknown.work(), answers.take());
  unknown.wait_until_entered();
  engine.submit(std::nullopt, customers.work(), answers.take(), touching("a"));
  customers.wait_until_entered();
  engine.submit(std::nullopt, insert("x"), answers.take());
  engine.submit(std::nullopt, insert("y"), answers.take(), touching("b"));
  engine.submit(std::nullopt, insert("z"), answers.take(), touching("a"));
  ASSERT_EQ(answers.all().size(), 1U);
  EXPECT_EQ(answers.all().front().error().code, ErrorCode::kOverloaded);
  EXPECT_EQ(engine.stats().waiting, 2U);
  unknown.open();
  customers.open();
  engine.drain();
  EXPECT_EQ(answers.all().size(), 5U);
  EXPECT_EQ(store.state().users.size(), 2U);
}

}  // namespace
}  // namespace purser::app
