// Money for what could not be granted: it goes back, once, also when its payment is disputed or
// its subscription was over before anybody heard of it.

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/app/sales_world.hpp"

namespace purser::app::testing {
namespace {

using Fault = FakeProvider::Fault;
using domain::SubscriptionStatus;

constexpr const char* kDisputeClosed = "charge.dispute.closed";

std::ptrdiff_t announced(SalesWorld& world, const std::string& type) {
  const auto types = world.outbox_types();
  return std::count(types.begin(), types.end(), type);
}

void let_pass(SalesWorld& world, int hours) {
  for (int hour = 0; hour < hours; ++hour) {
    world.advance(kHour);
    world.work_off();
  }
}

/// A paid checkout for what the buyer owns already; answers its payment.
std::string pay_in_vain(SalesWorld& world) {
  const std::string first = world.open_session("license");
  const std::string second = world.open_session("license");
  world.buy(first);
  std::string payment = world.provider.pay(second);
  world.settle(second);
  EXPECT_EQ(world.checkout_of(second).state, CheckoutState::kRefunded);
  return payment;
}

std::int64_t refunded(SalesWorld& world, const std::string& payment) {
  for (const auto& paid : world.provider.payments()) {
    if (paid.id == payment) return paid.refunded;
  }
  return -1;
}

std::int64_t paid(SalesWorld& world, const std::string& payment) {
  for (const auto& known : world.provider.payments()) {
    if (known.id == payment) return known.amount.minor_units();
  }
  return -1;
}

// --- subscriptions that were over before they could be granted ---

class EndedBefore : public ::testing::TestWithParam<SubscriptionStatus> {};

TEST_P(EndedBefore, ItsMoneyGoesBackOnceAndNobodyIsAlarmed) {
  SalesWorld world;
  const std::string session = world.open_session("pro", "alice", "monthly");
  world.provider.pay(session);
  const std::string remote = world.subscription_of_session(session);
  world.advance(kDay);
  world.provider.end(remote);
  world.provider.edit_subscription(remote, [](auto& s) { s.status = GetParam(); });
  ASSERT_TRUE(world.deliver("evt_1", "checkout.session.completed", session).has_value());
  world.work_off();
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kRefunded);
  EXPECT_TRUE(world.owned(world.user()).empty());
  EXPECT_EQ(announced(world, "checkout.alarm"), 0);
  EXPECT_EQ(announced(world, "checkout.refunded"), 1);
  ASSERT_TRUE(world.deliver("evt_2", "customer.subscription.deleted", remote).has_value());
  let_pass(world, 3);
  ASSERT_EQ(world.provider.payments().size(), 1U);
  EXPECT_EQ(world.provider.payments()[0].refunded, 3000);
  EXPECT_EQ(world.provider.refunds().size(), 1U);
  EXPECT_TRUE(world.intentions_due().empty());
  EXPECT_EQ(world.verify(), nothing());
}

INSTANTIATE_TEST_SUITE_P(Statuses, EndedBefore,
                         ::testing::Values(SubscriptionStatus::kCanceled,
                                           SubscriptionStatus::kIncompleteExpired));

TEST(EndedBeforeItWasGranted, DuringItsTrialNothingWasPaidAndNothingGoesBack) {
  SalesWorld world;
  const std::string session = world.open_session("trial-small");
  world.provider.pay(session);
  world.provider.end(world.subscription_of_session(session));
  world.settle(session);
  let_pass(world, 2);
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kRefunded);
  EXPECT_TRUE(world.provider.refunds().empty());
  EXPECT_EQ(announced(world, "checkout.alarm"), 0);
  EXPECT_TRUE(world.intentions_due().empty());
}

// --- a provider that refuses ---

TEST(GivenBack, WhatTheProviderRefusesToGiveBackIsAnAlarmOnce) {
  SalesWorld world;
  const std::string payment = pay_in_vain(world);
  bool refuses = true;
  world.provider.plan = [&](const std::string& call) {
    return refuses && call == "create_refund" ? Fault::kRefuse : Fault::kNone;
  };
  let_pass(world, 10);
  EXPECT_GT(world.provider.calls("create_refund"), 3) << "it is tried again";
  EXPECT_EQ(announced(world, "checkout.alarm"), 1);
  refuses = false;
  let_pass(world, 2);
  EXPECT_EQ(refunded(world, payment), paid(world, payment));
  EXPECT_EQ(announced(world, "checkout.alarm"), 1);
}

TEST(GivenBack, ASubscriptionThatTheProviderRefusesToEndIsAnAlarmOnce) {
  SalesWorld world;
  const std::string first = world.open_session("plan");
  const std::string second = world.open_session("plan");
  world.buy(first);
  world.provider.pay(second);
  world.settle(second);
  world.provider.plan = [](const std::string& call) {
    return call == "end_subscription" ? Fault::kRefuse : Fault::kNone;
  };
  let_pass(world, 5);
  EXPECT_EQ(announced(world, "checkout.alarm"), 1);
}

TEST(GivenBack, APassingFaultIsNoAlarm) {
  SalesWorld world;
  pay_in_vain(world);
  world.provider.plan = [](const std::string& call) {
    return call == "create_refund" ? Fault::kUnavailable : Fault::kNone;
  };
  let_pass(world, 5);
  EXPECT_EQ(announced(world, "checkout.alarm"), 0);
}

