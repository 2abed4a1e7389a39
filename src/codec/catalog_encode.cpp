#include <optional>

#include "codec/catalog_codec.hpp"
#include "codec/yaml.hpp"

namespace purser::codec {
namespace {

void write_interval(json::Writer& out, CalendarInterval interval) {
  out.begin_array().integer(interval.count).string(to_string(interval.unit)).end_array();
}

void write_interval_field(json::Writer& out, const char* name,
                          const std::optional<CalendarInterval>& interval) {
  if (!interval) return;
  out.key(name);
  write_interval(out, *interval);
}

void write_included_item(json::Writer& out, const domain::IncludedItem& included) {
  out.begin_object().field("quantity", included.quantity.value()).key("repeat");
  if (included.repeat) {
    write_interval(out, *included.repeat);
  } else {
    out.string("never");
  }
  out.field("expires", to_string(included.expires)).end_object();
}

void write_bases(json::Writer& out, const std::vector<ProductId>& bases) {
  if (bases.empty()) {
    out.boolean(false);
    return;
  }
  out.begin_array();
  for (const ProductId& base : bases) out.string(base.str());
  out.end_array();
}

}  // namespace

void write_price(json::Writer& out, const domain::Price& price) {
  out.begin_object()
      .field("amount", price.amount.minor_units())
      .field("currency", std::string_view(price.amount.currency().lower()));
  write_interval_field(out, "interval", price.interval);
  write_interval_field(out, "free_trial", price.free_trial);
  out.field("server_only", price.server_only).end_object();
}

void write_product(json::Writer& out, const domain::Product& product) {
  out.begin_object()
      .field("display_name", std::string_view(product.display_name))
      .field("customer_type", to_string(product.customer_type));
  if (product.product_line) {
    out.field("product_line", std::string_view(product.product_line->str()));
  }
  out.key("is_add_on_to");
  write_bases(out, product.is_add_on_to);
  out.field("server_only", product.server_only).field("stackable", product.stackable);
  write_interval_field(out, "free_trial", product.free_trial);
  out.key("prices").begin_object();
  for (const domain::Price& price : product.prices) {
    out.key(price.id.str());
    write_price(out, price);
  }
  out.end_object().key("included_items").begin_object();
  for (const domain::IncludedItem& included : product.included_items) {
    out.key(included.item.str());
    write_included_item(out, included);
  }
  out.end_object().end_object();
}

std::string encode_catalog(const domain::Catalog& catalog) {
  json::Writer out;
  const auto write_named = [&out](const auto& named) {
    out.begin_object()
        .field("display_name", std::string_view(named.display_name))
        .field("customer_type", to_string(named.customer_type))
        .end_object();
  };
  out.begin_object().key("items").begin_object();
  for (const auto& [id, item] : catalog.items) {
    out.key(id);
    write_named(item);
  }
  out.end_object().key("product_lines").begin_object();
  for (const auto& [id, line] : catalog.product_lines) {
    out.key(id);
    write_named(line);
  }
  out.end_object().key("products").begin_object();
  for (const auto& [id, product] : catalog.products) {
    out.key(id);
    write_product(out, product);
  }
  out.end_object().end_object();
  return out.take();
}

std::string encode_catalog_yaml(const domain::Catalog& catalog) {
  return write_yaml(json::parse(encode_catalog(catalog)).value());
}

}  // namespace purser::codec
