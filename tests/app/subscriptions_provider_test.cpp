// Orders on subscriptions that somebody pays for.

#include "tests/app/subscription_world.hpp"

namespace purser::app::testing {
namespace {

using domain::SubscriptionStatus;
using domain::SwitchTime;
using Fault = FakeProvider::Fault;

const std::string& ref(const domain::Purchase& bought) { return bought.subscription->remote_ref; }

TEST(Cancel, IsCarriedOutAtTheProviderAndEndsThere) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  EXPECT_EQ(world.cancel("pro"), "active pro/monthly canceling");
  EXPECT_TRUE(world.provider.subscription_now(ref(bought)).cancel_at_period_end);
  EXPECT_EQ(world.kinds(), "purchase cancel");
  EXPECT_EQ(world.credits(), 500);
  world.pass(bought);
  world.provider.renew(ref(bought));
  EXPECT_EQ(world.credits(), 0) << "before anything was heard";
  world.hear(ref(bought), "customer.subscription.deleted");
  EXPECT_EQ(world.purchase(bought.id).status, domain::PurchaseStatus::kEnded);
  EXPECT_EQ(world.kinds(), "purchase cancel end");
  EXPECT_EQ(world.provider.charges(), 1);
  EXPECT_EQ(world.provider.calls("end_subscription"), 0) << "it ended by itself";
  EXPECT_TRUE(world.verify().empty());
}

TEST(Cancel, NowEndsItThereNow) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  world.advance(days(3));
  EXPECT_EQ(world.cancel("pro", true), "canceled pro/monthly");
  EXPECT_EQ(world.provider.subscription_now(ref(bought)).ended_at, world.clock.now());
  EXPECT_EQ(world.kinds(), "purchase cancel end");
  EXPECT_EQ(world.credits(), 0);
  world.hear(ref(bought), "customer.subscription.deleted");
  EXPECT_EQ(world.kinds(), "purchase cancel end");
  EXPECT_EQ(world.provider.calls("end_subscription"), 1);
  EXPECT_TRUE(world.verify().empty());
}

TEST(Cancel, AFreePlanCannotBeTakenAgainForAFreshAllowance) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("free", "monthly");
  EXPECT_EQ(world.cancel("free", true), "SUBSCRIPTION_NOT_CANCELABLE costs_nothing");
  EXPECT_EQ(world.credits(), 10);
  EXPECT_EQ(world.cancel("free"), "active free/monthly canceling");
  const SubscriptionChoice which{world.user(), ProductId("free"), PurchaseId(), false};
  EXPECT_EQ(SubscriptionWorld::text(world.subscriptions->cancel(
                world.context(), std::nullopt, which, true, SubscriptionWorld::encode)),
            "canceled free/monthly canceling")
      << "the server may";
  EXPECT_TRUE(world.provider.subscription_now(ref(bought)).ended_at);
  EXPECT_TRUE(world.verify().empty());
}

TEST(Cancel, WhatWaitsForMoneyCanBeCancelledToo) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  world.pass(bought);
  world.provider.fail_renewal(ref(bought));
  world.advance(days(10));
  world.work_off();
  EXPECT_FALSE(world.has_access(world.user(), "pro"));
  EXPECT_EQ(world.cancel("pro", true), "canceled pro/monthly");
  EXPECT_EQ(world.purchase(bought.id).status, domain::PurchaseStatus::kEnded);
}

TEST(Cancel, OfOneThatHasEndedUnheardIsAnsweredByWhatItIs) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  world.provider.end(ref(bought));
  EXPECT_EQ(world.cancel("pro"), "PRODUCT_NOT_OWNED");
  EXPECT_EQ(world.purchase(bought.id).status, domain::PurchaseStatus::kEnded);
  EXPECT_EQ(world.provider.calls("set_cancel_at_period_end"), 0);
}

TEST(Resume, IsCarriedOutAtTheProvider) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  EXPECT_EQ(world.resume(bought.id), "SUBSCRIPTION_NOT_RESUMABLE");
  EXPECT_EQ(world.cancel("pro"), "active pro/monthly canceling");
  EXPECT_EQ(world.resume(bought.id), "active pro/monthly");
  EXPECT_FALSE(world.provider.subscription_now(ref(bought)).cancel_at_period_end);
  EXPECT_EQ(world.kinds(), "purchase cancel resume");
  world.pass(bought);
  world.provider.renew(ref(bought));
  world.hear(ref(bought));
  EXPECT_EQ(world.credits(), 500);
  EXPECT_EQ(world.kinds(), "purchase cancel resume renewal");
  EXPECT_TRUE(world.verify().empty());
}

