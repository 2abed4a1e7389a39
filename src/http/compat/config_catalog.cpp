#include "http/compat/config_catalog.hpp"

#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "codec/catalog_codec.hpp"
#include "http/compat/amounts.hpp"
#include "http/compat/products.hpp"

// Both sides are JSON of nearly the same shape: names and the way in which prices are written
// differ. The catalog's own decoder then checks all of it.

namespace purser::http::compat {
namespace {

struct Name {
  const char* config;
  const char* catalog;
};
constexpr Name kNamed[] = {{"displayName", "display_name"}, {"customerType", "customer_type"}};
constexpr Name kProduct[] = {{"displayName", "display_name"},   {"customerType", "customer_type"},
                             {"productLineId", "product_line"}, {"serverOnly", "server_only"},
                             {"stackable", "stackable"},        {"freeTrial", "free_trial"}};
constexpr Name kPrice[] = {
    {"interval", "interval"}, {"freeTrial", "free_trial"}, {"serverOnly", "server_only"}};

template <class Names>
const char* catalog_name(const Names& names, std::string_view config) {
  for (const Name& name : names) {
    if (name.config == config) return name.catalog;
  }
  return nullptr;
}

/// The members of `from` under the names of the configuration.
template <class Names>
void copy_renamed(const json::Value& from, const Names& names, json::Object& to) {
  for (const Name& name : names) {
    if (const json::Value* value = from.find(name.catalog)) to.emplace_back(name.config, *value);
  }
}

// --- from the catalog's document ---------------------------------------------------------------

json::Value price_config(const json::Value& price) {
  json::Object out;
  const auto currency = Currency::parse(price.string_at("currency").value_or(""));
  const Money amount(price.int_at("amount").value_or(0), currency.value());
  out.emplace_back(std::string(currency->code()), json::Value(major_units(amount)));
  copy_renamed(price, kPrice, out);
  return {std::move(out)};
}

json::Value bases_config(const json::Value& bases) {
  const json::Array* ids = bases.as_array();
  if (ids == nullptr) return {false};
  json::Object out;
  for (const json::Value& id : *ids) out.emplace_back(*id.as_string(), json::Value(true));
  return {std::move(out)};
}

json::Value product_config(const json::Value& product) {
  json::Object out;
  copy_renamed(product, kProduct, out);
  out.emplace_back("isAddOnTo", bases_config(*product.find("is_add_on_to")));
  json::Object prices;
  for (const auto& [id, price] : *product.find("prices")->as_object()) {
    prices.emplace_back(id, price_config(price));
  }
  out.emplace_back("prices", json::Value(std::move(prices)));
  out.emplace_back("includedItems", *product.find("included_items"));
  return {std::move(out)};
}

json::Value named_config(const json::Value& named) {
  json::Object out;
  copy_renamed(named, kNamed, out);
  return {std::move(out)};
}

template <class Convert>
json::Value each(const json::Value& members, Convert convert) {
  json::Object out;
  for (const auto& [id, member] : *members.as_object()) out.emplace_back(id, convert(member));
  return {std::move(out)};
}

// --- to the catalog's document -----------------------------------------------------------------

/// Reads one tree; every problem goes to the errors.
class Reader {
 public:
  explicit Reader(FieldErrors& errors) : errors_(errors) {}

  json::Value document(const json::Value& payments) {
    json::Object out;
    const auto add = [&](const char* config, const char* catalog, auto read) {
      const json::Value* part = payments.find(config);
      if (part == nullptr) return;
      out.emplace_back(catalog, members(*part, std::string("payments.") + config, read));
    };
    const auto named = [this](const json::Value& value, const std::string& path) {
      return renamed(value, kNamed, path, {});
    };
    add("items", "items", [&](const json::Value& value, const std::string& path) {
      return for_users(named(value, path));
    });
    add("productLines", "product_lines", named);
    add("products", "products", [this](const json::Value& value, const std::string& path) {
      return for_users(product(value, path));
    });
    return {std::move(out)};
  }

 private:
  void wrong(const std::string& path, std::string message) {
    errors_.push_back({path, std::move(message)});
  }

  // Whose something is, unless it says so.
  static json::Value for_users(json::Value named) {
    if (named.find("customer_type") == nullptr) named.set("customer_type", {std::string("user")});
    return named;
  }

  template <class Read>
  json::Value members(const json::Value& part, const std::string& path, Read read) {
    json::Object out;
    if (part.as_object() == nullptr) {
      wrong(path, "must be an object, keyed by id");
      return {std::move(out)};
    }
    for (const auto& [id, member] : *part.as_object()) {
      if (member.is_null()) continue;
      std::string below = path;
      below.append(".").append(id);
      out.emplace_back(id, read(member, below));
    }
    return {std::move(out)};
  }

