// What a customer owns, and what that means for what else they own.

#include <gtest/gtest.h>

#include "domain/purchase.hpp"

namespace purser::domain {
namespace {

constexpr CalendarInterval kMonthly{IntervalUnit::kMonth, 1};
constexpr CalendarInterval kWeekly{IntervalUnit::kWeek, 1};
constexpr CalendarInterval kYearly{IntervalUnit::kYear, 1};
constexpr Millis kGrace{7 * std::int64_t{86'400'000}};

Quantity q(std::int64_t value) { return Quantity::of(value).value(); }
Money usd(std::int64_t cents) { return {cents, Currency::parse("usd").value()}; }
Timestamp at(std::string_view text) { return Timestamp::parse_iso8601(text).value(); }
const Timestamp kStart = at("2026-01-31T00:00:00Z");
const CustomerKey kUser{ProjectId("p"), CustomerType::kUser, "u"};

Product product(const char* id, const char* line = nullptr, std::vector<ProductId> bases = {}) {
  Product p;
  p.id = ProductId(id);
  p.display_name = id;
  if (line != nullptr) p.product_line = ProductLineId(line);
  p.is_add_on_to = std::move(bases);
  p.prices = {{PriceId("monthly"), usd(1000), kMonthly, {}, false},
              {PriceId("once"), usd(1000), {}, {}, false}};
  return p;
}

Purchase bought(Product p) {
  Purchase purchase;
  purchase.id = PurchaseId("purchase-of-" + p.id.str());
  purchase.customer = kUser;
  purchase.product = std::move(p);
  purchase.price = PriceId("once");
  purchase.quantity = q(1);
  purchase.created_at = kStart;
  purchase.anchor = kStart;
  return purchase;
}

Purchase subscribed(Product p) {
  Purchase purchase = bought(std::move(p));
  purchase.price = PriceId("monthly");
  purchase.type = PurchaseType::kSubscription;
  purchase.subscription = start_local(kMonthly, {}, kStart);
  return purchase;
}

std::optional<ErrorCode> why_not(const Product& p, const std::vector<Purchase>& owned) {
  const Status status = check_order({p, std::nullopt, q(1), kUser, false}, owned);
  if (status) return std::nullopt;
  return status.error().code;
}

using Ids = std::vector<PurchaseId>;

TEST(ProductLine, ASubscriptionIsReplacedAndAOneTimePurchaseBlocks) {
  const Product pro = product("pro", "plans");
  EXPECT_EQ(why_not(pro, {subscribed(product("free", "plans"))}), std::nullopt);
  EXPECT_EQ(why_not(pro, {bought(product("free", "plans"))}), ErrorCode::kProductLineConflict);
  EXPECT_EQ(why_not(pro, {subscribed(product("free", "plans")), bought(product("old", "plans"))}),
            ErrorCode::kProductLineConflict);
  EXPECT_EQ(why_not(pro, {subscribed(pro)}), ErrorCode::kProductAlreadyGranted);
}

TEST(ReplacedBy, TheSubscriptionsOfTheLine) {
  const Product pro = product("pro", "plans");
  const std::vector<Purchase> owned = {
      subscribed(product("free", "plans")), subscribed(product("other", "support")),
      subscribed(product("none")), bought(product("once", "plans")),
      subscribed(product("extra", "plans", {ProductId("free")}))};
  EXPECT_EQ(replaced_by(pro, owned), (Ids{PurchaseId("purchase-of-free")}));
  EXPECT_TRUE(replaced_by(product("single"), owned).empty());
  EXPECT_TRUE(replaced_by(product("more", "plans", {ProductId("free")}), owned).empty());
}

TEST(ReplacedBy, MoreOfAStackableProductReplacesNothing) {
  Product seats = product("seats", "plans");
  seats.stackable = true;
  EXPECT_TRUE(replaced_by(seats, {subscribed(seats)}).empty());
}

TEST(ReplacedBy, NotWhatHasEnded) {
  Purchase ended = subscribed(product("free", "plans"));
  ended.status = PurchaseStatus::kEnded;
  EXPECT_TRUE(replaced_by(product("pro", "plans"), {ended}).empty());
}

TEST(OrphanedAddOns, AreThoseWhoseLastBaseIsGone) {
  const Product extra = product("extra", nullptr, {ProductId("pro"), ProductId("max")});
  EXPECT_TRUE(orphaned_add_ons({bought(product("pro")), bought(extra)}).empty());
  EXPECT_TRUE(orphaned_add_ons({bought(extra), subscribed(product("max"))}).empty());
  EXPECT_EQ(orphaned_add_ons({bought(product("other")), bought(extra)}),
            (Ids{PurchaseId("purchase-of-extra")}));
  EXPECT_TRUE(orphaned_add_ons(std::vector<Purchase>{}).empty());
}

TEST(OrphanedAddOns, AnAddOnMayBeABase) {
  const Product extra = product("extra", nullptr, {ProductId("pro")});
  const Product more = product("more", nullptr, {ProductId("extra")});
  EXPECT_EQ(orphaned_add_ons({bought(extra), bought(more)}),
            (Ids{PurchaseId("purchase-of-extra")}));
  EXPECT_EQ(orphaned_add_ons({bought(more)}), (Ids{PurchaseId("purchase-of-more")}));
}

TEST(OrphanedAddOns, AnInlineProductIsNobodysBase) {
  const Product extra = product("extra", nullptr, {ProductId("")});
  EXPECT_EQ(orphaned_add_ons({bought(product("")), bought(extra)}).size(), 1u);
}

TEST(OwnedAt, OneTimePurchasesAndWhatGivesAccess) {
  Purchase late = subscribed(product("late"));
  late.subscription->remote_ref = "sub_1";
  late.subscription->status = SubscriptionStatus::kPastDue;
  Purchase refunded = bought(product("refunded"));
  refunded.status = PurchaseStatus::kRefunded;
  Purchase ended = subscribed(product("ended"));
  ended.status = PurchaseStatus::kEnded;
  const std::vector<Purchase> active = {bought(product("once")), late, refunded, ended,
                                        subscribed(product("local"))};
  const auto owned_on = [&](const char* day) {
    std::string names;
    for (const Purchase& purchase : owned_at(active, kGrace, at(day))) {
      names += purchase.product.id.str() + " ";
    }
    return names;
  };
  EXPECT_EQ(owned_on("2026-02-01T00:00:00Z"), "once late local ");
  EXPECT_EQ(owned_on("2026-03-06T23:59:59.999Z"), "once late local ");
  EXPECT_EQ(owned_on("2026-03-07T00:00:00Z"), "once local ");
}

TEST(OwnedAt, SubscriptionsAreAsOfNow) {
  const auto owned = owned_at({subscribed(product("local"))}, kGrace, at("2026-03-31T00:00:00Z"));
  ASSERT_EQ(owned.size(), 1u);
  EXPECT_EQ(owned[0].subscription->current_period_start, at("2026-03-31T00:00:00Z"));
  Purchase canceling = subscribed(product("local"));
  canceling.subscription->cancel_at_period_end = true;
  EXPECT_EQ(owned_at({canceling}, kGrace, at("2026-02-27T00:00:00Z")).size(), 1u);
  EXPECT_TRUE(owned_at({canceling}, kGrace, at("2026-02-28T00:00:00Z")).empty());
}

TEST(IntervalOf, IsThatOfThePriceThatWasSold) {
  EXPECT_EQ(interval_of(subscribed(product("a"))), kMonthly);
  EXPECT_EQ(interval_of(bought(product("a"))), std::nullopt);
  Purchase granted = bought(product("a"));
  granted.price.reset();
  EXPECT_EQ(interval_of(granted), std::nullopt);
}

TEST(FreeTrial, IsThatOfThePriceElseOfTheProduct) {
  Product p = product("a");
  Price monthly = p.prices[0];
  EXPECT_EQ(free_trial(p, monthly, false), std::nullopt);
  p.free_trial = kMonthly;
  EXPECT_EQ(free_trial(p, monthly, false), kMonthly);
  monthly.free_trial = kWeekly;
  EXPECT_EQ(free_trial(p, monthly, false), kWeekly);
  EXPECT_EQ(free_trial(p, monthly, true), std::nullopt);
  EXPECT_EQ(free_trial(p, p.prices[1], false), std::nullopt);  // paid once
}

TEST(TrialName, IsThatOfTheLineElseOfTheProduct) {
  EXPECT_EQ(trial_name(product("pro", "plans")), "line:plans");
  EXPECT_EQ(trial_name(product("pro")), "product:pro");
  EXPECT_EQ(trial_name(product("")), "");
}

TEST(InitialGrants, OfASubscriptionKeepTermsWithItsLimits) {
  Product p = product("pro");
  p.included_items = {{ItemId("a"), q(5), kYearly, Expiry::kWhenRepeated},
                      {ItemId("b"), q(7), {}, Expiry::kNever}};
  Purchase purchase = subscribed(p);
  purchase.subscription->remote_ref = "sub_1";
  const auto grants = initial_grants(purchase, kGrace).value();
  ASSERT_EQ(grants.size(), 2u);
  for (const ItemGrant& given : grants) {
    EXPECT_TRUE(given.grant.keeps_term);
    EXPECT_EQ(given.grant.until, at("2026-02-28T00:00:00Z"));
    EXPECT_EQ(given.grant.ends_at, at("2026-03-07T00:00:00Z"));
    EXPECT_EQ(given.grant.anchor, kStart);
  }
  purchase.subscription->remote_ref.clear();
  const auto local = initial_grants(purchase, kGrace).value();
  EXPECT_TRUE(local[0].grant.keeps_term);
  EXPECT_FALSE(local[0].grant.until);
  EXPECT_FALSE(local[0].grant.ends_at);
}

TEST(InitialGrants, OfAOneTimePurchaseKeepNoTerms) {
  Product p = product("once");
  p.included_items = {{ItemId("a"), q(5), kMonthly, Expiry::kNever}};
  const auto grants = initial_grants(bought(p), kGrace).value();
  EXPECT_FALSE(grants.at(0).grant.keeps_term);
  EXPECT_FALSE(grants.at(0).grant.until);
}

}  // namespace
}  // namespace purser::domain
