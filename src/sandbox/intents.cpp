#include "sandbox/intents.hpp"

#include <algorithm>

#include "sandbox/payment_methods.hpp"

namespace purser::sandbox {
namespace {

constexpr const char* kNotAuthenticated =
    "We are unable to authenticate your payment method. Please choose a different payment method "
    "and try again.";
constexpr const char* kNeedsAuthentication =
    "Your card was declined. This transaction requires authentication.";

PaymentResult decline(const Scene& scene, Record& intent, const Record& method,
                      const TestCard& card) {
  const json::Value charge = new_charge(scene.world, intent.doc, method.doc, "failed", &card);
  const std::string id = text_at(charge, "id");
  scene.put(kCharge, charge);
  set(intent.doc, "latest_charge", id);
  scene.tell("charge.failed", charge);
  PaymentResult result{PaymentResult::Kind::kDeclined, id, std::string(card.code),
                       std::string(card.decline_code), std::string(card.message)};
  fail_intent(scene, intent,
              card_error(id, result.code, result.decline_code, result.message, method.doc));
  return result;
}

PaymentResult challenge(const Scene& scene, Record& intent, const Record& method) {
  set(intent.doc, "status", "requires_action");
  set(intent.doc, "payment_method", method.id());
  set(intent.doc, "next_action",
      object({{"type", "use_stripe_sdk"}, {"use_stripe_sdk", empty_object()}}));
  scene.changed(kPaymentIntent, intent);
  scene.tell("payment_intent.requires_action", intent.doc);
  return {PaymentResult::Kind::kChallenge,
          {},
          "authentication_required",
          "authentication_required",
          kNeedsAuthentication};
}

}  // namespace

Record& add_payment_intent(const Scene& scene, const PaymentOrder& order) {
  Record& intent = scene.put(kPaymentIntent, new_payment_intent(scene.world, order));
  scene.tell("payment_intent.created", intent.doc);
  return intent;
}

PaymentResult confirm_intent(const Scene& scene, Record& intent, Record& method,
                             Presence presence) {
  const TestCard* card = card_of(method);
  const Verdict verdict =
      card == nullptr ? Verdict::kPays : verdict_on_charge(*card, is_set_up(method), presence);
  if (verdict == Verdict::kDeclines) return decline(scene, intent, method, *card);
  if (verdict == Verdict::kChallenges) return challenge(scene, intent, method);
  const json::Value charge = new_charge(scene.world, intent.doc, method.doc, "succeeded", nullptr);
  Record& record = scene.put(kCharge, charge);
  if (card != nullptr && card->outcome == CardOutcome::kPaysThenDisputes) {
    // With the next look at the clock, also where a test clock is ahead.
    set(record.hidden, "dispute_at",
        std::min(scene.world.now_seconds(), scene.world.real_seconds()));
    set(record.hidden, "dispute_reason", card->dispute_reason);
    scene.changed(kCharge, record);
  }
  receive_money(scene, intent, charge, method);
  return {PaymentResult::Kind::kPaid, text_at(charge, "id")};
}

PaymentResult fail_authentication(const Scene& scene, Record& intent) {
  const std::string code = "payment_intent_authentication_failure";
  const Record* method = scene.find(kPaymentMethod, text_at(intent.doc, "payment_method"));
  fail_intent(
      scene, intent,
      card_error("", code, "", kNotAuthenticated, method == nullptr ? json::Value() : method->doc));
  return {PaymentResult::Kind::kDeclined, {}, code, {}, kNotAuthenticated};
}

void receive_money(const Scene& scene, Record& intent, const json::Value& charge, Record& method) {
  set(intent.doc, "status", "succeeded");
  set(intent.doc, "amount_received", at(intent.doc, "amount"));
  set(intent.doc, "latest_charge", text_at(charge, "id"));
  set(intent.doc, "payment_method", method.id());
  set(intent.doc, "last_payment_error", nullptr);
  set(intent.doc, "next_action", nullptr);
  scene.changed(kPaymentIntent, intent);
  const std::string customer = text_at(intent.doc, "customer");
  if (!text_at(intent.doc, "setup_future_usage").empty() && !customer.empty()) {
    keep_method(scene, method, customer);
  }
  scene.tell("charge.succeeded", charge);
  scene.tell("payment_intent.succeeded", intent.doc);
}

void fail_intent(const Scene& scene, Record& intent, json::Value error) {
  set(intent.doc, "status", "requires_payment_method");
  set(intent.doc, "payment_method", nullptr);
  set(intent.doc, "next_action", nullptr);
  set(intent.doc, "last_payment_error", std::move(error));
  scene.changed(kPaymentIntent, intent);
  scene.tell("payment_intent.payment_failed", intent.doc);
}

void cancel_intent(const Scene& scene, Record& intent, const std::string& reason) {
  const std::string status = text_at(intent.doc, "status");
  if (status == "succeeded" || status == "canceled") return;
  set(intent.doc, "status", "canceled");
  set(intent.doc, "canceled_at", scene.world.now_seconds());
  set(intent.doc, "cancellation_reason", reason);
  set(intent.doc, "next_action", nullptr);
  scene.changed(kPaymentIntent, intent);
  scene.tell("payment_intent.canceled", intent.doc);
}

Failure payment_failure(const PaymentResult& result, const Record& intent) {
  Failure failure = invalid(result.message, {}, result.code);
  failure.status = 402;
  failure.type = "card_error";
  failure.decline_code = result.decline_code;
  failure.charge = result.charge;
  failure.payment_intent = intent.doc;
  return failure;
}

}  // namespace purser::sandbox
