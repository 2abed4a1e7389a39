#include "sandbox/catalog.hpp"

#include <algorithm>

#include "sandbox/amounts.hpp"

namespace purser::sandbox {
namespace {

void apply_product_fields(Call& call, Params& params, json::Value& product) {
  for (const char* field :
       {"description", "statement_descriptor", "unit_label", "url", "tax_code"}) {
    if (const auto text = params.clearable_text(field)) set(product, field, *text);
  }
  if (params.has("images")) {
    json::Array images;
    for (std::string& image : params.text_list("images")) images.emplace_back(std::move(image));
    if (images.size() > 8) params.complain(invalid("You can have up to 8 images.", "images"));
    set(product, "images", std::move(images));
  }
  if (const auto shippable = params.boolean("shippable")) set(product, "shippable", *shippable);
  params.apply_metadata(*product.find("metadata"));
  set(product, "updated", call.world.now_seconds());
}

json::Value new_product(Call& call, const std::string& id, const std::string& name) {
  const std::int64_t now = call.world.now_seconds();
  return object({{"id", id},
                 {"object", "product"},
                 {"active", true},
                 {"created", now},
                 {"default_price", nullptr},
                 {"description", nullptr},
                 {"images", empty_array()},
                 {"livemode", false},
                 {"marketing_features", empty_array()},
                 {"metadata", empty_object()},
                 {"name", name},
                 {"package_dimensions", nullptr},
                 {"shippable", nullptr},
                 {"statement_descriptor", nullptr},
                 {"tax_code", nullptr},
                 {"type", "service"},
                 {"unit_label", nullptr},
                 {"updated", now},
                 {"url", nullptr}});
}

Answer create_product(Call& call) {
  const std::string id = call.params.text("id", 250).value_or(call.world.new_id("prod_", 14));
  json::Value product = new_product(call, id, call.params.required_text("name", 250));
  if (const auto active = call.params.boolean("active")) set(product, "active", *active);
  apply_product_fields(call, call.params, product);
  if (const auto failure = call.params.finish()) return *failure;
  if (call.world.find(call.account, kProduct, id) != nullptr) {
    return invalid("Product already exists.", "id", "resource_already_exists");
  }
  call.world.put(call.account, kProduct, product);
  emit(call.world, call.account, call.cause, "product.created", product);
  return product;
}

Answer update_product(Call& call) {
  Record* record = call.world.find(call.account, kProduct, call.id());
  if (record == nullptr || record->deleted()) return no_such("product", call.id());
  json::Value product = record->doc;
  if (const auto name = call.params.text("name", 250)) set(product, "name", *name);
  if (const auto active = call.params.boolean("active")) set(product, "active", *active);
  if (const auto price = call.params.clearable_text("default_price")) {
    const Record* found = *price ? call.world.find(call.account, kPrice, **price) : nullptr;
    if (*price && (found == nullptr || text_at(found->doc, "product") != call.id())) {
      return no_such("price", **price, "default_price");
    }
    set(product, "default_price", *price);
  }
  apply_product_fields(call, call.params, product);
  if (const auto failure = call.params.finish()) return *failure;
  std::swap(record->doc, product);
  call.world.changed(call.account, kProduct, *record);
  emit(call.world, call.account, call.cause, "product.updated", record->doc, product);
  return record->doc;
}

Answer delete_product(Call& call) {
  Record* record = call.world.find(call.account, kProduct, call.id());
  if (const auto failure = call.params.finish()) return *failure;
  if (record == nullptr || record->deleted()) return no_such("product", call.id());
  for (const auto& price : call.account.of(kPrice).in_order()) {
    if (text_at(price->doc, "product") == call.id()) {
      return invalid(
          "This product cannot be deleted because it has one or more user-created prices.");
    }
  }
  emit(call.world, call.account, call.cause, "product.deleted", record->doc);
  record->doc = object({{"id", call.id()}, {"object", "product"}, {"deleted", true}});
  set(record->hidden, "deleted", true);
  call.world.changed(call.account, kProduct, *record);
  return record->doc;
}

Filter by_active(Call& call) {
  const auto active = call.params.boolean("active");
  return [active](const Record& record) {
    return !active || bool_at(record.doc, "active") == *active;
  };
}

Answer list_products(Call& call) {
  Filter filter = by_active(call);
  if (call.params.has("ids")) {
    filter = both(std::move(filter), [ids = call.params.text_list("ids")](const Record& record) {
      return std::find(ids.begin(), ids.end(), record.id()) != ids.end();
    });
  }
  return list(call, kProduct, "/v1/products", filter);
}

json::Value read_recurring(Params params) {
  return object({{"aggregate_usage", nullptr},
                 {"interval", params.one_of("interval", {"day", "week", "month", "year"})},
                 {"interval_count", params.integer("interval_count", 1, 1095).value_or(1)},
                 {"meter", nullptr},
                 {"trial_period_days", nullptr},
                 {"usage_type", params.one_of("usage_type", {"licensed"}).value_or("licensed")}});
}

void apply_price_fields(Params& params, json::Value& price) {
  if (const auto nickname = params.clearable_text("nickname")) set(price, "nickname", *nickname);
  if (const auto key = params.clearable_text("lookup_key", 200)) set(price, "lookup_key", *key);
  if (const auto active = params.boolean("active")) set(price, "active", *active);
  params.apply_metadata(*price.find("metadata"));
}

bool lookup_key_is_taken(Call& call, const json::Value& price) {
  const std::string key = text_at(price, "lookup_key");
  if (key.empty()) return false;
  for (const auto& other : call.account.of(kPrice).in_order()) {
    if (text_at(other->doc, "lookup_key") == key && other->id() != text_at(price, "id"))
      return true;
  }
  return false;
}

Failure lookup_key_taken(const json::Value& price) {
  return invalid("A price already uses that lookup key: " + text_at(price, "lookup_key") + ".",
                 "lookup_key", "resource_already_exists");
}

Answer create_price(Call& call) {
  Params& params = call.params;
  std::optional<json::Value> product;
  auto product_id = params.text("product");
  if (auto data = params.group("product_data")) product = read_product_data(call, *std::move(data));
  if (product_id.has_value() == product.has_value()) {
    params.complain(
        invalid("You must specify either `product` or `product_data` when creating a price.",
                "product", "parameter_missing"));
  }
  json::Value price =
      read_price(call, params, product ? text_at(*product, "id") : product_id.value_or(""), true);
  apply_price_fields(params, price);
  if (const auto failure = params.finish()) return *failure;
  if (!product) {
    const Record* known = call.world.find(call.account, kProduct, *product_id);
    if (known == nullptr || known->deleted()) return no_such("product", *product_id, "product");
  }
  if (lookup_key_is_taken(call, price)) return lookup_key_taken(price);
  if (product) {
    call.world.put(call.account, kProduct, *product);
    emit(call.world, call.account, call.cause, "product.created", *product);
  }
  call.world.put(call.account, kPrice, price);
  emit(call.world, call.account, call.cause, "price.created", price);
  return price;
}

Answer update_price(Call& call) {
  Record* record = call.world.find(call.account, kPrice, call.id());
  if (record == nullptr) return no_such("price", call.id());
  json::Value price = record->doc;
  apply_price_fields(call.params, price);
  if (const auto failure = call.params.finish()) return *failure;
  if (lookup_key_is_taken(call, price)) return lookup_key_taken(price);
  std::swap(record->doc, price);
  call.world.changed(call.account, kPrice, *record);
  emit(call.world, call.account, call.cause, "price.updated", record->doc, price);
  return record->doc;
}

Answer list_prices(Call& call) {
  Filter filter = both(by_active(call), by_field(call, "product"));
  filter = both(std::move(filter), both(by_field(call, "currency"), by_field(call, "type")));
  if (call.params.has("lookup_keys")) {
    filter = both(std::move(filter), [keys = call.params.text_list("lookup_keys")](
                                         const Record& record) {
      return std::find(keys.begin(), keys.end(), text_at(record.doc, "lookup_key")) != keys.end();
    });
  }
  return list(call, kPrice, "/v1/prices", filter);
}

Answer retrieve_product(Call& call) { return retrieve(call, kProduct, "product"); }
Answer retrieve_price(Call& call) { return retrieve(call, kPrice, "price"); }

}  // namespace

json::Value read_product_data(Call& call, Params params) {
  json::Value product =
      new_product(call, call.world.new_id("prod_", 14), params.required_text("name", 250));
  apply_product_fields(call, params, product);
  return product;
}

json::Value read_price(Call& call, Params& params, const std::string& product, bool active) {
  const std::string code = params.required_text("currency", 10);
  const auto currency = Currency::parse(code);
  if (!currency && !code.empty()) {
    params.complain(invalid_currency(code, params.full_name("currency")));
  }
  if (!params.has("unit_amount")) {
    params.complain(invalid("Missing required param: " + params.full_name("unit_amount") + ".",
                            params.full_name("unit_amount"), "parameter_missing"));
  }
  const std::int64_t amount = params.integer("unit_amount", 0, kMaxAmount).value_or(0);
  auto recurring = params.group("recurring");
  if (recurring && !recurring->has("interval")) recurring->required_text("interval");
  return object({{"id", call.world.new_id("price_1")},
                 {"object", "price"},
                 {"active", active},
                 {"billing_scheme", "per_unit"},
                 {"created", call.world.now_seconds()},
                 {"currency", currency ? currency->lower() : std::string()},
                 {"custom_unit_amount", nullptr},
                 {"livemode", false},
                 {"lookup_key", nullptr},
                 {"metadata", empty_object()},
                 {"nickname", nullptr},
                 {"product", product},
                 {"recurring", recurring ? read_recurring(*recurring) : json::Value()},
                 {"tax_behavior", "unspecified"},
                 {"tiers_mode", nullptr},
                 {"transform_quantity", nullptr},
                 {"type", recurring ? "recurring" : "one_time"},
                 {"unit_amount", amount},
                 {"unit_amount_decimal", std::to_string(amount)}});
}

std::vector<Route> catalog_routes() {
  return {{"POST", "/v1/products", create_product},
          {"GET", "/v1/products", list_products},
          {"GET", "/v1/products/:id", retrieve_product},
          {"POST", "/v1/products/:id", update_product},
          {"DELETE", "/v1/products/:id", delete_product},
          {"POST", "/v1/prices", create_price},
          {"GET", "/v1/prices", list_prices},
          {"GET", "/v1/prices/:id", retrieve_price},
          {"POST", "/v1/prices/:id", update_price}};
}

}  // namespace purser::sandbox
