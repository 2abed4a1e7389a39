#include <algorithm>
#include <array>

#include "sandbox/amounts.hpp"
#include "sandbox/catalog.hpp"
#include "sandbox/checkout.hpp"

namespace purser::sandbox {
namespace {

constexpr std::int64_t kDefaultLifetime = 24 * 60 * 60;
constexpr std::int64_t kMinLifetime = 30 * 60;
constexpr std::size_t kMaxLineItems = 100;

// What creating a session reads before it changes anything.
struct Draft {
  std::vector<json::Value> new_products;
  std::vector<json::Value> new_prices;
  json::Array line_items;
  std::optional<Currency> currency;
  std::int64_t total = 0;
};

std::optional<Failure> check_price(const json::Value& price, const std::string& name) {
  if (text_at(price, "type") == "recurring") {
    return invalid(
        "You specified `payment` mode but passed a recurring price. Either switch to "
        "`subscription` mode or use only one-time prices.",
        name);
  }
  return std::nullopt;
}

// The price of a line: a known one, or a new one from price_data.
json::Value line_price(Call& call, Params& line, Draft& draft, std::string& description) {
  const auto id = line.text("price");
  auto data = line.group("price_data");
  if (id.has_value() == data.has_value()) {
    line.complain(invalid("Each line item needs either `price` or `price_data`.",
                          line.full_name("price"), "parameter_missing"));
    return empty_object();
  }
  if (id) {
    const Record* price = call.world.find(call.account, kPrice, *id);
    if (price == nullptr) {
      line.complain(no_such("price", *id, line.full_name("price")));
      return empty_object();
    }
    if (!bool_at(price->doc, "active")) {
      line.complain(
          invalid("The price specified is inactive. This field only accepts active prices.",
                  line.full_name("price")));
    }
    const Record* product = call.world.find(call.account, kProduct, text_at(price->doc, "product"));
    if (product != nullptr) description = text_at(product->doc, "name");
    return price->doc;
  }
  auto product_id = data->text("product");
  if (auto product_data = data->group("product_data")) {
    json::Value product = read_product_data(call, *std::move(product_data));
    set(product, "active", false);
    description = text_at(product, "name");
    if (product_id)
      data->complain(invalid("Pass `product` or `product_data`, not both.", "product"));
    product_id = text_at(product, "id");
    draft.new_products.push_back(std::move(product));
  } else {
    const Record* product = call.world.find(call.account, kProduct, data->required_text("product"));
    if (product == nullptr || product->deleted()) {
      data->complain(no_such("product", product_id.value_or(""), data->full_name("product")));
    } else {
      description = text_at(product->doc, "name");
    }
  }
  draft.new_prices.push_back(read_price(call, *data, product_id.value_or(""), false));
  return draft.new_prices.back();
}

void read_line(Call& call, Params line, Draft& draft) {
  std::string description;
  const json::Value price = line_price(call, line, draft, description);
  const std::int64_t quantity = line.integer("quantity", 1, 999'999).value_or(0);
  if (quantity == 0) {
    line.complain(invalid("Quantity is required: add " + line.full_name("quantity") + ".",
                          line.full_name("quantity"), "parameter_missing"));
  }
  if (auto failure = check_price(price, line.full_name("price")))
    line.complain(*std::move(failure));
  const auto currency = Currency::parse(text_at(price, "currency"));
  if (!currency) return;  // complained about already
  if (draft.currency && *draft.currency != *currency) {
    line.complain(invalid("All line items must have the same currency.", "line_items"));
  }
  draft.currency = currency;
  // At most eight digits times six: no overflow.
  const std::int64_t amount = int_at(price, "unit_amount") * quantity;
  draft.total += amount;
  draft.line_items.push_back(object({{"id", call.world.new_id("li_1")},
                                     {"object", "item"},
                                     {"amount_discount", 0},
                                     {"amount_subtotal", amount},
                                     {"amount_tax", 0},
                                     {"amount_total", amount},
                                     {"currency", currency->lower()},
                                     {"description", description},
                                     {"price", price},
                                     {"quantity", quantity}}));
}

Draft read_lines(Call& call) {
  Draft draft;
  auto lines = call.params.group_list("line_items");
  if (lines.empty()) {
    call.params.complain(
        invalid("Missing required param: line_items.", "line_items", "parameter_missing"));
  }
  if (lines.size() > kMaxLineItems) {
    call.params.complain(invalid("You can have up to 100 line items.", "line_items"));
    return draft;
  }
  for (Params& line : lines) read_line(call, std::move(line), draft);
  if (draft.total != 0 && draft.currency) {
    if (auto failure = check_chargeable(draft.total, *draft.currency,
                                        "The Checkout Session's total amount due")) {
      call.params.complain(*std::move(failure));
    }
  }
  return draft;
}

json::Value read_intent_data(Call& call) {
  json::Value data = object({{"metadata", empty_object()}});
  auto params = call.params.group("payment_intent_data");
  if (!params) return data;
  if (const auto text = params->text("description", 1000)) set(data, "description", *text);
  if (const auto text = params->text("receipt_email", 512)) set(data, "receipt_email", *text);
  if (const auto text = params->text("statement_descriptor", 22)) {
    set(data, "statement_descriptor", *text);
  }
  if (const auto use = params->one_of("setup_future_usage", {"off_session", "on_session"})) {
    set(data, "setup_future_usage", *use);
  }
  params->one_of("capture_method", {"automatic", "automatic_async"});
  params->apply_metadata(*data.find("metadata"));
  return data;
}

json::Value read_method_types(Call& call) {
  if (!call.params.has("payment_method_types")) return array({"card"});
  json::Array types;
  for (const std::string& type : call.params.text_list("payment_method_types")) {
    if (type != "card" && type != "sepa_debit" && type != "us_bank_account") {
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

void check_mode(Call& call) {
  const std::string mode = call.params.required_text("mode");
  if (mode == "subscription" || mode == "setup") {
    call.params.complain(
        invalid("This sandbox cannot do checkout sessions in mode `" + mode + "` yet.", "mode"));
  } else if (mode != "payment") {
    call.params.complain(
        invalid("Invalid mode: must be one of payment, setup, or subscription", "mode"));
  }
  call.params.one_of("ui_mode", {"hosted"});
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
       {"customer", nullptr},
       {"customer_creation", nullptr},
       {"customer_details", nullptr},
       {"customer_email", nullptr},
       {"expires_at", nullptr},
       {"invoice", nullptr},
       {"invoice_creation", object({{"enabled", false}})},
       {"livemode", false},
       {"locale", nullptr},
       {"metadata", empty_object()},
       {"mode", "payment"},
       {"payment_intent", nullptr},
       {"payment_link", nullptr},
       {"payment_method_collection", "if_required"},
       {"payment_method_options", empty_object()},
       {"payment_method_types", nullptr},
       {"payment_status", "unpaid"},
       {"phone_number_collection", object({{"enabled", false}})},
       {"recovered_from", nullptr},
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

void apply_plain_fields(Call& call, json::Value& session) {
  Params& params = call.params;
  if (!params.has("success_url")) params.required_text("success_url");
  set(session, "success_url", params.url("success_url"));
  set(session, "cancel_url", params.url("cancel_url"));
  set(session, "client_reference_id", params.text("client_reference_id", 200));
  set(session, "locale", params.text("locale", 10));
  set(session, "submit_type", params.one_of("submit_type", {"auto", "book", "donate", "pay"}));
  set(session, "billing_address_collection",
      params.one_of("billing_address_collection", {"auto", "required"}));
  set(session, "payment_method_types", read_method_types(call));
  set(session, "expires_at", read_expiry(call));
  params.apply_metadata(*session.find("metadata"));
}

Answer create_session(Call& call) {
  json::Value session = session_skeleton(call);
  check_mode(call);
  apply_customer(call, session);
  apply_plain_fields(call, session);
  Draft draft = read_lines(call);
  json::Value intent_data = read_intent_data(call);
  if (const auto failure = call.params.finish()) return *failure;

  for (json::Value& product : draft.new_products) {
    emit(call.world, call.account, call.cause, "product.created", product);
    call.world.put(call.account, kProduct, std::move(product));
  }
  for (json::Value& price : draft.new_prices) {
    emit(call.world, call.account, call.cause, "price.created", price);
    call.world.put(call.account, kPrice, std::move(price));
  }
  set(session, "amount_subtotal", draft.total);
  set(session, "amount_total", draft.total);
  set(session, "currency", draft.currency->lower());
  const json::Value email = at(session, "customer_email_of_customer");
  session.erase("customer_email_of_customer");
  const Record& record =
      call.world.put(call.account, kSession, std::move(session),
                     object({{"line_items", json::Value(std::move(draft.line_items))},
                             {"payment_intent_data", std::move(intent_data)},
                             {"customer_email", email}}));
  call.world.expiring_sessions.insert(
      {int_at(record.doc, "expires_at"), call.account.id, record.id()});
  return present(record, kSession, call.base_url);
}

Answer retrieve_session(Call& call) { return retrieve(call, kSession, "checkout.session"); }

Answer list_sessions(Call& call) {
  return list(call, kSession, "/v1/checkout/sessions",
              both(by_field(call, "customer"),
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
  expire_session(call.world, call.account, call.cause, *record);
  return present(*record, kSession, call.base_url);
}

Answer update_session(Call& call) {
  Record* record = call.world.find(call.account, kSession, call.id());
  if (record == nullptr) return no_such("checkout.session", call.id());
  json::Value session = record->doc;
  call.params.apply_metadata(*session.find("metadata"));
  if (const auto failure = call.params.finish()) return *failure;
  record->doc = std::move(session);
  call.world.changed(call.account, kSession, *record);
  return present(*record, kSession, call.base_url);
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
