#pragma once

// What the contract's tests of subscriptions and of billing keep in the store.

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <vector>

#include "tests/contract/store_contract.hpp"

namespace purser::contract {

inline Money euros(std::int64_t cents) { return {cents, *Currency::parse("EUR")}; }

/// A plan in a product line of its own.
inline domain::Product plan(const std::string& id) {
  domain::Product product;
  product.id = ProductId(id);
  product.display_name = "Plan " + id;
  product.product_line = ProductLineId("plans-" + id);
  product.prices.push_back({PriceId("monthly"), euros(900),
                            CalendarInterval{IntervalUnit::kMonth, 1},
                            CalendarInterval{IntervalUnit::kWeek, 2}, false});
  return product;
}

/// A subscription that is paid through the provider, or by nobody.
inline domain::Purchase subscription_of(const CustomerKey& customer, const std::string& id,
                                        const std::string& remote_ref = "") {
  domain::Purchase purchase;
  purchase.id = PurchaseId(id);
  purchase.customer = customer;
  purchase.product = plan(id);
  purchase.catalog_version = 3;
  purchase.price = PriceId("monthly");
  purchase.quantity = amount(1);
  purchase.type = domain::PurchaseType::kSubscription;
  purchase.origin =
      remote_ref.empty() ? domain::PurchaseOrigin::kGranted : domain::PurchaseOrigin::kStripe;
  purchase.created_at = at(1'000);
  purchase.anchor = at(2'000);
  domain::Subscription subscription;
  subscription.anchor = at(1'000);
  subscription.current_period_start = at(1'000);
  subscription.current_period_end = at(5'000);
  subscription.paid_through = at(5'000);
  subscription.remote_ref = remote_ref;
  purchase.subscription = subscription;
  return purchase;
}

using Ids = std::vector<std::string>;
/// The ids of a list, in its order.
template <class Record>
Ids ids_of(const Result<std::vector<Record>>& records) {
  Ids ids;
  EXPECT_TRUE(records.has_value());
  if (!records) return ids;
  for (const Record& record : *records) {
    if constexpr (std::is_same_v<decltype(record.id), std::string>) {
      ids.push_back(record.id);
    } else {
      ids.push_back(record.id.str());
    }
  }
  return ids;
}

}  // namespace purser::contract