TEST(Switch, UpIsProratedAndChargedNow) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("basic", "monthly");
  world.use_credits(30);
  const Millis length =
      bought.subscription->current_period_end - bought.subscription->current_period_start;
  world.advance({length.count / 2});
  EXPECT_EQ(world.preview({"basic", "pro", "monthly"}), "now 1000, then 3000");
  EXPECT_EQ(world.kinds(), "purchase") << "a preview changes nothing";
  EXPECT_EQ(world.change({"basic", "pro", "monthly"}), "active pro/monthly");
  EXPECT_EQ(world.provider.charged(), 2000) << "half of the difference, as the preview said";
  EXPECT_EQ(world.credits(), 470);
  EXPECT_EQ(world.storage(), 50);
  EXPECT_EQ(world.kinds(), "purchase switch");
  const auto recorded = *world.store->view()->transactions(world.user(), {"", 1});
  EXPECT_EQ(recorded[0].amount->minor_units(), 1000);
  EXPECT_EQ(recorded[0].product_id, "pro");
  EXPECT_EQ(world.invoices(bought.id).size(), 2U);
  const auto now = world.purchase(bought.id);
  EXPECT_EQ(now.subscription->current_period_end, bought.subscription->current_period_end);
  world.pass(bought);
  world.provider.renew(ref(bought));
  world.hear(ref(bought));
  EXPECT_EQ(world.credits(), 500);
  EXPECT_EQ(world.provider.charged(), 5000);
  EXPECT_TRUE(world.verify().empty());
}

TEST(Switch, DownLeavesACreditThatTheNextInvoiceUsesUp) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  EXPECT_EQ(world.change({"pro", "basic", "monthly"}), "active basic/monthly");
  EXPECT_EQ(world.provider.charged(), 3000);
  EXPECT_EQ(world.provider.customer(world.remote_customer()).credit, 2000);
  EXPECT_EQ(world.credits(), 100);
  EXPECT_EQ(world.storage(), 0);
  world.pass(bought);
  world.provider.renew(ref(bought));
  world.hear(ref(bought));
  EXPECT_EQ(world.provider.charged(), 3000);
  EXPECT_EQ(world.credits(), 100);
  EXPECT_EQ(world.kinds(), "purchase switch renewal");
}

TEST(Switch, OneThatWaitedIsNoAlarmOnceADisputeHasEndedThePlan) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  EXPECT_EQ(world.change({"pro", "basic", "monthly", SwitchTime::kPeriodEnd}),
            "active pro/monthly then basic/monthly");
  const Invoice paid = world.store->view()->invoices_of(world.project, bought.id, 1)->at(0);
  const std::string dispute = world.provider.dispute(paid.payment_ref);
  ASSERT_TRUE(world.refunds->sync_dispute(world.project, dispute).has_value());
  EXPECT_EQ(world.purchase(bought.id).status, domain::PurchaseStatus::kRefunded);
  // Heard of before the provider was told.
  ASSERT_TRUE(world.subscriptions->sync(world.project, ref(bought)).has_value());
  EXPECT_EQ(count(world.outbox_types(), "subscription.alarm"), 0);
  world.work_off();
  EXPECT_TRUE(world.provider.subscription_now(ref(bought)).ended_at);
  EXPECT_TRUE(world.verify().empty());
}

TEST(Switch, OfAPlanThatADisputeEndsMeanwhileIsNotAcknowledged) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("basic", "monthly");
  const Invoice paid = world.store->view()->invoices_of(world.project, bought.id, 1)->at(0);
  bool is_disputed = false;
  world.provider.plan = [&](const std::string& call) {
    if (call == "change_plan" && !std::exchange(is_disputed, true)) {
      const std::string dispute = world.provider.dispute(paid.payment_ref);
      EXPECT_TRUE(world.refunds->sync_dispute(world.project, dispute).has_value());
    }
    return FakeProvider::Fault::kNone;
  };
  const Wanted wanted{"basic", "pro", "monthly", SwitchTime::kNow, true, "k1"};
  EXPECT_EQ(world.change(wanted), "PRODUCT_NOT_OWNED");
  EXPECT_EQ(world.change(wanted), "PRODUCT_NOT_OWNED") << "and so under its key";
  EXPECT_EQ(world.purchase(bought.id).product.id, ProductId("basic"));
  EXPECT_EQ(world.purchase(bought.id).status, domain::PurchaseStatus::kRefunded);
  world.work_off();
  EXPECT_TRUE(world.provider.subscription_now(ref(bought)).ended_at);
  EXPECT_TRUE(world.verify().empty());
}

