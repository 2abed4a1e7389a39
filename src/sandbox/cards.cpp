#include "sandbox/cards.hpp"

#include <array>
#include <ctime>

namespace purser::sandbox {
namespace {

constexpr std::string_view kDeclined = "Your card was declined.";
using Outcome = CardOutcome;

constexpr std::array kCards = {
    TestCard{"4242424242424242", "visa", "credit", Outcome::kPays},
    TestCard{"4000056655665556", "visa", "debit", Outcome::kPays},
    TestCard{"5555555555554444", "mastercard", "credit", Outcome::kPays},
    TestCard{"5200828282828210", "mastercard", "debit", Outcome::kPays},
    TestCard{"378282246310005", "amex", "credit", Outcome::kPays},
    TestCard{"6011111111111117", "discover", "credit", Outcome::kPays},
    TestCard{"3056930009020004", "diners", "credit", Outcome::kPays},
    TestCard{"3566002020360505", "jcb", "credit", Outcome::kPays},
    TestCard{"6200000000000005", "unionpay", "credit", Outcome::kPays},
    TestCard{"4000002500003155", "visa", "credit", Outcome::kChallenges},
    TestCard{"4000000000003220", "visa", "credit", Outcome::kChallenges},
    TestCard{"4000000000000002", "visa", "credit", Outcome::kDeclines, "card_declined",
             "generic_decline", kDeclined},
    TestCard{"4000000000009995", "visa", "credit", Outcome::kDeclines, "card_declined",
             "insufficient_funds", "Your card has insufficient funds."},
    TestCard{"4000000000009987", "visa", "credit", Outcome::kDeclines, "card_declined", "lost_card",
             kDeclined},
    TestCard{"4000000000009979", "visa", "credit", Outcome::kDeclines, "card_declined",
             "stolen_card", kDeclined},
    TestCard{"4000000000000069", "visa", "credit", Outcome::kDeclines, "expired_card", "",
             "Your card has expired."},
    TestCard{"4000000000000127", "visa", "credit", Outcome::kDeclines, "incorrect_cvc", "",
             "Your card's security code is incorrect."},
    TestCard{"4000000000000119", "visa", "credit", Outcome::kDeclines, "processing_error", "",
             "An error occurred while processing your card. Try again in a little bit."},
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

const TestCard* find_test_card(std::string_view digits) {
  for (const TestCard& card : kCards) {
    if (card.number == digits) return &card;
  }
  return nullptr;
}

const TestCard* find_test_card_by_last4(std::string_view last4) {
  for (const TestCard& card : kCards) {
    if (card.number.substr(card.number.size() - 4) == last4) return &card;
  }
  return nullptr;
}

std::optional<std::string> card_digits(std::string_view typed) {
  std::string digits;
  for (const char c : typed) {
    if (is_digit(c)) {
      digits += c;
    } else if (c != ' ' && c != '-') {
      return std::nullopt;
    }
  }
  return digits;
}

bool passes_luhn(std::string_view digits) {
  if (digits.size() < 12 || digits.size() > 19) return false;
  int sum = 0;
  bool doubled = false;
  for (auto it = digits.rbegin(); it != digits.rend(); ++it, doubled = !doubled) {
    if (!is_digit(*it)) return false;
    const int digit = (*it - '0') * (doubled ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 == 0;
}

std::optional<CardExpiry> parse_expiry(std::string_view typed) {
  std::string digits;
  bool slash = false;
  for (const char c : typed) {
    if (is_digit(c)) {
      digits += c;
    } else if (c == '/' && !slash && (digits.size() == 1 || digits.size() == 2)) {
      slash = true;
      if (digits.size() == 1) digits.insert(digits.begin(), '0');
    } else if (c != ' ') {
      return std::nullopt;
    }
  }
  if (digits.size() != 4 && digits.size() != 6) return std::nullopt;
  CardExpiry expiry;
  expiry.month = (digits[0] - '0') * 10 + (digits[1] - '0');
  for (std::size_t i = 2; i < digits.size(); ++i)
    expiry.year = expiry.year * 10 + (digits[i] - '0');
  if (digits.size() == 4) expiry.year += 2000;
  if (expiry.month < 1 || expiry.month > 12) return std::nullopt;
  return expiry;
}

bool has_expired(CardExpiry expiry, std::int64_t unix_seconds) {
  const std::time_t time = unix_seconds;
  std::tm now{};
  gmtime_r(&time, &now);
  const int year = now.tm_year + 1900;
  return expiry.year < year || (expiry.year == year && expiry.month < now.tm_mon + 1);
}

}  // namespace purser::sandbox
