#include "http/card_guard.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>

namespace purser::http {
namespace {

constexpr std::size_t kMinDigits = 13;
constexpr std::size_t kMaxDigits = 19;

constexpr std::array<std::string_view, 24> kCardNames = {"card",
                                                         "cards",
                                                         "cardnumber",
                                                         "cardno",
                                                         "cardnum",
                                                         "cardholder",
                                                         "carddata",
                                                         "carddetails",
                                                         "ccnumber",
                                                         "ccnum",
                                                         "cc",
                                                         "creditcard",
                                                         "creditcardno",
                                                         "debitcard",
                                                         "pan",
                                                         "primaryaccountnumber",
                                                         "cvc",
                                                         "cvv",
                                                         "cvv2",
                                                         "securitycode",
                                                         "expmonth",
                                                         "expyear",
                                                         "creditcardnumber",
                                                         "debitcardnumber"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_separator(char c) { return c == ' ' || c == '-'; }

// "card_number", "cardNumber" and "Card Number" are one name.
bool is_card_name(std::string_view name) {
  std::string plain;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') plain += static_cast<char>(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || is_digit(c)) plain += c;
  }
  return std::ranges::find(kCardNames, plain) != kCardNames.end();
}

bool has_card_name(const json::Value& value) {
  if (const json::Array* array = value.as_array())
    return std::ranges::any_of(*array, has_card_name);
  const json::Object* object = value.as_object();
  if (object == nullptr) return false;
  return std::ranges::any_of(*object, [](const json::Member& member) {
    return is_card_name(member.first) || has_card_name(member.second);
  });
}

bool passes_luhn(std::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, twice = !twice) {
    const int value = (*digit - '0') * (twice ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return sum % 10 == 0;
}

int prefix(std::string_view digits, std::size_t count) {
  int value = 0;
  std::from_chars(digits.data(), digits.data() + count, value);
  return value;
}

bool between(int value, int low, int high) { return value >= low && value <= high; }

// The issuers' ranges, so that other long numbers (ids of users elsewhere) are rarely refused.
bool has_issuer_range(std::string_view digits) {
  const std::size_t n = digits.size();
  const int two = prefix(digits, 2);
  const int four = prefix(digits, 4);
  if (digits[0] == '4') return n == 13 || n == 16 || n == 19;
  if (between(two, 51, 55) || between(four, 2221, 2720)) return n == 16;
  if (two == 34 || two == 37) return n == 15;
  if (two == 36 || two == 38 || two == 39 || between(four, 3000, 3059)) return n == 14 || n == 16;
  if (between(four, 3528, 3589)) return n == 16;
  if (four == 6011 || two == 65 || between(four, 6440, 6499)) return n == 16 || n == 19;
  return two == 62 && n >= 16;
}

// Is there, between other characters, a number that could be a card's?
bool contains_number(std::string_view text) {
  std::string run;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && is_digit(text[i])) {
      run += text[i];
    } else if (i == text.size() || !is_separator(text[i])) {
      if (run.size() >= kMinDigits && run.size() <= kMaxDigits && passes_luhn(run)) return true;
      run.clear();
    }
  }
  return false;
}

bool is_lone_number(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (is_digit(c)) {
      digits += c;
    } else if (!is_separator(c)) {
      return false;
    }
    if (digits.size() > kMaxDigits) return false;
  }
  return digits.size() >= kMinDigits && passes_luhn(digits) && has_issuer_range(digits);
}

bool carries(const json::Value& value, bool has_names) {
  if (const std::string* text = value.as_string()) {
    return has_names ? contains_number(*text) : is_lone_number(*text);
  }
  if (const std::int64_t* number = value.as_int()) {
    return has_names && contains_number(std::to_string(*number));
  }
  if (const json::Array* array = value.as_array()) {
    return std::ranges::any_of(*array,
                               [&](const json::Value& item) { return carries(item, has_names); });
  }
  if (const json::Object* object = value.as_object()) {
    return std::ranges::any_of(
        *object, [&](const json::Member& member) { return carries(member.second, has_names); });
  }
  return false;
}

}  // namespace

bool carries_card_number(const json::Value& document) {
  return carries(document, has_card_name(document));
}

}  // namespace purser::http
