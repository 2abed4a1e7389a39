#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "types/result.hpp"

namespace purser {

/// An ISO 4217 currency that Purser knows. A value of three upper-case letters.
/// Source: ISO 4217 (alphabetic codes and minor-unit exponents), and Stripe's list of zero- and
/// three-decimal currencies where it deviates (https://docs.stripe.com/currencies#zero-decimal):
/// amounts in MGA have no decimals there, amounts in ISK and UGX have two that must be 00. Funds,
/// metals and test codes without a minor unit (XAU, XTS, …) are not currencies here.
class Currency {
 public:
  /// The currency with this code, in any letter case; nothing when it is not in the table.
  static std::optional<Currency> parse(std::string_view code);
  /// Every known currency, in the order of their codes.
  static const std::vector<Currency>& all();

  std::string_view code() const { return {code_.data(), 3}; }  ///< "USD"
  std::string lower() const;                                   ///< "usd", as Stripe writes it
  int exponent() const;  ///< Digits of the minor unit, 0–4: 2 for USD, 0 for JPY, 3 for KWD.

  friend constexpr bool operator==(Currency, Currency) = default;

 private:
  constexpr explicit Currency(std::array<char, 3> code) : code_(code) {}
  std::array<char, 3> code_;
};

/// An exact amount in a currency's minor units. A value; arithmetic is checked: an overflow or a
/// mix of currencies is an Error, never a wrong amount. There is no floating point and no implicit
/// conversion.
class Money {
 public:
  Money(std::int64_t minor_units, Currency currency) : minor_(minor_units), currency_(currency) {}

  std::int64_t minor_units() const { return minor_; }
  Currency currency() const { return currency_; }

  /// The exact sum, difference or product. Errors: kQuantityOutOfRange when the result does not fit
  /// an int64; kInternalError when the currencies differ (callers compare them first).
  Result<Money> plus(const Money& other) const;
  Result<Money> minus(const Money& other) const;
  Result<Money> times(std::int64_t factor) const;

  /// "10.00", "1000" (JPY), "-0.005" (KWD): exact, with the currency's number of decimals.
  std::string to_decimal() const;
  /// The exact inverse of to_decimal: fewer decimals are padded, more are refused, and so are signs
  /// other than one leading '-', exponents, separators, white space, a point without digits on both
  /// sides, and amounts that do not fit. Superfluous leading zeros are accepted.
  static std::optional<Money> parse_decimal(std::string_view text, Currency currency);

  friend bool operator==(const Money&, const Money&) = default;

 private:
  std::int64_t minor_;
  Currency currency_;
};

}  // namespace purser
