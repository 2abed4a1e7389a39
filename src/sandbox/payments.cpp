#include "sandbox/api.hpp"

// Reading payments. They are made by the checkout page (checkout.cpp).

namespace purser::sandbox {
namespace {

Answer update(Call& call, std::string_view kind, const std::string& noun,
              const std::string& event) {
  Record* record = call.world.find(call.account, kind, call.id());
  if (record == nullptr) return no_such(noun, call.id());
  json::Value doc = record->doc;
  if (kind != kPaymentMethod) {
    if (const auto text = call.params.clearable_text("description")) set(doc, "description", *text);
  }
  call.params.apply_metadata(*doc.find("metadata"));
  if (const auto failure = call.params.finish()) return *failure;
  std::swap(record->doc, doc);
  call.world.changed(call.account, kind, *record);
  if (!event.empty()) emit(call.world, call.account, call.cause, event, record->doc, doc);
  return record->doc;
}

Answer retrieve_intent(Call& call) { return retrieve(call, kPaymentIntent, "payment_intent"); }
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

Answer retrieve_method(Call& call) { return retrieve(call, kPaymentMethod, "PaymentMethod"); }

Answer list_methods(Call& call) {
  if (!call.params.has("customer")) {
    call.params.complain(
        invalid("Missing required param: customer.", "customer", "parameter_missing"));
  }
  return list(call, kPaymentMethod, "/v1/payment_methods",
              both(by_field(call, "customer"), by_field(call, "type")));
}

Answer list_methods_of_customer(Call& call) {
  const Record* customer = call.world.find(call.account, kCustomer, call.id());
  if (customer == nullptr || customer->deleted()) return no_such("customer", call.id());
  return list(call, kPaymentMethod, "/v1/customers/" + call.id() + "/payment_methods",
              both(by_field(call, "type"), [id = call.id()](const Record& record) {
                return text_at(record.doc, "customer") == id;
              }));
}

}  // namespace

std::vector<Route> payment_routes() {
  return {{"GET", "/v1/payment_intents", list_intents},
          {"GET", "/v1/payment_intents/:id", retrieve_intent},
          {"POST", "/v1/payment_intents/:id", update_intent},
          {"GET", "/v1/charges", list_charges},
          {"GET", "/v1/charges/:id", retrieve_charge},
          {"POST", "/v1/charges/:id", update_charge},
          {"GET", "/v1/payment_methods", list_methods},
          {"GET", "/v1/payment_methods/:id", retrieve_method},
          {"GET", "/v1/customers/:id/payment_methods", list_methods_of_customer}};
}

}  // namespace purser::sandbox
