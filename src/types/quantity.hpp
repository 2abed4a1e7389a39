#pragma once

#include <compare>
#include <cstdint>
#include <optional>

namespace purser {

/// How many of an item: an integer of magnitude at most 2^53-1, so that JSON numbers stay exact.
/// May be negative (a change, a debt). A value; every construction and operation is checked.
class Quantity {
 public:
  static constexpr std::int64_t kMax = (std::int64_t{1} << 53) - 1;

  constexpr Quantity() = default;

  /// The quantity `value`, or nothing when its magnitude is above kMax.
  static constexpr std::optional<Quantity> of(std::int64_t value) {
    if (value > kMax || value < -kMax) return std::nullopt;
    return Quantity(value);
  }

  constexpr std::int64_t value() const { return value_; }
  constexpr bool is_positive() const { return value_ > 0; }
  constexpr bool is_negative() const { return value_ < 0; }
  constexpr bool is_zero() const { return value_ == 0; }
  constexpr Quantity operator-() const { return Quantity(-value_); }

  /// The sum, difference or product, or nothing when it leaves the range.
  constexpr std::optional<Quantity> plus(Quantity other) const { return of(value_ + other.value_); }
  constexpr std::optional<Quantity> minus(Quantity other) const {
    return of(value_ - other.value_);
  }
  constexpr std::optional<Quantity> times(Quantity other) const {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(value_, other.value_, &product)) return std::nullopt;
    return of(product);
  }

  friend constexpr bool operator==(Quantity, Quantity) = default;
  friend constexpr auto operator<=>(Quantity, Quantity) = default;

 private:
  constexpr explicit Quantity(std::int64_t value) : value_(value) {}
  std::int64_t value_ = 0;
};

}  // namespace purser
