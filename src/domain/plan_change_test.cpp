#include "domain/plan_change.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <utility>
#include <variant>

namespace purser::domain {
namespace {

constexpr CalendarInterval kWeekly{IntervalUnit::kWeek, 1};
constexpr CalendarInterval kMonthly{IntervalUnit::kMonth, 1};
constexpr CalendarInterval kYearly{IntervalUnit::kYear, 1};
constexpr Millis kGrace{7 * std::int64_t{86'400'000}};

Quantity q(std::int64_t value) { return Quantity::of(value).value(); }
Money usd(std::int64_t cents) { return {cents, Currency::parse("usd").value()}; }
Timestamp at(std::string_view text) { return Timestamp::parse_iso8601(text).value(); }
const Timestamp kStart = at("2026-01-01T00:00:00Z");
const Timestamp kNow = at("2026-01-11T00:00:00Z");

Price price(const char* id, std::int64_t cents, std::optional<CalendarInterval> interval) {
  return {PriceId(id), usd(cents), interval, {}, false};
}

Product plan(const char* id, std::int64_t cents) {
  Product product;
  product.id = ProductId(id);
  product.display_name = id;
  product.product_line = ProductLineId("plans");
  product.prices = {price("monthly", cents, kMonthly)};
  return product;
}

// An owned subscription of the plan "pro" for 20.00 a month.
Purchase pro() {
  Purchase purchase;
  purchase.id = PurchaseId("purchase");
  purchase.customer = {ProjectId("project"), CustomerType::kUser, "u"};
  purchase.product = plan("pro", 2000);
  purchase.product.stackable = false;
  purchase.price = PriceId("monthly");
  purchase.quantity = q(1);
  purchase.type = PurchaseType::kSubscription;
  purchase.created_at = kStart;
  purchase.anchor = kStart;
  purchase.subscription = start_local(kMonthly, {}, kStart);
  return purchase;
}

// Why the switch is refused: the code, or details.reason of kSwitchNotPossible; "" when it is not.
std::string refusal(const Purchase& from, const SwitchOrder& order) {
  const auto checked = check_switch(from, order);
  if (checked) return {};
  const Error& error = checked.error();
  if (error.code != ErrorCode::kSwitchNotPossible) return std::string(error_row(error.code).name);
  EXPECT_EQ(error.details.at(0).first, "reason");
  return std::get<std::string>(error.details.at(0).second);
}

TEST(CheckSwitch, AnotherPlanOfTheLine) {
  const Product max = plan("max", 5000);
  const SwitchPlan allowed = check_switch(pro(), {max}).value();
  EXPECT_EQ(allowed.price, max.prices[0]);
  EXPECT_EQ(allowed.quantity, q(1));
  EXPECT_FALSE(allowed.new_interval);
  EXPECT_FALSE(allowed.is_downgrade);
  EXPECT_TRUE(check_switch(pro(), {plan("basic", 1000)}).value().is_downgrade);
}

TEST(CheckSwitch, ServerOnlyProductsDoNotExistForClients) {
  Product secret = plan("secret", 1);
  secret.server_only = true;
  EXPECT_EQ(refusal(pro(), {secret, {}, {}, true}), "PRODUCT_DOES_NOT_EXIST");
  EXPECT_EQ(refusal(pro(), {secret, {}, {}, false}), "");
}

TEST(CheckSwitch, ThePlanMustBeForThisTypeOfCustomer) {
  Product team = plan("team", 1);
  team.customer_type = CustomerType::kTeam;
  EXPECT_EQ(refusal(pro(), {team}), "PRODUCT_CUSTOMER_TYPE_DOES_NOT_MATCH");
}

TEST(CheckSwitch, BothStandInOneProductLine) {
  Product other = plan("other", 1);
  other.product_line = ProductLineId("support");
  EXPECT_EQ(refusal(pro(), {other}), "not_in_one_product_line");
  other.product_line.reset();
  EXPECT_EQ(refusal(pro(), {other}), "not_in_one_product_line");
  Purchase alone = pro();
  alone.product.product_line.reset();
  EXPECT_EQ(refusal(alone, {other}), "not_in_one_product_line");
}

TEST(CheckSwitch, NeitherIsAnAddOn) {
  Product extra = plan("extra", 1);
  extra.is_add_on_to = {ProductId("pro")};
  EXPECT_EQ(refusal(pro(), {extra}), "add_on");
  Purchase owned = pro();
  owned.product.is_add_on_to = {ProductId("base")};
  EXPECT_EQ(refusal(owned, {plan("max", 1)}), "add_on");
}

TEST(CheckSwitch, SomethingMustChange) {
  Product again = plan("pro", 2000);
  again.prices.push_back(price("yearly", 20'000, kYearly));
  EXPECT_EQ(refusal(pro(), {again, PriceId("monthly")}), "already_active");
  EXPECT_EQ(refusal(pro(), {again, PriceId("yearly")}), "");
  EXPECT_EQ(refusal(pro(), {again}), "price_not_chosen");
  again.prices.pop_back();
  EXPECT_EQ(refusal(pro(), {again}), "already_active");
  again.stackable = true;
  EXPECT_EQ(refusal(pro(), {again, {}, q(2)}), "");
  EXPECT_EQ(refusal(pro(), {again, {}, q(1)}), "already_active");
}

TEST(CheckSwitch, OneTimePurchasesCannotSwitch) {
  Purchase once = pro();
  once.type = PurchaseType::kOneTime;
  once.subscription.reset();
  EXPECT_EQ(refusal(once, {plan("max", 1)}), "one_time");
}

TEST(CheckSwitch, OnlyARunningSubscription) {
  for (int s = 0; s < kSubscriptionStatusCount; ++s) {
    Purchase from = pro();
    from.subscription->status = static_cast<SubscriptionStatus>(s);
    const bool can = from.subscription->status == SubscriptionStatus::kTrialing ||
                     from.subscription->status == SubscriptionStatus::kActive ||
                     from.subscription->status == SubscriptionStatus::kPastDue;
    EXPECT_EQ(refusal(from, {plan("max", 1)}), can ? "" : "not_active") << s;
  }
  Purchase ended = pro();
  ended.subscription->ended_at = kNow;
  EXPECT_EQ(refusal(ended, {plan("max", 1)}), "not_active");
}

TEST(CheckSwitch, NotWhatIsAboutToEnd) {
  Purchase canceling = pro();
  canceling.subscription->cancel_at_period_end = true;
  EXPECT_EQ(refusal(canceling, {plan("max", 1)}), "canceling");
}

TEST(CheckSwitch, ThePriceMustExistForTheCallerAndRecur) {
  Product max = plan("max", 5000);
  max.prices.push_back(price("once", 50'000, {}));
  EXPECT_EQ(refusal(pro(), {max, PriceId("none")}), "PRICE_NOT_FOUND");
  EXPECT_EQ(refusal(pro(), {max, PriceId("once")}), "price_not_recurring");
  EXPECT_EQ(refusal(pro(), {max}), "");  // the only one with an interval
  max.prices.push_back(price("yearly", 50'000, kYearly));
  EXPECT_EQ(refusal(pro(), {max}), "price_not_chosen");
  max.prices.back().server_only = true;
  EXPECT_EQ(refusal(pro(), {max, {}, {}, true}), "");
  EXPECT_EQ(refusal(pro(), {max, PriceId("yearly"), {}, true}), "PRICE_NOT_FOUND");
  EXPECT_EQ(refusal(pro(), {max, PriceId("yearly")}), "");
  max.prices = {price("once", 50'000, {})};
  EXPECT_EQ(refusal(pro(), {max}), "price_not_recurring");
  max.prices.clear();
  EXPECT_EQ(refusal(pro(), {max}), "price_not_recurring");
}

TEST(CheckSwitch, OnlyStackablePlansHaveAQuantity) {
  Product max = plan("max", 5000);
  EXPECT_EQ(refusal(pro(), {max, {}, q(2)}), "PRODUCT_NOT_STACKABLE");
  EXPECT_EQ(refusal(pro(), {max, {}, q(0)}), "SCHEMA_ERROR");
  EXPECT_EQ(refusal(pro(), {max, {}, q(-1)}), "SCHEMA_ERROR");
  Purchase seats = pro();
  seats.product.stackable = true;
  seats.quantity = q(5);
  EXPECT_EQ(check_switch(seats, {max}).value().quantity, q(1));
  max.stackable = true;
  EXPECT_EQ(check_switch(seats, {max}).value().quantity, q(5));
  EXPECT_EQ(check_switch(seats, {max, {}, q(2)}).value().quantity, q(2));
}

TEST(CheckSwitch, AnotherIntervalOrCurrencyCountsPeriodsAnew) {
  Product yearly = plan("max", 5000);
  yearly.prices = {price("yearly", 5000, kYearly)};
  EXPECT_TRUE(check_switch(pro(), {yearly}).value().new_interval);
  Product quarterly = plan("max", 5000);
  quarterly.prices = {price("quarterly", 5000, CalendarInterval{IntervalUnit::kMonth, 3})};
  EXPECT_TRUE(check_switch(pro(), {quarterly}).value().new_interval);
  Product euros = plan("max", 1);
  euros.prices[0].amount = Money(1, Currency::parse("eur").value());
  EXPECT_TRUE(check_switch(pro(), {euros}).value().new_interval);
  EXPECT_FALSE(check_switch(pro(), {euros}).value().is_downgrade);
}

// One order that breaks every rule; mending them one by one shows the order of the checks.
TEST(CheckSwitch, TheChecksStandInTheirDocumentedOrder) {
  Purchase from = pro();
  from.subscription->cancel_at_period_end = true;
  from.subscription->status = SubscriptionStatus::kUnpaid;
  from.type = PurchaseType::kOneTime;
  const Subscription kept = *std::exchange(from.subscription, std::nullopt);
  Product to = plan("pro", 1);
  to.server_only = true;
  to.customer_type = CustomerType::kTeam;
  to.product_line = ProductLineId("other");
  to.is_add_on_to = {ProductId("base")};
  SwitchOrder order{to, PriceId("monthly"), q(1), true};
  const auto reason = [&] { return refusal(from, order); };
  EXPECT_EQ(reason(), "PRODUCT_DOES_NOT_EXIST");
  to.server_only = false;
  EXPECT_EQ(reason(), "PRODUCT_CUSTOMER_TYPE_DOES_NOT_MATCH");
  to.customer_type = CustomerType::kUser;
  EXPECT_EQ(reason(), "not_in_one_product_line");
  to.product_line = ProductLineId("plans");
  EXPECT_EQ(reason(), "add_on");
  to.is_add_on_to.clear();
  EXPECT_EQ(reason(), "already_active");
  order.price = PriceId("none");
  order.quantity = q(3);
  EXPECT_EQ(reason(), "one_time");
  from.subscription = kept;
  EXPECT_EQ(reason(), "not_active");
  from.subscription->status = SubscriptionStatus::kActive;
  EXPECT_EQ(reason(), "canceling");
  from.subscription->cancel_at_period_end = false;
  EXPECT_EQ(reason(), "PRICE_NOT_FOUND");
  to.id = ProductId("max");
  order.price = PriceId("monthly");
  EXPECT_EQ(reason(), "PRODUCT_NOT_STACKABLE");
  to.stackable = true;
  EXPECT_EQ(reason(), "");
}

bool lower(const Price& from, std::int64_t from_quantity, const Price& to,
           std::int64_t to_quantity) {
  return is_downgrade(from, q(from_quantity), to, q(to_quantity));
}

TEST(IsDowngrade, ComparesThePricePerDay) {
  const Price month = price("m", 1000, kMonthly);
  EXPECT_TRUE(lower(month, 1, price("y", 11'999, kYearly), 1));
  EXPECT_FALSE(lower(month, 1, price("y", 12'000, kYearly), 1));  // exactly as much
  EXPECT_FALSE(lower(price("y", 12'000, kYearly), 1, month, 1));
  EXPECT_TRUE(lower(month, 1, price("q", 2999, CalendarInterval{IntervalUnit::kMonth, 3}), 1));
  EXPECT_FALSE(lower(month, 1, month, 1));
  EXPECT_TRUE(lower(month, 3, month, 2));
  EXPECT_FALSE(lower(month, 2, month, 3));
}

TEST(IsDowngrade, IsExactWhereMonthsAndWeeksMeet) {
  // 146097 days are 20871 weeks and 4800 months.
  const Price week = price("w", 4800, kWeekly);
  EXPECT_FALSE(lower(week, 1, price("m", 20'871, kMonthly), 1));
  EXPECT_TRUE(lower(week, 1, price("m", 20'870, kMonthly), 1));
  EXPECT_FALSE(lower(price("m", 20'871, kMonthly), 1, week, 1));
  EXPECT_TRUE(lower(price("m", 20'872, kMonthly), 1, week, 1));
  const Price day = price("d", 4800, CalendarInterval{IntervalUnit::kDay, 1});
  EXPECT_FALSE(lower(day, 1, price("y", 4800 * 146'097LL / 400 + 1, kYearly), 1));
  EXPECT_TRUE(lower(day, 1, price("y", 4800 * 146'097LL / 400 - 1, kYearly), 1));
}

TEST(IsDowngrade, IsExactForTheLargestAmounts) {
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
  const CalendarInterval longest{IntervalUnit::kYear, CalendarInterval::kMaxCount};
  const Price most = price("a", huge, longest);
  const Price less = price("b", huge - 1, longest);
  EXPECT_TRUE(lower(most, Quantity::kMax, less, Quantity::kMax));
  EXPECT_FALSE(lower(less, Quantity::kMax, most, Quantity::kMax));
  EXPECT_FALSE(lower(most, Quantity::kMax, most, Quantity::kMax));
}

TEST(IsDowngrade, DifferentCurrenciesNeverCompareAsLower) {
  Price euros = price("e", 1, kMonthly);
  euros.amount = Money(1, Currency::parse("eur").value());
  EXPECT_FALSE(lower(price("m", 1000, kMonthly), 1, euros, 1));
  EXPECT_FALSE(lower(euros, 1, price("m", 0, kMonthly), 1));
  EXPECT_FALSE(lower(price("m", 1000, kMonthly), 1, price("once", 1, {}), 1));
}

TEST(Switched, WithinTheIntervalKeepsPeriodAndAnchors) {
  const Product max = plan("max", 5000);
  Purchase before = pro();
  before.subscription->pending = PendingSwitch{max, 3, PriceId("monthly"), q(1), kNow};
  const Purchase after = switched(before, max, 7, check_switch(pro(), {max}).value(), kNow);
  EXPECT_EQ(after.product, max);
  EXPECT_EQ(after.catalog_version, 7);
  EXPECT_EQ(after.price, PriceId("monthly"));
  EXPECT_EQ(after.anchor, kStart);
  EXPECT_EQ(after.subscription, pro().subscription);
  EXPECT_EQ(after.created_at, kStart);
  EXPECT_EQ(after.id, before.id);
}

SwitchPlan to_yearly(std::int64_t quantity = 1) {
  return {price("yearly", 9000, kYearly), q(quantity), true, false};
}

TEST(Switched, ToAnotherIntervalBeginsAPeriod) {
  const Purchase after = switched(pro(), plan("max", 1), 7, to_yearly(3), kNow);
  EXPECT_EQ(after.quantity, q(3));
  EXPECT_EQ(after.anchor, kNow);
  EXPECT_EQ(after.subscription->anchor, kNow);
  EXPECT_EQ(after.subscription->current_period_start, kNow);
  EXPECT_EQ(after.subscription->current_period_end, at("2027-01-11T00:00:00Z"));
  EXPECT_EQ(after.subscription->paid_through, after.subscription->current_period_end);
}

TEST(Switched, WithAProviderThePeriodIsTheOneItReports) {
  Purchase before = pro();
  before.subscription->remote_ref = "sub_1";
  const Purchase after = switched(before, plan("max", 1), 7, to_yearly(), kNow);
  EXPECT_EQ(after.anchor, kNow);
  EXPECT_EQ(after.subscription->current_period_end, before.subscription->current_period_end);
  EXPECT_EQ(after.subscription->paid_through, before.subscription->paid_through);
}

TEST(Switched, KeepsARunningTrial) {
  Purchase trial = pro();
  trial.subscription = start_local(kMonthly, kMonthly, kStart);
  const Purchase during = switched(trial, plan("max", 1), 7, to_yearly(), kNow);
  EXPECT_EQ(during.subscription, trial.subscription);
  EXPECT_EQ(during.anchor, kStart);
  // At its end the new interval begins.
  const Timestamp end = *trial.subscription->trial_end;
  const Purchase after = switched(trial, plan("max", 1), 7, to_yearly(), end);
  EXPECT_EQ(after.subscription->status, SubscriptionStatus::kActive);
  EXPECT_EQ(after.subscription->current_period_start, end);
}

TEST(ItemSwitches, AreThoseOfBothPlansInItemOrder) {
  Purchase before = pro();
  before.product.included_items = {{ItemId("b"), q(5), kMonthly, Expiry::kNever},
                                   {ItemId("c"), q(6), {}, Expiry::kNever}};
  Purchase after = pro();
  after.product.included_items = {{ItemId("a"), q(7), {}, Expiry::kWhenPurchaseExpires},
                                  {ItemId("b"), q(8), kYearly, Expiry::kWhenRepeated}};
  after.quantity = q(2);
  after.anchor = kNow;
  after.subscription->remote_ref = "sub_1";
  const auto switches = item_switches(before, after, kGrace).value();
  ASSERT_EQ(switches.size(), 3u);
  EXPECT_EQ(switches[0].item, ItemId("a"));
  EXPECT_EQ(switches[0].to->quantity, q(14));
  EXPECT_EQ(switches[1].item, ItemId("b"));
  EXPECT_EQ(switches[1].to->quantity, q(16));
  EXPECT_EQ(switches[1].to->repeat, kYearly);
  EXPECT_EQ(switches[1].to->expires, Expiry::kWhenRepeated);
  EXPECT_EQ(switches[1].to->anchor, kNow);
  EXPECT_EQ(switches[1].to->source, after.id);
  EXPECT_TRUE(switches[1].to->keeps_term);
  EXPECT_EQ(switches[1].to->until, after.subscription->paid_through);
  EXPECT_EQ(switches[2].item, ItemId("c"));
  EXPECT_FALSE(switches[2].to);
  after.quantity = q(Quantity::kMax);
  EXPECT_EQ(item_switches(before, after, kGrace).error().code, ErrorCode::kQuantityOutOfRange);
}

Catalog catalog_of(std::vector<Product> products) {
  Catalog catalog;
  for (Product& product : products) catalog.products.emplace(product.id.str(), product);
  return catalog;
}

std::string ids(const std::vector<SwitchOption>& options) {
  std::string text;
  for (const SwitchOption& option : options) {
    text += option.product->id.str() + "(";
    for (const Price* price : option.prices) text += " " + price->id.str();
    text += " ) ";
  }
  return text;
}

TEST(SwitchOptions, AreTheOtherPlansOfTheLineWithTheirRecurringPrices) {
  Product extra = plan("extra", 1);
  extra.is_add_on_to = {ProductId("pro")};
  Product secret = plan("secret", 1);
  secret.server_only = true;
  Product other = plan("other", 1);
  other.product_line = ProductLineId("support");
  Product team = plan("team", 1);
  team.customer_type = CustomerType::kTeam;
  Product once = plan("once", 1);
  once.prices = {price("once", 1, {})};
  Product max = plan("max", 1);
  max.prices.push_back(price("once", 1, {}));
  max.prices.push_back(price("yearly", 1, kYearly));
  max.prices.back().server_only = true;
  const Catalog catalog =
      catalog_of({plan("pro", 2000), max, plan("basic", 1), extra, secret, other, team, once});
  EXPECT_EQ(ids(switch_options(pro(), catalog, true)), "basic( monthly ) max( monthly ) ");
  EXPECT_EQ(ids(switch_options(pro(), catalog, false)),
            "basic( monthly ) max( monthly yearly ) secret( monthly ) ");
}

TEST(SwitchOptions, AreNoneWhenTheSubscriptionCannotSwitch) {
  const Catalog catalog = catalog_of({plan("pro", 2000), plan("max", 1)});
  EXPECT_EQ(switch_options(pro(), catalog, true).size(), 1u);
  Purchase from = pro();
  from.subscription->cancel_at_period_end = true;
  EXPECT_TRUE(switch_options(from, catalog, true).empty());
  from = pro();
  from.subscription->status = SubscriptionStatus::kUnpaid;
  EXPECT_TRUE(switch_options(from, catalog, true).empty());
  from = pro();
  from.subscription.reset();
  EXPECT_TRUE(switch_options(from, catalog, true).empty());
  from = pro();
  from.product.product_line.reset();
  EXPECT_TRUE(switch_options(from, catalog, true).empty());
  from = pro();
  from.product.is_add_on_to = {ProductId("base")};
  EXPECT_TRUE(switch_options(from, catalog, true).empty());
}

// Whatever is offered is allowed.
TEST(SwitchOptions, CanAllBeTaken) {
  Product max = plan("max", 1);
  max.prices.push_back(price("yearly", 1, kYearly));
  const Catalog catalog = catalog_of({plan("pro", 2000), max, plan("basic", 1)});
  for (const SwitchOption& option : switch_options(pro(), catalog, true)) {
    for (const Price* choice : option.prices) {
      EXPECT_EQ(refusal(pro(), {*option.product, choice->id, {}, true}), "");
    }
  }
}

TEST(SwitchTimeWords, RoundTrip) {
  for (const SwitchTime time : {SwitchTime::kNow, SwitchTime::kPeriodEnd}) {
    EXPECT_EQ(parse_switch_time(to_string(time)), time);
  }
  EXPECT_FALSE(parse_switch_time("later"));
}

}  // namespace
}  // namespace purser::domain
