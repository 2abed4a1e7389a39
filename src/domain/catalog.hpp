#pragma once

// A project's catalog: items, product lines and products, as values that have been validated.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/ledger.hpp"
#include "types/customer.hpp"
#include "types/error.hpp"
#include "types/id.hpp"
#include "types/money.hpp"
#include "types/timestamp.hpp"

namespace purser::domain {

struct Item {
  ItemId id;
  std::string display_name;  ///< defaults to the id
  CustomerType customer_type = CustomerType::kUser;
  friend bool operator==(const Item&, const Item&) = default;
};

struct ProductLine {
  ProductLineId id;
  std::string display_name;
  CustomerType customer_type = CustomerType::kUser;
  friend bool operator==(const ProductLine&, const ProductLine&) = default;
};

struct Price {
  PriceId id;
  Money amount;                               ///< > 0 minor units... zero is allowed for free plans
  std::optional<CalendarInterval> interval;   ///< absent: one-time
  std::optional<CalendarInterval> free_trial;  ///< only with an interval
  bool server_only = false;
  friend bool operator==(const Price&, const Price&) = default;
};

struct IncludedItem {
  ItemId item;
  Quantity quantity;                        ///< > 0
  std::optional<CalendarInterval> repeat;   ///< absent: "never"
  Expiry expires = Expiry::kNever;
  friend bool operator==(const IncludedItem&, const IncludedItem&) = default;
};

/// Something sellable. For an inline product (described in a request) `id` is empty.
struct Product {
  ProductId id;
  std::string display_name;
  CustomerType customer_type = CustomerType::kUser;
  std::optional<ProductLineId> product_line;
  std::vector<ProductId> is_add_on_to;  ///< empty: not an add-on
  bool server_only = false;
  bool stackable = false;
  std::optional<CalendarInterval> free_trial;
  std::vector<Price> prices;             ///< ordered by id
  std::vector<IncludedItem> included_items;  ///< ordered by item id
  friend bool operator==(const Product&, const Product&) = default;

  const Price* find_price(const PriceId& id) const;
};

/// All that a project sells. Immutable once built; shared between threads as shared_ptr<const Catalog>.
struct Catalog {
  std::int64_t version = 0;  ///< 0: the empty catalog of a new project; each PUT that changes it adds 1
  std::map<std::string, Item> items;
  std::map<std::string, ProductLine> product_lines;
  std::map<std::string, Product> products;

  const Item* find_item(const ItemId& id) const;
  const Product* find_product(const ProductId& id) const;
};

/// Every rule of the catalog that spans more than one field; each violation with its path ("products.pro.…").
/// Empty when the catalog is valid. Rules: ids match [A-Za-z0-9_][A-Za-z0-9_-]{0,62}; references exist;
/// customer types agree along references; an add-on names bases of its own product line or none, never
/// itself, without cycles; free trials only with intervals; price and included quantities positive;
/// expires "when-repeated" only with a repeat.
std::vector<FieldError> validate(const Catalog& catalog);
bool is_catalog_id(std::string_view text);

/// What changes from one catalog to the next, for people: one line each.
struct CatalogDiff {
  std::vector<std::string> added;    ///< "products.pro"
  std::vector<std::string> changed;
  std::vector<std::string> removed;
  bool empty() const { return added.empty() && changed.empty() && removed.empty(); }
};
CatalogDiff diff(const Catalog& before, const Catalog& after);

}  // namespace purser::domain
