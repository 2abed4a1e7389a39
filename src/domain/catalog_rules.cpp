#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "domain/catalog.hpp"

namespace purser::domain {
namespace {

constexpr const char* kIdRule =
    "must be 1 to 63 letters, digits, '_' or '-', and must not begin with '-'";

// Stripe takes no longer billing intervals and trials than these.
// Source: https://docs.stripe.com/api/prices/create (recurring.interval_count: at most three years)
// and https://docs.stripe.com/billing/subscriptions/trials (at most 730 days).
bool at_most_years(CalendarInterval interval, int years) {
  switch (interval.unit) {
    case IntervalUnit::kDay:
      return interval.count <= 365 * years;
    case IntervalUnit::kWeek:
      return interval.count <= 52 * years;
    case IntervalUnit::kMonth:
      return interval.count <= 12 * years;
    case IntervalUnit::kYear:
      return interval.count <= years;
  }
  return false;
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

std::string for_customers(CustomerType type) { return std::string(to_string(type)) + " customers"; }

// Collects the violations of one catalog. Each check_ function looks at one thing.
class Checker {
 public:
  Checker(const Catalog& catalog, bool customer_types_known)
      : catalog_(catalog), customer_types_known_(customer_types_known) {}

  std::vector<FieldError> check_all() {
    bound("items", catalog_.items.size(), kMaxItems, "items");
    bound("product_lines", catalog_.product_lines.size(), kMaxProductLines, "product lines");
    bound("products", catalog_.products.size(), kMaxProducts, "products");
    for (const auto& [id, item] : catalog_.items) {
      check_named("items." + id, id, item.id.str(), item.display_name);
    }
    for (const auto& [id, line] : catalog_.product_lines) {
      check_named("product_lines." + id, id, line.id.str(), line.display_name);
    }
    for (const auto& [id, product] : catalog_.products) {
      const std::string path = "products." + id;
      check_named(path, id, product.id.str(), product.display_name);
      check_contents(path, product);
      check_line(path, product);
      check_bases(path, product);
    }
    check_cycles();
    return std::move(errors_);
  }

  std::vector<FieldError> check_inline(const std::string& path, const Product& product) {
    check_display_name(path, product.display_name);
    check_contents(path, product);
    if (product.product_line) add(path + ".product_line", "is not for inline products");
    if (!product.is_add_on_to.empty()) add(path + ".is_add_on_to", "is not for inline products");
    return std::move(errors_);
  }

 private:
  void add(std::string path, std::string message) {
    errors_.push_back({std::move(path), std::move(message)});
  }

  void bound(const std::string& path, std::size_t count, std::size_t max, const char* what) {
    if (count > max) add(path, "must be at most " + std::to_string(max) + " " + what);
  }

  void check_id(const std::string& path, std::string_view id) {
    if (!is_catalog_id(id)) add(path, std::string("its id ") + kIdRule);
  }

  void check_display_name(const std::string& path, const std::string& name) {
    if (name.empty() || name.size() > kMaxDisplayNameBytes) {
      add(path + ".display_name", "must be 1 to 200 bytes");
    }
  }

  void check_named(const std::string& path, const std::string& key, const std::string& id,
                   const std::string& display_name) {
    check_id(path, key);
    if (key != id) add(path, "its id must be its key");
    check_display_name(path, display_name);
  }

  // What stands in a product by itself: prices, trial, included items.
  void check_contents(const std::string& path, const Product& product) {
    bound(path + ".prices", product.prices.size(), kMaxPricesPerProduct, "prices");
    bound(path + ".included_items", product.included_items.size(), kMaxIncludedItemsPerProduct,
          "included items");
    std::set<std::string> seen;
    bool recurring = false;
    for (const Price& price : product.prices) {
      const std::string at = path + ".prices." + price.id.str();
      check_price(at, price);
      if (!seen.insert(price.id.str()).second) add(at, "stands twice");
      recurring = recurring || price.interval.has_value();
    }
    if (product.free_trial) check_trial(path + ".free_trial", *product.free_trial, recurring);
    seen.clear();
    for (const IncludedItem& included : product.included_items) {
      const std::string at = path + ".included_items." + included.item.str();
      check_included(at, product, included);
      if (!seen.insert(included.item.str()).second) add(at, "stands twice");
    }
  }

  void check_price(const std::string& path, const Price& price) {
    check_id(path, price.id.str());
    const std::int64_t amount = price.amount.minor_units();
    if (amount < 0 || amount > kMaxPriceMinorUnits) {
      add(path + ".amount", "must be from 0 to 999999999999 minor units");
    } else if (amount == 0 && !price.interval) {
      add(path + ".amount",
          "must be positive without an interval; leave the price out of a product that is only "
          "granted");
    }
    if (price.interval) {
      check_interval(path + ".interval", *price.interval);
      if (!at_most_years(*price.interval, 3)) {
        add(path + ".interval", "must be at most three years");
      }
    }
    if (price.free_trial) {
      check_trial(path + ".free_trial", *price.free_trial, price.interval.has_value());
    }
  }

  void check_interval(const std::string& path, CalendarInterval interval) {
    if (interval.count < 1 || interval.count > CalendarInterval::kMaxCount) {
      add(path, "must count 1 to 1000 units");
    }
  }

  void check_trial(const std::string& path, CalendarInterval trial, bool recurring) {
    check_interval(path, trial);
    if (!at_most_years(trial, 2)) add(path, "must be at most two years");
    if (!recurring) add(path, "needs a price with an interval");
  }

  void check_included(const std::string& path, const Product& product,
                      const IncludedItem& included) {
    if (!included.quantity.is_positive()) add(path + ".quantity", "must be positive");
    if (included.repeat) check_interval(path + ".repeat", *included.repeat);
    if (included.expires == Expiry::kWhenRepeated && !included.repeat) {
      add(path + ".expires", "cannot be \"when-repeated\" without a repeat");
    }
    const Item* item = catalog_.find_item(included.item);
    if (item == nullptr) {
      add(path, "there is no item " + quoted(included.item.str()));
    } else {
      check_customer_type(path, product, item->customer_type, "item", included.item.str());
    }
  }

  void check_customer_type(const std::string& path, const Product& product, CustomerType type,
                           const char* what, const std::string& id) {
    if (type == product.customer_type || !customer_types_known_) return;
    add(path, std::string("the ") + what + " " + quoted(id) + " is for " + for_customers(type) +
                  ", the product for " + for_customers(product.customer_type));
  }

  void check_line(const std::string& path, const Product& product) {
    if (!product.product_line) return;
    const auto line = catalog_.product_lines.find(product.product_line->str());
    const std::string at = path + ".product_line";
    if (line == catalog_.product_lines.end()) {
      add(at, "there is no product line " + quoted(product.product_line->str()));
      return;
    }
    check_customer_type(at, product, line->second.customer_type, "product line", line->first);
  }

  void check_bases(const std::string& path, const Product& product) {
    bound(path + ".is_add_on_to", product.is_add_on_to.size(), kMaxBasesPerProduct, "products");
    std::set<std::string> seen;
    for (std::size_t i = 0; i < product.is_add_on_to.size(); ++i) {
      const std::string& id = product.is_add_on_to[i].str();
      const std::string at = path + ".is_add_on_to[" + std::to_string(i) + "]";
      const Product* base = catalog_.find_product(product.is_add_on_to[i]);
      if (!seen.insert(id).second) add(at, quoted(id) + " stands twice");
      if (base == nullptr) {
        add(at, "there is no product " + quoted(id));
        continue;
      }
      check_customer_type(at, product, base->customer_type, "product", id);
      if (product.product_line && base->product_line &&
          *product.product_line != *base->product_line) {
        add(at, "the product " + quoted(id) + " stands in another product line");
      }
    }
  }

  // Strips the products that lead to no product that is left, as often as there are any. What stays
  // leads back to itself.
  void check_cycles() {
    std::map<std::string, std::size_t> bases_left;
    std::map<std::string, std::vector<std::string>> add_ons_of;
    for (const auto& [id, product] : catalog_.products) {
      bases_left[id] = 0;
      for (const ProductId& base : product.is_add_on_to) {
        if (!catalog_.products.contains(base.str())) continue;
        ++bases_left[id];
        add_ons_of[base.str()].push_back(id);
      }
    }
    std::vector<std::string> stripped;
    for (const auto& [id, count] : bases_left) {
      if (count == 0) stripped.push_back(id);
    }
    while (!stripped.empty()) {
      const std::string base = std::move(stripped.back());
      stripped.pop_back();
      for (const std::string& id : add_ons_of[base]) {
        if (--bases_left[id] == 0) stripped.push_back(id);
      }
    }
    for (const auto& [id, count] : bases_left) {
      if (count > 0) add("products." + id + ".is_add_on_to", "leads back to itself");
    }
  }

  const Catalog& catalog_;
  const bool customer_types_known_;
  std::vector<FieldError> errors_;
};

}  // namespace

std::vector<FieldError> validate(const Catalog& catalog, bool customer_types_known) {
  return Checker(catalog, customer_types_known).check_all();
}

std::vector<FieldError> validate_inline_product(const Product& product, const Catalog& catalog,
                                                const std::string& path) {
  return Checker(catalog, true).check_inline(path, product);
}

}  // namespace purser::domain
