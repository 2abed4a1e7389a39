#include "app/worker.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <vector>

#include "app/backoff.hpp"
#include "app/events.hpp"

namespace purser::app {
namespace {

// Idle waits are an hour: a test that passes was not waiting for one.
constexpr std::int64_t kHourMillis = 3'600'000;

TEST(Worker, RunsAgainAtOnceWhileThereIsWork) {
  std::atomic<int> left{3};
  std::promise<void> idle;
  Worker worker({{"task",
                  [&]() -> Result<int> {
                    if (left > 0) return left-- > 0 ? 1 : 0;
                    idle.set_value();
                    return 0;
                  }}},
                kHourMillis, {});
  idle.get_future().wait();
  EXPECT_EQ(left, 0);
}

TEST(Worker, APokeWakesIt) {
  std::atomic<int> runs{0};
  std::promise<void> first;
  std::promise<void> second;
  Worker worker({{"task",
                  [&]() -> Result<int> {
                    const int run = ++runs;
                    if (run == 1) first.set_value();
                    if (run == 2) second.set_value();
                    return 0;
                  }}},
                kHourMillis, {});
  first.get_future().wait();
  worker.poke();
  second.get_future().wait();
  worker.stop();
  EXPECT_EQ(runs, 2);
}

TEST(Worker, ItsIdleTimeIsAskedEachTime) {
  std::atomic<int> asked{0};
  std::promise<void> third;
  int runs = 0;
  Worker worker({{"task",
                  [&]() -> Result<int> {
                    if (++runs == 3) third.set_value();
                    return 0;
                  }}},
                [&] { return Millis{++asked < 3 ? 0 : kHourMillis}; }, {});
  third.get_future().wait();
  worker.stop();
  EXPECT_EQ(runs, 3);
}

TEST(Worker, AFailingTaskIsReportedAndTheOthersGoOn) {
  std::promise<std::string> failed;
  std::promise<void> reached;
  Worker worker({{"bad", []() -> Result<int> { return Error::internal("broken"); }},
                 {"good",
                  [&]() -> Result<int> {
                    reached.set_value();
                    return 0;
                  }}},
                kHourMillis, [&](const std::string& task, const Error& error) {
                  failed.set_value(task + ": " + error.log.for_log());
                });
  reached.get_future().wait();
  EXPECT_EQ(failed.get_future().get(), "bad: broken");
}

TEST(Worker, StoppingTwiceAndFromSeveralThreadsIsFine) {
  Worker worker({{"task", []() -> Result<int> { return 1; }}}, kHourMillis, {});
  auto other = std::async(std::launch::async, [&] { worker.stop(); });
  worker.stop();
  other.get();
  worker.stop();
}

TEST(Backoff, DoublesUpToTheLongestAndTakesHalfToTheWholeOfIt) {
  for (int attempts = 1; attempts < 100; ++attempts) {
    const std::int64_t whole =
        attempts > 12 ? kHourMillis : std::min(kHourMillis, std::int64_t{1000} << (attempts - 1));
    const std::int64_t wait = backoff(attempts, Millis{1000}, Millis{kHourMillis}).count;
    EXPECT_GE(wait, whole / 2) << attempts;
    EXPECT_LE(wait, whole) << attempts;
  }
}

TEST(Events, PayloadsAreJsonWhateverTheTextsAre) {
  EXPECT_EQ(event_payload({}), "{}");
  EXPECT_EQ(event_payload({{"a", std::string("x\"\\\n\x01\x7f/é")},
                           {"n", std::int64_t{-5}},
                           {"z", std::monostate{}}}),
            "{\"a\":\"x\\\"\\\\\\u000a\\u0001\\u007f/é\",\"n\":-5,\"z\":null}");
}

}  // namespace
}  // namespace purser::app
