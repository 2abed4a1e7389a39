#include "domain/plan_change.hpp"

#include <algorithm>
#include <map>
#include <string>

#include "domain/plan_rules.hpp"
#include "domain/wide_int.hpp"

namespace purser::domain {
namespace {

// The average calendar units of 400 years, in 4800ths of a day, so that all are whole numbers:
// 146097 days are 4800 months or 400 years.
constexpr std::int64_t kUnitsPerDay = 4800;
constexpr std::int64_t kUnitsPerMonth = 146'097;

std::int64_t length_of(CalendarInterval interval) {
  switch (interval.unit) {
    case IntervalUnit::kDay:
      return interval.count * kUnitsPerDay;
    case IntervalUnit::kWeek:
      return interval.count * kUnitsPerDay * 7;
    case IntervalUnit::kMonth:
      return interval.count * kUnitsPerMonth;
    case IntervalUnit::kYear:
      return interval.count * kUnitsPerMonth * 12;
  }
  std::abort();
}

// amount × quantity / length as a whole part and a remainder below the length.
struct Rate {
  WideInt whole;
  std::int64_t rest;
  std::int64_t length;
};
Rate rate_of(const Price& price, Quantity quantity) {
  const WideInt cost = static_cast<WideInt>(price.amount.minor_units()) * quantity.value();
  const std::int64_t length = length_of(*price.interval);
  return {cost / length, static_cast<std::int64_t>(cost % length), length};
}

Error not_possible(const char* reason, std::string message) {
  return {ErrorCode::kSwitchNotPossible, std::move(message), {{"reason", std::string(reason)}}};
}

bool can_switch(SubscriptionStatus status) {
  return status == SubscriptionStatus::kTrialing || status == SubscriptionStatus::kActive ||
         status == SubscriptionStatus::kPastDue;
}

Status check_visible(const Product& to, const CustomerKey& customer, bool from_client) {
  if (from_client && to.server_only) return product_does_not_exist(to.id);
  if (to.customer_type == customer.type) return {};
  return Error(ErrorCode::kProductCustomerTypeDoesNotMatch,
               "Product \"" + to.id.str() + "\" is for " +
                   std::string(to_string(to.customer_type)) + " customers, but the customer \"" +
                   customer.id + "\" is a " + std::string(to_string(customer.type)) + " customer.",
               {{"product_id", to.id.str()},
                {"customer_id", customer.id},
                {"product_customer_type", std::string(to_string(to.customer_type))},
                {"actual_customer_type", std::string(to_string(customer.type))}});
}

Status check_line(const Product& from, const Product& to) {
  if (!to.product_line || to.product_line != from.product_line) {
    return not_possible("not_in_one_product_line",
                        "A subscription can only become another plan of its product line.");
  }
  if (!to.is_add_on_to.empty() || !from.is_add_on_to.empty()) {
    return not_possible("add_on", "Add-ons cannot be switched.");
  }
  return {};
}

Status check_subscription(const Purchase& from) {
  if (!from.subscription) {
    return not_possible("one_time", "A one-time purchase cannot be switched.");
  }
  if (!can_switch(from.subscription->status) || from.subscription->ended_at) {
    return not_possible("not_active", "The subscription is not running.");
  }
  if (from.subscription->cancel_at_period_end) {
    return not_possible("canceling", "The subscription is about to end; resume it first.");
  }
  return {};
}

std::vector<const Price*> recurring_prices(const Product& product, bool from_client) {
  std::vector<const Price*> prices;
  for (const Price& price : product.prices) {
    if (price.interval && !(from_client && price.server_only)) prices.push_back(&price);
  }
  return prices;
}

// The price that the order means; nullptr when it does not say which, or there is none.
const Price* meant_price(const SwitchOrder& order) {
  if (order.price) {
    const Price* price = order.to.find_price(*order.price);
    return price != nullptr && order.from_client && price->server_only ? nullptr : price;
  }
  const auto choices = recurring_prices(order.to, order.from_client);
  return choices.size() == 1 ? choices.front() : nullptr;
}

Quantity meant_quantity(const Purchase& from, const SwitchOrder& order) {
  if (order.quantity) return *order.quantity;
  return order.to.stackable ? from.quantity : Quantity::of(1).value();
}

Status check_price(const SwitchOrder& order, const Price* price) {
  if (order.price && price == nullptr) {
    return Error(
        ErrorCode::kPriceNotFound,
        "Product \"" + order.to.id.str() + "\" has no price \"" + order.price->str() + "\".",
        {{"product_id", order.to.id.str()}, {"price_id", order.price->str()}});
  }
  if (price == nullptr && !recurring_prices(order.to, order.from_client).empty()) {
    return not_possible("price_not_chosen",
                        "The plan has several prices; say which one with price_id.");
  }
  if (price == nullptr || !price->interval) {
    return not_possible("price_not_recurring", "The price is not one of a subscription.");
  }
  return {};
}

Status check_quantity(const SwitchOrder& order, Quantity quantity) {
  if (!quantity.is_positive()) {
    return Error(ErrorCode::kSchemaError, "The quantity must be at least 1.",
                 {{"fields", std::vector<FieldError>{{"quantity", "must be at least 1"}}}});
  }
  if (order.to.stackable || quantity.value() == 1) return {};
  return Error(ErrorCode::kProductNotStackable,
               "Product \"" + order.to.id.str() + "\" is not stackable; its quantity must be 1.",
               {{"product_id", order.to.id.str()}, {"quantity", quantity.value()}});
}

const Price* current_price(const Purchase& purchase) {
  return purchase.price ? purchase.product.find_price(*purchase.price) : nullptr;
}

}  // namespace

bool is_downgrade(const Price& from, Quantity from_quantity, const Price& to,
                  Quantity to_quantity) {
  if (!from.interval || !to.interval || from.amount.currency() != to.amount.currency()) {
    return false;
  }
  const Rate before = rate_of(from, from_quantity);
  const Rate after = rate_of(to, to_quantity);
  if (after.whole != before.whole) return after.whole < before.whole;
  return static_cast<WideInt>(after.rest) * before.length <
         static_cast<WideInt>(before.rest) * after.length;
}

std::string_view to_string(SwitchTime time) {
  return time == SwitchTime::kNow ? "now" : "period_end";
}

std::optional<SwitchTime> parse_switch_time(std::string_view text) {
  if (text == "now") return SwitchTime::kNow;
  if (text == "period_end") return SwitchTime::kPeriodEnd;
  return std::nullopt;
}

Status check_plans(const Product& from, const Product& to, const CustomerKey& customer,
                   bool from_client) {
  PURSER_CHECK_OK(check_visible(to, customer, from_client));
  return check_line(from, to);
}

Result<SwitchPlan> check_switch(const Purchase& from, const SwitchOrder& order) {
  PURSER_CHECK_OK(check_plans(from.product, order.to, from.customer, order.from_client));
  const Price* price = meant_price(order);
  const Quantity quantity = meant_quantity(from, order);
  if (price != nullptr && order.to.id == from.product.id && from.price == price->id &&
      quantity == from.quantity) {
    return not_possible("already_active", "The subscription has this plan already.");
  }
  PURSER_CHECK_OK(check_subscription(from));
  PURSER_CHECK_OK(check_price(order, price));
  PURSER_CHECK_OK(check_quantity(order, quantity));
  SwitchPlan plan{*price, quantity, true, false};
  if (const Price* current = current_price(from)) {
    plan.new_interval = current->interval != price->interval ||
                        current->amount.currency() != price->amount.currency();
    plan.is_downgrade = is_downgrade(*current, from.quantity, *price, quantity);
  }
  return plan;
}

Purchase switched(Purchase purchase, const Product& to, std::int64_t catalog_version,
                  const SwitchPlan& plan, Timestamp now) {
  purchase.product = to;
  purchase.catalog_version = catalog_version;
  purchase.price = plan.price.id;
  purchase.quantity = plan.quantity;
  if (!purchase.subscription) return purchase;
  Subscription& subscription = *purchase.subscription;
  subscription.pending.reset();
  const bool in_trial =
      subscription.status == SubscriptionStatus::kTrialing && now < subscription.current_period_end;
  if (!plan.new_interval || in_trial) return purchase;
  purchase.anchor = now;
  subscription.anchor = now;
  if (!subscription.is_local()) return purchase;
  subscription.status = SubscriptionStatus::kActive;
  subscription.current_period_start = now;
  subscription.current_period_end = nth_boundary(now, *plan.price.interval, 1);
  subscription.paid_through = subscription.current_period_end;
  return purchase;
}

Result<std::vector<ItemSwitch>> item_switches(const Purchase& before, const Purchase& after,
                                              Millis grace) {
  std::map<std::string, ItemSwitch> switches;
  for (const IncludedItem& included : before.product.included_items) {
    switches.insert_or_assign(included.item.str(), ItemSwitch{included.item, std::nullopt});
  }
  PURSER_TRY(std::vector<ItemGrant> grants, initial_grants(after, grace));
  for (ItemGrant& grant : grants) {
    const std::string key = grant.item.str();
    switches.insert_or_assign(key, ItemSwitch{std::move(grant.item), std::move(grant.grant)});
  }
  std::vector<ItemSwitch> list;
  list.reserve(switches.size());
  for (auto& [id, change] : switches) list.push_back(std::move(change));
  return list;
}

std::vector<SwitchOption> switch_options(const Purchase& from, const Catalog& catalog,
                                         bool from_client) {
  std::vector<SwitchOption> options;
  if (!from.product.product_line || !from.product.is_add_on_to.empty() ||
      !check_subscription(from)) {
    return options;
  }
  for (const auto& [id, product] : catalog.products) {
    const bool offered = product.id != from.product.id &&
                         product.customer_type == from.customer.type &&
                         !(from_client && product.server_only) && check_line(from.product, product);
    if (!offered) continue;
    SwitchOption option{&product, recurring_prices(product, from_client)};
    if (!option.prices.empty()) options.push_back(std::move(option));
  }
  return options;
}

}  // namespace purser::domain
