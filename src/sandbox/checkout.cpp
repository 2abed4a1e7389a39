#include "sandbox/checkout.hpp"

#include "sandbox/completion.hpp"
#include "sandbox/intents.hpp"
#include "sandbox/payment_methods.hpp"

namespace purser::sandbox {
namespace {

// What a buyer does in the browser has no API request behind it.
const Cause kBuyer;

Attempt refused(std::string message) { return {Attempt::Kind::kRefused, std::move(message)}; }

bool is_email(const std::string& text) {
  const std::size_t sign = text.find('@');
  return sign != std::string::npos && sign > 0 && sign + 1 < text.size() && text.size() <= 512 &&
         text.find_first_of(" \t\r\n<>,;") == std::string::npos;
}

// What a session that is not open any more answers to every attempt.
std::optional<Attempt> answer_of_closed(const Record& session) {
  const std::string status = text_at(session.doc, "status");
  if (status == "complete") return Attempt{Attempt::Kind::kPaid};
  if (status == "expired") return Attempt{Attempt::Kind::kClosed};
  return std::nullopt;
}

Scene scene_of(Checkout& checkout) { return {checkout.world, checkout.account, kBuyer}; }

}  // namespace

std::string debit_type(const Record& session) {
  for (const json::Value& type : *at(session.doc, "payment_method_types").as_array()) {
    if (*type.as_string() != "card") return *type.as_string();
  }
  return {};
}

std::optional<Checkout> find_checkout(World& world, const std::string& id) {
  for (const auto& [account_id, account] : world.accounts()) {
    Record* session = world.find(*account, kSession, id);
    if (session == nullptr) continue;
    Checkout checkout{world, *account, *session};
    enter_time_of(scene_of(checkout), session->doc);
    return checkout;
  }
  return std::nullopt;
}

void expire_session(const Scene& scene, Record& session) {
  set(session.doc, "status", "expired");
  scene.changed(kSession, session);
  scene.tell("checkout.session.expired", session.doc);
}

bool needs_method(const Record& session) {
  const std::string mode = text_at(session.doc, "mode");
  if (mode == "setup" || int_at(session.doc, "amount_total") > 0) return true;
  return mode == "subscription" && text_at(session.doc, "payment_method_collection") == "always";
}

Attempt attempt_payment(Checkout& checkout, const CheckoutForm& form) {
  if (const auto closed = answer_of_closed(checkout.session)) return *closed;
  const std::string customer = text_at(checkout.session.doc, "customer");
  if (!customer.empty() && enter_customer(scene_of(checkout), customer) == nullptr) {
    return refused("The seller has removed your account. Nothing was paid.");
  }
  const std::string known_email = known_email_of(checkout.session);
  Buyer buyer{form.name, known_email.empty() ? form.email : known_email};
  if (!is_email(buyer.email)) return refused("Your email address is incomplete.");
  if (form.name.find_first_not_of(' ') == std::string::npos || form.name.size() > 300) {
    return refused("Please write your name.");
  }
  Completion completion(scene_of(checkout), checkout.session, std::move(buyer));
  if (!needs_method(checkout.session)) return completion.for_nothing();
  if (form.method == "bank_debit" && !debit_type(checkout.session).empty()) {
    return completion.by_debit(debit_type(checkout.session));
  }
  TypedCard typed = read_card(form.card, checkout.world.real_seconds());
  if (!typed.complaint.empty()) return refused(std::move(typed.complaint));
  return completion.by_card(*typed.card, typed.expiry, false);
}

bool awaits_challenge(Checkout& checkout) {
  return text_at(checkout.session.doc, "status") == "open" &&
         !at(checkout.session.hidden, "challenged").is_null();
}

Attempt answer_challenge(Checkout& checkout, bool authenticated) {
  if (const auto closed = answer_of_closed(checkout.session)) return *closed;
  if (!awaits_challenge(checkout)) return refused("Please pay again.");
  const json::Value challenged = at(checkout.session.hidden, "challenged");
  Completion completion(scene_of(checkout), checkout.session,
                        {text_at(challenged, "name"), text_at(challenged, "email")});
  if (!authenticated) return completion.fail_challenge();
  return completion.by_card(*find_test_card(text_at(challenged, "card")),
                            {static_cast<int>(int_at(challenged, "exp_month")),
                             static_cast<int>(int_at(challenged, "exp_year"))},
                            true);
}

bool settle_debit(Checkout& checkout, bool succeeded) {
  const Scene scene = scene_of(checkout);
  Record* intent = scene.find(kPaymentIntent, text_at(checkout.session.doc, "payment_intent"));
  if (intent == nullptr || text_at(intent->doc, "status") != "processing") return false;
  Record& charge = *scene.find(kCharge, text_at(intent->doc, "latest_charge"));
  Record& method = *scene.find(kPaymentMethod, text_at(intent->doc, "payment_method"));
  set(charge.doc, "status", succeeded ? "succeeded" : "failed");
  set(charge.doc, "paid", succeeded);
  if (!succeeded) {
    set(charge.doc, "captured", false);
    set(charge.doc, "amount_captured", 0);
    set(charge.doc, "failure_code", "debit_not_authorized");
    set(charge.doc, "failure_message", "The bank returned the debit.");
  }
  scene.changed(kCharge, charge);
  if (succeeded) {
    receive_money(scene, *intent, charge.doc, method);
    set(checkout.session.doc, "payment_status", "paid");
    scene.changed(kSession, checkout.session);
  } else {
    scene.tell("charge.failed", charge.doc);
    fail_intent(scene, *intent,
                card_error(charge.id(), "debit_not_authorized", "", "The bank returned the debit.",
                           method.doc));
  }
  scene.tell(succeeded ? "checkout.session.async_payment_succeeded"
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
  const bool is_embedded = text_at(session.doc, "ui_mode") == "embedded";
  std::string url = text_at(session.doc, is_embedded ? "return_url" : "success_url");
  for (std::size_t at = 0; (at = url.find(kPlace, at)) != std::string::npos;) {
    url.replace(at, kPlace.size(), session.id());
  }
  return url;
}

}  // namespace purser::sandbox
