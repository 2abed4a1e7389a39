#include "types/money.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace purser {
namespace {

__extension__ using Wide = __int128;

constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kInt64Min = std::numeric_limits<std::int64_t>::min();

Currency currency(std::string_view code) { return Currency::parse(code).value(); }
Money money(std::int64_t minor, std::string_view code) { return {minor, currency(code)}; }

TEST(Currency, ParsesAnyLetterCase) {
  EXPECT_EQ(currency("usd").code(), "USD");
  EXPECT_EQ(currency("UsD").code(), "USD");
  EXPECT_EQ(currency("USD").lower(), "usd");
}

TEST(Currency, UnknownCodesAreRefused) {
  for (const char* text : {"", "US", "USDT", "ABC", "XAU", "XTS", "U$D", "u\xC3\xA9", "DEM"}) {
    EXPECT_FALSE(Currency::parse(text)) << text;
  }
}

TEST(Currency, ExponentsOfIso4217) {
  for (const char* code : {"JPY", "KRW", "CLP", "VND", "XAF", "BIF", "PYG", "UYI"}) {
    EXPECT_EQ(currency(code).exponent(), 0) << code;
  }
  for (const char* code : {"USD", "EUR", "GBP", "INR", "HUF", "TWD", "CHF"}) {
    EXPECT_EQ(currency(code).exponent(), 2) << code;
  }
  for (const char* code : {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}) {
    EXPECT_EQ(currency(code).exponent(), 3) << code;
  }
  for (const char* code : {"CLF", "UYW"}) EXPECT_EQ(currency(code).exponent(), 4) << code;
}

TEST(Currency, StripesExponentsWhereTheyDeviate) {
  EXPECT_EQ(currency("ISK").exponent(), 2);
  EXPECT_EQ(currency("UGX").exponent(), 2);
  EXPECT_EQ(currency("MGA").exponent(), 0);
}

TEST(Currency, TheTableIsWhole) {
  EXPECT_EQ(Currency::all().size(), 167u);
  for (const Currency c : Currency::all()) EXPECT_EQ(Currency::parse(c.lower()), c);
}

TEST(Money, PrintsDecimals) {
  EXPECT_EQ(money(1000, "USD").to_decimal(), "10.00");
  EXPECT_EQ(money(1000, "JPY").to_decimal(), "1000");
  EXPECT_EQ(money(-5, "KWD").to_decimal(), "-0.005");
  EXPECT_EQ(money(0, "USD").to_decimal(), "0.00");
  EXPECT_EQ(money(7, "CLF").to_decimal(), "0.0007");
  EXPECT_EQ(money(kInt64Min, "USD").to_decimal(), "-92233720368547758.08");
  EXPECT_EQ(money(kInt64Max, "JPY").to_decimal(), "9223372036854775807");
}

TEST(Money, ParsesDecimals) {
  const Currency usd = currency("USD");
  EXPECT_EQ(Money::parse_decimal("10", usd), money(1000, "USD"));
  EXPECT_EQ(Money::parse_decimal("10.5", usd), money(1050, "USD"));
  EXPECT_EQ(Money::parse_decimal("-0.01", usd), money(-1, "USD"));
  EXPECT_EQ(Money::parse_decimal("007.10", usd), money(710, "USD"));
  EXPECT_EQ(Money::parse_decimal("-92233720368547758.08", usd), money(kInt64Min, "USD"));
}

TEST(Money, RefusesOtherTexts) {
  for (const char* text :
       {"", "-", ".", "1.", ".5", "1.005", "+1", "--1", "1e3", "1,00", " 1", "1 ", "0x1", "1.2.3",
        "1.-5", "- 1", "92233720368547758.08", "1\n", "99999999999999999999999999"}) {
    EXPECT_FALSE(Money::parse_decimal(text, currency("USD"))) << text;
  }
  EXPECT_FALSE(Money::parse_decimal("1.0", currency("JPY")));
}

TEST(Money, CurrenciesDoNotMix) {
  EXPECT_FALSE(money(1, "USD").plus(money(1, "EUR")));
  EXPECT_FALSE(money(1, "USD").minus(money(1, "EUR")));
  EXPECT_NE(money(1, "USD"), money(1, "EUR"));
}

TEST(Money, OverflowIsAnError) {
  EXPECT_EQ(money(kInt64Max, "USD").plus(money(1, "USD")).error().code,
            ErrorCode::kQuantityOutOfRange);
  EXPECT_FALSE(money(kInt64Min, "USD").minus(money(1, "USD")));
  EXPECT_FALSE(money(kInt64Min, "USD").times(-1));
  EXPECT_EQ(money(kInt64Max, "USD").times(1)->minor_units(), kInt64Max);
}

rc::Gen<std::int64_t> any_minor() {
  return rc::gen::oneOf(rc::gen::inRange<std::int64_t>(-100000, 100000),
                        rc::gen::arbitrary<std::int64_t>(),
                        rc::gen::inRange<std::int64_t>(kInt64Min, kInt64Max),
                        rc::gen::element(kInt64Min, kInt64Max, std::int64_t{0}));
}

RC_GTEST_PROP(MoneyProperty, DecimalsRoundTripInEveryCurrency, ()) {
  const std::int64_t minor = *any_minor();
  for (const Currency c : Currency::all()) {
    const Money amount(minor, c);
    RC_ASSERT(Money::parse_decimal(amount.to_decimal(), c) == amount);
  }
}

bool agrees(const Result<Money>& result, Wide exact) {
  if (exact > kInt64Max || exact < kInt64Min) return !result.has_value();
  return result.has_value() && result->minor_units() == static_cast<std::int64_t>(exact);
}

RC_GTEST_PROP(MoneyProperty, ArithmeticAgreesWithWiderIntegers, ()) {
  const std::int64_t a = *any_minor();
  const std::int64_t b = *any_minor();
  const Money x = money(a, "USD");
  const Money y = money(b, "USD");
  RC_ASSERT(agrees(x.plus(y), static_cast<Wide>(a) + b));
  RC_ASSERT(agrees(x.minus(y), static_cast<Wide>(a) - b));
  RC_ASSERT(agrees(x.times(b), static_cast<Wide>(a) * b));
}

}  // namespace
}  // namespace purser
