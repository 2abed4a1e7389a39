#include "sandbox/cards.hpp"

#include <gtest/gtest.h>

#include "sandbox/amounts.hpp"

namespace purser::sandbox {
namespace {

TEST(Cards, KnowTheDocumentedOutcomes) {
  EXPECT_EQ(find_test_card("4242424242424242")->outcome, CardOutcome::kPays);
  EXPECT_EQ(find_test_card("4000000000000002")->message, "Your card was declined.");
  EXPECT_EQ(find_test_card("4000000000009995")->decline_code, "insufficient_funds");
  EXPECT_EQ(find_test_card("4000000000000069")->code, "expired_card");
  EXPECT_EQ(find_test_card("4000000000000127")->code, "incorrect_cvc");
  EXPECT_EQ(find_test_card("4000002500003155")->outcome, CardOutcome::kChallengesUntilSetUp);
  EXPECT_EQ(find_test_card("4000000000003220")->outcome, CardOutcome::kChallenges);
  EXPECT_EQ(find_test_card("4111111111111111"), nullptr);
}

TEST(Cards, AllNumbersHaveTheirCheckDigit) {
  for (const char* number : {"4242424242424242", "378282246310005", "3056930009020004"}) {
    ASSERT_NE(find_test_card(number), nullptr);
    EXPECT_TRUE(passes_luhn(number));
  }
  for (const char* number : {"4242424242424241", "", "42", "4242 4242 4242 4242"}) {
    EXPECT_FALSE(passes_luhn(number)) << number;
  }
}

TEST(Cards, ReadWhatBuyersType) {
  EXPECT_EQ(card_digits("4242 4242-4242 4242"), "4242424242424242");
  EXPECT_EQ(card_digits("4242x"), std::nullopt);
  for (const char* typed : {"12/34", "12 / 34", "1234", "12/2034", "12 / 2034"}) {
    const auto expiry = parse_expiry(typed);
    ASSERT_TRUE(expiry.has_value()) << typed;
    EXPECT_EQ(expiry->month, 12);
    EXPECT_EQ(expiry->year, 2034);
  }
  EXPECT_EQ(parse_expiry("1/34")->month, 1);
  for (const char* typed :
       {"", "13/34", "0/34", "00/34", "12", "12/3", "12/345", "a/b", "12/34/5"}) {
    EXPECT_FALSE(parse_expiry(typed).has_value()) << typed;
  }
}

TEST(Cards, AreGoodUntilTheEndOfTheirMonth) {
  constexpr std::int64_t kEndOfJanuary2026 = 1'769'903'999;
  EXPECT_FALSE(has_expired({1, 2026}, kEndOfJanuary2026));
  EXPECT_TRUE(has_expired({1, 2026}, kEndOfJanuary2026 + 1));
  EXPECT_TRUE(has_expired({12, 2025}, kEndOfJanuary2026));
}

TEST(Amounts, KeepStripesLimits) {
  const Currency usd = *Currency::parse("usd");
  const Currency jpy = *Currency::parse("jpy");
  EXPECT_EQ(check_chargeable(49, usd, "It")->message, "It must be at least $0.50 usd.");
  EXPECT_FALSE(check_chargeable(50, usd, "It").has_value());
  EXPECT_FALSE(check_chargeable(99'999'999, usd, "It").has_value());
  EXPECT_EQ(check_chargeable(100'000'000, usd, "It")->code, "amount_too_large");
  EXPECT_EQ(check_chargeable(49, jpy, "It")->message, "It must be at least ¥50 jpy.");
  EXPECT_EQ(display_amount(1000, jpy), "¥1000");
  EXPECT_EQ(display_amount(10'005, *Currency::parse("kwd")), "10.005 KWD");
}

}  // namespace
}  // namespace purser::sandbox
