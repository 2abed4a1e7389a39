#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace purser::sandbox {

/// What a test card's bank does.
enum class CardOutcome : std::uint8_t { kPays, kDeclines, kChallenges };

/// One of Stripe's documented test cards. Source: https://docs.stripe.com/testing#cards
struct TestCard {
  std::string_view number;
  std::string_view brand;
  std::string_view funding;
  CardOutcome outcome;
  // Of a decline:
  std::string_view code = {};
  std::string_view decline_code = {};
  std::string_view message = {};
};

/// The test card with this number (digits only), or nullptr.
const TestCard* find_test_card(std::string_view digits);
/// The test card that ends in these four digits; how a challenge finds its card again.
const TestCard* find_test_card_by_last4(std::string_view last4);

/// The digits of what a buyer typed (spaces and dashes dropped); nothing when there is anything
/// else in it.
std::optional<std::string> card_digits(std::string_view typed);

/// The check digit. Source: ISO/IEC 7812-1, annex B.
bool passes_luhn(std::string_view digits);

struct CardExpiry {
  int month = 0;
  int year = 0;
};
/// "12/34", "12 / 2034", "1234"; nothing when it is no month and year.
std::optional<CardExpiry> parse_expiry(std::string_view typed);
/// Whether the card has expired: it is valid to the end of its month (UTC).
bool has_expired(CardExpiry expiry, std::int64_t unix_seconds);

}  // namespace purser::sandbox
