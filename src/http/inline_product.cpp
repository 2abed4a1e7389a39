#include "http/inline_product.hpp"

#include <algorithm>
#include <utility>

#include "codec/catalog_codec.hpp"
#include "http/schema.hpp"

namespace purser::http {
namespace {

constexpr const char* kPath = "body.product";

// Prices in an array get the ids "price-1", "price-2" …, unless they have ids of their own.
json::Value keyed_prices(const json::Array& prices, FieldErrors& errors) {
  json::Object keyed;
  for (std::size_t i = 0; i < prices.size(); ++i) {
    const json::Object* price = prices[i].as_object();
    if (price == nullptr) {
      errors.push_back({kPath + std::string(".prices.") + std::to_string(i), "must be an object"});
      continue;
    }
    json::Object members = *price;
    std::erase_if(members, [](const json::Member& member) { return member.first == "id"; });
    std::string id = prices[i].string_at("id").value_or("price-" + std::to_string(i + 1));
    const bool is_taken =
        std::ranges::any_of(keyed, [&](const json::Member& member) { return member.first == id; });
    if (is_taken) {
      errors.push_back(
          {kPath + std::string(".prices.") + std::to_string(i) + ".id", "is given twice"});
    }
    keyed.emplace_back(std::move(id), json::Value(std::move(members)));
  }
  return json::Value(std::move(keyed));
}

json::Value as_catalog_product(const json::Object& document, CustomerType buyer,
                               FieldErrors& errors) {
  json::Object product;
  bool has_customer_type = false;
  for (const json::Member& member : document) {
    const auto& [name, value] = member;
    if (name == "type") continue;
    has_customer_type = has_customer_type || name == "customer_type";
    if (name == "is_server_only") {
      product.emplace_back("server_only", value);
    } else if (name == "prices" && value.as_array() != nullptr) {
      product.emplace_back(name, keyed_prices(*value.as_array(), errors));
    } else {
      product.push_back(member);
    }
  }
  if (!has_customer_type) {
    product.emplace_back("customer_type", json::Value(std::string(to_string(buyer))));
  }
  return json::Value(std::move(product));
}

void check_names(const json::Value& document, FieldErrors& errors) {
  const bool both = document.find("server_only") && document.find("is_server_only");
  if (both) {
    errors.push_back({std::string(kPath) + ".is_server_only", "is the same as server_only"});
  }
}

// `type` is a promise about the prices; a product without prices is one_time.
void check_type(const json::Value& document, const domain::Product& product, FieldErrors& errors) {
  const json::Value* type = document.find("type");
  if (type == nullptr || type->is_null()) return;
  const std::string* text = type->as_string();
  const std::string path = std::string(kPath) + ".type";
  if (text == nullptr || (*text != "one_time" && *text != "subscription")) {
    errors.push_back({path, "must be one of \"one_time\", \"subscription\""});
    return;
  }
  const bool is_subscription = *text == "subscription";
  for (const domain::Price& price : product.prices) {
    if (price.interval.has_value() == is_subscription) continue;
    errors.push_back({path, is_subscription ? "needs prices with an interval"
                                            : "needs prices without an interval"});
    return;
  }
}

}  // namespace

Result<domain::Product> decode_inline_product(const json::Value& document, CustomerType buyer) {
  FieldErrors errors;
  check_names(document, errors);
  const json::Value catalog_product = as_catalog_product(*document.as_object(), buyer, errors);
  if (!errors.empty()) return schema_error(std::move(errors));
  auto product = codec::decode_product(catalog_product, ProductId(), kPath);
  if (!product) {
    Error error = std::move(product).error();
    error.code = ErrorCode::kSchemaError;
    return error;
  }
  check_type(document, *product, errors);
  if (!errors.empty()) return schema_error(std::move(errors));
  return product;
}

}  // namespace purser::http
