#include "sandbox/cards.hpp"

#include <array>
#include <ctime>

namespace purser::sandbox {
namespace {

constexpr std::string_view kDeclined = "Your card was declined.";
constexpr std::string_view kInsufficient = "Your card has insufficient funds.";
using Outcome = CardOutcome;

constexpr std::array kCards = {
    TestCard{"4242424242424242", "visa", "credit", Outcome::kPays, "visa"},
    TestCard{"4000056655665556", "visa", "debit", Outcome::kPays, "visa_debit"},
    TestCard{"5555555555554444", "mastercard", "credit", Outcome::kPays, "mastercard"},
    TestCard{"5200828282828210", "mastercard", "debit", Outcome::kPays, "mastercard_debit"},
    TestCard{"378282246310005", "amex", "credit", Outcome::kPays, "amex"},
    TestCard{"6011111111111117", "discover", "credit", Outcome::kPays, "discover"},
    TestCard{"3056930009020004", "diners", "credit", Outcome::kPays, "diners"},
    TestCard{"3566002020360505", "jcb", "credit", Outcome::kPays, "jcb"},
    TestCard{"6200000000000005", "unionpay", "credit", Outcome::kPays, "unionpay"},
    TestCard{"4000002500003155", "visa", "credit", Outcome::kChallengesUntilSetUp,
             "authenticationRequiredOnSetup"},
    TestCard{"4000000000003220", "visa", "credit", Outcome::kChallenges, "threeDSecure2Required"},
    TestCard{"4000002760003184", "visa", "credit", Outcome::kChallenges, "authenticationRequired"},
    TestCard{"4000003800000446", "visa", "credit", Outcome::kChallengesPresent,
             "authenticationRequiredSetupForOffSession"},
    TestCard{"4000008260003178", "visa", "credit", Outcome::kChallengesThenDeclines,
             "authenticationRequiredChargeDeclinedInsufficientFunds", "card_declined",
             "insufficient_funds", kInsufficient},
    TestCard{"4000000000000341", "visa", "credit", Outcome::kDeclinesCharges, "chargeCustomerFail",
             "card_declined", "generic_decline", kDeclined},
    TestCard{"4000000000000259",
             "visa",
             "credit",
             Outcome::kPaysThenDisputes,
             "createDispute",
             {},
             {},
             {},
             "fraudulent"},
    TestCard{"4000000000002685",
             "visa",
             "credit",
             Outcome::kPaysThenDisputes,
             "createDisputeProductNotReceived",
             {},
             {},
             {},
             "product_not_received"},
    TestCard{"4000000000000002", "visa", "credit", Outcome::kDeclines, "chargeDeclined",
             "card_declined", "generic_decline", kDeclined},
    TestCard{"4000000000009995", "visa", "credit", Outcome::kDeclines,
             "visa_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds",
             kInsufficient},
    TestCard{"4000000000009987", "visa", "credit", Outcome::kDeclines,
             "visa_chargeDeclinedLostCard", "card_declined", "lost_card", kDeclined},
    TestCard{"4000000000009979", "visa", "credit", Outcome::kDeclines,
             "visa_chargeDeclinedStolenCard", "card_declined", "stolen_card", kDeclined},
    TestCard{"4000000000000069", "visa", "credit", Outcome::kDeclines, "chargeDeclinedExpiredCard",
             "expired_card", "", "Your card has expired."},
    TestCard{"4000000000000127", "visa", "credit", Outcome::kDeclines, "chargeDeclinedIncorrectCvc",
             "incorrect_cvc", "", "Your card's security code is incorrect."},
    TestCard{"4000000000000119", "visa", "credit", Outcome::kDeclines,
             "chargeDeclinedProcessingError", "processing_error", "",
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

const TestCard* find_test_card_by_alias(std::string_view id) {
  for (const std::string_view prefix : {"pm_card_", "tok_"}) {
    if (id.rfind(prefix, 0) != 0) continue;
    for (const TestCard& card : kCards) {
      if (card.alias == id.substr(prefix.size())) return &card;
    }
  }
  return nullptr;
}

Verdict verdict_on_charge(const TestCard& card, bool set_up, Presence presence) {
  const bool authenticated = presence == Presence::kAuthenticated;
  switch (card.outcome) {
    case Outcome::kPays:
    case Outcome::kPaysThenDisputes:
      return Verdict::kPays;
    case Outcome::kDeclines:
    case Outcome::kDeclinesCharges:
      return Verdict::kDeclines;
    case Outcome::kChallenges:
      return authenticated ? Verdict::kPays : Verdict::kChallenges;
    case Outcome::kChallengesUntilSetUp:
      return authenticated || (set_up && presence == Presence::kOffSession) ? Verdict::kPays
                                                                            : Verdict::kChallenges;
    case Outcome::kChallengesPresent:
      return presence == Presence::kOnSession ? Verdict::kChallenges : Verdict::kPays;
    case Outcome::kChallengesThenDeclines:
      return authenticated || set_up ? Verdict::kDeclines : Verdict::kChallenges;
  }
  return Verdict::kDeclines;
}

Verdict verdict_on_saving(const TestCard& card, bool authenticated) {
  switch (card.outcome) {
    case Outcome::kDeclines:
      return Verdict::kDeclines;
    case Outcome::kChallenges:
    case Outcome::kChallengesUntilSetUp:
    case Outcome::kChallengesThenDeclines:
      return authenticated ? Verdict::kPays : Verdict::kChallenges;
    default:
      return Verdict::kPays;
  }
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

TypedCard read_card(const CardForm& form, std::int64_t unix_seconds) {
  const std::string digits = card_digits(form.number).value_or("");
  const auto expiry = parse_expiry(form.expiry);
  const bool has_code = (form.cvc.size() == 3 || form.cvc.size() == 4) &&
                        form.cvc.find_first_not_of("0123456789") == std::string::npos;
  TypedCard typed;
  typed.card = find_test_card(digits);
  if (!passes_luhn(digits)) {
    typed.complaint = "Your card number is invalid.";
  } else if (!expiry) {
    typed.complaint = "Your card's expiration date is incomplete. Write it as MM / YY.";
  } else if (has_expired(*expiry, unix_seconds)) {
    typed.complaint = "Your card's expiration date is in the past.";
  } else if (!has_code) {
    typed.complaint = "Your card's security code is incomplete.";
  } else if (typed.card == nullptr) {
    typed.complaint =
        "This is a sandbox: only Stripe's test cards work here, for example 4242 4242 4242 4242. "
        "Never type a real card number.";
  }
  if (expiry) typed.expiry = *expiry;
  return typed;
}

}  // namespace purser::sandbox
