// What the provider says of a subscription, applied: periods, payments, ends, and what is not ours.

#include <thread>

#include "tests/app/subscription_world.hpp"

namespace purser::app::testing {
namespace {

using domain::SubscriptionStatus;

const std::string& ref(const domain::Purchase& bought) { return bought.subscription->remote_ref; }

SubscriptionStatus status_of(SubscriptionWorld& world, const domain::Purchase& bought) {
  return world.purchase(bought.id).subscription->status;
}

TEST(Renewal, IsGrantedOnceWhenItIsPaid) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  world.use_credits(200);
  world.pass(bought);
  EXPECT_EQ(world.credits(), 300) << "what is left stays until the next is paid";
  world.provider.renew(ref(bought));
  for (const char* type : {"invoice.paid", "customer.subscription.updated", "invoice.created"}) {
    const std::string id = std::string("evt_") + type;
    ASSERT_TRUE(world.deliver(id, type, "in_x", "", false, ref(bought)));
    world.work_off();
    EXPECT_EQ(world.credits(), 500);
  }
  EXPECT_EQ(world.kinds(), "purchase renewal");
  EXPECT_EQ(count(world.outbox_types(), "subscription.renewed"), 1);
  const auto now = world.purchase(bought.id);
  EXPECT_EQ(now.subscription->current_period_start, bought.subscription->current_period_end);
  EXPECT_EQ(now.subscription->paid_through, now.subscription->current_period_end);
  const auto invoices = world.invoices(bought.id);
  ASSERT_EQ(invoices.size(), 2U);
  EXPECT_EQ(invoices[0].status, InvoiceStatus::kPaid);
  EXPECT_EQ(invoices[0].period_start, bought.subscription->current_period_end);
  const auto told = *world.store->view()->transactions(world.user(), {"", 1});
  EXPECT_EQ(told[0].payment_ref, invoices[0].payment_ref);
  EXPECT_EQ(told[0].amount->minor_units(), 3000);
  EXPECT_EQ(told[0].at, bought.subscription->current_period_end);
  EXPECT_TRUE(world.verify().empty());
}

TEST(Renewal, ADraftThatIsNotChargedYetGrantsNothing) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  world.use_credits(500);
  world.pass(bought);
  world.provider.begin_period(ref(bought));
  world.hear(ref(bought));
  EXPECT_EQ(status_of(world, bought), SubscriptionStatus::kActive);
  EXPECT_EQ(world.credits(), 0);
  EXPECT_EQ(world.kinds(), "purchase");
  world.advance(kHour);
  world.provider.recover(ref(bought));
  world.hear(ref(bought));
  EXPECT_EQ(world.credits(), 500);
  EXPECT_EQ(world.kinds(), "purchase renewal");
}

TEST(Renewal, PastDueGraceLapseAndRecovery) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  world.pass(bought);
  world.provider.fail_renewal(ref(bought));
  world.hear(ref(bought), "invoice.payment_failed");
  world.hear(ref(bought));
  EXPECT_EQ(status_of(world, bought), SubscriptionStatus::kPastDue);
  world.advance(days(6));
  EXPECT_TRUE(world.has_access(world.user(), "pro")) << "in its grace";
  EXPECT_EQ(world.storage(), 50);
  world.advance(days(1));
  EXPECT_FALSE(world.has_access(world.user(), "pro"));
  EXPECT_EQ(world.storage(), 0) << "before any worker has seen it";
  EXPECT_EQ(world.credits(), 0);
  world.work_off();
  EXPECT_EQ(world.purchase(bought.id).status, domain::PurchaseStatus::kActive) << "not over";
  world.provider.recover(ref(bought));
  world.hear(ref(bought));
  EXPECT_TRUE(world.has_access(world.user(), "pro"));
  EXPECT_EQ(world.storage(), 50) << "given back";
  EXPECT_EQ(world.credits(), 500) << "the paid period's";
  EXPECT_EQ(world.kinds(), "purchase renewal");
  EXPECT_TRUE(world.verify().empty());
}

