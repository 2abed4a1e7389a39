#pragma once

// Purchase rules: who may buy or be granted what, and what a purchase is.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/catalog.hpp"
#include "domain/subscription.hpp"

namespace purser::domain {

enum class PurchaseType : std::uint8_t { kOneTime, kSubscription };
enum class PurchaseStatus : std::uint8_t {
  kActive,    ///< owned
  kRefunded,  ///< fully refunded, or disputed: not owned
  kEnded,     ///< ended, replaced or canceled: not owned
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

/// One sale or grant. Holds a snapshot of the product version it was sold under; a switch of plan
/// replaces product, price and quantity of the same purchase.
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
  std::string payment_ref;  ///< the paid Stripe object of the first payment (payment intent id, or
                            ///< the session of a sale over nothing); empty without Stripe; unique
  Timestamp created_at;     ///< the sale; also the anchor of its repeats, until a switch moves it
  Timestamp anchor;         ///< of its repeats
  std::optional<Subscription> subscription;  ///< exactly for type kSubscription
  Quantity refunded_quantity;  ///< of `quantity`, given back by quantity (one-time, stackable); ≥ 0
  friend bool operator==(const Purchase&, const Purchase&) = default;
};

/// The interval of the purchase's price; absent for a one-time purchase.
std::optional<CalendarInterval> interval_of(const Purchase& purchase);

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
/// its base, product line free. `owned` are the customer's purchases that give access (see
/// owned_at). A product line is free when no other product of it is owned, or what is owned there
/// is a subscription, which the new one then replaces (replaced_by); an owned one-time purchase
/// blocks. Add-ons neither take nor need a place. Errors: kProductDoesNotExist,
/// kProductCustomerTypeDoesNotMatch, kPriceNotFound, kSchemaError (quantity below 1),
/// kProductNotStackable, kProductAlreadyGranted, kAddOnRequiresBase, kProductLineConflict.
Status check_order(const Order& order, const std::vector<Purchase>& owned);

/// The owned subscriptions that a sale of `product` ends, once it is paid: those of the same
/// product line, add-ons and more of the same (stackable) product excepted. Empty for an add-on and
/// for a product outside a line.
std::vector<PurchaseId> replaced_by(const Product& product, const std::vector<Purchase>& owned);

/// The add-ons among `owned` whose last base is not among `owned` any more: they end too. To be
/// asked again with what is left, until it is empty (an add-on may be a base).
std::vector<PurchaseId> orphaned_add_ons(const std::vector<Purchase>& owned);
std::vector<PurchaseId> orphaned_add_ons(const std::vector<const Purchase*>& owned);

/// Whether its price is zero; false for one without a price.
bool costs_nothing(const Purchase& purchase);

/// Brings the subscription of a purchase with status kActive to `now` (as_of); whether the purchase
/// gives access then.
bool bring_up_to(Purchase& purchase, Millis grace, Timestamp now);
/// Of purchases with status kActive, those that give access at `now`: one-time ones, and
/// subscriptions by gives_access, each with its subscription as_of `now`.
std::vector<Purchase> owned_at(std::vector<Purchase> active, Millis grace, Timestamp now);

/// The trial that this customer gets with this price: that of the price, else of the product;
/// absent without one, or when `used`.
std::optional<CalendarInterval> free_trial(const Product& product, const Price& price, bool used);
/// Under which name a used trial is remembered: "line:<product line>" or "product:<id>"; empty for
/// an inline product, whose trials are not remembered.
std::string trial_name(const Product& product);

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
/// with the purchase's anchor; for a subscription with terms limited by term_limits. Two entries
/// for one item do not occur. Errors: kQuantityOutOfRange.
Result<std::vector<ItemGrant>> initial_grants(const Purchase& purchase, Millis grace);

}  // namespace purser::domain
