#pragma once

// For tests: random valid catalogs.

#include <rapidcheck.h>

#include <set>
#include <string>
#include <vector>

#include "domain/catalog.hpp"

namespace purser::codec::testing {

// Some of a few ids, among them some that look like other things in YAML.
inline rc::Gen<std::set<std::string>> any_ids() {
  return rc::gen::exec([] {
    std::set<std::string> ids;
    for (const char* id : {"a", "b-1", "true", "null", "yes", "007", "_x", "0x1F", "credits-1000",
                           "Pro", "1e3", "0o7"}) {
      if (*rc::gen::inRange(0, 3) == 1) ids.insert(id);
    }
    return ids;
  });
}

// Letters of every length in UTF-8, and what needs quoting.
inline rc::Gen<std::string> any_name() {
  const auto piece = rc::gen::element<std::string>(
      "a", " ", "\"", "'", "\\", "\n", "\t", "\r", ":", "#", "- ", "\x01", "\x7F", "\xC2\x85",
      "\xC3\xA9", "\xE2\x82\xAC", "\xE2\x80\xA8", "\xEF\xBB\xBF", "\xF0\x9F\x98\x80", "{", "}", "%",
      "@", "`", "null", "1", "~", "<<", "&a", "*a", "!t", "|", ">", "?", ",", "[");
  return rc::gen::suchThat(rc::gen::map(rc::gen::container<std::vector<std::string>>(piece),
                                        [](const std::vector<std::string>& pieces) {
                                          std::string name;
                                          for (const std::string& p : pieces) name += p;
                                          return name;
                                        }),
                           [](const std::string& name) {
                             return !name.empty() && name.size() <= domain::kMaxDisplayNameBytes;
                           });
}

inline rc::Gen<CalendarInterval> any_short_interval() {
  return rc::gen::construct<CalendarInterval>(
      rc::gen::element(IntervalUnit::kDay, IntervalUnit::kWeek, IntervalUnit::kMonth,
                       IntervalUnit::kYear),
      rc::gen::inRange(1, 3));
}

inline domain::Price pick_price(const std::string& id) {
  domain::Price price{PriceId(id),
                      Money(*rc::gen::inRange<std::int64_t>(1, domain::kMaxPriceMinorUnits + 1),
                            *rc::gen::elementOf(Currency::all())),
                      std::nullopt, std::nullopt, *rc::gen::arbitrary<bool>()};
  if (*rc::gen::arbitrary<bool>()) {
    price.interval = *any_short_interval();
    if (*rc::gen::arbitrary<bool>()) price.free_trial = *any_short_interval();
  }
  return price;
}

inline domain::IncludedItem pick_included(const std::string& item) {
  domain::IncludedItem included;
  included.item = ItemId(item);
  included.quantity = Quantity::of(*rc::gen::inRange<std::int64_t>(1, Quantity::kMax + 1)).value();
  if (*rc::gen::arbitrary<bool>()) {
    included.repeat = CalendarInterval{IntervalUnit::kDay, *rc::gen::inRange(1, 1001)};
    if (*rc::gen::arbitrary<bool>()) included.expires = domain::Expiry::kWhenRepeated;
  } else if (*rc::gen::arbitrary<bool>()) {
    included.expires = domain::Expiry::kWhenPurchaseExpires;
  }
  return included;
}

// Lists come in the order of their ids, as the decoder gives them.
inline domain::Product pick_product(const domain::Catalog& catalog, const std::string& id) {
  domain::Product product;
  product.id = ProductId(id);
  product.display_name = *any_name();
  product.customer_type = CustomerType::kTeam;
  if (!catalog.product_lines.empty() && *rc::gen::arbitrary<bool>()) {
    product.product_line = ProductLineId(catalog.product_lines.begin()->first);
  }
  for (const auto& [base, other] : catalog.products) {
    if (*rc::gen::inRange(0, 3) != 0) continue;
    if (product.product_line && other.product_line && product.product_line != other.product_line) {
      continue;
    }
    product.is_add_on_to.emplace_back(base);
  }
  product.server_only = *rc::gen::arbitrary<bool>();
  product.stackable = *rc::gen::arbitrary<bool>();
  bool recurring = false;
  for (const std::string& price : *any_ids()) {
    product.prices.push_back(pick_price(price));
    recurring = recurring || product.prices.back().interval;
  }
  if (recurring && *rc::gen::arbitrary<bool>()) product.free_trial = *any_short_interval();
  for (const auto& [item, unused] : catalog.items) {
    if (*rc::gen::arbitrary<bool>()) product.included_items.push_back(pick_included(item));
  }
  return product;
}

inline rc::Gen<domain::Catalog> any_catalog() {
  return rc::gen::exec([] {
    domain::Catalog catalog;
    for (const std::string& id : *any_ids()) {
      catalog.items[id] = {ItemId(id), *any_name(), CustomerType::kTeam};
    }
    for (const std::string& id : *any_ids()) {
      catalog.product_lines[id] = {ProductLineId(id), *any_name(), CustomerType::kTeam};
    }
    for (const std::string& id : *any_ids()) catalog.products[id] = pick_product(catalog, id);
    return catalog;
  });
}

}  // namespace purser::codec::testing
