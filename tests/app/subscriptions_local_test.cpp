// Subscriptions that nobody pays for: granted, and bought in test mode.

#include "tests/app/subscription_world.hpp"

namespace purser::app::testing {
namespace {

using domain::SwitchTime;

TEST(LocalCancel, AtThePeriodsEndKeepsAccessUntilThen) {
  SubscriptionWorld world;
  const auto bought = world.grant("pro", "monthly");
  EXPECT_EQ(world.cancel("pro"), "active pro/monthly canceling");
  EXPECT_EQ(world.kinds(), "grant cancel");
  EXPECT_TRUE(world.has_access(world.user(), "pro"));
  EXPECT_EQ(world.credits(), 500);
  world.pass(bought);
  EXPECT_FALSE(world.has_access(world.user(), "pro")) << "before any worker has seen it";
  EXPECT_EQ(world.credits(), 0);
  EXPECT_EQ(world.storage(), 0);
  world.work_off();
  const auto ended = world.purchase(bought.id);
  EXPECT_EQ(ended.status, domain::PurchaseStatus::kEnded);
  EXPECT_EQ(ended.subscription->ended_at, bought.subscription->current_period_end);
  EXPECT_EQ(world.kinds(), "grant cancel end");
  EXPECT_TRUE(world.verify().empty());
}

TEST(LocalCancel, NowEndsNow) {
  SubscriptionWorld world;
  const auto bought = world.grant("pro", "monthly");
  EXPECT_EQ(world.cancel("pro", true), "canceled pro/monthly");
  EXPECT_EQ(world.kinds(), "grant cancel end");
  EXPECT_EQ(world.credits(), 0);
  EXPECT_FALSE(world.has_access(world.user(), "pro"));
  EXPECT_EQ(world.purchase(bought.id).subscription->ended_at, world.clock.now());
  EXPECT_EQ(world.cancel("pro"), "PRODUCT_NOT_OWNED");
  EXPECT_EQ(world.cancel_by_id(bought.id), "SUBSCRIPTION_NOT_FOUND");
  EXPECT_EQ(world.provider.calls(), 0);
  EXPECT_TRUE(world.verify().empty());
}

TEST(LocalCancel, CanBeTakenBackBeforeTheEnd) {
  SubscriptionWorld world;
  const auto bought = world.grant("pro", "monthly");
  EXPECT_EQ(world.cancel("pro"), "active pro/monthly canceling");
  EXPECT_EQ(world.resume(bought.id), "active pro/monthly");
  EXPECT_EQ(world.kinds(), "grant cancel resume");
  world.pass(bought);
  EXPECT_EQ(world.credits(), 500) << "the next month's";
  EXPECT_EQ(world.resume(bought.id), "SUBSCRIPTION_NOT_RESUMABLE");
  EXPECT_EQ(world.kinds(), "grant cancel resume renewal") << "a refusal writes only what was due";
  EXPECT_TRUE(world.verify().empty());
}

TEST(LocalCancel, AfterTheEndNothingCanBeTakenBack) {
  SubscriptionWorld world;
  const auto bought = world.grant("pro", "monthly");
  EXPECT_EQ(world.cancel("pro"), "active pro/monthly canceling");
  world.pass(bought);
  EXPECT_EQ(world.resume(bought.id), "SUBSCRIPTION_NOT_FOUND");
  EXPECT_EQ(world.purchase(bought.id).status, domain::PurchaseStatus::kActive)
      << "a refusal took back what it had written; the next look writes it";
  world.work_off();
  EXPECT_EQ(world.purchase(bought.id).status, domain::PurchaseStatus::kEnded);
}

TEST(LocalOrders, UnderOneKeyHappenOnce) {
  SubscriptionWorld world;
  const auto bought = world.grant("basic", "monthly");
  EXPECT_EQ(world.cancel("basic", false, "k1"), "active basic/monthly canceling");
  EXPECT_EQ(world.resume(bought.id, "k2"), "active basic/monthly");
  EXPECT_EQ(world.cancel("basic", false, "k1"), "active basic/monthly canceling") << "replayed";
  EXPECT_FALSE(world.purchase(bought.id).subscription->cancel_at_period_end);
  EXPECT_EQ(world.kinds(), "grant cancel resume");
}

TEST(LocalRefusals, ChangeNothing) {
  SubscriptionWorld world;
  world.add_user("bob");
  const auto license = world.grant("license");
  const auto pro = world.grant("pro", "monthly");
  const auto plan = world.grant("plan", "monthly");
  const auto extra = world.grant("extra", "monthly");
  const Picture before = picture_of(world);
  EXPECT_EQ(world.cancel("license"), "SUBSCRIPTION_NOT_CANCELABLE one_time");
  EXPECT_EQ(world.cancel("basic"), "PRODUCT_NOT_OWNED");
  EXPECT_EQ(world.cancel_by_id(PurchaseId("no-such")), "SUBSCRIPTION_NOT_FOUND");
  EXPECT_EQ(world.cancel_by_id(pro.id, "bob"), "SUBSCRIPTION_NOT_FOUND") << "another's";
  EXPECT_EQ(world.cancel_by_id(pro.id, "nobody"), "USER_NOT_FOUND");
  EXPECT_EQ(world.resume(license.id), "SUBSCRIPTION_NOT_RESUMABLE one_time");
  EXPECT_EQ(world.resume(pro.id), "SUBSCRIPTION_NOT_RESUMABLE");
  EXPECT_EQ(world.change({"pro", "basic", "monthly"}), "SWITCH_NOT_POSSIBLE given_not_bought");
  EXPECT_EQ(world.change({"pro", "nothing", ""}), "PRODUCT_DOES_NOT_EXIST");
  EXPECT_EQ(world.change({"pro", "staff", ""}), "PRODUCT_DOES_NOT_EXIST") << "the server's own";
  EXPECT_EQ(world.change({"free", "basic", "monthly"}), "PRODUCT_NOT_OWNED");
  EXPECT_EQ(world.change({"pro", "plan", ""}), "SWITCH_NOT_POSSIBLE not_in_one_product_line");
  EXPECT_EQ(world.change({"pro", "pro", "monthly"}), "SWITCH_NOT_POSSIBLE already_active");
  EXPECT_EQ(world.change({"pro", "basic", ""}), "SWITCH_NOT_POSSIBLE price_not_chosen");
  EXPECT_EQ(world.change({"pro", "basic", "weekly"}), "PRICE_NOT_FOUND");
  EXPECT_EQ(world.change({"pro", "lifetime", "once"}), "SWITCH_NOT_POSSIBLE price_not_recurring");
  EXPECT_EQ(world.change({"plan", "pro", "monthly"}),
            "SWITCH_NOT_POSSIBLE not_in_one_product_line");
  EXPECT_EQ(world.change({"extra", "pro", "monthly"}),
            "SWITCH_NOT_POSSIBLE not_in_one_product_line");
  EXPECT_EQ(picture_of(world), before);
  world.block_purchases(true);
  EXPECT_EQ(world.change({"pro", "basic", "monthly", {}, false}), "NEW_PURCHASES_BLOCKED");
  EXPECT_EQ(world.cancel("plan"), "active plan/monthly canceling") << "blocked is only buying";
}

TEST(LocalRefusals, ACancelledPlanIsNotSwitched) {
  SubscriptionWorld world;
  world.grant("pro", "monthly");
  EXPECT_EQ(world.cancel("pro"), "active pro/monthly canceling");
  const Picture before = picture_of(world);
  EXPECT_EQ(world.change({"pro", "basic", "monthly", {}, false}), "SWITCH_NOT_POSSIBLE canceling");
  EXPECT_EQ(picture_of(world), before);
}

TEST(LocalRefusals, AProductOwnedTwiceNeedsItsId) {
  SubscriptionWorld world;
  domain::Catalog catalog = make_catalog();
  catalog.products["plan"].stackable = true;
  world.put_catalog(catalog);
  const auto first = world.grant("plan", "monthly");
  const auto second = world.grant("plan", "monthly");
  EXPECT_EQ(world.cancel("plan"), "SUBSCRIPTION_NOT_FOUND several");
  EXPECT_EQ(world.cancel_by_id(second.id), "active plan/monthly canceling");
  EXPECT_FALSE(world.purchase(first.id).subscription->cancel_at_period_end);
}

TEST(LocalSwitch, TakesEffectNow) {
  SubscriptionWorld world;
  const auto bought = world.grant("basic", "monthly");
  world.use_credits(30);
  world.advance(days(10));
  EXPECT_EQ(world.change({"basic", "pro", "monthly", {}, false}), "active pro/monthly");
  EXPECT_EQ(world.credits(), 470) << "less what was used of basic's";
  EXPECT_EQ(world.storage(), 50);
  const auto now = world.purchase(bought.id);
  EXPECT_EQ(now.subscription->current_period_end, bought.subscription->current_period_end);
  EXPECT_EQ(world.kinds(), "grant switch");
  EXPECT_EQ(count(world.outbox_types(), "subscription.switched"), 1);
  world.pass(bought);
  EXPECT_EQ(world.credits(), 500);
  EXPECT_EQ(world.change({"pro", "basic", "yearly", {}, false}), "active basic/yearly");
  EXPECT_EQ(world.storage(), 0);
  const auto yearly = world.purchase(bought.id);
  EXPECT_EQ(yearly.subscription->current_period_start, world.clock.now())
      << "another interval begins anew";
  EXPECT_TRUE(world.verify().empty());
}

TEST(LocalSwitch, WaitsForThePeriodsEndAndCanBeCalledOff) {
  SubscriptionWorld world;
  const auto bought = world.buy_in_test_mode("pro", "monthly");
  world.downgrade_later();
  EXPECT_EQ(world.preview({"pro", "basic", "monthly"}), "period_end 0, then never");
  EXPECT_EQ(world.change({"pro", "basic", "monthly"}), "active pro/monthly then basic/monthly");
  EXPECT_EQ(world.resume(bought.id), "active pro/monthly");
  EXPECT_EQ(world.change({"pro", "basic", "yearly", SwitchTime::kPeriodEnd}),
            "active pro/monthly then basic/yearly")
      << "nobody pays: any interval";
  EXPECT_EQ(world.change({"pro", "basic", "monthly"}), "active pro/monthly then basic/monthly")
      << "instead";
  EXPECT_EQ(world.credits(), 500);
  world.use_credits(100);
  world.pass(bought);
  world.work_off();
  EXPECT_EQ(shown(world.purchase(bought.id)), "active basic/monthly");
  EXPECT_EQ(world.credits(), 100) << "a new period: nothing is carried over";
  EXPECT_EQ(world.storage(), 0);
  EXPECT_EQ(world.kinds(), "purchase resume switch renewal");
  const auto all = *world.store->view()->transactions(world.user(), {"", 2});
  EXPECT_EQ(all[1].at, bought.subscription->current_period_end) << "dated when it was due";
  EXPECT_TRUE(world.verify().empty());
}

TEST(LocalSwitch, CancellingDropsTheWaitingOne) {
  SubscriptionWorld world;
  const auto bought = world.grant("pro", "monthly");
  EXPECT_EQ(world.change({"pro", "basic", "monthly", SwitchTime::kPeriodEnd, false}),
            "active pro/monthly then basic/monthly");
  EXPECT_EQ(world.cancel("pro"), "active pro/monthly canceling");
  EXPECT_EQ(world.kinds(), "grant cancel");
  world.pass(bought);
  world.work_off();
  EXPECT_EQ(world.purchase(bought.id).status, domain::PurchaseStatus::kEnded);
}

TEST(LocalSwitch, InTestModeAClientMayWhatItMayWithMoney) {
  SubscriptionWorld world;
  world.buy_in_test_mode("basic", "monthly");
  EXPECT_EQ(world.change({"basic", "pro", "monthly"}), "active pro/monthly");
  world.test_mode(false);
  EXPECT_EQ(world.change({"pro", "basic", "monthly"}), "SWITCH_NOT_POSSIBLE given_not_bought");
  EXPECT_EQ(world.change({"pro", "basic", "monthly", {}, false}), "active basic/monthly");
  EXPECT_EQ(world.provider.calls(), 0);
}

TEST(LocalSwitch, ABalanceThatWouldLeaveItsRangeIsRefused) {
  SubscriptionWorld world;
  world.grant("basic", "monthly");
  ASSERT_TRUE(world.write<Quantity>([&](StoreBatch& batch, AfterCommit&) {
    return Items::change(
        *world.context(), batch,
        {{world.user(), ItemId("storage")}, *Quantity::of(Quantity::kMax), {}, ""});
  }));
  const Picture before = picture_of(world);
  EXPECT_EQ(world.change({"basic", "pro", "monthly", {}, false}), "QUANTITY_OUT_OF_RANGE");
  EXPECT_EQ(picture_of(world), before);
}

TEST(Find, ShowsASubscriptionAsOfNowAndAfterItsEnd) {
  SubscriptionWorld world;
  world.add_user("bob");
  const auto bought = world.grant("pro", "monthly");
  const SubscriptionChoice which{world.user(), ProductId(), bought.id, true};
  world.pass(bought);
  const auto running = world.subscriptions->find(*world.context(), which);
  ASSERT_TRUE(running.has_value());
  EXPECT_EQ(running->subscription->current_period_start, bought.subscription->current_period_end);
  EXPECT_EQ(world.kinds(), "grant") << "looking writes nothing";
  EXPECT_EQ(world.cancel("pro", true), "canceled pro/monthly");
  EXPECT_EQ(shown(*world.subscriptions->find(*world.context(), which)), "canceled pro/monthly");
  const auto other = world.subscriptions->find(*world.context(),
                                               {world.user("bob"), ProductId(), bought.id, true});
  EXPECT_EQ(called(other.error()), "SUBSCRIPTION_NOT_FOUND");
  const auto license = world.grant("license");
  const auto one_time =
      world.subscriptions->find(*world.context(), {world.user(), ProductId(), license.id, true});
  EXPECT_EQ(called(one_time.error()), "SUBSCRIPTION_NOT_FOUND");
}

}  // namespace
}  // namespace purser::app::testing
