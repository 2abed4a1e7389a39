#include "sandbox/amounts.hpp"
#include "sandbox/billing.hpp"
#include "sandbox/intents.hpp"
#include "sandbox/payment_methods.hpp"

// Payments over the API. Buyers make them on the hosted pages (checkout.cpp, card_pages.cpp).

namespace purser::sandbox {
namespace {

Answer update(Call& call, std::string_view kind, const std::string& noun,
              const std::string& event) {
  Record* record = call.world.find(call.account, kind, call.id());
  if (record == nullptr) return no_such(noun, call.id());
  enter_time_of(call.scene(), record->doc);
  json::Value doc = record->doc;
  if (const auto text = call.params.clearable_text("description")) set(doc, "description", *text);
  call.params.apply_metadata(*doc.find("metadata"));
  if (const auto failure = call.params.finish()) return *failure;
  std::swap(record->doc, doc);
  call.world.changed(call.account, kind, *record);
  if (!event.empty()) emit(call.world, call.account, call.cause, event, record->doc, doc);
  return record->doc;
}

// Charges `method_id`, and for an invoice lets the invoice know.
Answer confirm(Call& call, Record& intent, const std::optional<std::string>& method_id,
               bool off_session) {
  const Scene scene = call.scene();
  const std::string id = method_id.value_or(text_at(intent.doc, "payment_method"));
  if (id.empty()) {
    return invalid(
        "You cannot confirm this PaymentIntent because it's missing a payment method. Provide one "
        "in payment_method.",
        {}, "payment_intent_unexpected_state");
  }
  const Record* customer = enter_customer(scene, text_at(intent.doc, "customer"));
  auto found = find_method(scene, id, "payment_method");
  if (const auto* failure = std::get_if<Failure>(&found)) return *failure;
  Record& method = *std::get<Record*>(found);
  const std::string owner = text_at(method.doc, "customer");
  if (!owner.empty() && (customer == nullptr || owner != customer->id())) {
    return invalid(
        "The provided PaymentMethod belongs to another Customer. Include the Customer in the "
        "customer parameter.",
        "payment_method");
  }
  const Presence presence = off_session ? Presence::kOffSession : Presence::kOnSession;
  Record* invoice = scene.find(kInvoice, text_at(intent.doc, "invoice"));
  const PaymentResult result = invoice != nullptr
                                   ? collect_invoice(scene, *invoice, &method, presence, false)
                                   : confirm_intent(scene, intent, method, presence);
  if (result.kind == PaymentResult::Kind::kDeclined) return payment_failure(result, intent);
  if (result.kind == PaymentResult::Kind::kChallenge && off_session) {
    const PaymentResult refused = {
        PaymentResult::Kind::kDeclined, {}, result.code, result.decline_code, result.message};
    fail_intent(scene, intent,
                card_error({}, result.code, result.decline_code, result.message, method.doc));
    return payment_failure(refused, intent);
  }
  return intent.doc;
}

Answer create_intent(Call& call) {
  Params& params = call.params;
  const std::string code = params.required_text("currency", 10);
  const auto currency = Currency::parse(code);
  if (!currency && !code.empty()) params.complain(invalid_currency(code, "currency"));
  if (!params.has("amount")) params.required_text("amount");
  PaymentOrder order;
  order.amount = params.integer("amount", 0).value_or(0);
  if (currency) {
    order.currency = Any(currency->lower()).value;
    if (auto failure = check_chargeable(order.amount, *currency, "Amount")) {
      failure->param = "amount";
      params.complain(*std::move(failure));
    }
  }
  const auto customer = params.text("customer");
  order.customer = Any(customer).value;
  order.description = Any(params.text("description")).value;
  order.receipt_email = Any(params.text("receipt_email", 512)).value;
  order.setup_future_usage =
      Any(params.one_of("setup_future_usage", {"off_session", "on_session"})).value;
  params.apply_metadata(order.metadata);
  const auto types = params.text_list("payment_method_types");
  if (!types.empty() && (types.size() > 1 || types[0] != "card")) {
    params.complain(invalid("The sandbox takes card payments here.", "payment_method_types"));
  }
  if (auto automatic = params.group("automatic_payment_methods")) {
    automatic->boolean("enabled");
    automatic->one_of("allow_redirects", {"always", "never"});
  }
  const auto method = params.text("payment_method");
  const bool confirms = params.boolean("confirm").value_or(false);
  const bool off_session = params.boolean("off_session").value_or(false);
  params.url("return_url");
  if (const auto failure = params.finish()) return *failure;
  const Scene scene = call.scene();
  if (customer && enter_customer(scene, *customer) == nullptr) {
    return no_such("customer", *customer, "customer");
  }
  if (confirms && !method) {
    return invalid("You cannot confirm this PaymentIntent because it's missing a payment method.",
                   "payment_method", "parameter_missing");
  }
  if (method && !method_exists(scene, *method)) {
    return no_such("PaymentMethod", *method, "payment_method");
  }
  Record& intent = add_payment_intent(scene, order);
  if (confirms) return confirm(call, intent, method, off_session);
  if (method) {
    const auto found = find_method(scene, *method, "payment_method");
    if (const auto* failure = std::get_if<Failure>(&found)) return *failure;
    set(intent.doc, "payment_method", std::get<Record*>(found)->id());
    set(intent.doc, "status", "requires_confirmation");
  }
  return intent.doc;
}

Answer confirm_intent_route(Call& call) {
  Record* intent = call.world.find(call.account, kPaymentIntent, call.id());
  if (intent == nullptr) return no_such("payment_intent", call.id());
  const auto method = call.params.text("payment_method");
  const bool off_session = call.params.boolean("off_session").value_or(false);
  call.params.url("return_url");
  if (const auto failure = call.params.finish()) return *failure;
  const std::string status = text_at(intent->doc, "status");
  if (status == "succeeded" || status == "canceled" || status == "processing") {
    return invalid(
        "You cannot confirm this PaymentIntent because it has a status of " + status + ".", {},
        "payment_intent_unexpected_state");
  }
  return confirm(call, *intent, method, off_session);
}

Answer cancel_intent_route(Call& call) {
  Record* intent = call.world.find(call.account, kPaymentIntent, call.id());
  if (intent == nullptr) return no_such("payment_intent", call.id());
  const auto reason = call.params.one_of(
      "cancellation_reason", {"requested_by_customer", "duplicate", "fraudulent", "abandoned"});
  if (const auto failure = call.params.finish()) return *failure;
  enter_time_of(call.scene(), intent->doc);
  const std::string status = text_at(intent->doc, "status");
  if (status == "succeeded" || status == "canceled" || !text_at(intent->doc, "invoice").empty()) {
    return invalid("You cannot cancel this PaymentIntent because it has a status of " + status +
                       " or belongs to an invoice.",
                   {}, "payment_intent_unexpected_state");
  }
  cancel_intent(call.scene(), *intent, reason.value_or("requested_by_customer"));
  return intent->doc;
}

Answer retrieve_intent(Call& call) {
  (void)call.params.text("client_secret");
  return retrieve(call, kPaymentIntent, "payment_intent");
}
Answer update_intent(Call& call) { return update(call, kPaymentIntent, "payment_intent", ""); }
Answer list_intents(Call& call) {
  return list(call, kPaymentIntent, "/v1/payment_intents", by_field(call, "customer"));
}

Answer retrieve_charge(Call& call) { return retrieve(call, kCharge, "charge"); }
Answer update_charge(Call& call) { return update(call, kCharge, "charge", "charge.updated"); }
Answer list_charges(Call& call) {
  return list(call, kCharge, "/v1/charges",
              both(by_field(call, "customer"), by_field(call, "payment_intent")));
}

}  // namespace

std::vector<Route> payment_routes() {
  return {{"POST", "/v1/payment_intents", create_intent},
          {"GET", "/v1/payment_intents", list_intents},
          {"GET", "/v1/payment_intents/:id", retrieve_intent},
          {"POST", "/v1/payment_intents/:id", update_intent},
          {"POST", "/v1/payment_intents/:id/confirm", confirm_intent_route},
          {"POST", "/v1/payment_intents/:id/cancel", cancel_intent_route},
          {"GET", "/v1/charges", list_charges},
          {"GET", "/v1/charges/:id", retrieve_charge},
          {"POST", "/v1/charges/:id", update_charge}};
}

}  // namespace purser::sandbox
