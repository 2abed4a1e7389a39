#include "domain/catalog.hpp"

#include <algorithm>

namespace purser::domain {
namespace {

bool starts_catalog_id(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

// What differs between two maps from id to value, as paths "section.id".
template <class Map>
void diff_section(const std::string& section, const Map& before, const Map& after,
                  CatalogDiff& out) {
  const auto path_of = [&](const auto& id) {
    std::string path = section;
    path.append(".").append(id);
    return path;
  };
  for (const auto& [id, value] : after) {
    const auto old = before.find(id);
    if (old == before.end()) {
      out.added.push_back(path_of(id));
    } else if (!(old->second == value)) {
      out.changed.push_back(path_of(id));
    }
  }
  for (const auto& [id, value] : before) {
    if (!after.contains(id)) out.removed.push_back(path_of(id));
  }
}

}  // namespace

const Price* Product::find_price(const PriceId& wanted) const {
  const auto at = std::find_if(prices.begin(), prices.end(),
                               [&](const Price& price) { return price.id == wanted; });
  return at == prices.end() ? nullptr : &*at;
}

const Item* Catalog::find_item(const ItemId& id) const {
  const auto at = items.find(id.str());
  return at == items.end() ? nullptr : &at->second;
}

const Product* Catalog::find_product(const ProductId& id) const {
  const auto at = products.find(id.str());
  return at == products.end() ? nullptr : &at->second;
}

bool is_catalog_id(std::string_view text) {
  if (text.empty() || text.size() > kMaxCatalogIdBytes || !starts_catalog_id(text.front())) {
    return false;
  }
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return starts_catalog_id(c) || c == '-'; });
}

CatalogDiff diff(const Catalog& before, const Catalog& after) {
  CatalogDiff out;
  diff_section("items", before.items, after.items, out);
  diff_section("product_lines", before.product_lines, after.product_lines, out);
  diff_section("products", before.products, after.products, out);
  return out;
}

}  // namespace purser::domain
