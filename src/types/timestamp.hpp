#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace purser {

/// An instant in UTC with millisecond precision. A value. There is no `now()` here: time comes from
/// the Clock port. Range: years 1970 to 9999, which ISO 8601's four-digit years can write.
class Timestamp {
 public:
  static constexpr std::int64_t kMaxMillis = 253'402'300'799'999;  // 9999-12-31T23:59:59.999Z

  constexpr Timestamp() = default;
  static constexpr std::optional<Timestamp> from_millis(std::int64_t millis) {
    if (millis < 0 || millis > kMaxMillis) return std::nullopt;
    return Timestamp(millis);
  }

  constexpr std::int64_t millis() const { return millis_; }

  /// "2026-01-31T12:00:00.000Z".
  std::string to_iso8601() const;
  /// Parses ISO 8601 date-times with `Z` or a numeric offset and 0–9 fraction digits (cut to
  /// milliseconds); nothing for anything else, for a leap second (:60), and for an instant outside
  /// the range. Source: RFC 3339 section 5.6.
  static std::optional<Timestamp> parse_iso8601(std::string_view text);

  friend constexpr bool operator==(Timestamp, Timestamp) = default;
  friend constexpr auto operator<=>(Timestamp, Timestamp) = default;

 private:
  constexpr explicit Timestamp(std::int64_t millis) : millis_(millis) {}
  std::int64_t millis_ = 0;
};

/// A length of time in milliseconds; may be negative. For deadlines and leases, never for billing
/// periods (those are CalendarInterval).
struct Millis {
  std::int64_t count = 0;
  friend constexpr auto operator<=>(Millis, Millis) = default;
};

/// `t + d`, clamped to the range of Timestamp; exact for every `d`.
constexpr Timestamp operator+(Timestamp t, Millis d) {
  std::int64_t sum = 0;
  // t is never negative, so only a positive `d` can overflow.
  if (__builtin_add_overflow(t.millis(), d.count, &sum)) sum = Timestamp::kMaxMillis;
  if (sum < 0) return Timestamp{};
  return *Timestamp::from_millis(sum > Timestamp::kMaxMillis ? Timestamp::kMaxMillis : sum);
}
/// How long after `b` the instant `a` is; negative when it is before.
constexpr Millis operator-(Timestamp a, Timestamp b) { return {a.millis() - b.millis()}; }

enum class IntervalUnit : std::uint8_t { kDay, kWeek, kMonth, kYear };

/// A billing interval: a positive number of calendar units, e.g. every 3 months.
/// Range of count: 1–1000.
struct CalendarInterval {
  static constexpr int kMaxCount = 1000;

  IntervalUnit unit = IntervalUnit::kMonth;
  int count = 1;
  friend constexpr bool operator==(CalendarInterval, CalendarInterval) = default;
};

/// "day", "week", "month" or "year".
std::string_view to_string(IntervalUnit unit);
/// The inverse of to_string; nothing for any other text.
std::optional<IntervalUnit> parse_interval_unit(std::string_view text);

/// The n-th boundary counted from the anchor: `anchor + n × interval` in calendar units, with the
/// day of the month clamped to the month's length. Always counted from the anchor, never chained,
/// so Jan 31 + 1 month = Feb 28, + 2 months = Mar 31; Feb 29 + 1 year = Feb 28, + 4 years = Feb 29.
/// The time of the day is the anchor's. n ≥ 0. A boundary after the year 9999 is clamped to
/// Timestamp::kMaxMillis. Source: the proleptic Gregorian calendar of ISO 8601, in UTC, without
/// leap seconds.
Timestamp nth_boundary(Timestamp anchor, CalendarInterval interval, std::int64_t n);

/// The inverse of nth_boundary: the largest n ≥ 0 with nth_boundary(anchor, interval, n) ≤ t; 0
/// when t is before the anchor. Boundaries after the year 9999 do not count, although they are
/// clamped into it.
std::int64_t boundaries_until(Timestamp anchor, CalendarInterval interval, Timestamp t);

}  // namespace purser
