#include "types/result.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace purser {
namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return Error(ErrorCode::kSchemaError, "odd");
  return n / 2;
}

Result<int> quarter(int n) {
  PURSER_TRY(const int once, half(n));
  PURSER_TRY(const int twice, half(once));
  return twice;
}

Status require_even(int n) {
  PURSER_CHECK_OK(half(n));
  return {};
}

TEST(Result, TryPassesValuesAndErrorsOn) {
  EXPECT_EQ(*quarter(12), 3);
  EXPECT_EQ(quarter(7).error().message, "odd");
  EXPECT_EQ(quarter(6).error().code, ErrorCode::kSchemaError);
}

TEST(Result, CheckOkReturnsTheError) {
  EXPECT_TRUE(require_even(2));
  ASSERT_FALSE(require_even(3));
  EXPECT_EQ(require_even(3).error().message, "odd");
}

TEST(Result, HoldsMoveOnlyValues) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(5);
  const std::unique_ptr<int> owned = *std::move(result);
  EXPECT_EQ(*owned, 5);
}

TEST(Result, ValueOrGivesTheFallbackOnlyForAnError) {
  EXPECT_EQ(half(4).value_or(9), 2);
  EXPECT_EQ(half(5).value_or(9), 9);
}

TEST(ResultDeathTest, ReadingTheOtherAlternativeAborts) {
  const Result<int> good = 1;
  const Result<int> bad = Error(ErrorCode::kSchemaError, "odd");
  const Status fine;
  EXPECT_DEATH((void)good.error(), "");
  EXPECT_DEATH((void)bad.value(), "");
  EXPECT_DEATH((void)fine.error(), "");
}

}  // namespace
}  // namespace purser
