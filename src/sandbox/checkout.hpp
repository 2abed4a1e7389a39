#pragma once

#include <optional>
#include <string>

#include "sandbox/api.hpp"
#include "sandbox/cards.hpp"

namespace purser::sandbox {

/// What the hosted page's form says.
struct CheckoutForm {
  std::string method;  ///< "card", or "bank_debit" where the session takes one
  CardForm card;
  std::string name;
  std::string email;
};

/// What became of an attempt to pay, to subscribe or to save a card.
struct Attempt {
  enum class Kind {
    kPaid,       ///< the session is complete now (or was before): go to the success URL
    kRefused,    ///< the form is wrong or the bank said no: `message` for the buyer, the session is
                 ///< open
    kChallenge,  ///< the bank wants to see the buyer first
    kClosed,     ///< the session has expired
  };
  Kind kind;
  std::string message = {};
};

/// A session and the account it is in; the world's mutex is held.
struct Checkout {
  World& world;
  Account& account;
  Record& session;
};

/// Finds a session by its id alone, as the page must, and steps into its customer's time.
std::optional<Checkout> find_checkout(World& world, const std::string& id);

/// Ends an open session unpaid.
void expire_session(const Scene& scene, Record& session);

/// Tries to complete the session. However often and in parallel it is called, it does so at most
/// once.
Attempt attempt_payment(Checkout& checkout, const CheckoutForm& form);
/// Whether the bank waits for the buyer.
bool awaits_challenge(Checkout& checkout);
/// The buyer's answer to the bank's challenge.
Attempt answer_challenge(Checkout& checkout, bool authenticated);
/// What the bank says, days later, about a payment by debit. False when none is waiting for it.
bool settle_debit(Checkout& checkout, bool succeeded);

/// Whether the page asks for a card: there is something to pay, or a card to keep for later.
bool needs_method(const Record& session);
/// The buyer's address where the session or its customer has one; else "".
std::string known_email_of(const Record& session);
/// The type of debit that the session takes ("sepa_debit"), or "".
std::string debit_type(const Record& session);

/// Where the buyer goes after paying, with {CHECKOUT_SESSION_ID} filled in.
std::string success_url(const Record& session);

}  // namespace purser::sandbox
