// Side effects that were decided in a commit and are carried out afterwards.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "app/purchase_book.hpp"
#include "tests/app/sales_world.hpp"

namespace purser::app::testing {
namespace {

using Fault = FakeProvider::Fault;
using domain::SubscriptionStatus;

void intend(SalesWorld& world, const std::string& id, std::string_view kind,
            const std::string& subject) {
  ASSERT_TRUE(world.engine->apply([&](StoreBatch& batch) {
    return PurchaseBook(batch, world.ids, Millis{}).intend(world.project, id, kind, subject);
  }));
}

/// Carries out what is due, again and again, as the worker does over some hours.
void carry_out(SalesWorld& world) {
  for (int i = 0; i < 8; ++i) {
    (void)world.intentions->perform(100).has_value();
    world.advance(kHour);
  }
}

TEST(Intentions, EachKindReachesTheProvider) {
  SalesWorld world;
  const auto ended = world.subscribe("plan");
  const auto credited = world.subscribe("basic", "monthly");
  const auto trial = world.subscribe("trial-small");
  const std::string open = world.open_session("pack");
  const std::string payment = world.provider.payments()[0].id;
  world.advance(kDay);
  intend(world, "a", kRefundPayment, payment);
  intend(world, "b", kEndSubscription, ended.subscription->remote_ref);
  intend(world, "c", kEndSubscriptionWithCredit, credited.subscription->remote_ref);
  intend(world, "d", kEndTrial, trial.subscription->remote_ref);
  intend(world, "e", kExpireSession, open);
  EXPECT_EQ(world.intentions->perform(100).value_or(-1), 5);
  ASSERT_EQ(world.provider.refunds().size(), 1U);
  EXPECT_EQ(world.provider.refunds()[0].payment, payment);
  EXPECT_EQ(world.provider.refunds()[0].key, "a") << "its id is its idempotency key";
  const auto status = [&](const domain::Purchase& bought) {
    return world.provider.subscription_now(bought.subscription->remote_ref).status;
  };
  EXPECT_EQ(status(ended), SubscriptionStatus::kCanceled);
  EXPECT_EQ(status(credited), SubscriptionStatus::kCanceled);
  EXPECT_EQ(status(trial), SubscriptionStatus::kActive);
  // The unused time of the second one, and of that alone, pays a part of what the trial's end
  // costs.
  const std::int64_t last = world.provider.payments().back().amount.minor_units();
  EXPECT_GT(last, 1500 - 1000);
  EXPECT_LT(last, 1500 - 900);
  EXPECT_EQ(world.session(open).remote.status, RemoteCheckoutSession::Status::kExpired);
  EXPECT_EQ(world.intentions->perform(100).value_or(-1), 0) << "each once";
}

TEST(Intentions, LostAnswersAndCrashesDoNothingTwice) {
  SalesWorld world;
  world.subscribe("plan");
  const std::string payment = world.provider.payments()[0].id;
  intend(world, "a", kRefundPayment, payment);
  int lost = 3;
  world.provider.plan = [&](const std::string& call) {
    return call == "create_refund" && lost-- > 0 ? Fault::kLoseAnswer : Fault::kNone;
  };
  for (int i = 0; i < 4; ++i) {
    carry_out(world);
    world.reopen();
  }
  EXPECT_EQ(world.provider.refunds().size(), 1U);
  EXPECT_EQ(world.provider.calls("create_refund"), 4);
  EXPECT_TRUE(world.intentions_due().empty());
}

TEST(Intentions, APaymentThatIsGivenBackAlreadyIsDone) {
  SalesWorld world;
  world.subscribe("plan");
  const std::string payment = world.provider.payments()[0].id;
  world.provider.refund_at_provider(payment, 900);
  intend(world, "a", kRefundPayment, payment);
  EXPECT_EQ(world.intentions->perform(100).value_or(-1), 1);
  EXPECT_TRUE(world.intentions_due().empty());
  EXPECT_EQ(world.provider.payments()[0].refunded, 900);
}

TEST(Intentions, WhatIsLeftOfAPartlyRefundedPaymentIsGivenBack) {
  SalesWorld world;
  world.subscribe("plan");
  const std::string payment = world.provider.payments()[0].id;
  world.provider.refund_at_provider(payment, 300);
  intend(world, "a", kRefundPayment, payment);
  EXPECT_EQ(world.intentions->perform(100).value_or(-1), 1);
  EXPECT_EQ(world.provider.payments()[0].refunded, 900);
}

TEST(Intentions, AFailureIsKeptForOperatorsAndTriedAgainLater) {
  SalesWorld world;
  const auto bought = world.subscribe("plan");
  bool down = true;
  world.provider.plan = [&](const std::string& call) {
    return down && call == "end_subscription" ? Fault::kUnavailable : Fault::kNone;
  };
  intend(world, "a", kEndSubscription, bought.subscription->remote_ref);
  EXPECT_FALSE(world.intentions->perform(100).has_value()) << "the failure is told";
  EXPECT_EQ(world.intentions->perform(100).value_or(-1), 0) << "it waits";
  const auto waiting = world.intentions_due();
  ASSERT_EQ(waiting.size(), 1U);
  EXPECT_EQ(waiting[0].attempts, 1);
  EXPECT_NE(waiting[0].error, "");
  down = false;
  carry_out(world);
  EXPECT_TRUE(world.intentions_due().empty());
}

TEST(Intentions, OneThatCannotBeDoneHoldsUpNoOther) {
  SalesWorld world;
  const auto bought = world.subscribe("plan");
  intend(world, "a", "juggle", "pi_1");
  intend(world, "b", kEndSubscription, bought.subscription->remote_ref);
  EXPECT_FALSE(world.intentions->perform(100).has_value());
  EXPECT_TRUE(world.provider.subscription_now(bought.subscription->remote_ref).ended_at);
  EXPECT_EQ(world.intentions_due().size(), 1U);
}

TEST(Intentions, WithoutAKeyTheyWaitForOne) {
  SalesWorld world;
  const auto bought = world.subscribe("plan");
  intend(world, "a", kEndSubscription, bought.subscription->remote_ref);
  SettingsChange change;
  change.stripe_secret_key = Secret("");
  world.settings(change);
  EXPECT_FALSE(world.intentions->perform(100).has_value());
  change.stripe_secret_key = Secret("sk_test_1");
  world.settings(change);
  carry_out(world);
  EXPECT_TRUE(world.intentions_due().empty());
}

}  // namespace
}  // namespace purser::app::testing
