#include "types/timestamp.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>
#include <vector>

namespace purser {
namespace {

constexpr std::int64_t kDay = 86'400'000;
constexpr CalendarInterval kMonthly{IntervalUnit::kMonth, 1};
constexpr CalendarInterval kYearly{IntervalUnit::kYear, 1};

Timestamp at(std::string_view text) { return Timestamp::parse_iso8601(text).value(); }
std::string boundary(std::string_view anchor, CalendarInterval interval, std::int64_t n) {
  return nth_boundary(at(anchor), interval, n).to_iso8601();
}

TEST(Timestamp, WritesIso8601) {
  EXPECT_EQ(Timestamp().to_iso8601(), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(Timestamp::from_millis(Timestamp::kMaxMillis)->to_iso8601(),
            "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(Timestamp::from_millis(951'825'600'123)->to_iso8601(), "2000-02-29T12:00:00.123Z");
}

TEST(Timestamp, ReadsIso8601) {
  EXPECT_EQ(at("2026-01-31T12:00:00Z").to_iso8601(), "2026-01-31T12:00:00.000Z");
  EXPECT_EQ(at("2026-01-31t12:00:00z").to_iso8601(), "2026-01-31T12:00:00.000Z");
  EXPECT_EQ(at("2026-01-31T12:00:00.5+05:30").to_iso8601(), "2026-01-31T06:30:00.500Z");
  EXPECT_EQ(at("2026-01-01T00:30:00-00:45").to_iso8601(), "2026-01-01T01:15:00.000Z");
  EXPECT_EQ(at("2026-01-31T12:00:00.123999999Z").millis() % 1000, 123);
}

TEST(Timestamp, RefusesOtherTexts) {
  for (const char* text : {"",
                           "2026-01-31",
                           "2026-01-31T12:00:00",
                           "2026-01-31 12:00:00Z",
                           "2026-02-29T12:00:00Z",
                           "2026-13-01T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "2026-01-00T00:00:00Z",
                           "2026-01-32T00:00:00Z",
                           "2026-01-31T24:00:00Z",
                           "2026-01-31T12:60:00Z",
                           "2026-12-31T23:59:60Z",
                           "2026-01-31T12:00:00.Z",
                           "2026-01-31T12:00:00.1234567890Z",
                           "2026-01-31T12:00:00+24:00",
                           "2026-01-31T12:00:00+0530",
                           "2026-01-31T12:00:00Z ",
                           "26-01-31T12:00:00Z",
                           "+002026-01-31T12:00:00Z",
                           "1969-12-31T23:59:59Z",
                           "1970-01-01T00:00:00+00:01",
                           "9999-12-31T23:59:59-00:01",
                           "2026-1-31T12:00:00Z"}) {
    EXPECT_FALSE(Timestamp::parse_iso8601(text)) << text;
  }
}

RC_GTEST_PROP(TimestampProperty, TextRoundTrips, ()) {
  const auto t =
      *Timestamp::from_millis(*rc::gen::inRange<std::int64_t>(0, Timestamp::kMaxMillis + 1));
  RC_ASSERT(Timestamp::parse_iso8601(t.to_iso8601()) == t);
}

RC_GTEST_PROP(TimestampProperty, AnyTextIsReadOrRefused, (const std::string& text)) {
  const auto t = Timestamp::parse_iso8601(text);
  RC_ASSERT(!t || t->millis() >= 0);
}

TEST(Timestamp, AddingMillisIsClampedAndNeverWraps) {
  const Timestamp t = at("2026-01-01T00:00:00Z");
  EXPECT_EQ(t + Millis{-1}, at("2025-12-31T23:59:59.999Z"));
  EXPECT_EQ((t + Millis{std::numeric_limits<std::int64_t>::max()}).millis(), Timestamp::kMaxMillis);
  EXPECT_EQ((t + Millis{std::numeric_limits<std::int64_t>::min()}).millis(), 0);
  EXPECT_EQ((t + Millis{5}) - t, Millis{5});
}

TEST(NthBoundary, JanuaryThe31stIsCountedFromTheAnchorNeverChained) {
  const char* const anchor = "2026-01-31T12:34:56.789Z";
  EXPECT_EQ(boundary(anchor, kMonthly, 0), "2026-01-31T12:34:56.789Z");
  EXPECT_EQ(boundary(anchor, kMonthly, 1), "2026-02-28T12:34:56.789Z");
  EXPECT_EQ(boundary(anchor, kMonthly, 2), "2026-03-31T12:34:56.789Z");
  EXPECT_EQ(boundary(anchor, kMonthly, 3), "2026-04-30T12:34:56.789Z");
  EXPECT_EQ(boundary("2028-01-31T00:00:00Z", kMonthly, 1), "2028-02-29T00:00:00.000Z");
}

TEST(NthBoundary, FebruaryThe29thYearly) {
  const char* const anchor = "2024-02-29T00:00:00Z";
  EXPECT_EQ(boundary(anchor, kYearly, 1), "2025-02-28T00:00:00.000Z");
  EXPECT_EQ(boundary(anchor, kYearly, 4), "2028-02-29T00:00:00.000Z");
  EXPECT_EQ(boundary(anchor, {IntervalUnit::kYear, 4}, 1), "2028-02-29T00:00:00.000Z");
  EXPECT_EQ(boundary("2096-02-29T00:00:00Z", {IntervalUnit::kYear, 4}, 1),
            "2100-02-28T00:00:00.000Z");
}

TEST(NthBoundary, DaysAndWeeksAreWholeDays) {
  EXPECT_EQ(boundary("2026-12-31T23:00:00Z", {IntervalUnit::kDay, 1}, 1),
            "2027-01-01T23:00:00.000Z");
  EXPECT_EQ(boundary("2024-02-28T01:00:00Z", {IntervalUnit::kWeek, 2}, 3),
            "2024-04-10T01:00:00.000Z");
}

TEST(NthBoundary, FarAwayIsClamped) {
  for (const auto unit :
       {IntervalUnit::kDay, IntervalUnit::kWeek, IntervalUnit::kMonth, IntervalUnit::kYear}) {
    const CalendarInterval interval{unit, CalendarInterval::kMaxCount};
    for (const std::int64_t n :
         {std::int64_t{1'000'000}, std::numeric_limits<std::int64_t>::max()}) {
      EXPECT_EQ(nth_boundary(at("2026-01-31T12:00:00Z"), interval, n).millis(),
                Timestamp::kMaxMillis);
    }
  }
}

TEST(BoundariesUntil, CountsOnlyBoundariesThatHaveCome) {
  const Timestamp anchor = at("2026-01-31T12:00:00Z");
  EXPECT_EQ(boundaries_until(anchor, kMonthly, at("2025-01-01T00:00:00Z")), 0);
  EXPECT_EQ(boundaries_until(anchor, kMonthly, anchor), 0);
  EXPECT_EQ(boundaries_until(anchor, kMonthly, at("2026-02-28T11:59:59.999Z")), 0);
  EXPECT_EQ(boundaries_until(anchor, kMonthly, at("2026-02-28T12:00:00Z")), 1);
  EXPECT_EQ(boundaries_until(anchor, kMonthly, at("2026-03-30T12:00:00Z")), 1);
  EXPECT_EQ(boundaries_until(anchor, kMonthly, at("2026-03-31T12:00:00Z")), 2);
  const Timestamp last = *Timestamp::from_millis(Timestamp::kMaxMillis);
  EXPECT_EQ(boundaries_until(anchor, kYearly, last), 7973);
  EXPECT_EQ(boundaries_until(anchor, {IntervalUnit::kDay, 1}, last), (last - anchor).count / kDay);
}

// A calendar of its own, counted day by day, to compare with.
struct Date {
  int year, month, day;
};
bool is_leap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }
int days_in(int year, int month) {
  if (month == 2) return is_leap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}
std::vector<Date> calendar(int first_year, int last_year) {
  std::vector<Date> dates;
  for (int y = first_year; y <= last_year; ++y) {
    for (int m = 1; m <= 12; ++m) {
      for (int d = 1; d <= days_in(y, m); ++d) dates.push_back({y, m, d});
    }
  }
  return dates;
}
std::string text_of(Date d) {
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02d-%02dT06:07:08.009Z", d.year, d.month, d.day);
  return text;
}

TEST(Timestamp, EveryDayOfManyYearsHasItsDate) {
  std::int64_t day = 0;
  for (const Date& date : calendar(1970, 2410)) {
    const auto t = *Timestamp::from_millis(day++ * kDay + 22'028'009);
    ASSERT_EQ(t.to_iso8601(), text_of(date));
    ASSERT_EQ(at(text_of(date)), t);
  }
}

// The month `n` months after the start, with the day clamped, by counting one month at a time.
Date months_after(Date start, int n) {
  Date date = start;
  for (int i = 0; i < n; ++i) {
    if (++date.month > 12) {
      date.month = 1;
      ++date.year;
    }
  }
  date.day = std::min(start.day, days_in(date.year, date.month));
  return date;
}

TEST(NthBoundary, TenYearsOfMonthsFromEveryStartDay) {
  for (const Date& start : calendar(2024, 2032)) {
    const Timestamp anchor = at(text_of(start));
    for (int n = 0; n <= 120; ++n) {
      const Timestamp expected = at(text_of(months_after(start, n)));
      ASSERT_EQ(nth_boundary(anchor, kMonthly, n), expected) << text_of(start) << " + " << n;
      ASSERT_EQ(boundaries_until(anchor, kMonthly, expected), n);
      ASSERT_EQ(boundaries_until(anchor, kMonthly, expected + Millis{-1}), std::max(n - 1, 0));
    }
  }
}

rc::Gen<CalendarInterval> any_interval() {
  return rc::gen::construct<CalendarInterval>(
      rc::gen::element(IntervalUnit::kDay, IntervalUnit::kWeek, IntervalUnit::kMonth,
                       IntervalUnit::kYear),
      rc::gen::oneOf(rc::gen::inRange(1, 5), rc::gen::inRange(1, CalendarInterval::kMaxCount + 1)));
}

RC_GTEST_PROP(BoundariesProperty, UntilIsTheInverseOfNth, ()) {
  const Timestamp anchor =
      *Timestamp::from_millis(*rc::gen::inRange<std::int64_t>(0, 4'000'000'000'000));
  const Timestamp t = anchor + Millis{*rc::gen::inRange<std::int64_t>(0, 4'000'000'000'000)};
  const CalendarInterval interval = *any_interval();
  const std::int64_t n = boundaries_until(anchor, interval, t);
  RC_ASSERT(n >= 0);
  RC_ASSERT(nth_boundary(anchor, interval, n) <= t);
  RC_ASSERT(nth_boundary(anchor, interval, n + 1) > t);
}

RC_GTEST_PROP(BoundariesProperty, BoundariesStrictlyIncrease, ()) {
  const Timestamp anchor =
      *Timestamp::from_millis(*rc::gen::inRange<std::int64_t>(0, 4'000'000'000'000));
  const CalendarInterval interval = *any_interval();
  const std::int64_t n = *rc::gen::inRange<std::int64_t>(0, 100);
  const Timestamp next = nth_boundary(anchor, interval, n + 1);
  RC_ASSERT(next > nth_boundary(anchor, interval, n) || next.millis() == Timestamp::kMaxMillis);
}

TEST(IntervalUnit, TextRoundTrips) {
  for (const auto unit :
       {IntervalUnit::kDay, IntervalUnit::kWeek, IntervalUnit::kMonth, IntervalUnit::kYear}) {
    EXPECT_EQ(parse_interval_unit(to_string(unit)), unit);
  }
  EXPECT_FALSE(parse_interval_unit("months"));
  EXPECT_FALSE(parse_interval_unit(""));
}

}  // namespace
}  // namespace purser
