// Sales into a product line, sales that cannot be granted any more, and trials.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "app/purchase_book.hpp"
#include "tests/app/sales_world.hpp"

namespace purser::app::testing {
namespace {

using Fault = FakeProvider::Fault;
using domain::SubscriptionStatus;
using Products = std::vector<std::string>;

void expect_all_given_back(SalesWorld& world, std::size_t payments) {
  EXPECT_EQ(world.provider.payments().size(), payments);
  for (const auto& payment : world.provider.payments()) {
    EXPECT_EQ(payment.refunded, payment.amount.minor_units());
  }
}

bool is_running(SalesWorld& world, const std::string& remote) {
  return !world.provider.subscription_now(remote).ended_at.has_value();
}

// --- replacement in a product line ---

TEST(Replacement, TheOldPlanEndsOnlyOnceTheNewOneIsPaid) {
  SalesWorld world;
  const domain::Purchase old = world.subscribe("basic", "monthly");
  const std::string session = world.open_session("pro", "alice", "monthly");
  world.work_off();
  EXPECT_EQ(world.listed(), Products{"basic"}) << "asked for, not paid";
  world.provider.pay(session, false);
  world.settle(session);
  world.work_off();
  EXPECT_EQ(world.listed(), Products{"basic"}) << "complete, not paid";
  EXPECT_TRUE(is_running(world, old.subscription->remote_ref));
  world.buy(session);
  EXPECT_EQ(world.listed(), Products{"pro"});
  EXPECT_EQ(world.purchase(old.id).status, domain::PurchaseStatus::kEnded);
  EXPECT_EQ(world.quantity(world.user(), "credits"), 500) << "the old allowance went";
  world.work_off();
  EXPECT_FALSE(is_running(world, old.subscription->remote_ref)) << "it is paid no more";
  EXPECT_TRUE(is_running(world, world.subscription_of_session(session)));
  EXPECT_EQ(world.verify(), nothing());
}

TEST(Replacement, AnExpiredCheckoutLeavesTheOldPlanAlone) {
  SalesWorld world;
  const domain::Purchase old = world.subscribe("basic", "monthly");
  const std::string session = world.open_session("pro", "alice", "monthly");
  world.provider.expire(session);
  world.settle(session);
  world.work_off();
  EXPECT_EQ(world.listed(), Products{"basic"});
  EXPECT_TRUE(is_running(world, old.subscription->remote_ref));
}

TEST(Replacement, AddOnsEndWithTheirLastBaseAndStayWithAnother) {
  SalesWorld world;
  world.subscribe("basic", "monthly");
  const domain::Purchase extra = world.subscribe("extra");
  world.subscribe("pro", "monthly");
  EXPECT_EQ(world.listed(), (Products{"extra", "pro"})) << "an add-on to both";
  world.subscribe("free");
  EXPECT_EQ(world.listed(), Products{"free"});
  EXPECT_EQ(world.quantity(world.user(), "storage"), 0);
  EXPECT_EQ(world.purchase(extra.id).status, domain::PurchaseStatus::kEnded);
  world.work_off();
  EXPECT_FALSE(is_running(world, extra.subscription->remote_ref));
  EXPECT_EQ(world.verify(), nothing());
}

TEST(Replacement, AOneTimeSaleInTheLineReplacesASubscriptionForGood) {
  SalesWorld world;
  world.subscribe("basic", "monthly");
  world.buy(world.open_session("lifetime"));
  EXPECT_EQ(world.listed(), Products{"lifetime"});
  EXPECT_EQ(world.answer(world.order_at("pro", "monthly")), "PRODUCT_LINE_CONFLICT");
}

TEST(Replacement, OfTwoPlansPaidAtOnceTheLastIsThePlan) {
  SalesWorld world;
  const std::string basic = world.open_session("basic", "alice", "monthly");
  const std::string pro = world.open_session("pro", "alice", "monthly");
  world.provider.pay(basic);
  world.provider.pay(pro);
  world.settle(pro);
  world.settle(basic);
  world.work_off();
  EXPECT_EQ(world.listed(), Products{"basic"});
  EXPECT_FALSE(is_running(world, world.subscription_of_session(pro)));
  EXPECT_TRUE(is_running(world, world.subscription_of_session(basic)));
  EXPECT_EQ(world.verify(), nothing());
}

TEST(Replacement, AGrantedPlanReplacesAndIsReplaced) {
  SalesWorld world;
  const domain::Purchase bought = world.subscribe("basic", "monthly");
  const domain::Purchase given = world.grant("pro", "yearly");
  EXPECT_TRUE(given.subscription->is_local());
  EXPECT_EQ(world.listed(), Products{"pro"});
  world.work_off();
  EXPECT_FALSE(is_running(world, bought.subscription->remote_ref));
  world.subscribe("basic", "monthly");
  EXPECT_EQ(world.listed(), Products{"basic"});
  EXPECT_EQ(world.purchase(given.id).status, domain::PurchaseStatus::kEnded);
  EXPECT_EQ(world.verify(), nothing());
}

/// The intention to end a subscription at the provider, by its kind.
std::string how_it_ends(SalesWorld& world, const domain::Purchase& purchase) {
  for (const Intention& intention : world.intentions_due()) {
    if (intention.subject == purchase.subscription->remote_ref) return intention.kind;
  }
  return "not at all";
}

TEST(Replacement, GivesCreditForUnusedTimeThatWasPaidAlone) {
  SalesWorld world;
  const domain::Purchase paid = world.subscribe("basic", "monthly");
  world.advance(kDay);
  const domain::Purchase unpaid = world.subscribe("pro", "monthly");
  EXPECT_EQ(how_it_ends(world, paid), kEndSubscriptionWithCredit);
  world.work_off();
  const std::string remote = unpaid.subscription->remote_ref;
  world.advance(unpaid.subscription->current_period_end - world.clock.now());
  world.provider.fail_renewal(remote);
  ASSERT_TRUE(world.subscriptions->sync(world.project, remote).has_value());
  EXPECT_EQ(world.listed(), Products{"pro"}) << "past due, within its grace";
  world.subscribe("basic", "monthly");
  EXPECT_EQ(how_it_ends(world, unpaid), kEndSubscription);
  world.work_off();
  EXPECT_FALSE(is_running(world, remote));
  EXPECT_EQ(world.listed(), Products{"basic"});
  EXPECT_EQ(world.verify(), nothing());
}

TEST(Replacement, WhoLostAPlanForNotPayingCanBuyItAgainAndHasItOnce) {
  SalesWorld world;
  const domain::Purchase lost = world.subscribe("pro", "monthly");
  const std::string remote = lost.subscription->remote_ref;
  world.advance(lost.subscription->current_period_end - world.clock.now());
  world.provider.fail_renewal(remote);
  ASSERT_TRUE(world.subscriptions->sync(world.project, remote).has_value());
  EXPECT_EQ(world.answer(world.order_at("pro", "monthly")), "PRODUCT_ALREADY_GRANTED");
  world.advance({8 * kDay.count});
  EXPECT_EQ(world.listed(), nothing());
  const domain::Purchase anew = world.subscribe("pro", "monthly");
  EXPECT_EQ(world.purchase(lost.id).status, domain::PurchaseStatus::kEnded);
  world.work_off();
  EXPECT_FALSE(is_running(world, remote)) << "it cannot come back beside the new one";
  EXPECT_TRUE(is_running(world, anew.subscription->remote_ref));
  EXPECT_EQ(world.listed(), Products{"pro"});
  EXPECT_EQ(world.quantity(world.user(), "credits"), 500);
  EXPECT_EQ(world.verify(), nothing());
}

TEST(Replacement, InTestModeToo) {
  SalesWorld world;
  world.test_mode(true);
  EXPECT_TRUE(world.answer(world.order("free")).starts_with("https://purser.test/checkout/done"));
  EXPECT_TRUE(world.answer(world.order_at("pro", "monthly")).starts_with("https://purser.test/"));
  EXPECT_EQ(world.listed(), Products{"pro"});
  EXPECT_EQ(world.owned(world.user())[0].origin, domain::PurchaseOrigin::kTestMode);
  EXPECT_TRUE(world.owned(world.user())[0].subscription->is_local());
  EXPECT_EQ(world.quantity(world.user(), "credits"), 500);
  EXPECT_EQ(world.provider.calls(), 0);
  EXPECT_EQ(world.verify(), nothing());
}

// --- paid, but not grantable any more ---

TEST(NotGrantable, OfTwoCheckoutsForTheSamePlanOneIsGrantedAndOneEndedAndRefunded) {
  SalesWorld world;
  const std::string first = world.open_session("plan");
  const std::string second = world.open_session("plan");
  world.provider.pay(first);
  const std::string lost = world.provider.pay(second);
  world.settle(first);
  world.settle(second);
  world.work_off();
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
  EXPECT_EQ(world.checkout_of(second).state, CheckoutState::kRefunded);
  EXPECT_TRUE(is_running(world, world.subscription_of_session(first)));
  EXPECT_FALSE(is_running(world, world.subscription_of_session(second)));
  const auto refunds = world.provider.refunds();
  ASSERT_EQ(refunds.size(), 1U);
  EXPECT_EQ(refunds[0].payment, lost);
  EXPECT_EQ(refunds[0].remote.amount, usd(900));
  EXPECT_EQ(world.invoices().size(), 1U);
  EXPECT_EQ(world.history(world.user()), "purchase");
  EXPECT_EQ(world.verify(), nothing());
}

TEST(NotGrantable, ACustomerDeletedDuringPaymentPaysNothing) {
  SalesWorld world;
  const std::string session = world.open_session("plan");
  world.provider.pay(session);
  world.delete_user("alice");
  world.settle(session);
  world.work_off();
  EXPECT_FALSE(is_running(world, world.subscription_of_session(session)));
  ASSERT_EQ(world.provider.refunds().size(), 1U);
  EXPECT_EQ(world.provider.refunds()[0].remote.amount, usd(900));
}

TEST(NotGrantable, HeardOfLateEveryPaymentIsGivenBack) {
  SalesWorld world;
  const std::string session = world.open_session("plan");
  world.provider.pay(session);
  world.provider.renew(world.subscription_of_session(session));
  world.grant("plan");
  world.settle(session);
  world.work_off();
  expect_all_given_back(world, 2);
  EXPECT_FALSE(is_running(world, world.subscription_of_session(session)));
}

TEST(NotGrantable, WhatIsChargedUntilItHasEndedIsGivenBackToo) {
  SalesWorld world;
  const std::string session = world.open_session("plan");
  world.provider.pay(session);
  world.grant("plan");
  world.settle(session);
  // The server is away before it has ended the subscription; a renewal comes first. No event of it
  // ever arrives, and the first answers are lost.
  const std::string subscription = world.subscription_of_session(session);
  world.provider.renew(subscription);
  int lost = 2;
  world.provider.plan = [&](const std::string& call) {
    const bool loses = call == "end_subscription" || call == "create_refund";
    return loses && lost-- > 0 ? Fault::kLoseAnswer : Fault::kNone;
  };
  for (int i = 0; i < 4; ++i) {
    world.work_off();
    world.reopen();
    world.advance(kHour);
  }
  EXPECT_FALSE(is_running(world, subscription));
  expect_all_given_back(world, 2);
  EXPECT_EQ(world.provider.refunds().size(), 2U);
  EXPECT_TRUE(world.intentions_due().empty());
  EXPECT_EQ(world.verify(), nothing());
}

TEST(NotGrantable, WhatIsChargedAfterItHasEndedIsGivenBackWhenItIsHeardOf) {
  SalesWorld world;
  const std::string session = world.open_session("plan");
  world.provider.pay(session);
  world.grant("plan");
  world.settle(session);
  world.work_off();
  const std::string subscription = world.subscription_of_session(session);
  world.provider.renew(subscription);  // somebody paid an open invoice by hand
  for (int times = 0; times < 2; ++times) {
    const std::string event = "evt_renewed_" + std::to_string(times);
    ASSERT_TRUE(world.deliver(event, "customer.subscription.updated", subscription).has_value());
    world.work_off();
  }
  expect_all_given_back(world, 2);
  EXPECT_EQ(world.provider.refunds().size(), 2U);
  EXPECT_EQ(world.verify(), nothing());
}

TEST(NotGrantable, ABalanceThatWouldLeaveItsRangeEndsItAndGivesTheMoneyBack) {
  SalesWorld world;
  const domain::Purchase old = world.subscribe("basic", "monthly");
  const std::string session = world.open_session("pro", "alice", "monthly");
  world.provider.pay(session);
  ASSERT_TRUE(world
                  .write<Quantity>([&](StoreBatch& batch, AfterCommit&) {
                    return Items::change(*world.context(), batch,
                                         {{world.user(), ItemId("credits")},
                                          *Quantity::of(Quantity::kMax - 200),
                                          std::nullopt,
                                          ""});
                  })
                  .has_value());
  world.settle(session);
  world.work_off();
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kRefunded);
  EXPECT_EQ(world.listed(), Products{"basic"}) << "nothing was replaced";
  EXPECT_TRUE(is_running(world, old.subscription->remote_ref));
  EXPECT_EQ(world.provider.refunds().size(), 1U);
}

// --- trials ---

TEST(Trial, BeginsWithoutAPaymentAndIsUsedOnceForTheLine) {
  SalesWorld world;
  const std::string session = world.open_session("trial-small");
  EXPECT_EQ(world.session(session).asked.trial_days, 14);
  EXPECT_EQ(world.checkout_of(session).total, usd(0));
  world.buy(session);
  const auto owned = world.owned(world.user());
  ASSERT_EQ(owned.size(), 1U);
  EXPECT_EQ(owned[0].subscription->status, SubscriptionStatus::kTrialing);
  EXPECT_EQ(owned[0].subscription->trial_end, world.clock.now() + Millis{14 * kDay.count});
  EXPECT_EQ(world.quantity(world.user(), "credits"), 150);
  EXPECT_EQ(world.provider.charges(), 0);
  const std::string next = world.open_session("trial-large");
  EXPECT_FALSE(world.session(next).asked.trial_days.has_value()) << "once for the line";
  EXPECT_EQ(world.checkout_of(next).total, usd(4500));
  world.add_user("bob");
  const std::string bobs = world.open_session("trial-large", "bob");
  EXPECT_EQ(world.session(bobs).asked.trial_days, 14) << "another customer has his own";
  EXPECT_EQ(world.verify(), nothing());
}

TEST(Trial, IsNotUsedByACheckoutThatNobodyFinished) {
  SalesWorld world;
  const std::string left = world.open_session("trial-small");
  world.provider.expire(left);
  world.settle(left);
  const std::string again = world.open_session("trial-small");
  EXPECT_EQ(world.session(again).asked.trial_days, 14);
}

// Two checkouts with a trial, both opened before either was finished: whichever is first keeps it.
class TwoTrials : public ::testing::TestWithParam<bool> {};

TEST_P(TwoTrials, TheSecondOneIsChargedAtOnce) {
  SalesWorld world;
  const std::string small = world.open_session("trial-small");
  const std::string large = world.open_session("trial-large");
  world.provider.pay(small);
  world.provider.pay(large);
  const std::string first = GetParam() ? small : large;
  const std::string second = GetParam() ? large : small;
  world.settle(first);
  world.settle(second);
  world.work_off();
  const auto owned = world.owned(world.user());
  ASSERT_EQ(owned.size(), 1U);
  EXPECT_EQ(owned[0].product.id.str(), GetParam() ? "trial-large" : "trial-small");
  EXPECT_FALSE(is_running(world, world.subscription_of_session(first)));
  const auto remote = world.provider.subscription_now(world.subscription_of_session(second));
  EXPECT_EQ(remote.status, SubscriptionStatus::kActive) << "no second trial in the line";
  EXPECT_EQ(world.provider.charged(), GetParam() ? 4500 : 1500);
  EXPECT_EQ(world.verify(), nothing());
}

INSTANTIATE_TEST_SUITE_P(Orders, TwoTrials, ::testing::Bool(), [](const auto& order) {
  return order.param ? std::string("small_first") : std::string("large_first");
});

TEST(Trial, TwoOfTheSameStackableProductGiveOneTrial) {
  SalesWorld world;
  world.sell_seats();
  const std::string first = world.open_session("tryseat");
  const std::string second = world.open_session("tryseat");
  world.buy(second);
  world.buy(first);
  world.work_off();
  EXPECT_EQ(world.owned(world.user()).size(), 2U);
  EXPECT_EQ(world.provider.charged(), 700);
  EXPECT_EQ(world.provider.subscription_now(world.subscription_of_session(second)).status,
            SubscriptionStatus::kTrialing);
}

TEST(Trial, OfTwoForAOnceOnlyProductTheSecondEndsAndNothingIsCharged) {
  SalesWorld world;
  const std::string first = world.open_session("trial-small");
  const std::string second = world.open_session("trial-small");
  world.buy(first);
  world.buy(second);
  world.work_off();
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
  EXPECT_FALSE(is_running(world, world.subscription_of_session(second)));
  EXPECT_EQ(world.provider.charges(), 0);
  EXPECT_TRUE(world.provider.refunds().empty());
}

TEST(Trial, InTestModeIsUsedOnceToo) {
  SalesWorld world;
  world.test_mode(true);
  ASSERT_TRUE(world.answer(world.order("trial-small")).starts_with("https://purser.test/"));
  EXPECT_EQ(world.owned(world.user())[0].subscription->status, SubscriptionStatus::kTrialing);
  ASSERT_TRUE(world.answer(world.order("trial-large")).starts_with("https://purser.test/"));
  ASSERT_EQ(world.owned(world.user()).size(), 1U);
  EXPECT_EQ(world.owned(world.user())[0].subscription->status, SubscriptionStatus::kActive);
}

TEST(Trial, AMonthIsSentAsItsDaysAndTwoLeapYearsAsAnEnd) {
  SalesWorld world;
  domain::Catalog catalog = make_catalog();
  domain::Product plan = catalog.products["plan"];
  plan.free_trial = CalendarInterval{IntervalUnit::kMonth, 1};
  catalog.products["plan"] = plan;
  plan.id = ProductId("long");
  plan.free_trial = CalendarInterval{IntervalUnit::kYear, 2};
  catalog.products["long"] = plan;
  world.put_catalog(catalog);
  const Timestamp now = world.clock.now();
  EXPECT_EQ(world.session(world.open_session("plan")).asked.trial_days,
            (nth_boundary(now, {IntervalUnit::kMonth, 1}, 1) - now).count / kDay.count);
  world.advance(*Timestamp::parse_iso8601("2027-06-01T00:00:00Z") - now);
  const std::string session = world.open_session("long");
  const auto asked = world.session(session).asked;
  EXPECT_FALSE(asked.trial_days.has_value()) << "731 days are more than the provider takes";
  EXPECT_EQ(asked.trial_end, *Timestamp::parse_iso8601("2029-06-01T00:00:00Z"));
  world.buy(session);
  EXPECT_EQ(world.owned(world.user())[0].subscription->trial_end, asked.trial_end);
}

}  // namespace
}  // namespace purser::app::testing
