#include "http/compat/products.hpp"

#include <algorithm>
#include <utility>

#include "codec/catalog_codec.hpp"
#include "http/compat/amounts.hpp"

namespace purser::http::compat {
namespace {

constexpr const char* kInlinePath = "body.product_inline";
constexpr const char* kPreferredCurrency = "USD";

void write_interval(json::Writer& out, CalendarInterval interval) {
  out.begin_array().integer(interval.count).string(to_string(interval.unit)).end_array();
}

void write_price(json::Writer& out, const domain::Price& price) {
  out.begin_object().field(price.amount.currency().code(), major_units(price.amount));
  if (price.interval) write_interval(out.key("interval"), *price.interval);
  if (price.free_trial) write_interval(out.key("free_trial"), *price.free_trial);
  if (price.server_only) out.field("server_only", true);
  out.end_object();
}

void write_included(json::Writer& out, const domain::IncludedItem& included) {
  out.begin_object().field("quantity", included.quantity.value()).key("repeat");
  if (included.repeat) {
    write_interval(out, *included.repeat);
  } else {
    out.string("never");
  }
  out.field("expires", domain::to_string(included.expires)).end_object();
}

/// "free_trial" of "freeTrial".
std::string snake_case(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') {
      out += '_';
      out += static_cast<char>(c - 'A' + 'a');
    } else {
      out += c;
    }
  }
  return out;
}

bool is_currency(std::string_view name) {
  return name.size() == 3 && std::ranges::all_of(name, [](char c) { return c >= 'A' && c <= 'Z'; });
}

struct Amount {
  std::string currency;
  const json::Value* value = nullptr;
};

/// Which of a price's currencies counts; none when it has none.
Amount amount_of(const json::Object& price) {
  Amount found;
  for (const auto& [name, value] : price) {
    if (!is_currency(name) || value.is_null()) continue;
    if (found.value == nullptr || name == kPreferredCurrency) found = {name, &value};
  }
  return found;
}

void set_amount(const Amount& amount, const std::string& path, json::Object& out,
                FieldErrors& errors) {
  if (amount.value == nullptr) {
    errors.push_back({path, "must have an amount for a currency"});
    return;
  }
  const std::string place = path + "." + amount.currency;
  const auto currency = Currency::parse(amount.currency);
  if (!currency) {
    errors.push_back({place, "is not a known currency"});
    return;
  }
  const auto money = read_amount(*amount.value, *currency);
  if (!money) {
    errors.push_back(
        {place, "must be a decimal amount in major units, such as \"10\" or \"9.99\""});
    return;
  }
  out.emplace_back("amount", json::Value(money->minor_units()));
  out.emplace_back("currency", json::Value(amount.currency));
}

json::Value catalog_prices(const json::Value& prices, FieldErrors& errors) {
  const json::Object* members = prices.as_object();
  if (members == nullptr) return prices;  // its decoder says what is wrong
  json::Object out;
  for (const auto& [id, price] : *members) {
    out.emplace_back(id, catalog_price(price, kInlinePath + (".prices." + id), errors));
  }
  return json::Value(std::move(out));
}

/// false, null, one product's id, or an object whose keys are the ids.
json::Value bases(const json::Value& value) {
  json::Array ids;
  if (const std::string* one = value.as_string()) ids.emplace_back(*one);
  if (const json::Object* several = value.as_object()) {
    for (const auto& [id, is_base] : *several) ids.emplace_back(id);
  }
  if (value.as_array() != nullptr) return value;
  return json::Value(std::move(ids));
}

bool is_left_out(std::string_view name) {
  return name == "client_metadata" || name == "client_read_only_metadata" ||
         name == "server_metadata";
}

json::Value catalog_product(const json::Object& document, FieldErrors& errors) {
  json::Object out;
  for (const auto& [name, value] : document) {
    if (is_left_out(name) || value.is_null()) continue;
    if (name == "prices") {
      out.emplace_back(name, catalog_prices(value, errors));
    } else if (name == "is_add_on_to") {
      out.emplace_back(name, bases(value));
    } else {
      out.emplace_back(name, value);
    }
  }
  return json::Value(std::move(out));
}

}  // namespace

void write_product(json::Writer& out, const domain::Product& product,
                   const std::vector<const domain::Price*>& prices) {
  out.begin_object().field("display_name", product.display_name);
  out.field("customer_type", to_string(product.customer_type));
  out.field("server_only", product.server_only).field("stackable", product.stackable);
  out.key("prices").begin_object();
  for (const domain::Price* price : prices) write_price(out.key(price->id.str()), *price);
  out.end_object().key("included_items").begin_object();
  for (const domain::IncludedItem& included : product.included_items) {
    write_included(out.key(included.item.str()), included);
  }
  out.end_object();
  for (const char* name : {"client_metadata", "client_read_only_metadata", "server_metadata"}) {
    out.key(name).null();
  }
  out.end_object();
}

void write_product(json::Writer& out, const domain::Product& product) {
  std::vector<const domain::Price*> prices;
  prices.reserve(product.prices.size());
  for (const domain::Price& price : product.prices) prices.push_back(&price);
  write_product(out, product, prices);
}

json::Value catalog_price(const json::Value& price, const std::string& path, FieldErrors& errors) {
  const json::Object* members = price.as_object();
  if (members == nullptr) {
    errors.push_back({path, "must be an object"});
    return price;
  }
  json::Object out;
  for (const auto& [name, value] : *members) {
    if (!is_currency(name) && !value.is_null()) out.emplace_back(snake_case(name), value);
  }
  set_amount(amount_of(*members), path, out, errors);
  return json::Value(std::move(out));
}

Result<domain::Product> decode_inline_product(const json::Value& document) {
  FieldErrors errors;
  const json::Value shaped = catalog_product(*document.as_object(), errors);
  if (!errors.empty()) return schema_error(std::move(errors));
  auto product = codec::decode_product(shaped, ProductId(), kInlinePath);
  if (product) return product;
  Error error = std::move(product).error();
  error.code = ErrorCode::kSchemaError;
  return error;
}

}  // namespace purser::http::compat
