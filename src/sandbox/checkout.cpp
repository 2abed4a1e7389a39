#include "sandbox/checkout.hpp"

#include "sandbox/payment_documents.hpp"

namespace purser::sandbox {
namespace {

// What a buyer does in the browser has no API request behind it.
const Cause kBuyer;

constexpr const char* kNotAuthenticated =
    "We are unable to authenticate your payment method. Please choose a different payment method "
    "and "
    "try again.";

Attempt refused(std::string message) { return {Attempt::Kind::kRefused, std::move(message)}; }

bool is_email(const std::string& text) {
  const std::size_t sign = text.find('@');
  return sign != std::string::npos && sign > 0 && sign + 1 < text.size() && text.size() <= 512 &&
         text.find_first_of(" \t\r\n<>,;") == std::string::npos;
}

bool is_code(const std::string& text) {
  return (text.size() == 3 || text.size() == 4) &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

// What the buyer must put right before anything is tried; empty when nothing.
std::string complaint_about(const CheckoutForm& form, const std::string& digits,
                            const std::optional<CardExpiry>& expiry, std::int64_t now) {
  if (!passes_luhn(digits)) return "Your card number is invalid.";
  if (!expiry) return "Your card's expiration date is incomplete. Write it as MM / YY.";
  if (has_expired(*expiry, now)) return "Your card's expiration date is in the past.";
  if (!is_code(form.cvc)) return "Your card's security code is incomplete.";
  if (find_test_card(digits) == nullptr) {
    return "This is a sandbox: only Stripe's test cards work here, for example 4242 4242 4242 "
           "4242. "
           "Never type a real card number.";
  }
  return {};
}

class Payment {
 public:
  Payment(Checkout& checkout, Buyer buyer)
      : world_(checkout.world),
        account_(checkout.account),
        session_(checkout.session),
        buyer_(std::move(buyer)) {}

  Attempt by_card(const TestCard& card, CardExpiry expiry) {
    Record& intent = open_intent();
    const json::Value method = new_card_method(world_, card, expiry, buyer_);
    world_.put(account_, kPaymentMethod, method);
    if (card.outcome == CardOutcome::kDeclines) return decline(intent, card, method);
    if (card.outcome == CardOutcome::kChallenges) return challenge(intent, method);
    return succeed(intent, method);
  }

  Attempt by_debit(const std::string& type) {
    Record& intent = open_intent();
    const json::Value method = new_debit_method(world_, type, buyer_);
    world_.put(account_, kPaymentMethod, method);
    const json::Value charge = new_charge(world_, intent.doc, method, "pending", nullptr);
    world_.put(account_, kCharge, charge);
    set(intent.doc, "status", "processing");
    set(intent.doc, "latest_charge", text_at(charge, "id"));
    set(intent.doc, "payment_method", text_at(method, "id"));
    world_.changed(account_, kPaymentIntent, intent);
    tell("charge.pending", charge);
    tell("payment_intent.processing", intent.doc);
    complete("unpaid");
    return {Attempt::Kind::kPaid};
  }

  Attempt for_nothing() {
    complete("no_payment_required");
    return {Attempt::Kind::kPaid};
  }

  Attempt succeed(Record& intent, const json::Value& method) {
    const json::Value charge = new_charge(world_, intent.doc, method, "succeeded", nullptr);
    world_.put(account_, kCharge, charge);
    receive(intent, charge, method);
    complete("paid");
    return {Attempt::Kind::kPaid};
  }

  Attempt fail_challenge(Record& intent, const json::Value& method) {
    return fail(intent, card_error("", "payment_intent_authentication_failure", "",
                                   kNotAuthenticated, method));
  }

  // The money is here: the payment succeeds with this charge.
  void receive(Record& intent, const json::Value& charge, const json::Value& method) {
    set(intent.doc, "status", "succeeded");
    set(intent.doc, "amount_received", at(intent.doc, "amount"));
    set(intent.doc, "latest_charge", text_at(charge, "id"));
    set(intent.doc, "payment_method", text_at(method, "id"));
    set(intent.doc, "last_payment_error", nullptr);
    set(intent.doc, "next_action", nullptr);
    world_.changed(account_, kPaymentIntent, intent);
    if (!text_at(intent.doc, "setup_future_usage").empty()) attach(method);
    tell("charge.succeeded", charge);
    tell("payment_intent.succeeded", intent.doc);
  }

  Attempt fail(Record& intent, json::Value error) {
    std::string message = text_at(error, "message");
    set(intent.doc, "status", "requires_payment_method");
    set(intent.doc, "payment_method", nullptr);
    set(intent.doc, "next_action", nullptr);
    set(intent.doc, "last_payment_error", std::move(error));
    world_.changed(account_, kPaymentIntent, intent);
    tell("payment_intent.payment_failed", intent.doc);
    return refused(std::move(message));
  }

  void tell(const std::string& type, const json::Value& doc) {
    emit(world_, account_, kBuyer, type, doc);
  }

 private:
  // Like Stripe, a session has no payment before the first attempt.
  Record& open_intent() {
    const std::string known = text_at(session_.doc, "payment_intent");
    if (!known.empty()) return *world_.find(account_, kPaymentIntent, known);
    Record& intent = world_.put(account_, kPaymentIntent, new_payment_intent(world_, session_));
    set(session_.doc, "payment_intent", intent.id());
    world_.changed(account_, kSession, session_);
    tell("payment_intent.created", intent.doc);
    return intent;
  }

  Attempt decline(Record& intent, const TestCard& card, const json::Value& method) {
    const json::Value charge = new_charge(world_, intent.doc, method, "failed", &card);
    world_.put(account_, kCharge, charge);
    set(intent.doc, "latest_charge", text_at(charge, "id"));
    tell("charge.failed", charge);
    return fail(intent,
                card_error(text_at(charge, "id"), std::string(card.code),
                           std::string(card.decline_code), std::string(card.message), method));
  }

  Attempt challenge(Record& intent, const json::Value& method) {
    set(intent.doc, "status", "requires_action");
    set(intent.doc, "payment_method", text_at(method, "id"));
    set(intent.doc, "next_action",
        object({{"type", "use_stripe_sdk"}, {"use_stripe_sdk", empty_object()}}));
    world_.changed(account_, kPaymentIntent, intent);
    set(session_.hidden, "buyer", object({{"name", buyer_.name}, {"email", buyer_.email}}));
    world_.changed(account_, kSession, session_);
    tell("payment_intent.requires_action", intent.doc);
    return {Attempt::Kind::kChallenge};
  }

  void attach(json::Value method) {
    const std::string customer = text_at(session_.doc, "customer");
    if (customer.empty()) return;
    set(method, "customer", customer);
    world_.put(account_, kPaymentMethod, method);
    tell("payment_method.attached", method);
  }

  void create_customer_if_wanted() {
    if (text_at(session_.doc, "customer_creation") != "always") return;
    const json::Value customer = object({{"id", world_.new_id("cus_", 14)},
                                         {"object", "customer"},
                                         {"created", world_.now_seconds()},
                                         {"email", buyer_.email},
                                         {"livemode", false},
                                         {"metadata", empty_object()},
                                         {"name", buyer_.name}});
    world_.put(account_, kCustomer, customer);
    set(session_.doc, "customer", text_at(customer, "id"));
    tell("customer.created", customer);
  }

  void complete(const std::string& payment_status) {
    create_customer_if_wanted();
    set(session_.doc, "status", "complete");
    set(session_.doc, "payment_status", payment_status);
    set(session_.doc, "customer_details",
        object({{"address", nullptr},
                {"email", buyer_.email},
                {"name", buyer_.name},
                {"phone", nullptr},
                {"tax_exempt", "none"},
                {"tax_ids", empty_array()}}));
    world_.changed(account_, kSession, session_);
    world_.expiring_sessions.erase(
        {int_at(session_.doc, "expires_at"), account_.id, session_.id()});
    tell("checkout.session.completed", session_.doc);
  }

  World& world_;
  Account& account_;
  Record& session_;
  Buyer buyer_;
};

// What a session that is not open any more answers to every attempt.
std::optional<Attempt> answer_of_closed(const Record& session) {
  const std::string status = text_at(session.doc, "status");
  if (status == "complete") return Attempt{Attempt::Kind::kPaid};
  if (status == "expired") return Attempt{Attempt::Kind::kClosed};
  return std::nullopt;
}

}  // namespace

std::string debit_type(const Record& session) {
  for (const json::Value& type : *at(session.doc, "payment_method_types").as_array()) {
    if (*type.as_string() != "card") return *type.as_string();
  }
  return {};
}

std::optional<Checkout> find_checkout(World& world, const std::string& id) {
  expire_due_sessions(world);
  for (const auto& [account_id, account] : world.accounts()) {
    if (Record* session = world.find(*account, kSession, id))
      return Checkout{world, *account, *session};
  }
  return std::nullopt;
}

void expire_session(World& world, Account& account, const Cause& cause, Record& session) {
  set(session.doc, "status", "expired");
  world.changed(account, kSession, session);
  world.expiring_sessions.erase({int_at(session.doc, "expires_at"), account.id, session.id()});
  emit(world, account, cause, "checkout.session.expired", session.doc);
}

void expire_due_sessions(World& world) {
  auto& expiring = world.expiring_sessions;
  while (!expiring.empty() && std::get<0>(*expiring.begin()) <= world.now_seconds()) {
    const auto [time, account_id, id] = *expiring.begin();
    Account& account = *world.find_account(account_id);
    expire_session(world, account, {}, *world.find(account, kSession, id));
  }
}

Attempt attempt_payment(Checkout& checkout, const CheckoutForm& form) {
  if (const auto closed = answer_of_closed(checkout.session)) return *closed;
  const std::string known_email = known_email_of(checkout.session);
  Buyer buyer{form.name, known_email.empty() ? form.email : known_email};
  if (!is_email(buyer.email)) return refused("Your email address is incomplete.");
  if (form.name.find_first_not_of(' ') == std::string::npos || form.name.size() > 300) {
    return refused("Please write your name.");
  }
  Payment payment(checkout, std::move(buyer));
  if (int_at(checkout.session.doc, "amount_total") == 0) return payment.for_nothing();
  if (form.method == "bank_debit" && !debit_type(checkout.session).empty()) {
    return payment.by_debit(debit_type(checkout.session));
  }
  const std::string digits = card_digits(form.number).value_or("");
  const auto expiry = parse_expiry(form.expiry);
  std::string complaint = complaint_about(form, digits, expiry, checkout.world.now_seconds());
  if (!complaint.empty()) return refused(std::move(complaint));
  return payment.by_card(*find_test_card(digits), *expiry);
}

Attempt answer_challenge(Checkout& checkout, bool authenticated) {
  if (const auto closed = answer_of_closed(checkout.session)) return *closed;
  Record* intent = checkout.world.find(checkout.account, kPaymentIntent,
                                       text_at(checkout.session.doc, "payment_intent"));
  if (intent == nullptr || text_at(intent->doc, "status") != "requires_action") {
    return refused("Please pay again.");
  }
  const json::Value method =
      checkout.world.find(checkout.account, kPaymentMethod, text_at(intent->doc, "payment_method"))
          ->doc;
  const json::Value& buyer = at(checkout.session.hidden, "buyer");
  Payment payment(checkout, {text_at(buyer, "name"), text_at(buyer, "email")});
  if (!authenticated) return payment.fail_challenge(*intent, method);
  return payment.succeed(*intent, method);
}

bool settle_debit(Checkout& checkout, bool succeeded) {
  World& world = checkout.world;
  Account& account = checkout.account;
  Record* intent =
      world.find(account, kPaymentIntent, text_at(checkout.session.doc, "payment_intent"));
  if (intent == nullptr || text_at(intent->doc, "status") != "processing") return false;
  Record& charge = *world.find(account, kCharge, text_at(intent->doc, "latest_charge"));
  const json::Value method =
      world.find(account, kPaymentMethod, text_at(intent->doc, "payment_method"))->doc;
  Payment payment(checkout, {});
  set(charge.doc, "status", succeeded ? "succeeded" : "failed");
  set(charge.doc, "paid", succeeded);
  if (!succeeded) {
    set(charge.doc, "captured", false);
    set(charge.doc, "amount_captured", 0);
    set(charge.doc, "failure_code", "debit_not_authorized");
    set(charge.doc, "failure_message", "The bank returned the debit.");
  }
  world.changed(account, kCharge, charge);
  if (succeeded) {
    payment.receive(*intent, charge.doc, method);
    set(checkout.session.doc, "payment_status", "paid");
    world.changed(account, kSession, checkout.session);
  } else {
    payment.tell("charge.failed", charge.doc);
    (void)payment.fail(*intent, card_error(charge.id(), "debit_not_authorized", "",
                                           "The bank returned the debit.", method));
  }
  payment.tell(succeeded ? "checkout.session.async_payment_succeeded"
                         : "checkout.session.async_payment_failed",
               checkout.session.doc);
  return true;
}

std::string known_email_of(const Record& session) {
  const std::string of_customer = text_at(session.hidden, "customer_email");
  return of_customer.empty() ? text_at(session.doc, "customer_email") : of_customer;
}

std::string success_url(const Record& session) {
  static const std::string kPlace = "{CHECKOUT_SESSION_ID}";
  std::string url = text_at(session.doc, "success_url");
  for (std::size_t at = 0; (at = url.find(kPlace, at)) != std::string::npos;) {
    url.replace(at, kPlace.size(), session.id());
  }
  return url;
}

}  // namespace purser::sandbox