TEST(Renewal, AStretchThatNobodyPaidIsNotMadeUpFor) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("weekly");
  EXPECT_EQ(world.quantity(world.user(), "days"), 7);
  const std::string remote = ref(bought);
  world.pass(bought);
  world.provider.fail_renewal(remote);
  world.hear(remote);
  world.provider.give_up(remote, SubscriptionStatus::kUnpaid);
  world.hear(remote);
  EXPECT_EQ(world.quantity(world.user(), "days"), 0);
  world.advance(days(15));
  // Stripe goes on making invoices; the newest alone is paid.
  world.provider.renew(remote);
  world.provider.renew(remote);
  world.provider.edit_subscription(remote,
                                   [](auto& now) { now.status = SubscriptionStatus::kActive; });
  world.hear(remote);
  EXPECT_EQ(world.transactions(TransactionKind::kRenewal), 2);
  EXPECT_EQ(world.quantity(world.user(), "days"), 7 + 2 * 7)
      << "what was lapsed, and the two weeks that are paid";
  EXPECT_TRUE(world.verify().empty());
}

TEST(Renewal, ThreePeriodsOfSilenceAreThreeRenewals) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("weekly");
  world.advance(days(22));
  EXPECT_EQ(world.quantity(world.user(), "days"), 0) << "unpaid, as far as we know, beyond grace";
  world.provider.run();
  world.hear(ref(bought));
  EXPECT_EQ(world.kinds(), "purchase renewal renewal renewal");
  EXPECT_EQ(world.quantity(world.user(), "days"), 28);
  EXPECT_EQ(world.invoices(bought.id).size(), 4U);
  EXPECT_EQ(world.provider.charged(), 1000);
  world.hear(ref(bought));
  EXPECT_EQ(world.kinds(), "purchase renewal renewal renewal");
  EXPECT_TRUE(world.verify().empty());
}

TEST(Renewal, ThoseBeforeOneThatBeginsWhereAPeriodCutShortWouldHaveEndedAreFound) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("basic", "yearly");
  EXPECT_EQ(world.change({"basic", "pro", "monthly", domain::SwitchTime::kNow}),
            "active pro/monthly");
  const std::size_t before = world.invoices(bought.id).size();
  world.advance(bought.subscription->current_period_end + Millis{1} - world.clock.now());
  world.provider.run();
  world.hear(ref(bought));
  EXPECT_EQ(world.transactions(TransactionKind::kRenewal), 12);
  EXPECT_EQ(world.invoices(bought.id).size(), before + 12);
  EXPECT_TRUE(world.verify().empty());
}

TEST(Renewal, AnOldInvoiceThatIsPaidLateIsRecorded) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("weekly");
  world.pass(bought);
  world.provider.fail_renewal(ref(bought));
  world.hear(ref(bought));
  world.pass(bought);
  world.provider.fail_renewal(ref(bought));
  world.hear(ref(bought));
  world.provider.recover(ref(bought));
  world.hear(ref(bought));
  for (const Invoice& invoice : world.invoices(bought.id)) {
    EXPECT_EQ(invoice.status, InvoiceStatus::kPaid);
  }
  EXPECT_EQ(world.transactions(TransactionKind::kRenewal), 2);
  EXPECT_TRUE(world.verify().empty());
}

TEST(Trial, ItsEndIsTheFirstPayment) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("trial-small");
  EXPECT_EQ(status_of(world, bought), SubscriptionStatus::kTrialing);
  world.pass(bought);
  world.provider.run();
  world.hear(ref(bought));
  EXPECT_EQ(status_of(world, bought), SubscriptionStatus::kActive);
  EXPECT_EQ(world.kinds(), "purchase renewal");
  EXPECT_EQ(world.provider.charged(), 1500);
  EXPECT_TRUE(world.verify().empty());
}

TEST(Trial, WithoutAPaymentMethodItPauses) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("trial-small");
  world.pass(bought);
  world.provider.give_up(ref(bought), SubscriptionStatus::kPaused);
  world.hear(ref(bought), "customer.subscription.paused");
  EXPECT_FALSE(world.has_access(world.user(), "trial-small"));
  EXPECT_EQ(world.credits(), 0);
  EXPECT_EQ(world.purchase(bought.id).status, domain::PurchaseStatus::kActive);
}