TEST(Switch, ToAnotherIntervalBeginsAnewWithItsPayment) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("basic", "monthly");
  world.advance(days(10));
  EXPECT_EQ(world.change({"basic", "pro", "yearly"}), "active pro/yearly");
  const auto now = world.purchase(bought.id);
  const RemoteSubscription remote = world.provider.subscription_now(ref(bought));
  EXPECT_EQ(now.subscription->current_period_start, remote.current_period_start);
  EXPECT_EQ(now.subscription->current_period_end, remote.current_period_end);
  EXPECT_EQ(now.anchor, remote.current_period_start);
  EXPECT_EQ(world.credits(), 500);
  // A year is paid: each month's credits come, the thirteenth's only once it is paid.
  world.advance(days(330));
  EXPECT_EQ(world.credits(), 500);
  world.pass(bought);
  world.use_credits(500);
  world.advance(days(1));
  EXPECT_EQ(world.credits(), 0);
  world.provider.run();
  world.hear(ref(bought));
  EXPECT_EQ(world.credits(), 500);
  EXPECT_TRUE(world.verify().empty());
}

TEST(Switch, DuringATrialKeepsItAndChargesNothing) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("trial-small");
  EXPECT_EQ(world.change({"trial-small", "trial-large", ""}), "trialing trial-large/monthly");
  EXPECT_EQ(world.provider.charges(), 0);
  EXPECT_EQ(world.credits(), 450);
  const auto now = world.purchase(bought.id);
  EXPECT_EQ(now.subscription->trial_end, bought.subscription->trial_end);
  world.pass(bought);
  world.provider.run();
  world.hear(ref(bought));
  EXPECT_EQ(shown(world.purchase(bought.id)), "active trial-large/monthly");
  EXPECT_EQ(world.provider.charged(), 4500);
  EXPECT_TRUE(world.verify().empty());
}

TEST(Switch, ADeclineChangesNothingElse) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("basic", "monthly");
  world.advance(days(5));
  world.provider.set_declines(world.remote_customer(), true);
  const Picture before = picture_of(world);
  EXPECT_EQ(world.change({"basic", "pro", "monthly", {}, true, "k1"}), "PAYMENT_FAILED");
  EXPECT_EQ(picture_of(world), before);
  world.provider.set_declines(world.remote_customer(), false);
  EXPECT_EQ(world.change({"basic", "pro", "monthly", {}, true, "k1"}), "PAYMENT_FAILED")
      << "the same key: the same answer";
  EXPECT_EQ(picture_of(world), before);
  EXPECT_EQ(world.change({"basic", "pro", "monthly", {}, true, "k2"}), "active pro/monthly");
  EXPECT_FALSE(world.purchase(bought.id).subscription->switching);
}

TEST(Switch, NeedsADefaultPaymentMethodOnlyWhenThePlanCostsMoney) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("basic", "monthly");
  world.provider.edit_subscription(ref(bought),
                                   [](auto& remote) { remote.default_payment_method.clear(); });
  const Picture before = picture_of(world);
  EXPECT_EQ(world.change({"basic", "pro", "monthly"}), "DEFAULT_PAYMENT_METHOD_REQUIRED");
  EXPECT_EQ(picture_of(world), before);
  EXPECT_EQ(world.change({"basic", "free", ""}), "active free/monthly");
  EXPECT_EQ(world.change({"free", "pro", "monthly"}), "DEFAULT_PAYMENT_METHOD_REQUIRED");
  world.provider.add_default_method(world.remote_customer());
  EXPECT_EQ(world.change({"free", "pro", "monthly"}), "active pro/monthly");
}

TEST(Switch, RefusalsOfTheProviderChangeNothing) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("basic", "monthly");
  const Picture before = picture_of(world);
  world.provider.plan = [](const std::string& call) {
    return call == "change_plan" ? Fault::kRefuse : Fault::kNone;
  };
  EXPECT_EQ(world.change({"basic", "pro", "monthly"}), "PAYMENT_PROVIDER_REFUSED");
  EXPECT_EQ(picture_of(world), before);
  world.provider.plan = nullptr;
  EXPECT_EQ(world.change({"basic", "pro", "monthly"}), "active pro/monthly");
}

