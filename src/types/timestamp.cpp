#include "types/timestamp.hpp"

#include <array>
#include <chrono>
#include <cstdlib>

namespace purser {
namespace {

constexpr std::int64_t kMillisPerSecond = 1000;
constexpr std::int64_t kMillisPerMinute = 60 * kMillisPerSecond;
constexpr std::int64_t kMillisPerHour = 60 * kMillisPerMinute;
constexpr std::int64_t kMillisPerDay = 24 * kMillisPerHour;
constexpr std::int64_t kMonthsPerYear = 12;
constexpr std::int64_t kLastYear = 9999;

using std::chrono::day;
using std::chrono::days;
using std::chrono::month;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

// The standard library's calendar types hold integers only; they know neither a clock nor a time
// zone.
year_month_day civil_date(Timestamp t) {
  return year_month_day(sys_days(days(t.millis() / kMillisPerDay)));
}

std::int64_t days_since_epoch(year_month_day date) {
  return sys_days(date).time_since_epoch().count();
}

// Months since the year 0, so that a difference of months is a subtraction.
std::int64_t month_index(year_month_day date) {
  return static_cast<int>(date.year()) * kMonthsPerYear + static_cast<unsigned>(date.month()) - 1;
}

bool is_month_based(IntervalUnit unit) {
  return unit == IntervalUnit::kMonth || unit == IntervalUnit::kYear;
}

// The length of one interval: in months when it is month-based, else in milliseconds.
std::int64_t length(CalendarInterval interval) {
  switch (interval.unit) {
    case IntervalUnit::kDay:
      return interval.count * kMillisPerDay;
    case IntervalUnit::kWeek:
      return interval.count * 7 * kMillisPerDay;
    case IntervalUnit::kMonth:
      return interval.count;
    case IntervalUnit::kYear:
      return interval.count * kMonthsPerYear;
  }
  std::abort();
}

Timestamp clamped(std::int64_t millis) {
  const auto t = Timestamp::from_millis(millis);
  return t ? *t : *Timestamp::from_millis(Timestamp::kMaxMillis);
}

// Reads fixed-width digits and single characters from the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool number(std::size_t digits, std::int64_t max, std::int64_t* out) {
    if (rest_.size() < digits) return false;
    std::int64_t value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (!is_digit(rest_[i])) return false;
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    *out = value;
    return value <= max;
  }
  bool one_of(std::string_view allowed, char* out = nullptr) {
    if (rest_.empty() || allowed.find(rest_.front()) == std::string_view::npos) return false;
    if (out != nullptr) *out = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  // ".123456789" in milliseconds, or nothing written when there is no point.
  bool fraction(std::int64_t* millis) {
    *millis = 0;
    if (!one_of(".")) return true;
    std::size_t digits = 0;
    std::int64_t weight = 100;
    for (; digits < rest_.size() && is_digit(rest_[digits]); ++digits, weight /= 10) {
      *millis += (rest_[digits] - '0') * weight;
    }
    rest_.remove_prefix(digits);
    return digits >= 1 && digits <= 9;
  }
  bool at_end() const { return rest_.empty(); }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  std::string_view rest_;
};

// "Z" or "+05:30" as milliseconds to subtract.
bool read_offset(Scanner& in, std::int64_t* millis) {
  *millis = 0;
  if (in.one_of("Zz")) return true;
  char sign = '+';
  std::int64_t hours = 0;
  std::int64_t minutes = 0;
  if (!in.one_of("+-", &sign) || !in.number(2, 23, &hours) || !in.one_of(":") ||
      !in.number(2, 59, &minutes)) {
    return false;
  }
  *millis = (hours * kMillisPerHour + minutes * kMillisPerMinute) * (sign == '-' ? -1 : 1);
  return true;
}

}  // namespace

