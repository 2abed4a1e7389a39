#include "sandbox/proration.hpp"

#include <algorithm>
#include <array>

namespace purser::sandbox {
namespace {

constexpr std::int64_t kDay = 24 * 60 * 60;
// The Gregorian calendar repeats itself after so many days.
constexpr std::int64_t kFourCenturies = 146'097 * kDay;
constexpr std::int64_t kMonthsOfFourCenturies = 400 * 12;

constexpr std::array<std::int64_t, 3> kRetryDays{3, 5, 7};

// The length of intervals that do not depend on the calendar; 0 for the others.
std::int64_t fixed_length(CalendarInterval interval) {
  if (interval.unit == IntervalUnit::kDay) return interval.count * kDay;
  if (interval.unit == IntervalUnit::kWeek) return interval.count * 7 * kDay;
  return 0;
}

Timestamp at_second(std::int64_t seconds) {
  return Timestamp::from_millis(seconds * 1000).value_or(Timestamp());
}

}  // namespace

std::int64_t prorated(std::int64_t amount, std::int64_t part, std::int64_t whole) {
  __extension__ using Wide = __int128;
  const Wide product = static_cast<Wide>(amount) * part;
  const Wide magnitude = product < 0 ? -product : product;
  const Wide rounded = (2 * magnitude + whole) / (2 * static_cast<Wide>(whole));
  return static_cast<std::int64_t>(product < 0 ? -rounded : rounded);
}

Settlement settle(std::int64_t total, std::int64_t balance, std::int64_t minimum) {
  const std::int64_t owed = total + balance;
  if (total <= 0) return {0, owed};
  if (owed < minimum) return {0, owed};
  return {owed, 0};
}

std::int64_t boundary_after(std::int64_t anchor, CalendarInterval interval, std::int64_t time) {
  if (time < anchor) return anchor;
  if (const std::int64_t length = fixed_length(interval)) {
    return anchor + ((time - anchor) / length + 1) * length;
  }
  const std::int64_t n = boundaries_until(at_second(anchor), interval, at_second(time));
  return nth_boundary(at_second(anchor), interval, n + 1).millis() / 1000;
}

std::int64_t boundary_before(std::int64_t anchor, CalendarInterval interval) {
  if (const std::int64_t length = fixed_length(interval)) return anchor - length;
  const std::int64_t months =
      interval.unit == IntervalUnit::kYear ? 12LL * interval.count : std::int64_t{interval.count};
  const std::int64_t later =
      nth_boundary(at_second(anchor), {IntervalUnit::kMonth, 1}, kMonthsOfFourCenturies - months)
          .millis() /
      1000;
  return later - kFourCenturies;
}

std::optional<std::int64_t> next_attempt(std::int64_t failures, std::int64_t now) {
  const auto index = static_cast<std::size_t>(std::max<std::int64_t>(failures, 1) - 1);
  if (index >= kRetryDays.size()) return std::nullopt;
  return now + kRetryDays[index] * kDay;
}

}  // namespace purser::sandbox