TEST(End, IsFinalWhateverIsHeardLater) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  world.advance(days(2));
  world.provider.end(ref(bought));
  // The news of the end comes before that of an update which was sent earlier.
  world.hear(ref(bought), "customer.subscription.deleted");
  world.hear(ref(bought), "customer.subscription.updated");
  EXPECT_EQ(world.purchase(bought.id).status, domain::PurchaseStatus::kEnded);
  EXPECT_EQ(world.purchase(bought.id).subscription->ended_at, world.clock.now());
  EXPECT_EQ(world.kinds(), "purchase end");
  EXPECT_EQ(world.credits(), 0);
  // Even an answer that says otherwise does not raise it; it is ended there (again).
  world.provider.edit_subscription(ref(bought), [](auto& remote) {
    remote.status = SubscriptionStatus::kActive;
    remote.ended_at.reset();
  });
  world.hear(ref(bought));
  EXPECT_EQ(world.purchase(bought.id).status, domain::PurchaseStatus::kEnded);
  EXPECT_EQ(world.kinds(), "purchase end");
  EXPECT_TRUE(world.provider.subscription_now(ref(bought)).ended_at);
  EXPECT_TRUE(world.verify().empty());
}

TEST(End, WithOneHeardOfLateIsDatedWhenItWas) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  world.advance(days(2));
  world.provider.end(ref(bought));
  const Timestamp at = world.clock.now();
  world.advance(days(3));
  world.hear(ref(bought), "customer.subscription.deleted");
  EXPECT_EQ(world.purchase(bought.id).subscription->ended_at, at);
  const auto told = *world.store->view()->transactions(world.user(), {"", 1});
  EXPECT_EQ(told[0].at, at);
}

TEST(Dashboard, WhatIsDoneThereIsFollowedHere) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  world.provider.set_cancel(ref(bought), true);
  world.hear(ref(bought));
  EXPECT_EQ(shown(world.purchase(bought.id)), "active pro/monthly canceling");
  world.provider.set_cancel(ref(bought), false);
  world.hear(ref(bought));
  EXPECT_EQ(shown(world.purchase(bought.id)), "active pro/monthly");
  EXPECT_EQ(world.kinds(), "purchase cancel resume");
  EXPECT_EQ(count(world.outbox_types(), "subscription.updated"), 2);
}

// --- answers that overtake one another ---

TEST(Stale, AnOlderPeriodOrAnUnpaidInvoiceOfAPaidOneChangesNothing) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  const RemoteSubscription before = world.provider.subscription_now(ref(bought));
  world.pass(bought);
  world.provider.begin_period(ref(bought));
  const RemoteSubscription unpaid = world.provider.subscription_now(ref(bought));
  world.provider.recover(ref(bought));
  const RemoteSubscription paid = world.provider.subscription_now(ref(bought));
  world.hear(ref(bought));
  for (const RemoteSubscription& late : {before, unpaid}) {
    world.provider.edit_subscription(ref(bought), [&](auto& remote) { remote = late; });
    world.hear(ref(bought));
    EXPECT_EQ(world.purchase(bought.id).subscription->paid_through, paid.current_period_end);
    EXPECT_EQ(world.credits(), 500);
  }
  EXPECT_EQ(world.kinds(), "purchase renewal");
}

TEST(Stale, ManyAtOnceGrantOnce) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  world.pass(bought);
  world.provider.renew(ref(bought));
  std::vector<std::thread> threads;
  threads.reserve(16);
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back(
        [&] { EXPECT_TRUE(world.subscriptions->sync(world.project, ref(bought))); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(world.kinds(), "purchase renewal");
  EXPECT_EQ(world.credits(), 500);
  EXPECT_TRUE(world.verify().empty());
}

TEST(Stale, ASwitchAndARenewalAtOnceLeaveOnePlan) {
  for (int round = 0; round < 8; ++round) {
    SubscriptionWorld world;
    const auto bought = world.subscribe("basic", "monthly");
    world.pass(bought);
    std::thread renewal([&] {
      world.provider.run();
      EXPECT_TRUE(world.subscriptions->sync(world.project, ref(bought)));
    });
    std::string answer = world.change({"basic", "pro", "monthly"});
    renewal.join();
    world.hear(ref(bought));
    EXPECT_EQ(answer, "active pro/monthly");
    EXPECT_EQ(shown(world.purchase(bought.id)), "active pro/monthly");
    EXPECT_EQ(world.owned(world.user()).size(), 1U);
    EXPECT_EQ(world.credits(), 500);
    EXPECT_EQ(world.transactions(TransactionKind::kSwitch), 1);
    EXPECT_EQ(world.transactions(TransactionKind::kRenewal), 1);
    EXPECT_TRUE(world.verify().empty());
  }
}

// --- what does not match what was sold ---

using Edit = std::function<void(RemoteSubscription&)>;
struct Difference {
  const char* name;
  const char* reason;
  Edit edit;
};
class Mismatch : public ::testing::TestWithParam<Difference> {};

TEST_P(Mismatch, IsAnAlarmAndChangesNothing) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  world.pass(bought);
  world.provider.renew(ref(bought));
  const Picture before = picture_of(world);
  world.provider.edit_subscription(ref(bought), GetParam().edit);
  ASSERT_TRUE(world.subscriptions->sync(world.project, ref(bought)));
  EXPECT_EQ(world.owned(world.user()), before.owned);
  EXPECT_EQ(world.kinds(), "purchase");
  EXPECT_EQ(world.invoices(bought.id).size(), 1U);
  const auto events = *world.store->view()->outbox(0, 1000);
  ASSERT_EQ(events.back().type, "subscription.alarm");
  EXPECT_NE(events.back().payload.find(std::string("\"reason\":\"") + GetParam().reason + '"'),
            std::string::npos)
      << events.back().payload;
  EXPECT_EQ(events.size(), before.events + 1);
  ASSERT_TRUE(world.subscriptions->sync(world.project, ref(bought)));
  EXPECT_EQ(world.store->view()->outbox(0, 1000)->size(), events.size()) << "told once";
}

