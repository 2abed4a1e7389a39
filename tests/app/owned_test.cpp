// What is given without payment, and what the list of owned products says.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/app/sales_world.hpp"

namespace purser::app::testing {
namespace {

using domain::SubscriptionStatus;
using Products = std::vector<std::string>;

TEST(Grant, GivesAProductWithAndWithoutAPrice) {
  SalesWorld world;
  const auto gift = world.try_grant("gift");
  ASSERT_TRUE(gift.has_value());
  EXPECT_EQ(gift->origin, domain::PurchaseOrigin::kGranted);
  EXPECT_FALSE(gift->price.has_value());
  ASSERT_TRUE(world.try_grant("pack", "", 2).has_value());
  ASSERT_TRUE(world.try_grant("pack").has_value()) << "stackable: again is more";
  EXPECT_EQ(world.quantity(world.user(), "credits"), 3007);
  EXPECT_TRUE(world.try_grant("hidden").has_value()) << "the server may give server_only products";
  EXPECT_EQ(world.try_grant("gift").error().code, ErrorCode::kProductAlreadyGranted);
  EXPECT_EQ(world.try_grant("gift", "", 2).error().code, ErrorCode::kProductNotStackable);
  EXPECT_TRUE(world.try_grant("multi", "eu").has_value());
  EXPECT_EQ(world.verify(), nothing());
}

TEST(Grant, ARepeatedItemComesAgainOnTime) {
  SalesWorld world;
  ASSERT_TRUE(world.try_grant("daily").has_value());
  EXPECT_EQ(world.quantity(world.user(), "days"), 10);
  world.advance({3 * 24 * kHour.count});
  EXPECT_EQ(world.quantity(world.user(), "days"), 40) << "three days late, each day once";
  world.reopen();
  EXPECT_EQ(world.quantity(world.user(), "days"), 40);
  EXPECT_EQ(world.verify(), nothing());
}

TEST(Grant, OnceOnlyProductsCollideWithAPendingPayment) {
  SalesWorld world;
  const std::string session = world.open_session("license");
  ASSERT_TRUE(world.try_grant("license").has_value());
  world.provider.pay(session);
  ASSERT_TRUE(world.sales->settle(world.project, session).has_value());
  world.work_off();
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
  EXPECT_EQ(world.provider.refunds().size(), 1U);
}

TEST(Grant, WithAnIntervalIsASubscriptionForWhichNobodyPays) {
  SalesWorld world;
  const auto given = world.try_grant("pro", "yearly");
  ASSERT_TRUE(given.has_value());
  EXPECT_EQ(given->type, domain::PurchaseType::kSubscription);
  EXPECT_EQ(given->origin, domain::PurchaseOrigin::kGranted);
  ASSERT_TRUE(given->subscription.has_value());
  EXPECT_TRUE(given->subscription->is_local());
  EXPECT_EQ(given->subscription->status, SubscriptionStatus::kActive);
  EXPECT_EQ(given->subscription->current_period_end, nth_boundary(world.clock.now(), kYearly, 1));
  EXPECT_EQ(world.quantity(world.user(), "credits"), 500);
  EXPECT_EQ(world.history(world.user()), "grant");
  EXPECT_TRUE(world.invoices().empty());
  EXPECT_EQ(world.provider.calls(), 0);
  EXPECT_EQ(world.verify(), nothing());
}

TEST(Grant, HasNoTrialAndUsesNone) {
  SalesWorld world;
  const auto given = world.try_grant("trial-small");
  ASSERT_TRUE(given.has_value());
  EXPECT_EQ(given->subscription->status, SubscriptionStatus::kActive);
  world.open_session("trial-large");
  EXPECT_EQ(world.provider.sessions()[0].asked.trial_days, 14);
}

TEST(Grant, WorksWhilePurchasesAreBlocked) {
  SalesWorld world;
  world.block_purchases(true);
  EXPECT_TRUE(world.try_grant("plan").has_value());
}

TEST(Owned, IsAsOfNowHoweverLongAgoItWasWritten) {
  SalesWorld world;
  world.grant("plan");
  const Timestamp sold = world.clock.now();
  world.advance(nth_boundary(sold, kMonthly, 5) - sold);
  const auto page = *world.sales->owned(*world.context(), world.user(), "", 10, true);
  ASSERT_EQ(page.items.size(), 1U);
  EXPECT_EQ(page.items[0]->subscription->current_period_start, nth_boundary(sold, kMonthly, 5));
  EXPECT_EQ(page.items[0]->subscription->current_period_end, nth_boundary(sold, kMonthly, 6));
}

TEST(Owned, LosesWhatIsNoLongerPaidAfterTheGrace) {
  SalesWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  world.subscribe("extra");
  const Timestamp end = bought.subscription->current_period_end;
  world.advance(end + Millis{7 * kDay.count - 1} - world.clock.now());
  EXPECT_EQ(world.listed(), (Products{"extra", "pro"})) << "the grace runs";
  world.advance({1});
  EXPECT_EQ(world.listed(), nothing());
}

TEST(Owned, AnAddOnGoesWithItsBaseAlsoWhenNobodyHasWrittenItDown) {
  SalesWorld world;
  domain::Purchase base = world.grant("pro", "monthly");
  world.grant("extra");
  base.subscription->cancel_at_period_end = true;
  ASSERT_TRUE(world.engine->apply(
      [&](StoreBatch& batch) { return batch.update_purchase(base, std::nullopt); }));
  world.advance(base.subscription->current_period_end - world.clock.now());
  EXPECT_EQ(world.listed(), nothing());
  EXPECT_EQ(world.owned(world.user()).size(), 2U) << "reading writes nothing";
}

TEST(Owned, PagesNeverSplitAProductAndClientsDoNotSeeServerOnlyOnes) {
  SalesWorld world;
  for (const char* product : {"pack", "gift", "hidden", "pack", "license", "pack"}) {
    ASSERT_TRUE(world.try_grant(product).has_value());
  }
  const auto ids = [](const OwnedPage& page) {
    std::vector<std::string> all;
    for (const auto* purchase : page.items) all.push_back(purchase->product.id.str());
    return all;
  };
  const auto page = [&](const std::string& after, int limit, bool from_client) {
    return *world.sales->owned(*world.context(), world.user(), after, limit, from_client);
  };
  const OwnedPage all = page("", 100, false);
  EXPECT_EQ(ids(all),
            (std::vector<std::string>{"gift", "hidden", "license", "pack", "pack", "pack"}));
  EXPECT_FALSE(all.next_after.has_value());
  const OwnedPage first = page("", 1, true);
  EXPECT_EQ(ids(first), std::vector<std::string>{"gift"});
  const OwnedPage second = page(*first.next_after, 1, true);
  EXPECT_EQ(ids(second), std::vector<std::string>{"license"}) << "hidden is not there";
  const OwnedPage third = page(*second.next_after, 1, true);
  EXPECT_EQ(ids(third), (std::vector<std::string>{"pack", "pack", "pack"}));
  EXPECT_FALSE(third.next_after.has_value()) << "a full last page has no next one";
}

TEST(Owned, OfAnotherProjectsCustomerLooksAbsent) {
  SalesWorld world;
  CustomerKey other = world.user();
  other.project = ProjectId("other");
  EXPECT_EQ(world.sales->owned(*world.context(), other, "", 10, false).error().code,
            ErrorCode::kUserNotFound);
}

}  // namespace
}  // namespace purser::app::testing
