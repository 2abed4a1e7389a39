#pragma once

// Purchase rules: who may buy or be granted what, and what a purchase is.

#include <optional>
#include <string>
#include <vector>

#include "domain/catalog.hpp"

namespace purser::domain {

enum class PurchaseType : std::uint8_t { kOneTime, kSubscription };
enum class PurchaseStatus : std::uint8_t {
  kActive,    ///< owned
  kRefunded,  ///< fully refunded or lost to a dispute: not owned
  kEnded,     ///< ended: not owned
};
enum class PurchaseOrigin : std::uint8_t {
  kStripe,    ///< paid through Stripe
  kTestMode,  ///< completed without Stripe in a test_mode project
  kGranted,   ///< given by the server without payment
};
std::string_view to_string(PurchaseType);
std::string_view to_string(PurchaseStatus);
std::string_view to_string(PurchaseOrigin);
std::optional<PurchaseType> parse_purchase_type(std::string_view);
std::optional<PurchaseStatus> parse_purchase_status(std::string_view);
std::optional<PurchaseOrigin> parse_purchase_origin(std::string_view);

/// One sale or grant. Holds a snapshot of the product version it was sold under.
struct Purchase {
  PurchaseId id;
  CustomerKey customer;
  Product product;                 ///< the snapshot
  std::int64_t catalog_version = 0;  ///< the version the snapshot was taken from; 0 for inline products
  std::optional<PriceId> price;    ///< the chosen price of the snapshot; absent when granted without one
  Quantity quantity;               ///< ≥ 1
  PurchaseType type = PurchaseType::kOneTime;
  PurchaseStatus status = PurchaseStatus::kActive;
  PurchaseOrigin origin = PurchaseOrigin::kGranted;
  std::string payment_ref;         ///< the paid Stripe object (payment intent id); empty without Stripe; unique
  Timestamp created_at;            ///< also the anchor of its repeats
  friend bool operator==(const Purchase&, const Purchase&) = default;
};

/// What someone asks to buy or to be given.
struct Order {
  const Product& product;
  std::optional<PriceId> price;
  Quantity quantity;
  CustomerKey customer;
  bool from_client = false;  ///< a client may not have server_only products and prices
};

/// The checks shared by selling and granting, in this order: customer type, server_only (as if absent),
/// price exists, quantity/stackable, already owned, add-on has its base, product line free.
/// `owned` are the customer's purchases with status kActive.
/// Errors: kProductCustomerTypeDoesNotMatch, kProductDoesNotExist, kPriceNotFound, kProductNotStackable,
/// kProductAlreadyGranted, kAddOnRequiresBase, kProductLineConflict.
Status check_order(const Order& order, const std::vector<Purchase>& owned);

/// The price a buyer pays: the named one, else the only one. Absent: more than one and none named.
/// Errors: kProductHasNoPrice, kPriceNotFound.
Result<std::optional<Price>> choose_price(const Product& product, const std::optional<PriceId>& named,
                                          bool from_client);

/// price × quantity. Errors: kQuantityOutOfRange on overflow.
Result<Money> total(const Price& price, Quantity quantity);

/// The grants that a new purchase makes at its start, in item order.
/// Errors: kQuantityOutOfRange.
struct ItemGrant {
  ItemId item;
  IncludedGrant grant;
};
Result<std::vector<ItemGrant>> initial_grants(const Purchase& purchase);

}  // namespace purser::domain
