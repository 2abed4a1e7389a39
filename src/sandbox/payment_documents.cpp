#include "sandbox/payment_documents.hpp"

namespace purser::sandbox {
namespace {

json::Value no_address() {
  return object({{"city", nullptr},
                 {"country", nullptr},
                 {"line1", nullptr},
                 {"line2", nullptr},
                 {"postal_code", nullptr},
                 {"state", nullptr}});
}

json::Value billing_details(const Buyer& buyer) {
  return object({{"address", no_address()},
                 {"email", buyer.email.empty() ? Any(nullptr) : Any(buyer.email)},
                 {"name", buyer.name.empty() ? Any(nullptr) : Any(buyer.name)},
                 {"phone", nullptr}});
}

json::Value new_method(World& world, const std::string& type, const Buyer& buyer) {
  return object({{"id", world.new_id("pm_1")},
                 {"object", "payment_method"},
                 {"allow_redisplay", "unspecified"},
                 {"billing_details", billing_details(buyer)},
                 {"created", world.now_seconds()},
                 {"customer", nullptr},
                 {"livemode", false},
                 {"metadata", empty_object()},
                 {"type", type}});
}

json::Value checks() {
  return object({{"address_line1_check", nullptr},
                 {"address_postal_code_check", nullptr},
                 {"cvc_check", "pass"}});
}

json::Value outcome(const TestCard* declined_by) {
  if (declined_by == nullptr) {
    return object({{"network_status", "approved_by_network"},
                   {"reason", nullptr},
                   {"risk_level", "normal"},
                   {"seller_message", "Payment complete."},
                   {"type", "authorized"}});
  }
  const bool generic = declined_by->decline_code.empty();
  return object({{"network_status", "declined_by_network"},
                 {"reason", generic ? declined_by->code : declined_by->decline_code},
                 {"risk_level", "normal"},
                 {"seller_message", "The bank did not approve the payment."},
                 {"type", "issuer_declined"}});
}

json::Value method_details(const json::Value& method, const json::Value& amount) {
  const std::string type = text_at(method, "type");
  json::Value details = at(method, type);
  details.erase("networks");
  details.erase("three_d_secure_usage");
  details.erase("display_brand");
  details.erase("generated_from");
  if (type == "card") {
    set(details, "network", text_at(details, "brand"));
    set(details, "three_d_secure", nullptr);
    set(details, "amount_authorized", amount);
    for (const char* field : {"authorization_code", "installments", "mandate"}) {
      set(details, field, nullptr);
    }
  }
  json::Value result = object({{"type", type}});
  set(result, type, std::move(details));
  return result;
}

}  // namespace

json::Value new_payment_intent(World& world, const PaymentOrder& order) {
  const std::string id = world.new_id("pi_3");
  return object({{"id", id},
                 {"object", "payment_intent"},
                 {"amount", order.amount},
                 {"amount_capturable", 0},
                 {"amount_details", object({{"tip", empty_object()}})},
                 {"amount_received", 0},
                 {"application", nullptr},
                 {"application_fee_amount", nullptr},
                 {"automatic_payment_methods", nullptr},
                 {"canceled_at", nullptr},
                 {"cancellation_reason", nullptr},
                 {"capture_method", "automatic_async"},
                 {"client_secret", world.new_id(id + "_secret_", 25)},
                 {"confirmation_method", "automatic"},
                 {"created", world.now_seconds()},
                 {"currency", order.currency},
                 {"customer", order.customer},
                 {"description", order.description},
                 {"invoice", order.invoice},
                 {"last_payment_error", nullptr},
                 {"latest_charge", nullptr},
                 {"livemode", false},
                 {"metadata", order.metadata},
                 {"next_action", nullptr},
                 {"on_behalf_of", nullptr},
                 {"payment_method", nullptr},
                 {"payment_method_configuration_details", nullptr},
                 {"payment_method_options", empty_object()},
                 {"payment_method_types", order.method_types},
                 {"processing", nullptr},
                 {"receipt_email", order.receipt_email},
                 {"review", nullptr},
                 {"setup_future_usage", order.setup_future_usage},
                 {"shipping", nullptr},
                 {"source", nullptr},
                 {"statement_descriptor", order.statement_descriptor},
                 {"statement_descriptor_suffix", nullptr},
                 {"status", "requires_payment_method"},
                 {"transfer_data", nullptr},
                 {"transfer_group", nullptr}});
}

json::Value new_card_method(World& world, const TestCard& card, CardExpiry expiry,
                            const Buyer& buyer) {
  json::Value method = new_method(world, "card", buyer);
  set(method, "card",
      object({{"brand", card.brand},
              {"checks", checks()},
              {"country", "US"},
              {"display_brand", card.brand},
              {"exp_month", expiry.month},
              {"exp_year", expiry.year},
              {"fingerprint", "sandbox" + std::string(card.number.substr(card.number.size() - 4))},
              {"funding", card.funding},
              {"generated_from", nullptr},
              {"last4", card.number.substr(card.number.size() - 4)},
              {"networks", object({{"available", array({card.brand})}, {"preferred", nullptr}})},
              {"three_d_secure_usage", object({{"supported", true}})},
              {"wallet", nullptr}}));
  return method;
}

json::Value new_debit_method(World& world, const std::string& type, const Buyer& buyer) {
  json::Value method = new_method(world, type, buyer);
  set(method, type,
      object({{"bank_name", "Sandbox Bank"}, {"fingerprint", "sandboxdebit"}, {"last4", "3000"}}));
  return method;
}

json::Value new_charge(World& world, const json::Value& intent, const json::Value& method,
                       const std::string& status, const TestCard* declined_by) {
  const bool failed = declined_by != nullptr;
  const json::Value& amount = at(intent, "amount");
  return object({{"id", world.new_id(status == "pending" ? "py_3" : "ch_3")},
                 {"object", "charge"},
                 {"amount", amount},
                 {"amount_captured", failed ? Any(0) : Any(amount)},
                 {"amount_refunded", 0},
                 {"application", nullptr},
                 {"application_fee", nullptr},
                 {"application_fee_amount", nullptr},
                 {"balance_transaction", nullptr},
                 {"billing_details", at(method, "billing_details")},
                 {"calculated_statement_descriptor", "SANDBOX"},
                 {"captured", !failed},
                 {"created", world.now_seconds()},
                 {"currency", at(intent, "currency")},
                 {"customer", at(intent, "customer")},
                 {"description", at(intent, "description")},
                 {"disputed", false},
                 {"failure_balance_transaction", nullptr},
                 {"failure_code", failed ? Any(declined_by->code) : Any(nullptr)},
                 {"failure_message", failed ? Any(declined_by->message) : Any(nullptr)},
                 {"fraud_details", empty_object()},
                 {"invoice", at(intent, "invoice")},
                 {"livemode", false},
                 {"metadata", at(intent, "metadata")},
                 {"on_behalf_of", nullptr},
                 {"outcome", outcome(declined_by)},
                 {"paid", status == "succeeded"},
                 {"payment_intent", at(intent, "id")},
                 {"payment_method", at(method, "id")},
                 {"payment_method_details", method_details(method, amount)},
                 {"receipt_email", at(intent, "receipt_email")},
                 {"receipt_number", nullptr},
                 {"receipt_url", nullptr},
                 {"refunded", false},
                 {"review", nullptr},
                 {"shipping", nullptr},
                 {"source", nullptr},
                 {"source_transfer", nullptr},
                 {"statement_descriptor", at(intent, "statement_descriptor")},
                 {"statement_descriptor_suffix", nullptr},
                 {"status", status},
                 {"transfer_data", nullptr},
                 {"transfer_group", nullptr}});
}

json::Value card_error(const std::string& charge, const std::string& code,
                       const std::string& decline_code, const std::string& message,
                       const json::Value& method) {
  json::Value error = empty_object();
  if (!charge.empty()) set(error, "charge", charge);
  set(error, "code", code);
  if (!decline_code.empty()) set(error, "decline_code", decline_code);
  set(error, "message", message);
  set(error, "payment_method", method);
  set(error, "type",
      code == "payment_intent_authentication_failure" ? "invalid_request_error" : "card_error");
  return error;
}

}  // namespace purser::sandbox