TEST(Switch, AtThePeriodsEndNeedsTheSameInterval) {
  SubscriptionWorld world;
  world.subscribe("basic", "monthly");
  const Picture before = picture_of(world);
  EXPECT_EQ(world.change({"basic", "pro", "yearly", SwitchTime::kPeriodEnd}),
            "SWITCH_NOT_POSSIBLE period_end_needs_same_interval");
  EXPECT_EQ(picture_of(world), before);
}

TEST(PendingSwitch, TakesEffectWithThePaymentOfTheNextPeriod) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  world.downgrade_later();
  EXPECT_EQ(world.preview({"pro", "basic", "monthly"}), "period_end 0, then 1000");
  EXPECT_EQ(world.change({"pro", "basic", "monthly"}), "active pro/monthly then basic/monthly");
  EXPECT_EQ(world.provider.charged(), 3000);
  world.hear(ref(bought));
  EXPECT_EQ(shown(world.purchase(bought.id)), "active pro/monthly then basic/monthly");
  world.pass(bought);
  world.provider.begin_period(ref(bought));
  world.hear(ref(bought));
  EXPECT_EQ(shown(world.purchase(bought.id)), "active pro/monthly then basic/monthly")
      << "the period has begun, but is not paid";
  world.provider.recover(ref(bought));
  world.hear(ref(bought), "invoice.paid");
  world.hear(ref(bought));
  EXPECT_EQ(shown(world.purchase(bought.id)), "active basic/monthly");
  EXPECT_EQ(world.credits(), 100);
  EXPECT_EQ(world.storage(), 0);
  EXPECT_EQ(world.provider.charged(), 4000);
  EXPECT_EQ(world.kinds(), "purchase switch renewal");
  const auto recorded = *world.store->view()->transactions(world.user(), {"", 2});
  EXPECT_EQ(recorded[1].at, bought.subscription->current_period_end);
  EXPECT_TRUE(world.verify().empty());
}

TEST(PendingSwitch, CanBeCalledOff) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  const std::string price = world.provider.subscription_now(ref(bought)).price;
  EXPECT_EQ(world.change({"pro", "basic", "monthly", SwitchTime::kPeriodEnd}),
            "active pro/monthly then basic/monthly");
  EXPECT_NE(world.provider.subscription_now(ref(bought)).price, price);
  EXPECT_EQ(world.resume(bought.id), "active pro/monthly");
  EXPECT_EQ(world.provider.subscription_now(ref(bought)).price, price);
  EXPECT_EQ(world.kinds(), "purchase resume");
  world.pass(bought);
  world.provider.run();
  world.hear(ref(bought));
  EXPECT_EQ(world.provider.charged(), 6000);
  EXPECT_EQ(world.credits(), 500);
}

TEST(PendingSwitch, IsDroppedByACancellation) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  const std::string price = world.provider.subscription_now(ref(bought)).price;
  EXPECT_EQ(world.change({"pro", "basic", "monthly", SwitchTime::kPeriodEnd}),
            "active pro/monthly then basic/monthly");
  EXPECT_EQ(world.cancel("pro"), "active pro/monthly canceling");
  EXPECT_EQ(world.provider.subscription_now(ref(bought)).price, price);
  EXPECT_EQ(world.kinds(), "purchase cancel");
  EXPECT_EQ(world.resume(bought.id), "active pro/monthly") << "the switch is not asked for again";
}

TEST(PendingSwitch, IsReplacedByALaterOne) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  EXPECT_EQ(world.change({"pro", "free", "", SwitchTime::kPeriodEnd}),
            "active pro/monthly then free/monthly");
  EXPECT_EQ(world.change({"pro", "basic", "monthly", SwitchTime::kPeriodEnd}),
            "active pro/monthly then basic/monthly");
  world.pass(bought);
  world.provider.run();
  world.hear(ref(bought));
  EXPECT_EQ(shown(world.purchase(bought.id)), "active basic/monthly");
  EXPECT_EQ(world.kinds(), "purchase switch renewal");
}

TEST(PendingSwitch, GivesWayToOneNowWhichCreditsWhatWasPaid) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("basic", "monthly");
  EXPECT_EQ(world.change({"basic", "free", "", SwitchTime::kPeriodEnd}),
            "active basic/monthly then free/monthly");
  EXPECT_EQ(world.change({"basic", "pro", "monthly"}), "active pro/monthly");
  EXPECT_EQ(world.provider.charged(), 3000) << "basic's month is credited, not free's";
  EXPECT_EQ(shown(world.purchase(bought.id)), "active pro/monthly");
}

