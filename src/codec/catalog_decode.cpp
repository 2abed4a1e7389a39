#include <algorithm>
#include <utility>

#include "codec/catalog_codec.hpp"
#include "codec/fields.hpp"
#include "codec/yaml.hpp"

namespace purser::codec {
namespace {

constexpr std::size_t kMaxTextBytes = 4 * 1024 * 1024;
constexpr std::size_t kMaxErrors = 1000;
constexpr int kMaxDepth = 32;
constexpr const char* kIntervalRule =
    "must be like [1, \"month\"]: a count from 1 to 1000 and day, week, month or year";

// What stands for a value that could not be read, so that the rules that follow report nothing of
// it.
constexpr CalendarInterval kUnreadInterval{IntervalUnit::kMonth, 1};

std::optional<CalendarInterval> interval_of(const json::Value& value) {
  const json::Array* parts = value.as_array();
  std::int64_t count = 1;
  const std::string* unit_text = value.as_string();
  if (parts != nullptr) {
    if (parts->size() != 2 || (*parts)[0].as_int() == nullptr) return std::nullopt;
    count = *(*parts)[0].as_int();
    unit_text = (*parts)[1].as_string();
  }
  if (unit_text == nullptr || count < 1 || count > CalendarInterval::kMaxCount) return std::nullopt;
  const auto unit = parse_interval_unit(*unit_text);
  if (!unit) return std::nullopt;
  return CalendarInterval{*unit, static_cast<int>(count)};
}

// Decodes one document; every problem goes to the errors, and what is readable is read.
class Decoder {
 public:
  explicit Decoder(FieldErrors& errors) : errors_(errors) {}

  bool customer_types_known() const { return customer_types_known_; }

  domain::Catalog catalog(const json::Value& document) {
    domain::Catalog out;
    ObjectReader in(document, "", errors_);
    each(in.take("items"), "items",
         [&](const std::string& id, const json::Value& value) { out.items[id] = item(value, id); });
    each(in.take("product_lines"), "product_lines",
         [&](const std::string& id, const json::Value& value) {
           out.product_lines[id] = product_line(value, id);
         });
    each(in.take("products"), "products", [&](const std::string& id, const json::Value& value) {
      out.products[id] = product(value, ProductId(id), "products." + id);
    });
    in.finish();
    return out;
  }

  domain::Product product(const json::Value& document, ProductId id, const std::string& path) {
    domain::Product out;
    ObjectReader in(document, path, errors_);
    const bool is_inline = id.empty();
    out.display_name = display_name(in, id.str(), is_inline);
    out.customer_type = customer_type(in, true);
    if (const json::Value* line = in.take("product_line"); line != nullptr && !line->is_null()) {
      if (const std::string* text = string_of(in, "product_line", *line)) {
        out.product_line = ProductLineId(*text);
      }
    }
    out.is_add_on_to = bases(in);
    out.server_only = in.take_bool("server_only", false);
    out.stackable = in.take_bool("stackable", false);
    out.free_trial = optional_interval(in, "free_trial");
    each(in.take("prices"), in.path_of("prices"),
         [&](const std::string& price_id, const json::Value& value) {
           out.prices.push_back(
               price(value, PriceId(price_id), join_path(in.path_of("prices"), price_id)));
         });
    each(in.take("included_items"), in.path_of("included_items"),
         [&](const std::string& item_id, const json::Value& value) {
           out.included_items.push_back(included_item(
               value, ItemId(item_id), join_path(in.path_of("included_items"), item_id)));
         });
    in.finish();
    out.id = std::move(id);
    std::sort(out.prices.begin(), out.prices.end(),
              [](const auto& a, const auto& b) { return a.id < b.id; });
    std::sort(out.included_items.begin(), out.included_items.end(),
              [](const auto& a, const auto& b) { return a.item < b.item; });
    return out;
  }

 private:
  // Calls `decode` with every member of an object; an absent one has none.
  template <class Decode>
  void each(const json::Value* value, const std::string& path, Decode decode) {
    if (value == nullptr) return;
    if (value->as_object() == nullptr) {
      errors_.push_back({path, "must be an object, keyed by id"});
      return;
    }
    for (const auto& [id, member] : *value->as_object()) decode(id, member);
  }