std::string Timestamp::to_iso8601() const {
  const year_month_day date = civil_date(*this);
  const std::int64_t in_day = millis_ % kMillisPerDay;
  std::string text;
  text.reserve(24);
  const auto append = [&text](std::int64_t value, int digits, char after) {
    std::array<char, 4> reversed{};
    for (int i = 0; i < digits; ++i, value /= 10) {
      reversed[static_cast<std::size_t>(i)] = static_cast<char>('0' + value % 10);
    }
    for (int i = digits; i-- > 0;) text.push_back(reversed[static_cast<std::size_t>(i)]);
    text.push_back(after);
  };
  append(static_cast<int>(date.year()), 4, '-');
  append(static_cast<unsigned>(date.month()), 2, '-');
  append(static_cast<unsigned>(date.day()), 2, 'T');
  append(in_day / kMillisPerHour, 2, ':');
  append(in_day / kMillisPerMinute % 60, 2, ':');
  append(in_day / kMillisPerSecond % 60, 2, '.');
  append(in_day % kMillisPerSecond, 3, 'Z');
  return text;
}

std::optional<Timestamp> Timestamp::parse_iso8601(std::string_view text) {
  Scanner in(text);
  std::int64_t y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0, millis = 0, offset = 0;
  const bool shaped = in.number(4, kLastYear, &y) && in.one_of("-") && in.number(2, 12, &mo) &&
                      in.one_of("-") && in.number(2, 31, &d) && in.one_of("Tt") &&
                      in.number(2, 23, &h) && in.one_of(":") && in.number(2, 59, &mi) &&
                      in.one_of(":") && in.number(2, 59, &s) && in.fraction(&millis) &&
                      read_offset(in, &offset) && in.at_end();
  if (!shaped) return std::nullopt;
  const year_month_day date(year(static_cast<int>(y)), month(static_cast<unsigned>(mo)),
                            day(static_cast<unsigned>(d)));
  if (!date.ok()) return std::nullopt;
  return from_millis(days_since_epoch(date) * kMillisPerDay + h * kMillisPerHour +
                     mi * kMillisPerMinute + s * kMillisPerSecond + millis - offset);
}

std::string_view to_string(IntervalUnit unit) {
  switch (unit) {
    case IntervalUnit::kDay:
      return "day";
    case IntervalUnit::kWeek:
      return "week";
    case IntervalUnit::kMonth:
      return "month";
    case IntervalUnit::kYear:
      return "year";
  }
  std::abort();
}

std::optional<IntervalUnit> parse_interval_unit(std::string_view text) {
  for (const IntervalUnit unit :
       {IntervalUnit::kDay, IntervalUnit::kWeek, IntervalUnit::kMonth, IntervalUnit::kYear}) {
    if (to_string(unit) == text) return unit;
  }
  return std::nullopt;
}

Timestamp nth_boundary(Timestamp anchor, CalendarInterval interval, std::int64_t n) {
  std::int64_t steps = 0;
  if (__builtin_mul_overflow(length(interval), n, &steps)) return clamped(-1);
  if (!is_month_based(interval.unit)) {
    std::int64_t millis = 0;
    if (__builtin_add_overflow(anchor.millis(), steps, &millis)) return clamped(-1);
    return clamped(millis);
  }
  const year_month_day date = civil_date(anchor);
  std::int64_t target = 0;
  if (__builtin_add_overflow(month_index(date), steps, &target)) return clamped(-1);
  if (target / kMonthsPerYear > kLastYear) return clamped(-1);
  const year_month_day first(year(static_cast<int>(target / kMonthsPerYear)),
                             month(static_cast<unsigned>(target % kMonthsPerYear) + 1), day(1));
  const day last_day = (first.year() / first.month() / std::chrono::last).day();
  const day wanted = date.day() < last_day ? date.day() : last_day;
  return clamped(days_since_epoch(first.year() / first.month() / wanted) * kMillisPerDay +
                 anchor.millis() % kMillisPerDay);
}

std::int64_t boundaries_until(Timestamp anchor, CalendarInterval interval, Timestamp t) {
  if (t <= anchor) return 0;
  if (!is_month_based(interval.unit)) return (t - anchor).count / length(interval);
  // The boundary of a month lies in that month, so only the last candidate can still be ahead of t.
  const std::int64_t months = month_index(civil_date(t)) - month_index(civil_date(anchor));
  const std::int64_t n = months / length(interval);
  return nth_boundary(anchor, interval, n) > t ? n - 1 : n;
}

}  // namespace purser