TEST(PendingSwitch, StaysWhenOneNowIsDeclined) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("basic", "monthly");
  EXPECT_EQ(world.change({"basic", "free", "", SwitchTime::kPeriodEnd}),
            "active basic/monthly then free/monthly");
  world.provider.set_declines(world.remote_customer(), true);
  const Picture before = picture_of(world);
  EXPECT_EQ(world.change({"basic", "pro", "monthly"}), "PAYMENT_FAILED");
  EXPECT_EQ(picture_of(world), before);
  world.hear(ref(bought));
  EXPECT_EQ(shown(world.purchase(bought.id)), "active basic/monthly then free/monthly");
}

TEST(Conflict, ASwitchUnderWayBlocksOthersUntilItIsResolved) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("basic", "monthly");
  world.provider.plan = [](const std::string& call) {
    return call == "change_plan" ? Fault::kUnavailable : Fault::kNone;
  };
  EXPECT_EQ(world.change({"basic", "pro", "monthly", {}, true, "k1"}),
            "PAYMENT_PROVIDER_UNAVAILABLE");
  world.provider.plan = nullptr;
  EXPECT_EQ(shown(world.purchase(bought.id)), "active basic/monthly switching");
  EXPECT_EQ(world.change({"basic", "free", "", {}, true, "k2"}), "SWITCH_CONFLICT");
  EXPECT_EQ(world.change({"basic", "pro", "monthly", {}, true, "k1"}), "active pro/monthly")
      << "the first one's key resumes it";
  EXPECT_EQ(world.provider.charged(), 3000);
  EXPECT_EQ(world.kinds(), "purchase switch");
}

TEST(Repeated, AnotherOnesSwitchIsNotItsOwn) {
  SubscriptionWorld world;
  world.subscribe("basic", "monthly");
  bool down = true;
  world.provider.plan = [&](const std::string&) {
    return down ? Fault::kUnavailable : Fault::kNone;
  };
  EXPECT_EQ(world.change({"basic", "pro", "monthly", {}, true, "k1"}),
            "PAYMENT_PROVIDER_UNAVAILABLE");
  down = false;
  EXPECT_EQ(world.change({"basic", "pro", "monthly", {}, true, "k2"}), "active pro/monthly");
  EXPECT_EQ(world.change({"basic", "pro", "monthly", {}, true, "k1"}), "PRODUCT_NOT_OWNED")
      << "as a first call would be answered";
  EXPECT_EQ(world.change({"basic", "pro", "monthly", {}, true, "k2"}), "active pro/monthly");
  EXPECT_EQ(world.kinds(), "purchase switch");
  EXPECT_EQ(world.provider.charged(), 3000);
}

TEST(Repeated, ItsOwnSwitchWhoseAnswerWasLostIsAnsweredAfterTheNewsOfIt) {
  for (const SwitchTime effective : {SwitchTime::kNow, SwitchTime::kPeriodEnd}) {
    SubscriptionWorld world;
    const auto bought = world.subscribe("pro", "monthly");
    world.provider.plan = [](const std::string& call) {
      return call == "change_plan" ? Fault::kLoseAnswer : Fault::kNone;
    };
    EXPECT_EQ(world.change({"pro", "basic", "monthly", effective, true, "k1"}),
              "PAYMENT_PROVIDER_UNAVAILABLE");
    world.provider.plan = nullptr;
    world.hear(ref(bought));
    const std::string had = shown(world.purchase(bought.id));
    EXPECT_EQ(world.change({"pro", "basic", "monthly", effective, true, "k1"}), had);
    EXPECT_TRUE(world.verify().empty());
  }
}

TEST(Conflict, OneThatTheProviderDoesNotShowIsDroppedAfterTenMinutes) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("basic", "monthly");
  world.provider.plan = [](const std::string& call) {
    return call == "change_plan" ? Fault::kUnavailable : Fault::kNone;
  };
  EXPECT_EQ(world.change({"basic", "pro", "monthly", {}, true, "k1"}),
            "PAYMENT_PROVIDER_UNAVAILABLE");
  world.provider.plan = nullptr;
  world.advance({11 * kMinute.count});
  EXPECT_EQ(world.change({"basic", "free", "", {}, true, "k2"}), "active free/monthly");
  EXPECT_FALSE(world.purchase(bought.id).subscription->switching);
  EXPECT_EQ(world.kinds(), "purchase switch");
}

}  // namespace
}  // namespace purser::app::testing