  domain::Item item(const json::Value& value, const std::string& id) {
    ObjectReader in(value, "items." + id, errors_);
    domain::Item out{ItemId(id), display_name(in, id, false), customer_type(in, true)};
    in.finish();
    return out;
  }

  domain::ProductLine product_line(const json::Value& value, const std::string& id) {
    ObjectReader in(value, "product_lines." + id, errors_);
    domain::ProductLine out{ProductLineId(id), display_name(in, id, false),
                            customer_type(in, false)};
    in.finish();
    return out;
  }

  domain::Price price(const json::Value& value, PriceId id, const std::string& path) {
    ObjectReader in(value, path, errors_);
    std::int64_t amount = 1;
    if (const json::Value* field = in.take_required("amount")) {
      if (const std::int64_t* number = field->as_int()) {
        amount = *number;
      } else {
        in.add_error(in.path_of("amount"),
                     "must be an integer of minor units, e.g. 1000 for 10.00 USD");
      }
    }
    const Money money(amount, currency(in));
    const auto interval = optional_interval(in, "interval");
    const auto free_trial = optional_interval(in, "free_trial");
    const bool server_only = in.take_bool("server_only", false);
    in.finish();
    return {std::move(id), money, interval, free_trial, server_only};
  }

  domain::IncludedItem included_item(const json::Value& value, ItemId id, const std::string& path) {
    ObjectReader in(value, path, errors_);
    domain::IncludedItem out;
    out.item = std::move(id);
    out.quantity = Quantity::of(1).value();
    if (const json::Value* field = in.take_required("quantity")) {
      const auto quantity =
          field->as_int() == nullptr ? std::nullopt : Quantity::of(*field->as_int());
      if (quantity) {
        out.quantity = *quantity;
      } else {
        in.add_error(in.path_of("quantity"), "must be an integer of at most 9007199254740991");
      }
    }
    const json::Value* repeat = in.take("repeat");
    const bool repeats = repeat != nullptr && !repeat->is_null() &&
                         !(repeat->as_string() != nullptr && *repeat->as_string() == "never");
    if (repeats) {
      out.repeat = interval_of(*repeat);
      if (!out.repeat) {
        in.add_error(in.path_of("repeat"), std::string(kIntervalRule) + "; or \"never\"");
        out.repeat = kUnreadInterval;
      }
    }
    out.expires = expires(in);
    in.finish();
    return out;
  }

  const std::string* string_of(ObjectReader& in, const char* name, const json::Value& value) {
    if (value.as_string() == nullptr) in.add_error(in.path_of(name), "must be a string");
    return value.as_string();
  }

  std::string display_name(ObjectReader& in, const std::string& fallback, bool required) {
    const json::Value* value =
        required ? in.take_required("display_name") : in.take("display_name");
    if (value == nullptr) return fallback;
    const std::string* text = string_of(in, "display_name", *value);
    return text == nullptr ? fallback : *text;
  }

  CustomerType customer_type(ObjectReader& in, bool required) {
    const json::Value* value =
        required ? in.take_required("customer_type") : in.take("customer_type");
    if (value == nullptr) {
      customer_types_known_ = customer_types_known_ && !required;
      return CustomerType::kUser;
    }
    const auto type =
        value->as_string() == nullptr ? std::nullopt : parse_customer_type(*value->as_string());
    if (!type) {
      customer_types_known_ = false;
      in.add_error(in.path_of("customer_type"), "must be \"user\", \"team\" or \"custom\"");
    }
    return type.value_or(CustomerType::kUser);
  }

  Currency currency(ObjectReader& in) {
    const json::Value* value = in.take_required("currency");
    const auto known = value == nullptr || value->as_string() == nullptr
                           ? std::nullopt
                           : Currency::parse(*value->as_string());
    if (value != nullptr && !known) {
      in.add_error(in.path_of("currency"), "must be an ISO 4217 code, e.g. \"usd\"");
    }
    return known ? *known : Currency::parse("USD").value();
  }

  domain::Expiry expires(ObjectReader& in) {
    const json::Value* value = in.take("expires");
    if (value == nullptr) return domain::Expiry::kNever;
    const auto known =
        value->as_string() == nullptr ? std::nullopt : domain::parse_expiry(*value->as_string());
    if (!known) {
      in.add_error(in.path_of("expires"),
                   "must be \"never\", \"when-purchase-expires\" or \"when-repeated\"");
    }
    return known.value_or(domain::Expiry::kNever);
  }

