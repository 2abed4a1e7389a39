#include "types/money.hpp"

#include <charconv>

namespace purser {
namespace {

Error out_of_range() {
  return {ErrorCode::kQuantityOutOfRange, "The amount of money is too large."};
}

Status require_same(Currency a, Currency b) {
  if (a == b) return {};
  return Error::internal("amounts in " + std::string(a.code()) + " and " + std::string(b.code()) +
                         " cannot be combined");
}

bool all_digits(std::string_view text) {
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
  }
  return !text.empty();
}

}  // namespace

Result<Money> Money::plus(const Money& other) const {
  PURSER_CHECK_OK(require_same(currency_, other.currency_));
  std::int64_t sum = 0;
  if (__builtin_add_overflow(minor_, other.minor_, &sum)) return out_of_range();
  return Money(sum, currency_);
}

Result<Money> Money::minus(const Money& other) const {
  PURSER_CHECK_OK(require_same(currency_, other.currency_));
  std::int64_t difference = 0;
  if (__builtin_sub_overflow(minor_, other.minor_, &difference)) return out_of_range();
  return Money(difference, currency_);
}

Result<Money> Money::times(std::int64_t factor) const {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(minor_, factor, &product)) return out_of_range();
  return Money(product, currency_);
}

std::string Money::to_decimal() const {
  const auto exponent = static_cast<std::size_t>(currency_.exponent());
  // Unsigned, because the magnitude of the smallest int64 has no int64.
  const auto bits = static_cast<std::uint64_t>(minor_);
  std::string digits = std::to_string(minor_ < 0 ? std::uint64_t{0} - bits : bits);
  if (digits.size() <= exponent) digits.insert(0, exponent + 1 - digits.size(), '0');
  if (exponent > 0) digits.insert(digits.size() - exponent, 1, '.');
  return minor_ < 0 ? "-" + digits : digits;
}

std::optional<Money> Money::parse_decimal(std::string_view text, Currency currency) {
  std::string digits;
  if (!text.empty() && text.front() == '-') {
    digits = "-";
    text.remove_prefix(1);
  }
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  if (!all_digits(whole)) return std::nullopt;
  std::string_view decimals;
  if (point != std::string_view::npos) {
    decimals = text.substr(point + 1);
    if (!all_digits(decimals)) return std::nullopt;
  }
  const auto exponent = static_cast<std::size_t>(currency.exponent());
  if (decimals.size() > exponent) return std::nullopt;
  digits.append(whole).append(decimals).append(exponent - decimals.size(), '0');

  std::int64_t minor = 0;
  const char* const end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, minor);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return Money(minor, currency);
}

}  // namespace purser
