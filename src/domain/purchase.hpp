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
std::string_view to_string(PurchaseType type);      // "one_time", "subscription"
std::string_view to_string(PurchaseStatus status);  // "active", "refunded", "ended"
std::string_view to_string(PurchaseOrigin origin);  // "stripe", "test_mode", "granted"
/// The inverses of to_string; nothing for any other text.
std::optional<PurchaseType> parse_purchase_type(std::string_view text);
std::optional<PurchaseStatus> parse_purchase_status(std::string_view text);
std::optional<PurchaseOrigin> parse_purchase_origin(std::string_view text);

/// One sale or grant. Holds a snapshot of the product version it was sold under.
struct Purchase {
  PurchaseId id;
  CustomerKey customer;
  Product product;  ///< the snapshot
  std::int64_t catalog_version =
      0;  ///< the version the snapshot was taken from; 0 for inline products
  std::optional<PriceId>
      price;          ///< the chosen price of the snapshot; absent when granted without one
  Quantity quantity;  ///< ≥ 1
  PurchaseType type = PurchaseType::kOneTime;
  PurchaseStatus status = PurchaseStatus::kActive;
  PurchaseOrigin origin = PurchaseOrigin::kGranted;
  std::string
      payment_ref;  ///< the paid Stripe object (payment intent id); empty without Stripe; unique
  Timestamp created_at;  ///< also the anchor of its repeats
  friend bool operator==(const Purchase&, const Purchase&) = default;
};

/// What someone asks to buy or to be given. Borrows the product for the call.
struct Order {
  const Product& product;
  std::optional<PriceId> price;
  Quantity quantity;
  CustomerKey customer;
  bool from_client = false;  ///< a client may not have server_only products and prices
};

/// The answer for a product that does not exist for this caller: the catalog has none, or a client
/// asked for one that is server_only. Both must look the same, so both come from here.
Error product_does_not_exist(const ProductId& id);

/// The checks shared by selling and granting, in this order: server_only (as if absent, so nothing
/// else of it shows), customer type, price exists, quantity/stackable, already owned, add-on has
/// its base, product line free. `owned` are the customer's purchases with status kActive; others in
/// it are ignored. A product line is free when no other product of it is owned; add-ons neither
/// take nor need a place. Errors: kProductDoesNotExist, kProductCustomerTypeDoesNotMatch,
/// kPriceNotFound, kSchemaError (quantity below 1), kProductNotStackable, kProductAlreadyGranted,
/// kAddOnRequiresBase, kProductLineConflict.
Status check_order(const Order& order, const std::vector<Purchase>& owned);

/// The price a buyer pays: the named one, else the only one that this caller may choose. Absent:
/// more than one and none named, the buyer chooses. Errors: kProductHasNoPrice, kPriceNotFound.
Result<std::optional<Price>> choose_price(const Product& product,
                                          const std::optional<PriceId>& named, bool from_client);

/// What a sale at this price is: a subscription when it has an interval. Without a price (a grant):
/// one-time.
PurchaseType purchase_type(const std::optional<Price>& price);

/// price × quantity, in the price's currency. Errors: kQuantityOutOfRange on overflow.
Result<Money> total(const Price& price, Quantity quantity);

/// What a new purchase gives of one item.
struct ItemGrant {
  ItemId item;
  IncludedGrant grant;
};
/// The grants that a new purchase makes at its start, in item order: included × purchase quantity,
/// with the purchase's instant as anchor. Errors: kQuantityOutOfRange.
Result<std::vector<ItemGrant>> initial_grants(const Purchase& purchase);

}  // namespace purser::domain
