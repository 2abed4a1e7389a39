#include "sandbox/checkout.hpp"
#include "sandbox/session_lines.hpp"
#include "sandbox/session_options.hpp"

namespace purser::sandbox {
namespace {

constexpr std::int64_t kDefaultLifetime = 24 * 60 * 60;
constexpr std::int64_t kMinLifetime = 30 * 60;

json::Value read_method_types(Call& call, const std::string& mode) {
  if (!call.params.has("payment_method_types")) return array({"card"});
  json::Array types;
  for (const std::string& type : call.params.text_list("payment_method_types")) {
    const bool debit = type == "sepa_debit" || type == "us_bank_account";
    if (debit && mode != "payment") {
      call.params.complain(
          invalid("The sandbox takes debits in `payment` mode only.", "payment_method_types"));
    } else if (type != "card" && !debit) {
      call.params.complain(
          invalid("The sandbox takes card, sepa_debit and us_bank_account, not " + type + ".",
                  "payment_method_types"));
    }
    types.emplace_back(type);
  }
  return json::Value(std::move(types));
}

std::int64_t read_expiry(Call& call) {
  const std::int64_t now = call.world.now_seconds();
  const std::int64_t expires =
      call.params.integer("expires_at", 0).value_or(now + kDefaultLifetime);
  if (expires < now + kMinLifetime) {
    call.params.complain(
        invalid("The `expires_at` timestamp must be at least 30 minutes from "
                "Checkout Session creation.",
                "expires_at"));
  } else if (expires > now + kDefaultLifetime) {
    call.params.complain(
        invalid("The `expires_at` timestamp must be less than 24 hours from Checkout "
                "Session creation.",
                "expires_at"));
  }
  return expires;
}

void apply_customer(Call& call, json::Value& session) {
  const auto customer = call.params.text("customer");
  const auto email = call.params.text("customer_email", 800);
  const auto creation = call.params.one_of("customer_creation", {"if_required", "always"});
  if (customer && (email || creation)) {
    call.params.complain(invalid("You may only specify one of these parameters: customer, " +
                                 std::string(email ? "customer_email." : "customer_creation.")));
  }
  if (customer) {
    const Record* known = call.world.find(call.account, kCustomer, *customer);
    if (known == nullptr || known->deleted()) {
      call.params.complain(no_such("customer", *customer, "customer"));
    } else {
      set(session, "customer_email_of_customer", text_at(known->doc, "email"));
    }
  }
  set(session, "customer", customer);
  set(session, "customer_email", email);
  set(session, "customer_creation",
      customer ? Any(nullptr) : Any(creation.value_or("if_required")));
}

// The members that are the same for every session that the sandbox can make.
json::Value session_skeleton(Call& call) {
  return object(
      {{"id", call.world.new_id("cs_test_a1", 56)},
       {"object", "checkout.session"},
       {"after_expiration", nullptr},
       {"allow_promotion_codes", nullptr},
       {"amount_subtotal", nullptr},
       {"amount_total", nullptr},
       {"automatic_tax", object({{"enabled", false}, {"liability", nullptr}, {"status", nullptr}})},
       {"billing_address_collection", nullptr},
       {"cancel_url", nullptr},
       {"client_reference_id", nullptr},
       {"client_secret", nullptr},
       {"consent", nullptr},
       {"consent_collection", nullptr},
       {"created", call.world.now_seconds()},
       {"currency", nullptr},
       {"currency_conversion", nullptr},
       {"custom_fields", empty_array()},
       {"custom_text", object({{"after_submit", nullptr},
                               {"shipping_address", nullptr},
                               {"submit", nullptr},
                               {"terms_of_service_acceptance", nullptr}})},
       {"customer", nullptr},
       {"customer_creation", nullptr},
       {"customer_details", nullptr},
       {"customer_email", nullptr},
       {"expires_at", nullptr},
       {"invoice", nullptr},
       {"invoice_creation", nullptr},
       {"livemode", false},
       {"locale", nullptr},
       {"metadata", empty_object()},
       {"mode", "payment"},
       {"payment_intent", nullptr},
       {"payment_link", nullptr},
       {"payment_method_collection", "if_required"},
       {"payment_method_configuration_details", nullptr},
       {"payment_method_options", empty_object()},
       {"payment_method_types", nullptr},
       {"payment_status", "unpaid"},
       {"phone_number_collection", object({{"enabled", false}})},
       {"recovered_from", nullptr},
       {"saved_payment_method_options", nullptr},
       {"setup_intent", nullptr},
       {"shipping_address_collection", nullptr},
       {"shipping_cost", nullptr},
       {"shipping_details", nullptr},
       {"shipping_options", empty_array()},
       {"status", "open"},
       {"submit_type", nullptr},
       {"subscription", nullptr},
       {"success_url", nullptr},
       {"total_details",
        object({{"amount_discount", 0}, {"amount_shipping", 0}, {"amount_tax", 0}})},
       {"ui_mode", "hosted"},
       {"url", nullptr}});
}

// Where the buyer pays, and comes back to. An embedded form has a secret instead of an address.
void apply_places(Call& call, json::Value& session) {
  Params& params = call.params;
  if (params.one_of("ui_mode", {"hosted", "embedded"}).value_or("hosted") == "hosted") {
    if (!params.has("success_url")) params.required_text("success_url");
    set(session, "success_url", params.url("success_url"));
    set(session, "cancel_url", params.url("cancel_url"));
    return;
  }
  for (const char* name : {"success_url", "cancel_url"}) {
    if (!params.has(name)) continue;
    params.complain(
        invalid("`" + std::string(name) + "` is not allowed with `ui_mode: embedded`.", name));
  }
  if (!params.has("return_url")) params.required_text("return_url");
  set(session, "ui_mode", "embedded");
  set(session, "return_url", params.url("return_url"));
  set(session, "client_secret", call.world.new_id(text_at(session, "id") + "_secret_", 40));
}

void apply_plain_fields(Call& call, json::Value& session, const std::string& mode) {
  Params& params = call.params;
  apply_places(call, session);
  set(session, "client_reference_id", params.text("client_reference_id", 200));
  set(session, "locale", params.text("locale", 10));
  set(session, "submit_type", params.one_of("submit_type", {"auto", "book", "donate", "pay"}));
  set(session, "billing_address_collection",
      params.one_of("billing_address_collection", {"auto", "required"}));
  set(session, "payment_method_types", read_method_types(call, mode));
  set(session, "expires_at", read_expiry(call));
  params.apply_metadata(*session.find("metadata"));
}

Answer create_session(Call& call) {
  const Scene scene = call.scene();
  if (const std::string customer = call.params.peek("customer"); !customer.empty()) {
    (void)enter_customer(scene, customer);
  }
  json::Value session = session_skeleton(call);
  const std::string mode = read_mode(call);
  json::Value hidden = empty_object();
  apply_customer(call, session);
  apply_plain_fields(call, session, mode);
  hidden = read_mode_options(call, mode, session);
  SessionLines lines;
  if (mode != "setup") lines = read_session_lines(call, mode);
  if (const auto failure = call.params.finish()) return *failure;
  const std::string wanted = text_at(hidden, "wanted_currency");
  if (!wanted.empty() && wanted != lines.currency->lower()) {
    return invalid("The currency of the line items is not " + wanted + ".", "currency");
  }

  for (json::Value& product : lines.new_products) {
    scene.tell("product.created", product);
    scene.put(kProduct, std::move(product));
  }
  for (json::Value& price : lines.new_prices) {
    scene.tell("price.created", price);
    scene.put(kPrice, std::move(price));
  }
  finish_session(scene, mode, lines, session, hidden);
  set(hidden, "line_items", json::Value(std::move(lines.items)));
  set(hidden, "customer_email", at(session, "customer_email_of_customer"));
  session.erase("customer_email_of_customer");
  const Record* customer = scene.find(kCustomer, text_at(session, "customer"));
  if (customer != nullptr) set(hidden, "test_clock", at(customer->doc, "test_clock"));
  const Record& record = scene.put(kSession, std::move(session), std::move(hidden));
  return present(record.doc, call.base_url);
}

Answer retrieve_session(Call& call) { return retrieve(call, kSession, "checkout.session"); }

Answer list_sessions(Call& call) {
  return list(call, kSession, "/v1/checkout/sessions",
              both(both(by_field(call, "customer"), by_field(call, "subscription")),
                   both(by_field(call, "payment_intent"), by_field(call, "status"))));
}

Answer end_session(Call& call) {
  Record* record = call.world.find(call.account, kSession, call.id());
  if (const auto failure = call.params.finish()) return *failure;
  if (record == nullptr) return no_such("checkout.session", call.id());
  const std::string status = text_at(record->doc, "status");
  if (status != "open") {
    return invalid(
        "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout "
        "Session has a status of " +
        status + ".");
  }
  enter_time_of(call.scene(), record->doc);
  expire_session(call.scene(), *record);
  return present(record->doc, call.base_url);
}

Answer update_session(Call& call) {
  Record* record = call.world.find(call.account, kSession, call.id());
  if (record == nullptr) return no_such("checkout.session", call.id());
  json::Value session = record->doc;
  call.params.apply_metadata(*session.find("metadata"));
  if (const auto failure = call.params.finish()) return *failure;
  record->doc = std::move(session);
  call.world.changed(call.account, kSession, *record);
  return present(record->doc, call.base_url);
}

Answer list_line_items(Call& call) {
  const Record* session = call.world.find(call.account, kSession, call.id());
  if (session == nullptr) return no_such("checkout.session", call.id());
  std::vector<Record> items;
  for (const json::Value& item : *at(session->hidden, "line_items").as_array()) {
    items.push_back({item, empty_object()});
  }
  std::vector<const Record*> pointers;
  pointers.reserve(items.size());
  for (const Record& item : items) pointers.push_back(&item);
  return list_of(call, "/v1/checkout/sessions/" + call.id() + "/line_items", pointers, "item");
}

}  // namespace

std::vector<Route> session_routes() {
  return {{"POST", "/v1/checkout/sessions", create_session},
          {"GET", "/v1/checkout/sessions", list_sessions},
          {"GET", "/v1/checkout/sessions/:id", retrieve_session},
          {"POST", "/v1/checkout/sessions/:id", update_session},
          {"POST", "/v1/checkout/sessions/:id/expire", end_session},
          {"GET", "/v1/checkout/sessions/:id/line_items", list_line_items}};
}

}  // namespace purser::sandbox
