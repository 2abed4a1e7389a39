#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "adapters/system/clocks.hpp"
#include "adapters/system/random_ids.hpp"

namespace purser::system {
namespace {

using ::testing::MatchesRegex;
using ::testing::StartsWith;

TEST(SystemClock, IsInThisCentury) {
  const Timestamp now = SystemClock().now();
  EXPECT_GT(now, *Timestamp::parse_iso8601("2024-01-01T00:00:00Z"));
  EXPECT_LT(now, *Timestamp::parse_iso8601("2100-01-01T00:00:00Z"));
}

TEST(ManualClock, StandsStillAndGoesForwardOnly) {
  const Timestamp start = *Timestamp::parse_iso8601("2026-01-31T12:00:00Z");
  ManualClock clock(start);
  EXPECT_EQ(clock.now(), start);
  EXPECT_TRUE(clock.set(start + Millis{1}));
  EXPECT_EQ(clock.now(), start + Millis{1});
  const auto back = clock.set(start);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, ErrorCode::kSchemaError);
  EXPECT_EQ(clock.now(), start + Millis{1});
  EXPECT_TRUE(clock.set(start + Millis{1})) << "the present instant is not before itself";
}

TEST(ManualClock, OfManyThatMoveItTheLatestStands) {
  const Timestamp start = *Timestamp::from_millis(1'000'000);
  ManualClock clock(start);
  std::vector<std::thread> threads;
  for (int t = 1; t <= 4; ++t) {
    threads.emplace_back([&clock, start, t] {
      for (int i = 0; i < 1'000; ++i) static_cast<void>(clock.set(start + Millis{i * 4 + t}));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(clock.now(), start + Millis{999 * 4 + 4});
}

TEST(RandomIds, AreUuidsOfVersionSeven) {
  RandomIds ids;
  EXPECT_THAT(ids.unique_id(),
              MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                           "[0-9a-f]{12}"));
}

TEST(RandomIds, GrowWithinAProcess) {
  RandomIds ids;
  std::vector<std::string> made;
  for (int i = 0; i < 20'000; ++i) made.push_back(ids.unique_id());
  EXPECT_TRUE(std::is_sorted(made.begin(), made.end()));
  EXPECT_EQ(std::set<std::string>(made.begin(), made.end()).size(), made.size());
}

TEST(RandomIds, ThreadsNeverGetTheSame) {
  RandomIds ids;
  std::vector<std::vector<std::string>> made(4);
  std::vector<std::thread> threads;
  for (auto& mine : made) {
    threads.emplace_back([&ids, &mine] {
      for (int i = 0; i < 2'000; ++i) mine.push_back(ids.unique_id());
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& mine : made) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 8'000U);
}

TEST(RandomIds, SecretsHaveTheirPrefixAndTwoHundredFiftySixBits) {
  RandomIds ids;
  const Secret one = ids.secret("ssk_");
  EXPECT_THAT(one.reveal(), StartsWith("ssk_"));
  EXPECT_EQ(one.reveal().size(), 4U + 43U);
  EXPECT_NE(one.reveal(), ids.secret("ssk_").reveal());
}

}  // namespace
}  // namespace purser::system
