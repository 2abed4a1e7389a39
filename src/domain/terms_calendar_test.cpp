// Ten years of repeats and of periods from every start day of 2024 to 2032, against a calendar that
// is a list of days. Plain loops: nothing is left to chance.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <random>
#include <vector>

#include "domain/ledger.hpp"
#include "domain/subscription.hpp"

namespace purser::domain {
namespace {

constexpr int kFirstYear = 2024;
constexpr int kStartDays = 366 + 365 + 365 + 365 + 366 + 365 + 365 + 365 + 366;  // 2024 to 2032
constexpr std::int64_t kMillisPerDay = 86'400'000;

// The days since 2024-01-01, as a calendar on a wall has them.
class Calendar {
 public:
  Calendar() {
    for (int year = kFirstYear; year < kFirstYear + 22; ++year) {
      const int february = year % 4 == 0 ? 29 : 28;  // 2100 is far away
      for (const int length : {31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}) {
        const int first = static_cast<int>(month_of_.size());
        for (int d = 0; d < length; ++d) month_of_.push_back(static_cast<int>(months_.size()));
        months_.push_back({first, length});
      }
    }
  }
  // `months` later, on the same day of the month or the last one that the month has.
  int months_later(int start, int months) const {
    const int month = month_of_.at(static_cast<std::size_t>(start));
    const int day = start - months_.at(static_cast<std::size_t>(month)).first;
    const Month& wanted = months_.at(static_cast<std::size_t>(month + months));
    return wanted.first + std::min(day, wanted.length - 1);
  }

 private:
  struct Month {
    int first;
    int length;
  };
  std::vector<Month> months_;
  std::vector<int> month_of_;
};

// Another time of the day for each start, the same one for all that follows from it.
Timestamp instant(int day, int start) {
  static const Timestamp first = Timestamp::parse_iso8601("2024-01-01T00:00:00Z").value();
  return first + Millis{day * kMillisPerDay + (start * std::int64_t{7919} * 1009) % kMillisPerDay};
}

// When the intervals begin that begin within ten years after the start.
std::vector<Timestamp> begins(int start, IntervalUnit unit) {
  static const Calendar calendar;
  const int end = calendar.months_later(start, 120);
  std::vector<Timestamp> instants;
  for (int n = 1;; ++n) {
    int next = start + n;
    if (unit == IntervalUnit::kWeek) next = start + 7 * n;
    if (unit == IntervalUnit::kMonth) next = calendar.months_later(start, n);
    if (unit == IntervalUnit::kYear) next = calendar.months_later(start, 12 * n);
    if (next > end) return instants;
    instants.push_back(instant(next, start));
  }
}

constexpr std::array<IntervalUnit, 4> kUnits = {IntervalUnit::kDay, IntervalUnit::kWeek,
                                                IntervalUnit::kMonth, IntervalUnit::kYear};

// Ledger entries of all days and weeks would be 28 millions; some starts have them. The periods
// below are counted for all.
bool is_tried(int start, IntervalUnit unit) {
  if (unit == IntervalUnit::kDay) return start % 40 == 0;
  return unit != IntervalUnit::kWeek || start % 5 == 0;
}

Change first_grant(int start, IntervalUnit unit) {
  const Timestamp now = instant(start, start);
  return grant_included({},
                        {PurchaseId("p"), Quantity::of(1).value(), CalendarInterval{unit, 1},
                         Expiry::kNever, now},
                        now)
      .value();
}

TEST(TenYearsOfRepeats, EachIntervalIsGrantedOnceOnItsDay) {
  for (int start = 0; start < kStartDays; ++start) {
    for (const IntervalUnit unit : kUnits) {
      if (!is_tried(start, unit)) continue;
      const std::vector<Timestamp> expected = begins(start, unit);
      const Change due = apply_due(first_grant(start, unit).account, expected.back()).value();
      std::vector<Timestamp> granted;
      for (const Entry& entry : due.entries) granted.push_back(entry.at);
      ASSERT_TRUE(granted == expected) << to_string(unit) << " from day " << start;
      ASSERT_FALSE(is_due(due.account, expected.back() + Millis{kMillisPerDay - 1}));
    }
  }
}

TEST(TenYearsOfRepeats, WhateverTheDowntime) {
  std::mt19937 random;  // the same downtimes in every run; properties draw others
  for (int start = 0; start < kStartDays; ++start) {
    for (const IntervalUnit unit : kUnits) {
      if (!is_tried(start, unit)) continue;
      const Timestamp end = begins(start, unit).back();
      const ItemAccount begun = first_grant(start, unit).account;
      const Change at_once = apply_due(begun, end).value();
      ItemAccount account = begun;
      std::vector<Entry> entries;
      for (Timestamp now = instant(start, start); now < end;) {
        std::uniform_int_distribution<std::int64_t> downtime(1, 900 * kMillisPerDay);
        now = std::min(now + Millis{downtime(random)}, end);
        Change due = apply_due(std::move(account), now).value();
        entries.insert(entries.end(), std::make_move_iterator(due.entries.begin()),
                       std::make_move_iterator(due.entries.end()));
        account = std::move(due.account);
      }
      ASSERT_TRUE(entries == at_once.entries) << to_string(unit) << " from day " << start;
      ASSERT_TRUE(account == at_once.account) << to_string(unit) << " from day " << start;
    }
  }
}

TEST(TenYearsOfPeriods, BeginOnTheAnchorsDay) {
  for (int start = 0; start < kStartDays; ++start) {
    for (const IntervalUnit unit : kUnits) {
      const CalendarInterval interval{unit, 1};
      const Subscription begun = start_local(interval, {}, instant(start, start));
      const std::vector<Timestamp> expected = begins(start, unit);
      std::vector<Timestamp> begun_at;
      Subscription subscription = begun;
      for (;;) {
        const Advance due = advance(subscription, interval, expected.back());
        if (due.renewals.empty()) break;
        for (const Renewal& renewal : due.renewals) begun_at.push_back(renewal.at);
        subscription = due.subscription;
      }
      ASSERT_TRUE(begun_at == expected) << to_string(unit) << " from day " << start;
      ASSERT_EQ(as_of(begun, interval, expected.back()), subscription);
      ASSERT_EQ(as_of(begun, interval, expected.front() + Millis{-1}), begun);
    }
  }
}

}  // namespace
}  // namespace purser::domain