  /// The members with known names, under the catalog's; others go to `rest`, or are wrong.
  template <class Names>
  json::Value renamed(const json::Value& value, const Names& names, const std::string& path,
                      const std::function<bool(const json::Member&, json::Object&)>& rest) {
    json::Object out;
    if (value.as_object() == nullptr) {
      wrong(path, "must be an object");
      return {std::move(out)};
    }
    for (const json::Member& member : *value.as_object()) {
      if (member.second.is_null()) continue;
      if (const char* name = catalog_name(names, member.first)) {
        out.emplace_back(name, member.second);
      } else if (!rest || !rest(member, out)) {
        wrong(path + "." + member.first, "is not known here");
      }
    }
    return {std::move(out)};
  }

  json::Value product(const json::Value& value, const std::string& path) {
    return renamed(value, kProduct, path, [&](const json::Member& member, json::Object& out) {
      const auto& [name, part] = member;
      if (name == "isAddOnTo") {
        out.emplace_back("is_add_on_to", bases(part, path + ".isAddOnTo"));
      } else if (name == "prices") {
        out.emplace_back(name, prices(part, path + ".prices"));
      } else if (name == "includedItems") {
        out.emplace_back("included_items", included(part, path + ".includedItems"));
      } else {
        return false;
      }
      return true;
    });
  }

  json::Value bases(const json::Value& value, const std::string& path) {
    if (const bool* flag = value.as_bool(); flag != nullptr && !*flag) return value;
    json::Array ids;
    if (value.as_object() == nullptr) {
      wrong(path, "must be false, or an object with the ids of the base products");
      return {std::move(ids)};
    }
    for (const auto& [id, is_base] : *value.as_object()) {
      if (is_base == json::Value(true)) ids.emplace_back(id);
    }
    if (ids.empty()) return {false};
    return {std::move(ids)};
  }

  json::Value prices(const json::Value& value, const std::string& path) {
    if (value.as_string() != nullptr) {
      wrong(path, "must be prices: products that every customer has by default do not exist here");
      return {json::Object()};
    }
    return members(value, path, [this](const json::Value& one, const std::string& at) {
      return catalog_price(one, at, errors_);
    });
  }

  // What is left out, or can never come to pass, has the protocol's defaults.
  json::Value included(const json::Value& value, const std::string& path) {
    json::Value all = members(value, path, [](json::Value item, const std::string&) {
      if (item.as_object() == nullptr) return item;
      if (item.find("quantity") == nullptr) item.set("quantity", {std::int64_t{0}});
      if (item.find("repeat") == nullptr) item.set("repeat", {std::string("never")});
      if (item.find("expires") == nullptr) item.set("expires", {std::string("when-repeated")});
      const bool is_once = item.string_at("repeat") == "never";
      if (is_once && item.string_at("expires") == "when-repeated") {
        item.set("expires", {std::string("never")});
      }
      return item;
    });
    std::erase_if(*all.as_object(),
                  [](const json::Member& member) { return member.second.int_at("quantity") == 0; });
    return all;
  }

  FieldErrors& errors_;
};

// "products.pro.prices.monthly.amount" of the catalog, as a path of the configuration.
std::string config_path(std::string path) {
  const auto replace = [&path](std::string_view from, std::string_view to) {
    if (const std::size_t at = path.find(from); at != std::string::npos) {
      path.replace(at, from.size(), to);
    }
  };
  replace("product_lines.", "productLines.");
  replace(".included_items", ".includedItems");
  replace(".is_add_on_to", ".isAddOnTo");
  for (const Name& name : kProduct) {
    const std::string last = std::string(".") + name.catalog;
    if (path.ends_with(last)) replace(last, std::string(".") + name.config);
  }
  return "payments." + path;
}

}  // namespace

json::Object catalog_config(const domain::Catalog& catalog) {
  const json::Value document = json::parse(codec::encode_catalog(catalog)).value();
  json::Object out;
  out.emplace_back("items", each(*document.find("items"), named_config));
  out.emplace_back("productLines", each(*document.find("product_lines"), named_config));
  out.emplace_back("products", each(*document.find("products"), product_config));
  return out;
}

std::optional<domain::Catalog> decode_catalog_config(const json::Value& payments,
                                                     FieldErrors& errors) {
  const json::Value document = Reader(errors).document(payments);
  if (!errors.empty()) return std::nullopt;
  auto catalog = codec::decode_catalog(document);
  if (catalog) return *std::move(catalog);
  for (const auto& [name, value] : catalog.error().details) {
    const auto* fields = std::get_if<std::vector<FieldError>>(&value);
    if (fields == nullptr) continue;
    for (const FieldError& field : *fields) {
      errors.push_back({config_path(field.path), field.message});
    }
  }
  if (errors.empty()) errors.push_back({"payments", catalog.error().message});
  return std::nullopt;
}

}  // namespace purser::http::compat