TEST(MismatchAgain, IsAnotherAlarmWhenItIsAnotherOrThePeriodIs) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  const auto alarms_after = [&](const Edit& edit) {
    world.provider.edit_subscription(ref(bought), edit);
    EXPECT_TRUE(world.subscriptions->sync(world.project, ref(bought)));
    return count(world.outbox_types(), "subscription.alarm");
  };
  EXPECT_EQ(alarms_after([](auto& s) { s.price = "price_other"; }), 1);
  EXPECT_EQ(alarms_after([](auto&) {}), 1);
  EXPECT_EQ(alarms_after([](auto& s) { s.price = "price_third"; }), 2);
  EXPECT_EQ(alarms_after([](auto& s) { s.current_period_start = s.current_period_end; }), 3);
}

INSTANTIATE_TEST_SUITE_P(
    Every, Mismatch,
    ::testing::Values(Difference{"customer", "customer", [](auto& s) { s.customer = "cus_other"; }},
                      Difference{"livemode", "livemode", [](auto& s) { s.livemode = true; }},
                      Difference{"price", "price", [](auto& s) { s.price = "price_other"; }},
                      Difference{"quantity", "price", [](auto& s) { s.quantity = 2; }},
                      Difference{
                          "currency", "currency",
                          [](auto& s) { s.unit_amount = Money(3000, *Currency::parse("EUR")); }}),
    [](const auto& difference) { return difference.param.name; });

TEST(Foreign, ASubscriptionThatWasNotSoldHereIsLeftAlone) {
  SubscriptionWorld world;
  const auto bought = world.subscribe("pro", "monthly");
  world.provider.edit_subscription(ref(bought), [](auto& remote) { remote.id = "sub_other"; });
  const Picture before = picture_of(world);
  ASSERT_TRUE(world.deliver("evt_1", "customer.subscription.updated", ref(bought)));
  EXPECT_FALSE(world.subscriptions->sync(world.project, "sub_nowhere")) << "unknown there too";
  EXPECT_TRUE(world.subscriptions->sync(ProjectId("other"), ref(bought)));
  EXPECT_EQ(picture_of(world), before);
}

TEST(Foreign, OneThatIsNotKnownYetIsSettledThroughItsCheckout) {
  SubscriptionWorld world;
  const std::string session = world.open_session("pro", "alice", "monthly");
  const std::string remote = world.provider.pay_session(session);
  world.hear(remote, "customer.subscription.created");
  EXPECT_EQ(world.credits(), 500);
  EXPECT_EQ(world.kinds(), "purchase");
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kCompleted);
}

TEST(Foreign, OneThatIsHeardOfMonthsLateHasAllItsRenewals) {
  SubscriptionWorld world;
  const std::string session = world.open_session("weekly");
  const std::string remote = world.provider.pay_session(session);
  world.advance(days(15));
  world.provider.run();
  world.hear(remote, "customer.subscription.created");
  EXPECT_EQ(world.kinds(), "purchase renewal renewal");
  EXPECT_EQ(world.quantity(world.user(), "days"), 21);
  EXPECT_EQ(world.invoices(world.owned(world.user())[0].id).size(), 3U);
  EXPECT_TRUE(world.verify().empty());
}

}  // namespace
}  // namespace purser::app::testing