// --- disputes of what goes back ---

/// A payment whose refund was refused because it is disputed.
struct Disputed {
  SalesWorld world;
  std::string payment = pay_in_vain(world);
  std::string dispute = world.provider.dispute(payment);

  Disputed() {
    EXPECT_TRUE(world.deliver("evt_1", "charge.dispute.created", dispute).has_value());
    let_pass(world, 1);
    EXPECT_EQ(refund_calls(), 1);
  }
  int refund_calls() { return world.provider.calls("create_refund"); }
  std::int64_t refunded() { return testing::refunded(world, payment); }
};

TEST(GivenBackDisputed, IsNotAskedForAgainWhileTheDisputeIsOpen) {
  Disputed it;
  let_pass(it.world, 5 * 24);
  EXPECT_EQ(it.refund_calls(), 1);
  EXPECT_EQ(announced(it.world, "checkout.alarm"), 0) << "nobody needs to look";
}

TEST(GivenBackDisputed, TheEventThatItWasWonGivesTheMoneyBackOnce) {
  Disputed it;
  it.world.provider.close_dispute(it.dispute, DisputeState::kWon);
  ASSERT_TRUE(it.world.deliver("evt_2", kDisputeClosed, it.dispute).has_value());
  it.world.work_off();
  EXPECT_EQ(it.refunded(), paid(it.world, it.payment));
  ASSERT_TRUE(it.world.deliver("evt_3", kDisputeClosed, it.dispute).has_value());
  let_pass(it.world, 14 * 24);
  EXPECT_EQ(it.refund_calls(), 2);
  EXPECT_EQ(it.world.provider.refunds().size(), 1U);
  EXPECT_EQ(it.world.provider.refunds()[0].key,
            "purser-refund-" + it.dispute + "-" + it.payment + "-" +
                it.world.checkout_of(it.world.provider.sessions()[1].remote.id).id.str())
      << "the provider would repeat its refusal under the old key";
}

TEST(GivenBackDisputed, LostItIsTheBankThatGaveItBack) {
  Disputed it;
  it.world.provider.close_dispute(it.dispute, DisputeState::kLost);
  ASSERT_TRUE(it.world.deliver("evt_2", kDisputeClosed, it.dispute).has_value());
  let_pass(it.world, 14 * 24);
  EXPECT_EQ(it.refund_calls(), 1);
  EXPECT_EQ(it.refunded(), 0);
  EXPECT_TRUE(it.world.store->view()
                  ->due_intentions(it.world.clock.now() + Millis{30 * kDay.count}, 10)
                  ->empty());
}

TEST(GivenBackDisputed, WonBeforeTheRefundWasAskedForItIsMade) {
  SalesWorld world;
  const std::string payment = pay_in_vain(world);
  const std::string dispute = world.provider.dispute(payment);
  world.provider.close_dispute(dispute, DisputeState::kWon);
  ASSERT_TRUE(world.refunds->sync_dispute(world.project, dispute).value_or(false));
  ASSERT_TRUE(world.refunds->sync_dispute(world.project, dispute).value_or(false));
  let_pass(world, 2);
  EXPECT_EQ(refunded(world, payment), paid(world, payment));
  EXPECT_EQ(world.provider.refunds().size(), 1U);
}

TEST(GivenBackDisputed, WithoutAnyNewsItIsAskedForOnceAWeek) {
  Disputed it;
  it.world.provider.close_dispute(it.dispute, DisputeState::kWon);
  let_pass(it.world, 6 * 24);
  EXPECT_EQ(it.refund_calls(), 1);
  let_pass(it.world, 2 * 24);
  EXPECT_EQ(it.refund_calls(), 2);
  EXPECT_EQ(it.refunded(), paid(it.world, it.payment));
}

TEST(GivenBackDisputed, TheReconcilerFindsAnEndThatNobodyHeardOf) {
  for (const DisputeState outcome : {DisputeState::kWon, DisputeState::kLost}) {
    Disputed it;
    it.world.provider.close_dispute(it.dispute, outcome);
    it.world.provider.note_event(kDisputeClosed, it.dispute);
    const auto found = it.world.reconciler->reconcile(it.world.project, true);
    ASSERT_TRUE(found.has_value());
    ASSERT_EQ(found->drift.size(), 1U);
    EXPECT_EQ(found->drift[0].what,
              "dispute " + std::string(to_string(outcome)) + " there, its refund waits here");
    EXPECT_TRUE(found->left.empty());
    it.world.work_off();
    const bool won = outcome == DisputeState::kWon;
    EXPECT_EQ(it.refunded(), won ? paid(it.world, it.payment) : 0);
    EXPECT_TRUE(it.world.reconciler->reconcile(it.world.project, false)->drift.empty());
  }
}

TEST(GivenBackDisputed, AStrangersPaymentIsNeverGivenBack) {
  SalesWorld world;
  pay_in_vain(world);
  world.work_off();
  const std::string strange = world.provider.dispute("pi_of_somebody_else");
  world.provider.close_dispute(strange, DisputeState::kWon);
  EXPECT_FALSE(world.refunds->sync_dispute(world.project, strange).value_or(true));
  world.work_off();
  EXPECT_EQ(world.provider.refunds().size(), 1U);
}

}  // namespace
}  // namespace purser::app::testing
