#include "sandbox/setup_intents.hpp"

#include "sandbox/payment_methods.hpp"

namespace purser::sandbox {
namespace {

constexpr const char* kNotAuthenticated =
    "We are unable to authenticate your payment method. Please choose a different payment method "
    "and try again.";

void fail_setup(const Scene& scene, Record& intent, json::Value error) {
  set(intent.doc, "status", "requires_payment_method");
  set(intent.doc, "payment_method", nullptr);
  set(intent.doc, "next_action", nullptr);
  set(intent.doc, "last_setup_error", std::move(error));
  scene.changed(kSetupIntent, intent);
  scene.tell("setup_intent.setup_failed", intent.doc);
}

bool is_over(const std::string& status) { return status == "succeeded" || status == "canceled"; }

Failure unexpected_state(const std::string& verb, const std::string& status) {
  return invalid(
      "You cannot " + verb + " this SetupIntent because it has a status of " + status + ".", {},
      "setup_intent_unexpected_state");
}

// Answers the API for a try to save a method that a parameter names.
Answer confirm(Call& call, Record& intent, const std::optional<std::string>& method_id) {
  const Scene scene = call.scene();
  const std::string id = method_id.value_or(text_at(intent.doc, "payment_method"));
  if (id.empty()) {
    return invalid(
        "You cannot confirm this SetupIntent because it's missing a payment method. Update the "
        "SetupIntent with a payment method and then confirm it again.",
        {}, "setup_intent_unexpected_state");
  }
  const auto found = find_method(scene, id, "payment_method");
  if (const auto* failure = std::get_if<Failure>(&found)) return *failure;
  Record& method = *std::get<Record*>(found);
  const std::string owner = text_at(method.doc, "customer");
  if (!owner.empty() && owner != text_at(intent.doc, "customer")) {
    return invalid("The provided PaymentMethod belongs to another Customer.", "payment_method");
  }
  const PaymentResult result = confirm_setup(scene, intent, method, false);
  if (result.kind != PaymentResult::Kind::kDeclined) return intent.doc;
  Failure failure = invalid(result.message, {}, result.code);
  failure.status = 402;
  failure.type = "card_error";
  failure.decline_code = result.decline_code;
  failure.setup_intent = intent.doc;
  return failure;
}

void read_automatic(Call& call) {
  auto automatic = call.params.group("automatic_payment_methods");
  if (!automatic) return;
  automatic->boolean("enabled");
  automatic->one_of("allow_redirects", {"always", "never"});
}

json::Value read_types(Call& call) {
  for (const std::string& type : call.params.text_list("payment_method_types")) {
    if (type == "card") continue;
    call.params.complain(
        invalid("The sandbox saves cards only, not " + type + ".", "payment_method_types"));
  }
  return array({"card"});
}

Answer create_setup(Call& call) {
  SetupOrder order;
  const auto customer = call.params.text("customer");
  order.customer = Any(customer).value;
  order.description = Any(call.params.text("description", 1000)).value;
  order.usage = call.params.one_of("usage", {"off_session", "on_session"}).value_or("off_session");
  order.method_types = read_types(call);
  read_automatic(call);
  call.params.apply_metadata(order.metadata);
  const auto method = call.params.text("payment_method");
  const bool confirms = call.params.boolean("confirm").value_or(false);
  call.params.url("return_url");
  if (const auto failure = call.params.finish()) return *failure;
  const Scene scene = call.scene();
  if (customer && enter_customer(scene, *customer) == nullptr) {
    return no_such("customer", *customer, "customer");
  }
  if (confirms && !method) {
    return invalid("You cannot confirm this SetupIntent because it's missing a payment method.",
                   "payment_method", "parameter_missing");
  }
  if (method && !method_exists(scene, *method)) {
    return no_such("PaymentMethod", *method, "payment_method");
  }
  Record& intent = add_setup_intent(scene, order);
  if (confirms) return confirm(call, intent, method);
  if (method) {
    const auto found = find_method(scene, *method, "payment_method");
    if (const auto* failure = std::get_if<Failure>(&found)) return *failure;
    set(intent.doc, "payment_method", std::get<Record*>(found)->id());
    set(intent.doc, "status", "requires_confirmation");
  }
  return intent.doc;
}

Answer retrieve_setup(Call& call) {
  (void)call.params.text("client_secret");
  return retrieve(call, kSetupIntent, "setupintent");
}

Answer list_setups(Call& call) {
  return list(call, kSetupIntent, "/v1/setup_intents",
              both(by_field(call, "customer"), by_field(call, "payment_method")));
}

Answer update_setup(Call& call) {
  Record* intent = call.world.find(call.account, kSetupIntent, call.id());
  if (intent == nullptr) return no_such("setupintent", call.id());
  json::Value doc = intent->doc;
  if (const auto text = call.params.clearable_text("description")) set(doc, "description", *text);
  call.params.apply_metadata(*doc.find("metadata"));
  if (const auto failure = call.params.finish()) return *failure;
  intent->doc = std::move(doc);
  call.scene().changed(kSetupIntent, *intent);
  return intent->doc;
}

Answer confirm_route(Call& call) {
  Record* intent = call.world.find(call.account, kSetupIntent, call.id());
  if (intent == nullptr) return no_such("setupintent", call.id());
  const auto method = call.params.text("payment_method");
  call.params.url("return_url");
  if (const auto failure = call.params.finish()) return *failure;
  enter_time_of(call.scene(), intent->doc);
  const std::string status = text_at(intent->doc, "status");
  if (is_over(status)) return unexpected_state("confirm", status);
  return confirm(call, *intent, method);
}

Answer cancel_route(Call& call) {
  Record* intent = call.world.find(call.account, kSetupIntent, call.id());
  if (intent == nullptr) return no_such("setupintent", call.id());
  const auto reason = call.params.one_of("cancellation_reason",
                                         {"abandoned", "requested_by_customer", "duplicate"});
  if (const auto failure = call.params.finish()) return *failure;
  enter_time_of(call.scene(), intent->doc);
  const std::string status = text_at(intent->doc, "status");
  if (is_over(status)) return unexpected_state("cancel", status);
  cancel_setup(call.scene(), *intent, Any(reason).value);
  return intent->doc;
}

}  // namespace

Record& add_setup_intent(const Scene& scene, const SetupOrder& order) {
  const std::string id = scene.world.new_id("seti_1");
  Record& intent =
      scene.put(kSetupIntent, object({{"id", id},
                                      {"object", "setup_intent"},
                                      {"application", nullptr},
                                      {"automatic_payment_methods", nullptr},
                                      {"cancellation_reason", nullptr},
                                      {"client_secret", scene.world.new_id(id + "_secret_", 25)},
                                      {"created", scene.world.now_seconds()},
                                      {"customer", order.customer},
                                      {"description", order.description},
                                      {"flow_directions", nullptr},
                                      {"last_setup_error", nullptr},
                                      {"latest_attempt", nullptr},
                                      {"livemode", false},
                                      {"mandate", nullptr},
                                      {"metadata", order.metadata},
                                      {"next_action", nullptr},
                                      {"on_behalf_of", nullptr},
                                      {"payment_method", nullptr},
                                      {"payment_method_configuration_details", nullptr},
                                      {"payment_method_options", empty_object()},
                                      {"payment_method_types", order.method_types},
                                      {"single_use_mandate", nullptr},
                                      {"status", "requires_payment_method"},
                                      {"usage", order.usage}}));
  scene.tell("setup_intent.created", intent.doc);
  return intent;
}

PaymentResult confirm_setup(const Scene& scene, Record& intent, Record& method,
                            bool authenticated) {
  const TestCard* card = card_of(method);
  const Verdict verdict =
      card == nullptr ? Verdict::kPays : verdict_on_saving(*card, authenticated);
  if (verdict == Verdict::kDeclines) {
    PaymentResult result{PaymentResult::Kind::kDeclined,
                         {},
                         std::string(card->code),
                         std::string(card->decline_code),
                         std::string(card->message)};
    fail_setup(scene, intent,
               card_error("", result.code, result.decline_code, result.message, method.doc));
    return result;
  }
  set(intent.doc, "payment_method", method.id());
  set(intent.doc, "last_setup_error", nullptr);
  if (verdict == Verdict::kChallenges) {
    set(intent.doc, "status", "requires_action");
    set(intent.doc, "next_action",
        object({{"type", "use_stripe_sdk"}, {"use_stripe_sdk", empty_object()}}));
    scene.changed(kSetupIntent, intent);
    scene.tell("setup_intent.requires_action", intent.doc);
    return {PaymentResult::Kind::kChallenge};
  }
  set(intent.doc, "status", "succeeded");
  set(intent.doc, "next_action", nullptr);
  scene.changed(kSetupIntent, intent);
  keep_method(scene, method, text_at(intent.doc, "customer"));
  scene.tell("setup_intent.succeeded", intent.doc);
  return {PaymentResult::Kind::kPaid};
}

PaymentResult fail_setup_authentication(const Scene& scene, Record& intent) {
  const std::string code = "setup_intent_authentication_failure";
  const Record* method = scene.find(kPaymentMethod, text_at(intent.doc, "payment_method"));
  json::Value error =
      card_error("", code, "", kNotAuthenticated, method == nullptr ? json::Value() : method->doc);
  set(error, "type", "invalid_request_error");
  fail_setup(scene, intent, std::move(error));
  return {PaymentResult::Kind::kDeclined, {}, code, {}, kNotAuthenticated};
}

void cancel_setup(const Scene& scene, Record& intent, const json::Value& reason) {
  set(intent.doc, "status", "canceled");
  set(intent.doc, "cancellation_reason", reason);
  set(intent.doc, "next_action", nullptr);
  scene.changed(kSetupIntent, intent);
  scene.tell("setup_intent.canceled", intent.doc);
}

std::vector<Route> setup_intent_routes() {
  return {{"POST", "/v1/setup_intents", create_setup},
          {"GET", "/v1/setup_intents", list_setups},
          {"GET", "/v1/setup_intents/:id", retrieve_setup},
          {"POST", "/v1/setup_intents/:id", update_setup},
          {"POST", "/v1/setup_intents/:id/confirm", confirm_route},
          {"POST", "/v1/setup_intents/:id/cancel", cancel_route}};
}

}  // namespace purser::sandbox
