#pragma once

// Changing the plan of a subscription within its product line. Pure functions; thread-safe.

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/purchase.hpp"

namespace purser::domain {

enum class SwitchTime : std::uint8_t { kNow, kPeriodEnd };
std::string_view to_string(SwitchTime time);  ///< "now", "period_end"
std::optional<SwitchTime> parse_switch_time(std::string_view text);

/// What somebody wants to switch to. Borrows the product for the call.
struct SwitchOrder {
  const Product& to;
  std::optional<PriceId> price = {};      ///< absent: the only price with an interval
  std::optional<Quantity> quantity = {};  ///< absent: the old one if `to` is stackable, else 1
  bool from_client = false;               ///< a client may not have server_only products and prices
};
/// A switch that is allowed.
struct SwitchPlan {
  Price price;
  Quantity quantity;
  bool new_interval = false;  ///< another interval or currency: periods count anew from the switch
  bool is_downgrade = false;  ///< see domain::is_downgrade
};
/// May `from` (an owned subscription, as of now) become `order`? In this order: `to` is for this
/// customer type and visible to the caller; both in one product line; neither an add-on; another
/// product, price or quantity than now; `from` is a subscription in a status that can switch
/// (trialing, active, past_due within access) and not about to be canceled; `to` has the price,
/// with an interval; quantity as the product allows. Errors: kProductDoesNotExist,
/// kProductCustomerTypeDoesNotMatch, kSwitchNotPossible (details.reason: "not_in_one_product_line",
/// "add_on", "already_active", "one_time", "not_active", "canceling", "price_not_recurring",
/// "price_not_chosen"), kPriceNotFound, kSchemaError, kProductNotStackable.
Result<SwitchPlan> check_switch(const Purchase& from, const SwitchOrder& order);

/// The purchase after the switch took effect at `now`: product, price, quantity, and, with a new
/// interval, the anchors and the period. With a provider the periods are those that it reports
/// afterwards. Drops a pending switch. Keeps a running trial.
Purchase switched(Purchase purchase, const Product& to, std::int64_t catalog_version,
                  const SwitchPlan& plan, Timestamp now);

/// What the switch does to the customer's items, in item order: for each item of the old or new
/// plan, the new grant (absent: the new plan lacks it). To be given to switch_source with the
/// limits of the switched purchase. Errors: kQuantityOutOfRange.
struct ItemSwitch {
  ItemId item;
  std::optional<IncludedGrant> to;
};
Result<std::vector<ItemSwitch>> item_switches(const Purchase& before, const Purchase& after,
                                              Millis grace);

/// To what an owned subscription can be switched: the products of its line in the catalog, add-ons,
/// itself and (for clients) server_only ones excepted, with their prices that have an interval;
/// ordered by product id. Empty when the subscription cannot switch.
struct SwitchOption {
  const Product* product = nullptr;  ///< borrowed from the catalog
  std::vector<const Price*> prices;  ///< borrowed; not empty
};
std::vector<SwitchOption> switch_options(const Purchase& from, const Catalog& catalog,
                                         bool from_client);

}  // namespace purser::domain
