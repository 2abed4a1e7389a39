#pragma once

// A project's catalog: items, product lines and products, as values that have been validated.

#include <cstddef>
#include <cstdint>
#include <map>
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

// Bounds of a catalog, checked by validate().
inline constexpr std::size_t kMaxItems = 1000;
inline constexpr std::size_t kMaxProductLines = 1000;
inline constexpr std::size_t kMaxProducts = 1000;
inline constexpr std::size_t kMaxPricesPerProduct = 100;
inline constexpr std::size_t kMaxIncludedItemsPerProduct = 100;
inline constexpr std::size_t kMaxBasesPerProduct = 100;
inline constexpr std::size_t kMaxCatalogIdBytes = 63;
inline constexpr std::size_t kMaxDisplayNameBytes = 200;
/// The largest amount that Stripe takes in any currency has 12 digits of minor units.
/// Source: https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
inline constexpr std::int64_t kMaxPriceMinorUnits = 999'999'999'999;

/// Something countable that customers have a quantity of.
struct Item {
  ItemId id;
  std::string display_name;  ///< 1–200 bytes; a document's default is the id
  CustomerType customer_type = CustomerType::kUser;
  friend bool operator==(const Item&, const Item&) = default;
};

/// A set of mutually exclusive products, their add-ons excepted.
struct ProductLine {
  ProductLineId id;
  std::string display_name;
  CustomerType customer_type = CustomerType::kUser;
  friend bool operator==(const ProductLine&, const ProductLine&) = default;
};

struct Price {
  PriceId id;
  Money amount;  ///< minor units; > 0, or 0 with an interval (a free plan)
  std::optional<CalendarInterval> interval;    ///< absent: one-time; at most three years
  std::optional<CalendarInterval> free_trial;  ///< only with an interval; at most two years
  bool server_only = false;                    ///< clients cannot choose it
  friend bool operator==(const Price&, const Price&) = default;
};

/// What a product gives of one item.
struct IncludedItem {
  ItemId item;
  Quantity quantity;                       ///< > 0
  std::optional<CalendarInterval> repeat;  ///< absent: "never"
  Expiry expires = Expiry::kNever;         ///< kWhenRepeated only with a repeat
  friend bool operator==(const IncludedItem&, const IncludedItem&) = default;
};

/// Something sellable. For an inline product (described in a request) `id` is empty.
struct Product {
  ProductId id;
  std::string display_name;
  CustomerType customer_type = CustomerType::kUser;
  std::optional<ProductLineId> product_line;
  std::vector<ProductId>
      is_add_on_to;          ///< its base products, in the document's order; empty: not an add-on
  bool server_only = false;  ///< does not exist for clients
  bool stackable = false;    ///< any quantity, more than once
  std::optional<CalendarInterval>
      free_trial;             ///< for prices that name none; needs a price with an interval
  std::vector<Price> prices;  ///< ordered by id
  std::vector<IncludedItem> included_items;  ///< ordered by item id
  friend bool operator==(const Product&, const Product&) = default;

  const Price* find_price(const PriceId& id) const;  ///< nullptr when there is none
  bool is_inline() const { return id.empty(); }
};

/// All that a project sells. Immutable once built; shared between threads as shared_ptr<const
/// Catalog>.
struct Catalog {
  std::int64_t version =
      0;  ///< 0: the empty catalog of a new project; each PUT that changes it adds 1
  std::map<std::string, Item> items;
  std::map<std::string, ProductLine> product_lines;
  std::map<std::string, Product> products;
  friend bool operator==(const Catalog&, const Catalog&) = default;

  const Item* find_item(const ItemId& id) const;
  const Product* find_product(const ProductId& id) const;
};

/// Every rule of the catalog that spans more than one field or bounds one; each violation with its
/// path
/// ("products.pro.prices.monthly.amount"), all of them. Empty when the catalog is valid. Rules: the
/// bounds above; ids match [A-Za-z0-9_][A-Za-z0-9_-]{0,62}; references exist; customer types agree
/// along references; the bases of an add-on that stands in a product line stand in the same line or
/// in none; no add-on leads back to itself; free trials only with intervals; amounts and included
/// quantities as stated at their fields; "when-repeated" only with a repeat.
/// A decoder that could not read every customer type says so, to spare its user errors that follow
/// from it.
std::vector<FieldError> validate(const Catalog& catalog, bool customer_types_known = true);

/// The same rules for a product that a request describes; `path` prefixes the errors. It may
/// include the catalog's items and stands in no product line.
std::vector<FieldError> validate_inline_product(const Product& product, const Catalog& catalog,
                                                const std::string& path);

/// Whether the text matches [A-Za-z0-9_][A-Za-z0-9_-]{0,62}.
bool is_catalog_id(std::string_view text);

/// What changes from one catalog to the next, for people: one line each.
struct CatalogDiff {
  std::vector<std::string> added;  ///< "products.pro"
  std::vector<std::string> changed;
  std::vector<std::string> removed;
  bool empty() const { return added.empty() && changed.empty() && removed.empty(); }
};
CatalogDiff diff(const Catalog& before, const Catalog& after);

}  // namespace purser::domain
