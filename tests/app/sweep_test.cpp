// Lost webhooks do not matter: the sweep finds by itself what events would have told.

#include "tests/app/subscription_world.hpp"

namespace purser::app::testing {
namespace {

using domain::SubscriptionStatus;
using domain::SwitchTime;
using Fault = FakeProvider::Fault;

const std::string& ref(const domain::Purchase& bought) { return bought.subscription->remote_ref; }

/// Hours in which the provider and the worker do what they do, and nobody hears of events.
void let_pass(SubscriptionWorld& world, int hours) {
  for (int hour = 0; hour < hours; ++hour) {
    world.advance(kHour);
    world.provider.run();
    world.work_off();
  }
}

TEST(Sweep, ASilentProviderIsAskedSeldomerAndSeldomer) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  const int before = world.provider.calls("subscription");
  world.advance(days(20));
  world.work_off();
  EXPECT_EQ(world.provider.calls("subscription"), before) << "nothing is to be heard yet";
  world.pass(bought);
  // The provider's clock stands still.
  for (int minute = 0; minute < 24 * 60; ++minute) {
    world.advance(kMinute);
    world.work_off();
  }
  const int looks = world.provider.calls("subscription") - before;
  EXPECT_GE(looks, 26);
  EXPECT_LE(looks, 31);
}

TEST(Sweep, DoesWhatEventsDo) {
  SubscriptionWorld heard;
  SubscriptionWorld swept;
  for (SubscriptionWorld* world : {&heard, &swept}) {
    const auto pro = world->subscribe("pro", "monthly");
    world->subscribe("weekly");
    EXPECT_EQ(world->change({"pro", "basic", "monthly", SwitchTime::kPeriodEnd}),
              "active pro/monthly then basic/monthly");
    for (int step = 0; step < 8 * 40; ++step) {
      world->advance({3 * kHour.count});
      world->provider.run();
      if (world == &heard) {
        for (const RemoteSubscription& one : world->provider.subscriptions()) {
          ASSERT_TRUE(world->subscriptions->sync(world->project, one.id));
        }
      } else if (step % 2 == 1) {
        world->work_off();
      }
    }
    world->work_off();
    EXPECT_EQ(shown(world->purchase(pro.id)), "active basic/monthly");
    EXPECT_TRUE(world->verify().empty());
  }
  EXPECT_EQ(heard.credits(), swept.credits());
  EXPECT_EQ(heard.quantity(heard.user(), "days"), swept.quantity(swept.user(), "days"));
  EXPECT_EQ(heard.provider.charged(), swept.provider.charged());
  EXPECT_EQ(heard.kinds(), swept.kinds());
  EXPECT_EQ(heard.kinds(),
            "purchase purchase renewal renewal renewal renewal switch renewal renewal");
}

TEST(Sweep, FindsALapseARecoveryAndAnEndByItself) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  world.pass(bought);
  world.provider.set_declines(world.remote_customer(), true);
  let_pass(world, 2);
  EXPECT_EQ(shown(world.purchase(bought.id)), "past_due pro/monthly");
  let_pass(world, 24 * 8);
  EXPECT_FALSE(world.has_access(world.user(), "pro"));
  world.provider.set_declines(world.remote_customer(), false);
  world.provider.recover(ref(bought));
  let_pass(world, 2);
  EXPECT_EQ(shown(world.purchase(bought.id)), "active pro/monthly");
  EXPECT_EQ(world.credits(), 500);
  world.provider.set_cancel(ref(bought), true);
  world.advance(world.provider.subscription_now(ref(bought)).current_period_end -
                world.clock.now());
  let_pass(world, 2);
  EXPECT_EQ(world.purchase(bought.id).status, domain::PurchaseStatus::kEnded);
  EXPECT_EQ(world.kinds(), "purchase renewal end");
  EXPECT_TRUE(world.verify().empty());
}

TEST(Sweep, OneThatCannotBeLookedAtHoldsUpNoOther) {
  SubscriptionWorld world;
  const auto first = world.subscribe("weekly");
  world.advance(kMinute);
  const auto second = world.subscribe("pro", "monthly");
  world.pass(second);
  world.provider.run();
  int calls = 0;
  world.provider.plan = [&](const std::string& call) {
    return call == "subscription" && calls++ == 0 ? Fault::kUnavailable : Fault::kNone;
  };
  world.advance({3 * kMinute.count});
  EXPECT_FALSE(world.subscriptions->sweep(10).has_value()) << "the failure is told";
  EXPECT_EQ(world.transactions(TransactionKind::kRenewal), 1) << "the other one's";
  EXPECT_EQ(world.subscriptions->sweep(10).value_or(-1), 0) << "it waits";
  world.advance(kHour);
  EXPECT_EQ(world.subscriptions->sweep(10).value_or(-1), 1);
  EXPECT_EQ(world.transactions(TransactionKind::kRenewal), 5);
  EXPECT_EQ(world.purchase(first.id).subscription->status, SubscriptionStatus::kActive);
}

TEST(Sweep, AnAlarmedOneIsNotAskedForInALoop) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  world.provider.edit_subscription(ref(bought), [](auto& remote) { remote.price = "price_other"; });
  world.pass(bought);
  world.advance(kHour);
  EXPECT_EQ(world.subscriptions->sweep(10).value_or(-1), 1);
  EXPECT_EQ(world.subscriptions->sweep(10).value_or(-1), 0);
  EXPECT_EQ(count(world.outbox_types(), "subscription.alarm"), 1);
}

TEST(Sweep, AnEndedOneIsAskedForNoMore) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  EXPECT_EQ(world.cancel("pro", true), "canceled pro/monthly");
  const int calls = world.provider.calls();
  world.pass(bought);
  let_pass(world, 48);
  EXPECT_EQ(world.provider.calls(), calls);
}

TEST(Sweep, EveryCallOfALookMayFail) {
  int calls = 0;
  for (bool faulty = true; faulty; ++calls) {
    SubscriptionWorld world;
    const auto bought = world.subscribe("weekly");
    world.advance(days(22));
    world.provider.run();
    world.provider.fault_at(calls + 1, Fault::kUnavailable);
    const bool swept = world.subscriptions->sweep(10).has_value();
    faulty = !world.provider.faulted().empty();
    EXPECT_NE(swept, faulty);
    world.reopen();
    world.advance(kHour);
    world.work_off();
    EXPECT_EQ(world.kinds(), "purchase renewal renewal renewal");
    EXPECT_EQ(world.quantity(world.user(), "days"), 28);
    EXPECT_EQ(world.invoices(bought.id).size(), 4U);
    EXPECT_TRUE(world.verify().empty());
  }
  EXPECT_EQ(calls, 3) << "the subscription, its invoices, and one round without a fault";
}

}  // namespace
}  // namespace purser::app::testing
