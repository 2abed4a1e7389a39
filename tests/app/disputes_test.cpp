#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/app/refund_world.hpp"

namespace purser::app::testing {
namespace {

class DisputesTest : public ::testing::Test {
 protected:
  bool sync(const std::string& dispute) {
    return world_.refunds->sync_dispute(world_.project, dispute).has_value();
  }
  /// A dispute that we heard of.
  std::string disputed(const domain::Purchase& bought) {
    std::string id = world_.provider.dispute(bought.payment_ref);
    EXPECT_TRUE(sync(id));
    return id;
  }
  void close(const std::string& dispute, DisputeState state) {
    world_.provider.close_dispute(dispute, state);
    EXPECT_TRUE(sync(dispute));
  }
  Dispute row(const std::string& dispute) {
    const auto found = *world_.store->view()->dispute(world_.project, dispute);
    EXPECT_TRUE(found.has_value());
    return found.value_or(Dispute());
  }
  std::string history() { return world_.history(world_.user()); }
  void expect_sound() { EXPECT_EQ(world_.verify(), std::vector<std::string>()); }

  RefundWorld world_;
};

TEST_F(DisputesTest, ADisputeRevokesOnce) {
  const auto bought = world_.buy("license");
  const std::string dispute = disputed(bought);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(sync(dispute));
  EXPECT_EQ(world_.status_of(bought.id), "refunded");
  EXPECT_EQ(world_.credits(), 0);
  EXPECT_EQ(history(), "purchase end dispute");
  EXPECT_EQ(world_.announced("purchase.disputed"), 1);
  EXPECT_EQ(row(dispute).taken.size(), 1U);
  EXPECT_TRUE(row(dispute).ended_purchase);
  EXPECT_EQ(world_.invoices_of(bought.id).at(0).refunded, 0) << "nobody refunded it";
  expect_sound();
}

TEST_F(DisputesTest, OneThatIsHeardOfBeforeItsSaleWaitsForIt) {
  const std::string session = world_.open_session("license");
  const std::string dispute = world_.provider.dispute(world_.provider.pay(session));
  ASSERT_TRUE(world_.deliver("evt_1", "charge.dispute.created", dispute).has_value());
  ASSERT_TRUE(world_.deliver("evt_2", "checkout.session.completed", session).has_value());
  world_.work_off();
  world_.advance(kMinute);
  world_.work_off();
  EXPECT_EQ(history(), "purchase end dispute");
  EXPECT_EQ(world_.credits(), 0);
  expect_sound();
}

TEST_F(DisputesTest, ItArrivesByItsEvents) {
  const auto bought = world_.buy("license");
  const std::string dispute = world_.provider.dispute(bought.payment_ref);
  ASSERT_TRUE(world_.deliver("evt_1", "charge.dispute.created", dispute).has_value());
  world_.work_off();
  EXPECT_EQ(world_.credits(), 0);
  world_.provider.close_dispute(dispute, DisputeState::kWon);
  ASSERT_TRUE(world_.deliver("evt_3", "charge.dispute.closed", dispute).has_value());
  ASSERT_TRUE(world_.deliver("evt_2", "charge.dispute.updated", dispute).has_value());
  world_.work_off();
  EXPECT_EQ(world_.credits(), 5);
  EXPECT_EQ(history(), "purchase end dispute dispute_won");
  expect_sound();
}

TEST_F(DisputesTest, AWonOneRestoresOnce) {
  const auto bought = world_.buy("pack");
  world_.spend("credits", 300);
  const std::string dispute = disputed(bought);
  EXPECT_EQ(world_.credits(), 0);
  close(dispute, DisputeState::kWon);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(sync(dispute));
  EXPECT_EQ(world_.status_of(bought.id), "active");
  EXPECT_EQ(world_.credits(), 700) << "what it took, not what had been spent";
  EXPECT_EQ(history(), "purchase end dispute dispute_won");
  EXPECT_EQ(world_.announced("purchase.dispute_won"), 1);
  expect_sound();
}

TEST_F(DisputesTest, ALostOneStays) {
  const auto bought = world_.buy("pack");
  const std::string dispute = disputed(bought);
  close(dispute, DisputeState::kLost);
  close(dispute, DisputeState::kWon);
  EXPECT_EQ(row(dispute).state, DisputeState::kLost) << "it was closed";
  EXPECT_EQ(world_.status_of(bought.id), "refunded");
  EXPECT_EQ(world_.credits(), 0);
  EXPECT_EQ(world_.announced("purchase.dispute_lost"), 1);
  expect_sound();
}

TEST_F(DisputesTest, OneThatWasWonBeforeItWasHeardOfTakesNothing) {
  const auto bought = world_.buy("pack");
  const std::string dispute = world_.provider.dispute(bought.payment_ref);
  close(dispute, DisputeState::kWon);
  EXPECT_EQ(world_.status_of(bought.id), "active");
  EXPECT_EQ(world_.credits(), 1000);
  EXPECT_EQ(history(), "purchase");
  expect_sound();
}

TEST_F(DisputesTest, OneThatWasLostBeforeItWasHeardOfRevokes) {
  const auto bought = world_.buy("pack");
  const std::string dispute = world_.provider.dispute(bought.payment_ref);
  close(dispute, DisputeState::kLost);
  EXPECT_EQ(world_.status_of(bought.id), "refunded");
  EXPECT_EQ(world_.credits(), 0);
  expect_sound();
}

TEST_F(DisputesTest, AfterAFullRefundItTakesNothingTwiceAndGivesNothingBack) {
  const auto bought = world_.buy("pack");
  EXPECT_EQ(world_.refund(bought.id), "succeeded 1000 x1");
  world_.buy("pack");
  const std::string dispute = disputed(bought);
  EXPECT_EQ(world_.credits(), 1000) << "those of the second purchase";
  EXPECT_TRUE(row(dispute).taken.empty());
  EXPECT_FALSE(row(dispute).ended_purchase);
  EXPECT_EQ(world_.announced("purchase.ended"), 1);
  close(dispute, DisputeState::kWon);
  EXPECT_EQ(world_.status_of(bought.id), "refunded");
  EXPECT_EQ(world_.credits(), 1000);
  expect_sound();
}

TEST_F(DisputesTest, AfterAPartialRefundItTakesTheRest) {
  const auto bought = world_.buy("pack");
  EXPECT_EQ(world_.refund(bought.id, by_amount(400)), "succeeded 400");
  const std::string dispute = disputed(bought);
  EXPECT_EQ(world_.credits(), 0);
  EXPECT_EQ(world_.status_of(bought.id), "refunded");
  close(dispute, DisputeState::kWon);
  EXPECT_EQ(world_.status_of(bought.id), "active");
  EXPECT_EQ(world_.credits(), 600);
  EXPECT_EQ(world_.refund(bought.id), "succeeded 600 x1");
  EXPECT_EQ(world_.credits(), 0);
  expect_sound();
}

TEST_F(DisputesTest, ARefundAfterItTakesNothingTwice) {
  world_.provider.banks_only_inquire = true;
  const auto bought = world_.buy("pack");
  world_.buy("pack");
  const std::string dispute = disputed(bought);
  EXPECT_EQ(world_.credits(), 1000);
  EXPECT_EQ(world_.refund(bought.id), "succeeded 1000 x1");
  EXPECT_EQ(world_.credits(), 1000);
  EXPECT_EQ(world_.announced("purchase.ended"), 1);
  close(dispute, DisputeState::kWon);
  EXPECT_EQ(world_.credits(), 1000) << "the money went back all the same";
  EXPECT_EQ(world_.status_of(bought.id), "refunded");
  expect_sound();
}

TEST_F(DisputesTest, APartialRefundDuringItIsTakenFromWhatComesBack) {
  world_.provider.banks_only_inquire = true;
  const auto bought = world_.buy("pack");
  const std::string dispute = disputed(bought);
  EXPECT_EQ(world_.refund(bought.id, by_amount(250)), "succeeded 250");
  EXPECT_EQ(world_.credits(), 0);
  close(dispute, DisputeState::kWon);
  EXPECT_EQ(world_.status_of(bought.id), "active");
  EXPECT_EQ(world_.credits(), 750);
  EXPECT_EQ(world_.refund(bought.id), "succeeded 750 x1");
  EXPECT_EQ(world_.credits(), 0);
  expect_sound();
}

TEST_F(DisputesTest, OneAboutAPartTakesItsShareAndGivesItBack) {
  world_.provider.banks_only_inquire = true;
  const auto bought = world_.buy("pack");
  const std::string dispute = world_.provider.dispute(bought.payment_ref, 400);
  EXPECT_TRUE(sync(dispute));
  EXPECT_EQ(world_.status_of(bought.id), "active");
  EXPECT_EQ(world_.credits(), 600);
  EXPECT_FALSE(row(dispute).ended_purchase);
  EXPECT_EQ(world_.refund(bought.id, by_amount(100)), "succeeded 100");
  EXPECT_EQ(world_.credits(), 500);
  close(dispute, DisputeState::kWon);
  EXPECT_EQ(world_.credits(), 900);
  EXPECT_EQ(history(), "purchase dispute refund dispute_won");
  expect_sound();
}

TEST_F(DisputesTest, ItEndsASubscriptionAtTheProviderToo) {
  const auto bought = world_.subscribe("pro", "monthly");
  const std::string dispute =
      world_.provider.dispute(world_.invoices_of(bought.id).at(0).payment_ref);
  EXPECT_TRUE(sync(dispute));
  EXPECT_EQ(world_.status_of(bought.id), "refunded");
  EXPECT_EQ(world_.credits(), 0);
  world_.work_off();
  EXPECT_TRUE(world_.provider.subscription_now(bought.subscription->remote_ref).ended_at);
  close(dispute, DisputeState::kWon);
  EXPECT_FALSE(world_.has_access(world_.user(), "pro")) << "it has ended at the provider";
  expect_sound();
}

TEST_F(DisputesTest, OneAboutAnEarlierPeriodTakesNothingOfThisOne) {
  const auto bought = world_.subscribe("pro", "monthly");
  const std::string earlier = world_.invoices_of(bought.id).at(0).payment_ref;
  world_.renew(bought);
  const std::string dispute = world_.provider.dispute(earlier);
  EXPECT_TRUE(sync(dispute));
  EXPECT_EQ(world_.status_of(bought.id), "active");
  EXPECT_EQ(world_.credits(), 500);
  close(dispute, DisputeState::kWon);
  EXPECT_EQ(world_.credits(), 500);
  expect_sound();
}

TEST_F(DisputesTest, OneOfTheWrongModeChangesNothingAndAlarms) {
  const auto bought = world_.buy("pack");
  world_.provider.livemode = true;
  const std::string dispute = world_.provider.dispute(bought.payment_ref);
  EXPECT_TRUE(sync(dispute));
  EXPECT_EQ(world_.status_of(bought.id), "active");
  EXPECT_EQ(world_.credits(), 1000);
  EXPECT_EQ(history(), "purchase");
  EXPECT_FALSE(world_.store->view()->dispute(world_.project, dispute)->has_value());
  EXPECT_EQ(world_.announced("payment.alarm"), 1);
  EXPECT_TRUE(sync(dispute));
  EXPECT_EQ(world_.announced("payment.alarm"), 1) << "looked at again, nothing is new";
}

TEST_F(DisputesTest, OneAboutNoPurchaseIsLeft) {
  const std::string dispute = world_.provider.dispute("pi_of_somebody_else");
  EXPECT_TRUE(sync(dispute));
  EXPECT_FALSE(world_.store->view()->dispute(world_.project, dispute)->has_value());
  EXPECT_TRUE(world_.refunds->sync_dispute(ProjectId("no-such-project"), dispute).has_value());
}

TEST_F(DisputesTest, ManyAtOnceRevokeAndRestoreOnce) {
  const auto bought = world_.buy("pack");
  const std::string dispute = world_.provider.dispute(bought.payment_ref);
  const auto all_at_once = [&] {
    std::vector<std::thread> threads;
    threads.reserve(8);
    for (int i = 0; i < 8; ++i) threads.emplace_back([&] { EXPECT_TRUE(sync(dispute)); });
    for (std::thread& thread : threads) thread.join();
  };
  all_at_once();
  EXPECT_EQ(history(), "purchase end dispute");
  world_.provider.close_dispute(dispute, DisputeState::kWon);
  all_at_once();
  EXPECT_EQ(history(), "purchase end dispute dispute_won");
  EXPECT_EQ(world_.credits(), 1000);
  expect_sound();
}

TEST(DisputesCrashTest, WhateverAnswerIsLostItRevokesOnceAndRestoresOnce) {
  struct Subject {
    domain::Purchase bought;
    std::string dispute;
  };
  const auto prepare = [](RefundWorld& world) {
    Subject subject{world.buy("pack"), ""};
    subject.dispute = world.provider.dispute(subject.bought.payment_ref);
    return subject;
  };
  const int calls = lose_each_answer(
      prepare,
      [](RefundWorld& world, const Subject& subject) {
        if (!world.refunds->sync_dispute(world.project, subject.dispute)) return false;
        world.provider.close_dispute(subject.dispute, DisputeState::kWon);
        return world.refunds->sync_dispute(world.project, subject.dispute).has_value();
      },
      [](RefundWorld& world, const Subject& subject) {
        EXPECT_EQ(world.status_of(subject.bought.id), "active");
        EXPECT_EQ(world.credits(), 1000);
        EXPECT_LE(world.announced("purchase.disputed"), 1);
        EXPECT_EQ(world.announced("purchase.disputed"), world.announced("purchase.dispute_won"));
      });
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace purser::app::testing
