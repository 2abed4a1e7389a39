#include "app/engine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/fake_store.hpp"

namespace purser::app {
namespace {

using testing::FakeStore;

EngineOptions options(std::size_t queue_limit = 10'000) {
  EngineOptions made;
  made.queue_limit = queue_limit;
  made.instance = "engine-1";
  return made;
}

IdempotencyScope scope(const std::string& key, const std::string& body = "body",
                       const std::string& project = "p") {
  return {ProjectId(project), key, crypto::sha256(body)};
}

Engine::Work insert(const std::string& id) {
  return [id](StoreBatch& batch) -> Result<Decision> {
    User user;
    user.id = UserId(id);
    PURSER_CHECK_OK(batch.insert_user(user));
    return Decision{{200, "made " + id}, true, true, {}};
  };
}

/// Holds the committer inside a command until released, so that a test decides what is waiting.
class Gate {
 public:
  Engine::Work work() {
    return [this](StoreBatch&) -> Result<Decision> {
      entered_.set_value();
      open_.get_future().wait();
      return Decision{};
    };
  }
  void wait_until_entered() { entered_.get_future().wait(); }
  void open() { open_.set_value(); }

 private:
  std::promise<void> entered_;
  std::promise<void> open_;
};

/// Results of submitted commands, in the order in which they were answered.
class Answers {
 public:
  Engine::Done take() {
    return [this](Result<EngineReply> result) {
      std::lock_guard lock(mutex_);
      results_.push_back(std::move(result));
    };
  }
  std::vector<Result<EngineReply>> all() {
    std::lock_guard lock(mutex_);
    return results_;
  }

 private:
  std::mutex mutex_;
  std::vector<Result<EngineReply>> results_;
};

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

TEST(EngineIdempotency, TheSameRequestIsAnsweredWithTheSameBytes) {
  FakeStore store;
  Engine engine(store, options());
  const auto first = engine.execute(scope("k"), insert("a"));
  const auto second = engine.execute(scope("k"), insert("a"));
  ASSERT_TRUE(first.has_value());
  ASSERT_TRUE(second.has_value());
  EXPECT_FALSE(first->replayed);
  EXPECT_TRUE(second->replayed);
  EXPECT_EQ(second->reply.body, first->reply.body);
  EXPECT_EQ(second->reply.status, first->reply.status);
  EXPECT_EQ(store.state().users.size(), 1U);
}

TEST(EngineIdempotency, AnotherRequestUnderTheKeyIsAMismatchAndAnotherProjectIsNot) {
  FakeStore store;
  Engine engine(store, options());
  ASSERT_TRUE(engine.execute(scope("k"), insert("a")));
  const auto other = engine.execute(scope("k", "other body"), insert("b"));
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, ErrorCode::kIdempotencyKeyMismatch);
  const auto elsewhere = engine.execute(scope("k", "other body", "q"), insert("c"));
  EXPECT_TRUE(elsewhere.has_value());
  EXPECT_EQ(store.state().users.size(), 2U);
}

TEST(EngineIdempotency, AFinalRefusalIsKeptAndAPassingOneIsNot) {
  FakeStore store;
  Engine engine(store, options());
  const auto refuse = [](bool replayable) -> Engine::Work {
    return [replayable](StoreBatch&) -> Result<Decision> {
      return Decision{{400, "no"}, false, replayable, {}};
    };
  };
  ASSERT_TRUE(engine.execute(scope("final"), refuse(true)));
  const auto again = engine.execute(scope("final"), insert("a"));
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->reply.body, "no");
  ASSERT_TRUE(engine.execute(scope("passing"), refuse(false)));
  const auto now_works = engine.execute(scope("passing"), insert("a"));
  EXPECT_FALSE(now_works->replayed);
  EXPECT_EQ(now_works->reply.body, "made a");
}

TEST(EngineIdempotency, AHundredAtOnceHaveOneEffect) {
  FakeStore store;
  Engine engine(store, options());
  std::atomic<int> fresh{0};
  std::atomic<int> replayed{0};
  std::vector<std::thread> threads;
  threads.reserve(100);
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&] {
      const auto result = engine.execute(scope("k"), insert("a"));
      if (!result || result->reply.body != "made a") return;
      ++(result->replayed ? replayed : fresh);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fresh, 1);
  EXPECT_EQ(replayed, 99);
  EXPECT_EQ(store.state().users.size(), 1U);
}

