#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/app/refund_world.hpp"

namespace purser::app::testing {
namespace {

using RemoteStatus = RemoteRefund::Status;

class RefundsSyncTest : public ::testing::Test {
 protected:
  bool sync(const std::string& payment) {
    return world_.refunds->sync_payment(world_.project, payment).has_value();
  }
  /// The event about a payment's refund, received and processed.
  void event(const std::string& id, const std::string& refund, const std::string& payment) {
    ASSERT_TRUE(world_.deliver(id, "charge.refunded", refund, "", false, payment).has_value());
    world_.work_off();
  }
  void expect_sound() { EXPECT_EQ(world_.verify(), std::vector<std::string>()); }

  RefundWorld world_;
};

TEST_F(RefundsSyncTest, ARefundMadeAtTheProviderArrivesByItsEvent) {
  const auto bought = world_.buy("license");
  const std::string refund = world_.provider.refund_at_provider(bought.payment_ref, 2000);
  event("evt_1", refund, bought.payment_ref);
  EXPECT_EQ(world_.status_of(bought.id), "refunded");
  EXPECT_EQ(world_.credits(), 0);
  EXPECT_EQ(world_.history(world_.user()), "purchase end refund");
  const Refund row = world_.refunds_of(bought.id).at(0);
  EXPECT_EQ(row.id, refund) << "it has no id of ours";
  EXPECT_EQ(row.remote_ref, refund);
  EXPECT_EQ(row.amount.minor_units(), 2000);
  expect_sound();
}

TEST_F(RefundsSyncTest, RefundsAreDeltasEachAppliedOnce) {
  const auto bought = world_.buy("pack");
  world_.provider.refund_at_provider(bought.payment_ref, 300);
  EXPECT_EQ(world_.refund(bought.id, by_amount(100)), "succeeded 100");
  EXPECT_EQ(world_.credits(), 900) << "only its own: the other is not heard of yet";
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(sync(bought.payment_ref));
  EXPECT_EQ(world_.credits(), 600);
  EXPECT_EQ(world_.invoices_of(bought.id).at(0).refunded, 400);
  world_.provider.refund_at_provider(bought.payment_ref, 200);
  world_.provider.refund_at_provider(bought.payment_ref, 50);
  EXPECT_TRUE(sync(bought.payment_ref));
  EXPECT_EQ(world_.credits(), 350);
  EXPECT_EQ(world_.refund(bought.id), "succeeded 350 x1");
  EXPECT_EQ(world_.announced("purchase.refunded"), 5);
  expect_sound();
}

TEST_F(RefundsSyncTest, EventsThatComeTwiceLateAndOutOfOrderChangeNothing) {
  const auto bought = world_.buy("pack");
  const std::string first = world_.provider.refund_at_provider(bought.payment_ref, 300);
  const std::string second = world_.provider.refund_at_provider(bought.payment_ref, 200);
  event("evt_2", second, bought.payment_ref);
  EXPECT_EQ(world_.credits(), 500) << "what is fetched is the present";
  event("evt_2", second, bought.payment_ref);
  event("evt_1", first, bought.payment_ref);
  event("evt_3", first, bought.payment_ref);
  EXPECT_EQ(world_.credits(), 500);
  EXPECT_EQ(world_.refund_states(bought.id), "succeeded succeeded");
  EXPECT_EQ(world_.history(world_.user()), "purchase refund refund");
  expect_sound();
}

TEST_F(RefundsSyncTest, ManyAtOnceApplyItOnce) {
  const auto bought = world_.buy("pack");
  world_.provider.refund_at_provider(bought.payment_ref, 300);
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { EXPECT_TRUE(sync(bought.payment_ref)); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(world_.credits(), 700);
  EXPECT_EQ(world_.refund_states(bought.id), "succeeded");
  expect_sound();
}

TEST_F(RefundsSyncTest, TheEventOfOurOwnRefundMayComeBeforeOurCommit) {
  const auto bought = world_.buy("pack");
  world_.provider.fault_at(1, FakeProvider::Fault::kLoseAnswer);
  EXPECT_EQ(world_.refund(bought.id, by_amount(400), "key"), "PAYMENT_PROVIDER_UNAVAILABLE");
  const Refund asked = world_.refunds_of(bought.id).at(0);
  event("evt_1", world_.provider.refunds().at(0).remote.id, bought.payment_ref);
  EXPECT_EQ(world_.credits(), 600);
  world_.reopen();
  EXPECT_EQ(world_.refund(bought.id, by_amount(400), "key"), "succeeded 400");
  EXPECT_EQ(world_.credits(), 600);
  ASSERT_EQ(world_.refunds_of(bought.id).size(), 1U);
  EXPECT_EQ(world_.refunds_of(bought.id).at(0).id, asked.id);
  EXPECT_EQ(world_.history(world_.user()), "purchase refund");
  expect_sound();
}

TEST_F(RefundsSyncTest, APendingRefundTakesNothingUntilItSucceeds) {
  const auto bought = world_.buy("pack");
  const std::string refund = world_.provider.refund_at_provider(bought.payment_ref, 400);
  world_.provider.set_refund_state(refund, RemoteStatus::kPending);
  EXPECT_TRUE(sync(bought.payment_ref));
  EXPECT_EQ(world_.refund_states(bought.id), "pending");
  EXPECT_EQ(world_.credits(), 1000);
  EXPECT_EQ(world_.refund(bought.id, by_amount(601)), "REFUND_NOT_POSSIBLE exceeds_paid")
      << "it is under way";
  world_.provider.set_refund_state(refund, RemoteStatus::kSucceeded);
  EXPECT_TRUE(sync(bought.payment_ref));
  EXPECT_EQ(world_.refund_states(bought.id), "succeeded");
  EXPECT_EQ(world_.credits(), 600);
  // An older answer that was overtaken.
  world_.provider.set_refund_state(refund, RemoteStatus::kPending);
  EXPECT_TRUE(sync(bought.payment_ref));
  EXPECT_EQ(world_.refund_states(bought.id), "succeeded");
  EXPECT_EQ(world_.credits(), 600);
  expect_sound();
}

TEST_F(RefundsSyncTest, OurOwnPendingRefundIsFollowedToo) {
  const auto bought = world_.buy("pack");
  world_.provider.fault_at(1, FakeProvider::Fault::kLoseAnswer);
  (void)world_.refund(bought.id, {}, "key");
  const std::string refund = world_.provider.refunds().at(0).remote.id;
  world_.provider.set_refund_state(refund, RemoteStatus::kPending);
  EXPECT_TRUE(sync(bought.payment_ref));
  EXPECT_EQ(world_.refunds_of(bought.id).at(0).remote_ref, refund);
  EXPECT_EQ(world_.refund(bought.id, {}, "key"), "pending 1000 x1");
  EXPECT_EQ(world_.credits(), 1000);
  world_.provider.set_refund_state(refund, RemoteStatus::kSucceeded);
  EXPECT_TRUE(sync(bought.payment_ref));
  EXPECT_EQ(world_.status_of(bought.id), "refunded");
  EXPECT_EQ(world_.credits(), 0);
  EXPECT_EQ(world_.refund(bought.id, {}, "key"), "pending 1000 x1") << "the reply that was given";
  expect_sound();
}

TEST_F(RefundsSyncTest, OneThatFailsCanBeMadeAgain) {
  const auto bought = world_.buy("pack");
  const std::string refund = world_.provider.refund_at_provider(bought.payment_ref, 1000);
  world_.provider.set_refund_state(refund, RemoteStatus::kPending);
  EXPECT_TRUE(sync(bought.payment_ref));
  world_.provider.set_refund_state(refund, RemoteStatus::kFailed);
  EXPECT_TRUE(sync(bought.payment_ref));
  EXPECT_EQ(world_.refund_states(bought.id), "failed");
  EXPECT_EQ(world_.refunds_of(bought.id).at(0).error, "lost_or_stolen_card");
  EXPECT_EQ(world_.credits(), 1000);
  EXPECT_EQ(world_.refund(bought.id), "succeeded 1000 x1");
  EXPECT_EQ(world_.refund_states(bought.id), "failed succeeded");
  expect_sound();
}

TEST_F(RefundsSyncTest, MoneyThatABankSentBackCanBeRefundedAgainWithoutTakingTwice) {
  const auto bought = world_.buy("pack");
  const std::string refund = world_.provider.refund_at_provider(bought.payment_ref, 1000);
  EXPECT_TRUE(sync(bought.payment_ref));
  world_.buy("pack");
  EXPECT_EQ(world_.credits(), 1000) << "those of the second purchase";
  world_.provider.set_refund_state(refund, RemoteStatus::kFailed);
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(sync(bought.payment_ref));
  EXPECT_EQ(world_.invoices_of(bought.id).at(0).refunded, 0);
  EXPECT_EQ(world_.status_of(bought.id), "refunded") << "what was taken stays so";
  EXPECT_EQ(world_.announced("purchase.refund_failed"), 1);
  const auto told = *world_.store->view()->transactions(world_.user(), {"", 1});
  EXPECT_EQ(told.at(0).kind, TransactionKind::kRefund);
  EXPECT_EQ(told.at(0).amount->minor_units(), -1000);
  EXPECT_EQ(world_.refund(bought.id), "succeeded 1000 x1");
  EXPECT_EQ(world_.credits(), 1000);
  EXPECT_EQ(world_.announced("purchase.ended"), 1);
  expect_sound();
}

TEST_F(RefundsSyncTest, AReferenceOfOursOnAnotherPaymentsRefundDoesNotMakeItThat) {
  const auto first = world_.buy("pack");
  const auto second = world_.buy("pack");
  world_.provider.fault_at(1, FakeProvider::Fault::kUnavailable);
  EXPECT_EQ(world_.refund(first.id, by_amount(100), "key"), "PAYMENT_PROVIDER_UNAVAILABLE");
  NewRefund forged;
  forged.payment_ref = second.payment_ref;
  forged.amount = Money(500, *Currency::parse("USD"));
  forged.reference = world_.refunds_of(first.id).at(0).id;
  ASSERT_TRUE(world_.provider.create_refund({Secret("sk"), ""}, forged, "theirs").has_value());
  EXPECT_TRUE(sync(second.payment_ref));
  EXPECT_EQ(world_.refund_states(first.id), "pending");
  EXPECT_EQ(world_.refund_states(second.id), "succeeded");
  EXPECT_EQ(world_.refund(first.id, by_amount(100), "key"), "succeeded 100");
  EXPECT_EQ(world_.credits(), 1400);
  expect_sound();
}

TEST_F(RefundsSyncTest, APaymentOfNoPurchaseIsLeft) {
  EXPECT_TRUE(sync("pi_of_somebody_else"));
  EXPECT_EQ(world_.provider.calls("refunds_of"), 0);
  EXPECT_TRUE(world_.refunds->sync_payment(ProjectId("no-such-project"), "pi_1").has_value());
}

TEST_F(RefundsSyncTest, ARefundThatIsHeardOfBeforeItsSaleWaitsForIt) {
  const std::string session = world_.open_session("pack");
  const std::string payment = world_.provider.pay(session);
  event("evt_1", world_.provider.refund_at_provider(payment, 300), payment);
  EXPECT_EQ(world_.credits(), 0);
  ASSERT_TRUE(world_.deliver("evt_2", "checkout.session.completed", session).has_value());
  world_.work_off();
  EXPECT_EQ(world_.credits(), 1000);
  world_.advance(kMinute);
  world_.work_off();
  EXPECT_EQ(world_.credits(), 700);
  EXPECT_EQ((*world_.store->view()->inbox_event(world_.project, "evt_1"))->state,
            InboxState::kDone);
  expect_sound();
}

TEST_F(RefundsSyncTest, OneOfSomebodyElsesPaymentIsIgnoredInTheEnd) {
  event("evt_1", "re_1", "pi_of_somebody_else");
  const auto state = [&] {
    return (*world_.store->view()->inbox_event(world_.project, "evt_1"))->state;
  };
  EXPECT_EQ(state(), InboxState::kPending);
  for (int i = 0; i < 10; ++i) {
    world_.advance(kDay);
    world_.work_off();
  }
  EXPECT_EQ(state(), InboxState::kIgnored);
}

TEST_F(RefundsSyncTest, WhatCannotBeChangesNothingAndAlarms) {
  const auto bought = world_.buy("pack");
  Invoice less = world_.invoices_of(bought.id).at(0);
  less.amount_paid = 500;
  world_.put_invoice(less);
  world_.provider.refund_at_provider(bought.payment_ref, 800);
  EXPECT_TRUE(sync(bought.payment_ref));
  EXPECT_TRUE(world_.refunds_of(bought.id).empty());
  EXPECT_EQ(world_.invoices_of(bought.id).at(0).refunded, 0);
  EXPECT_EQ(world_.credits(), 1000);
  EXPECT_EQ(world_.announced("payment.alarm"), 1);
  EXPECT_TRUE(sync(bought.payment_ref));
  EXPECT_EQ(world_.announced("payment.alarm"), 1) << "looked at again, nothing is new";
}

TEST_F(RefundsSyncTest, AFullRefundAtTheProviderEndsASubscriptionThereToo) {
  const auto bought = world_.subscribe("pro", "monthly");
  world_.provider.refund_at_provider(world_.invoices_of(bought.id).at(0).payment_ref, 3000);
  EXPECT_TRUE(sync(world_.invoices_of(bought.id).at(0).payment_ref));
  EXPECT_EQ(world_.status_of(bought.id), "refunded");
  EXPECT_EQ(world_.credits(), 0);
  world_.work_off();
  EXPECT_TRUE(world_.provider.subscription_now(bought.subscription->remote_ref).ended_at);
  expect_sound();
}

TEST_F(RefundsSyncTest, TheMoneyOfAnEarlierPeriodTakesNothingOfThisOne) {
  const auto bought = world_.subscribe("pro", "monthly");
  const std::string earlier = world_.invoices_of(bought.id).at(0).payment_ref;
  world_.renew(bought);
  const std::string present = world_.invoices_of(bought.id).at(0).payment_ref;
  ASSERT_NE(present, earlier);
  world_.provider.refund_at_provider(earlier, 3000);
  EXPECT_TRUE(sync(earlier));
  EXPECT_EQ(world_.status_of(bought.id), "active");
  EXPECT_EQ(world_.credits(), 500);
  EXPECT_EQ(world_.announced("purchase.refunded"), 1) << "the money went back all the same";
  world_.provider.refund_at_provider(present, 1500);
  EXPECT_TRUE(sync(present));
  EXPECT_EQ(world_.credits(), 250);
  expect_sound();
}

TEST(RefundsSyncCrashTest, WhateverAnswerIsLostItIsAppliedOnce) {
  const int calls = lose_each_answer(
      [](RefundWorld& world) {
        auto bought = world.buy("pack");
        world.provider.refund_at_provider(bought.payment_ref, 400);
        return bought;
      },
      [](RefundWorld& world, const domain::Purchase& bought) {
        return world.refunds->sync_payment(world.project, bought.payment_ref).has_value();
      },
      [](RefundWorld& world, const domain::Purchase& bought) {
        EXPECT_EQ(world.credits(), 600);
        EXPECT_EQ(world.refund_states(bought.id), "succeeded");
      });
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace purser::app::testing
