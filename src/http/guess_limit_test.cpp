#include "http/guess_limit.hpp"

#include <gtest/gtest.h>

namespace purser::http {
namespace {

using Clock = GuessLimit::Clock;
constexpr Clock::time_point kStart{std::chrono::hours(1)};

TEST(GuessLimitTest, AllowsABurstAndThenOneARefill) {
  GuessLimit limit;
  for (int i = 0; i < GuessLimit::kBurst; ++i) {
    ASSERT_TRUE(limit.may_guess("a", kStart)) << i;
    limit.count_wrong("a", kStart);
  }
  EXPECT_FALSE(limit.may_guess("a", kStart));
  EXPECT_FALSE(limit.may_guess("a", kStart + GuessLimit::kRefill / 2));
  EXPECT_TRUE(limit.may_guess("a", kStart + GuessLimit::kRefill));
  limit.count_wrong("a", kStart + GuessLimit::kRefill);
  EXPECT_FALSE(limit.may_guess("a", kStart + GuessLimit::kRefill));
}

TEST(GuessLimitTest, OtherAddressesAreNotTouched) {
  GuessLimit limit;
  for (int i = 0; i < 2 * GuessLimit::kBurst; ++i) limit.count_wrong("a", kStart);
  EXPECT_FALSE(limit.may_guess("a", kStart));
  EXPECT_TRUE(limit.may_guess("b", kStart));
}

TEST(GuessLimitTest, ForgetsAfterAWhile) {
  GuessLimit limit;
  for (int i = 0; i < GuessLimit::kBurst; ++i) limit.count_wrong("a", kStart);
  const auto later = kStart + 2 * GuessLimit::kBurst * GuessLimit::kRefill;
  EXPECT_TRUE(limit.may_guess("a", later));
  for (int i = 0; i < GuessLimit::kBurst; ++i) {
    EXPECT_TRUE(limit.may_guess("a", later));
    limit.count_wrong("a", later);
  }
  EXPECT_FALSE(limit.may_guess("a", later));
}

TEST(GuessLimitTest, MayHaveAnotherPace) {
  GuessLimit limit;
  constexpr GuessLimit::Pace kFast{2, std::chrono::milliseconds{100}};
  for (int i = 0; i < 2; ++i) limit.count_wrong("a", kStart, kFast);
  EXPECT_FALSE(limit.may_guess("a", kStart + std::chrono::milliseconds{99}, kFast));
  EXPECT_TRUE(limit.may_guess("a", kStart + std::chrono::milliseconds{100}, kFast));
}

TEST(GuessLimitTest, StaysBounded) {
  GuessLimit limit;
  for (std::size_t i = 0; i < GuessLimit::kMaxAddresses; ++i) {
    for (int n = 0; n < GuessLimit::kBurst; ++n) limit.count_wrong(std::to_string(i), kStart);
  }
  EXPECT_FALSE(limit.may_guess("0", kStart));
  limit.count_wrong("one more", kStart);
  EXPECT_TRUE(limit.may_guess("0", kStart));
}

}  // namespace
}  // namespace purser::http
