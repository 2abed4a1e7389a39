#include "sandbox/proration.hpp"

#include <gtest/gtest.h>

namespace purser::sandbox {
namespace {

constexpr std::int64_t kDay = 86'400;

std::int64_t at(const char* iso) { return Timestamp::parse_iso8601(iso)->millis() / 1000; }

TEST(Prorated, RoundsToTheNearestUnitAndHalvesAwayFromZero) {
  EXPECT_EQ(prorated(1000, 15 * kDay, 30 * kDay), 500);
  EXPECT_EQ(prorated(1000, 10 * kDay, 30 * kDay), 333);
  EXPECT_EQ(prorated(1000, 20 * kDay, 30 * kDay), 667);
  EXPECT_EQ(prorated(5, 1, 2), 3) << "2.5 becomes 3";
  EXPECT_EQ(prorated(-5, 1, 2), -3) << "a credit is the debit's mirror image";
  EXPECT_EQ(prorated(1, 1, 3), 0);
  EXPECT_EQ(prorated(1000, 0, 30 * kDay), 0);
  EXPECT_EQ(prorated(1000, 30 * kDay, 30 * kDay), 1000);
  // To the second: one second of a 31-day month at 99,999,999.
  EXPECT_EQ(prorated(99'999'999, 1, 31 * kDay), 37);
  EXPECT_EQ(prorated(99'999'999LL * 999'999, 366 * kDay, 366 * kDay), 99'999'999LL * 999'999)
      << "no overflow";
}

TEST(Settle, TurnsNegativeTotalsIntoCreditAndCreditIntoPayment) {
  const auto check = [](std::int64_t total, std::int64_t balance, std::int64_t due,
                        std::int64_t ending) {
    const Settlement settlement = settle(total, balance, 50);
    EXPECT_EQ(settlement.due, due) << total << " " << balance;
    EXPECT_EQ(settlement.ending_balance, ending) << total << " " << balance;
  };
  check(1000, 0, 1000, 0);
  check(-700, 0, 0, -700);
  check(1000, -700, 300, 0);
  check(1000, -1700, 0, -700);
  check(1000, -1000, 0, 0);
  check(0, -700, 0, -700);
  check(0, 0, 0, 0);
  check(49, 0, 0, 49);  // less than can be charged: owed
  check(1000, 49, 1049, 0);
  check(1000, -960, 0, 40);
}

TEST(BoundaryAfter, CountsFromTheAnchor) {
  const std::int64_t january = at("2023-01-31T10:00:00Z");
  const CalendarInterval month{IntervalUnit::kMonth, 1};
  EXPECT_EQ(boundary_after(january, month, january), at("2023-02-28T10:00:00Z"));
  EXPECT_EQ(boundary_after(january, month, at("2023-02-28T10:00:00Z")), at("2023-03-31T10:00:00Z"));
  EXPECT_EQ(boundary_after(january, month, at("2024-02-10T00:00:00Z")), at("2024-02-29T10:00:00Z"));
  EXPECT_EQ(boundary_after(january, month, january - 1), january);
  const std::int64_t leap = at("2024-02-29T00:00:00Z");
  const CalendarInterval year{IntervalUnit::kYear, 1};
  EXPECT_EQ(boundary_after(leap, year, leap), at("2025-02-28T00:00:00Z"));
  EXPECT_EQ(boundary_after(leap, year, at("2027-06-01T00:00:00Z")), at("2028-02-29T00:00:00Z"));
  EXPECT_EQ(boundary_after(leap, {IntervalUnit::kWeek, 2}, leap), leap + 14 * kDay);
  EXPECT_EQ(boundary_after(leap, {IntervalUnit::kDay, 1095}, leap + 1095 * kDay),
            leap + 2190 * kDay);
}

TEST(BoundaryBefore, GoesBackOneInterval) {
  EXPECT_EQ(boundary_before(at("2023-03-31T10:00:00Z"), {IntervalUnit::kMonth, 1}),
            at("2023-02-28T10:00:00Z"));
  EXPECT_EQ(boundary_before(at("2024-03-15T10:00:00Z"), {IntervalUnit::kMonth, 3}),
            at("2023-12-15T10:00:00Z"));
  EXPECT_EQ(boundary_before(at("2024-02-29T00:00:00Z"), {IntervalUnit::kYear, 1}),
            at("2023-02-28T00:00:00Z"));
  EXPECT_EQ(boundary_before(at("2024-03-01T00:00:00Z"), {IntervalUnit::kWeek, 1}),
            at("2024-02-23T00:00:00Z"));
}

TEST(NextAttempt, ComesAfterThreeFiveAndSevenDays) {
  EXPECT_EQ(next_attempt(1, 1000), 1000 + 3 * kDay);
  EXPECT_EQ(next_attempt(2, 1000), 1000 + 5 * kDay);
  EXPECT_EQ(next_attempt(3, 1000), 1000 + 7 * kDay);
  EXPECT_EQ(next_attempt(4, 1000), std::nullopt);
}

}  // namespace
}  // namespace purser::sandbox
