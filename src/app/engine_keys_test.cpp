#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "app/engine_test_kit.hpp"

// Idempotency keys, and operations of several steps.

namespace purser::app {
namespace {

using testing::FakeStore;
using testing::Gate;
using testing::insert;
using testing::options;
using testing::scope;

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