  std::optional<CalendarInterval> optional_interval(ObjectReader& in, const char* name) {
    const json::Value* value = in.take(name);
    if (value == nullptr || value->is_null()) return std::nullopt;
    const auto interval = interval_of(*value);
    if (!interval) in.add_error(in.path_of(name), kIntervalRule);
    return interval ? interval : kUnreadInterval;
  }

  // `false`, one id, or a list of ids.
  std::vector<ProductId> bases(ObjectReader& in) {
    std::vector<ProductId> out;
    const json::Value* value = in.take("is_add_on_to");
    if (value == nullptr || (value->as_bool() != nullptr && !*value->as_bool())) return out;
    if (const std::string* id = value->as_string()) return {ProductId(*id)};
    if (value->as_array() == nullptr) {
      in.add_error(in.path_of("is_add_on_to"), "must be false, a product id or a list of them");
      return out;
    }
    for (std::size_t i = 0; i < value->as_array()->size(); ++i) {
      if (const std::string* id = (*value->as_array())[i].as_string()) {
        out.emplace_back(*id);
      } else {
        in.add_error(in.path_of("is_add_on_to") + "[" + std::to_string(i) + "]",
                     "must be a product id");
      }
    }
    return out;
  }

  FieldErrors& errors_;
  bool customer_types_known_ = true;
};

std::string first_of(const FieldErrors& errors) {
  const FieldError& first = errors.front();
  return first.path.empty() ? first.message : first.path + " " + first.message;
}

Error catalog_invalid(FieldErrors errors) {
  const std::size_t count = errors.size();
  if (count > kMaxErrors) errors.resize(kMaxErrors);
  std::string text = "The catalog has " + std::to_string(count) +
                     (count == 1 ? " error" : " errors") +
                     "; nothing was applied. The first: " + first_of(errors) + ".";
  return {ErrorCode::kCatalogInvalid, std::move(text), {{"fields", std::move(errors)}}};
}

FieldErrors fields_of(const Error& error) {
  for (const auto& [name, value] : error.details) {
    const auto* fields = std::get_if<FieldErrors>(&value);
    if (fields != nullptr && !fields->empty()) return *fields;
  }
  return {{"", error.message}};
}

// Rules of places that could not be read in the first place would only confuse.
bool is_explained(const FieldErrors& unread, const FieldError& error) {
  return std::any_of(unread.begin(), unread.end(),
                     [&](const FieldError& known) { return known.path == error.path; });
}

Result<domain::Catalog> decode_into(FieldErrors errors, const json::Value& document) {
  Decoder decoder(errors);
  domain::Catalog catalog = decoder.catalog(document);
  const FieldErrors unread = errors;
  for (FieldError& error : domain::validate(catalog, decoder.customer_types_known())) {
    if (errors.size() > kMaxErrors) break;
    if (!is_explained(unread, error)) errors.push_back(std::move(error));
  }
  if (!errors.empty()) return catalog_invalid(std::move(errors));
  return catalog;
}

}  // namespace

Result<domain::Product> decode_product(const json::Value& document, ProductId id,
                                       const std::string& path) {
  FieldErrors errors;
  domain::Product product = Decoder(errors).product(document, std::move(id), path);
  if (errors.empty()) return product;
  if (errors.size() > kMaxErrors) errors.resize(kMaxErrors);
  std::string text = "The product is not described correctly: " + first_of(errors) + ".";
  return Error(ErrorCode::kSchemaError, std::move(text), {{"fields", std::move(errors)}});
}

Result<domain::Catalog> decode_catalog(const json::Value& document) {
  return decode_into({}, document);
}

Result<domain::Catalog> parse_catalog(std::string_view text) {
  if (text.size() > kMaxTextBytes) return catalog_invalid({{"", "must be at most 4 MiB"}});
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '{') {
    auto document = json::parse(text, kMaxDepth);
    if (!document) return catalog_invalid(fields_of(document.error()));
    return decode_into({}, *document);
  }
  FieldErrors errors;
  const json::Value document = read_yaml(text, kMaxDepth, errors);
  // Without a map there is nothing more to say than why it could not be read.
  if (!errors.empty() && document.as_object() == nullptr) return catalog_invalid(std::move(errors));
  return decode_into(std::move(errors), document);
}

}  // namespace purser::codec