TEST(EngineOperation, RunsOnceIsInUseMeanwhileAndIsReplayedAfterwards) {
  FakeStore store;
  Engine engine(store, options());
  const auto started = engine.start_operation(scope("k"), "op-1");
  ASSERT_TRUE(started.has_value());
  EXPECT_EQ(started->id, "op-1");
  EXPECT_FALSE(started->resumed);
  EXPECT_EQ(engine.start_operation(scope("k"), "op-2").error().code,
            ErrorCode::kIdempotencyKeyInUse);
  EXPECT_EQ(engine.execute(scope("k"), insert("a")).error().code, ErrorCode::kIdempotencyKeyInUse);
  const auto finished = engine.finish_operation(scope("k"), "op-1", insert("a"));
  ASSERT_TRUE(finished.has_value());
  const auto replay = engine.start_operation(scope("k"), "op-3");
  ASSERT_TRUE(replay.has_value());
  ASSERT_TRUE(replay->replay.has_value());
  EXPECT_EQ(replay->replay->body, "made a");
  EXPECT_EQ(engine.start_operation(scope("k", "other"), "op-4").error().code,
            ErrorCode::kIdempotencyKeyMismatch);
}

TEST(EngineOperation, AnAbandonedOneIsResumedUnderItsOldId) {
  FakeStore store;
  Engine engine(store, options());
  ASSERT_TRUE(engine.start_operation(scope("k"), "op-1"));
  engine.abandon_operation(scope("k"));
  const auto resumed = engine.start_operation(scope("k"), "op-2");
  ASSERT_TRUE(resumed.has_value());
  EXPECT_TRUE(resumed->resumed);
  EXPECT_EQ(resumed->id, "op-1");
}

TEST(EngineOperation, AnotherNodesOneIsResumedWhenThatNodeIsDead) {
  FakeStore store;
  {
    Engine engine(store, options());
    ASSERT_TRUE(engine.start_operation(scope("k"), "op-1"));
  }
  EngineOptions other = options();
  other.instance = "engine-2";
  Engine engine(store, other);
  store.running = {"engine-1"};
  EXPECT_EQ(engine.start_operation(scope("k"), "op-2").error().code,
            ErrorCode::kIdempotencyKeyInUse);
  store.running.clear();
  const auto resumed = engine.start_operation(scope("k"), "op-2");
  ASSERT_TRUE(resumed.has_value());
  EXPECT_EQ(resumed->id, "op-1");
}

TEST(EngineOperation, APredecessorsOneIsResumedWhateverTheStoreHasHeard) {
  FakeStore store;
  {
    Engine killed(store, options());
    ASSERT_TRUE(killed.start_operation(scope("k"), "op-1"));
  }
  store.running = {"engine-1"};
  EngineOptions next = options();
  next.instance = "engine-2";
  next.predecessor = "engine-1";
  Engine engine(store, next);
  const auto resumed = engine.start_operation(scope("k"), "op-2");
  ASSERT_TRUE(resumed.has_value());
  EXPECT_TRUE(resumed->resumed);
  EXPECT_EQ(resumed->id, "op-1");
}

TEST(EngineOperation, WhatAnotherNodeFinishedMeanwhileIsAnsweredAndNotDoneAgain) {
  FakeStore store;
  Engine slow(store, options());
  ASSERT_TRUE(slow.start_operation(scope("k"), "op-1"));
  EngineOptions other = options();
  other.instance = "engine-2";
  Engine fast(store, other);
  ASSERT_TRUE(fast.start_operation(scope("k"), "op-2"));
  ASSERT_TRUE(fast.finish_operation(scope("k"), "op-1", insert("a")));
  const auto late = slow.finish_operation(scope("k"), "op-1", insert("b"));
  ASSERT_TRUE(late.has_value());
  EXPECT_TRUE(late->replayed);
  EXPECT_EQ(late->reply.body, "made a");
  EXPECT_EQ(store.state().users.count("b"), 0U);
}

TEST(EngineOperation, ARefusalAtTheEndIsKeptUnderTheKeyAndChangesNothing) {
  FakeStore store;
  Engine engine(store, options());
  ASSERT_TRUE(engine.start_operation(scope("k"), "op-1"));
  const auto refused =
      engine.finish_operation(scope("k"), "op-1", [](StoreBatch& batch) -> Result<Decision> {
        PURSER_CHECK_OK(insert("a")(batch));
        return Decision{{400, "no"}, false, true, {}};
      });
  ASSERT_TRUE(refused.has_value());
  EXPECT_TRUE(store.state().users.empty());
  const auto replay = engine.start_operation(scope("k"), "op-2");
  ASSERT_TRUE(replay.has_value());
  EXPECT_EQ(replay->replay->body, "no");
}

TEST(EngineOperation, WithoutAKeyEveryStartIsNew) {
  FakeStore store;
  Engine engine(store, options());
  EXPECT_EQ(engine.start_operation(std::nullopt, "op-1")->id, "op-1");
  EXPECT_EQ(engine.start_operation(std::nullopt, "op-2")->id, "op-2");
  EXPECT_TRUE(engine.finish_operation(std::nullopt, "op-2", insert("a")).has_value());
  EXPECT_EQ(store.commits(), 1);
}

}  // namespace
}  // namespace purser::app
