#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace purser::sandbox {

/// What a test card's bank does.
enum class CardOutcome : std::uint8_t {
  kPays,
  kDeclines,              ///< refuses to be charged and to be saved
  kDeclinesCharges,       ///< can be saved; every charge is refused
  kChallenges,            ///< asks for the buyer at every payment
  kChallengesUntilSetUp,  ///< asks for the buyer unless it was saved with the buyer's consent
  kChallengesPresent,     ///< asks only when the buyer is there; saved already, as it were
  kChallengesThenDeclines,
  kPaysThenDisputes,
};

/// One of Stripe's documented test cards. Source: https://docs.stripe.com/testing#cards
struct TestCard {
  std::string_view number;
  std::string_view brand;
  std::string_view funding;
  CardOutcome outcome;
  /// "visa": Stripe names this card pm_card_visa and tok_visa.
  std::string_view alias = {};
  // Of a decline:
  std::string_view code = {};
  std::string_view decline_code = {};
  std::string_view message = {};
  std::string_view dispute_reason = {};
};

/// The test card with this number (digits only), or nullptr.
const TestCard* find_test_card(std::string_view digits);
/// The test card behind one of Stripe's well-known ids, "pm_card_visa" or "tok_visa"; or nullptr.
const TestCard* find_test_card_by_alias(std::string_view id);

/// Whether the buyer takes part in a payment, and has already satisfied the bank.
enum class Presence : std::uint8_t { kOnSession, kOffSession, kAuthenticated };
enum class Verdict : std::uint8_t { kPays, kDeclines, kChallenges };

/// What the bank says to a charge. `set_up`: the card was saved with its owner's consent.
Verdict verdict_on_charge(const TestCard& card, bool set_up, Presence presence);
/// What it says to saving the card.
Verdict verdict_on_saving(const TestCard& card, bool authenticated);

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

/// What the owner of a card types into a form.
struct CardForm {
  std::string number;
  std::string expiry;
  std::string cvc;
};
/// A card that can be tried, or what its owner must put right first.
struct TypedCard {
  const TestCard* card = nullptr;
  CardExpiry expiry;
  std::string complaint;  ///< empty: none
};
TypedCard read_card(const CardForm& form, std::int64_t unix_seconds);

}  // namespace purser::sandbox
