#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/app/refund_world.hpp"

namespace purser::app::testing {
namespace {

class RefundsTest : public ::testing::Test {
 protected:
  /// All that a refusal must leave alone.
  struct Picture {
    std::string history;
    std::size_t events = 0;
    std::int64_t credits = 0;
    std::size_t refunded_at_provider = 0;
    std::size_t rows = 0;
    friend bool operator==(const Picture&, const Picture&) = default;
  };
  Picture picture(const PurchaseId& id) {
    return {world_.history(world_.user()), world_.outbox_types().size(), world_.credits(),
            world_.provider.refunds().size(), world_.refunds_of(id).size()};
  }
  void expect_refused(const PurchaseId& id, const domain::RefundOrder& order,
                      const std::string& refusal) {
    const Picture before = picture(id);
    EXPECT_EQ(world_.refund(id, order), refusal);
    EXPECT_EQ(picture(id), before) << refusal;
  }
  void expect_sound() { EXPECT_EQ(world_.verify(), std::vector<std::string>()); }

  RefundWorld world_;
};

TEST_F(RefundsTest, AFullRefundEndsTheProductAndTakesWhatIsLeft) {
  const auto bought = world_.buy("license");
  EXPECT_EQ(world_.credits(), 5);
  EXPECT_EQ(world_.refund(bought.id), "succeeded 2000 x1");
  EXPECT_EQ(world_.credits(), 0);
  EXPECT_TRUE(world_.owned(world_.user()).empty());
  EXPECT_EQ(world_.status_of(bought.id), "refunded");
  EXPECT_EQ(world_.history(world_.user()), "purchase end refund");
  EXPECT_EQ(world_.announced("purchase.refunded"), 1);
  const auto at_provider = world_.provider.refunds();
  ASSERT_EQ(at_provider.size(), 1U);
  const Refund row = world_.refunds_of(bought.id).at(0);
  EXPECT_EQ(at_provider[0].remote.reference, row.id);
  EXPECT_EQ(at_provider[0].key, "purser-refund-" + row.id);
  EXPECT_EQ(row.remote_ref, at_provider[0].remote.id);
  EXPECT_EQ(world_.invoices_of(bought.id).at(0).refunded, 2000);
  expect_sound();
}

TEST_F(RefundsTest, PartsAddUpToTheWhole) {
  const auto bought = world_.buy("pack");
  EXPECT_EQ(world_.refund(bought.id, by_amount(300)), "succeeded 300");
  EXPECT_EQ(world_.credits(), 700);
  EXPECT_EQ(world_.refund(bought.id, by_amount(1)), "succeeded 1");
  EXPECT_EQ(world_.credits(), 699);
  EXPECT_EQ(world_.owned(world_.user()).size(), 1U);
  EXPECT_EQ(world_.refund(bought.id), "succeeded 699 x1");
  EXPECT_EQ(world_.credits(), 0);
  EXPECT_EQ(world_.status_of(bought.id), "refunded");
  EXPECT_EQ(world_.invoices_of(bought.id).at(0).refunded, 1000);
  expect_sound();
}

TEST_F(RefundsTest, AShareIsRoundedInFavourOfTheCustomer) {
  const auto bought = world_.buy("license");  // 5 credits for 2000
  EXPECT_EQ(world_.refund(bought.id, by_amount(399)), "succeeded 399");
  EXPECT_EQ(world_.credits(), 5);
  EXPECT_EQ(world_.refund(bought.id, by_amount(1)), "succeeded 1");
  EXPECT_EQ(world_.credits(), 4);
  EXPECT_EQ(world_.refund(bought.id, by_amount(1599)), "succeeded 1599");
  EXPECT_EQ(world_.credits(), 1);
  expect_sound();
}

TEST_F(RefundsTest, ByQuantityTheUnitsGoWithTheirItems) {
  const auto bought = world_.buy("pack", 3);
  EXPECT_EQ(world_.credits(), 3000);
  EXPECT_EQ(world_.refund(bought.id, by_quantity(1)), "succeeded 1000 x1");
  EXPECT_EQ(world_.credits(), 2000);
  EXPECT_EQ(world_.purchase(bought.id).refunded_quantity.value(), 1);
  EXPECT_EQ(world_.status_of(bought.id), "active");
  expect_refused(bought.id, by_quantity(3), "REFUND_NOT_POSSIBLE exceeds_quantity");
  EXPECT_EQ(world_.refund(bought.id, by_quantity(2)), "succeeded 2000 x2");
  EXPECT_EQ(world_.credits(), 0);
  EXPECT_EQ(world_.purchase(bought.id).refunded_quantity.value(), 3);
  EXPECT_EQ(world_.status_of(bought.id), "refunded");
  expect_sound();
}

TEST_F(RefundsTest, WhatWasSpentIsNotMadeADebt) {
  const auto bought = world_.buy("pack");
  world_.spend("credits", 900);
  EXPECT_EQ(world_.refund(bought.id, by_amount(500)), "succeeded 500");
  EXPECT_EQ(world_.credits(), 0) << "500 belong to it, 100 were left";
  EXPECT_EQ(world_.refund(bought.id), "succeeded 500 x1");
  EXPECT_EQ(world_.credits(), 0);
  expect_sound();
}

TEST_F(RefundsTest, WhatComesFromOtherPurchasesStays) {
  const auto bought = world_.buy("pack");
  world_.buy("pack");
  world_.grant("gift");
  EXPECT_EQ(world_.refund(bought.id), "succeeded 1000 x1");
  EXPECT_EQ(world_.credits(), 1007);
  EXPECT_EQ(world_.owned(world_.user()).size(), 2U);
  expect_sound();
}

TEST_F(RefundsTest, RefusalsChangeNothing) {
  const auto license = world_.buy("license");
  const auto pack = world_.buy("pack", 2);
  const auto gift = world_.grant("gift");
  expect_refused(license.id, by_amount(2001), "REFUND_NOT_POSSIBLE exceeds_paid");
  expect_refused(license.id, by_amount(0), "SCHEMA_ERROR");
  expect_refused(license.id, by_amount(-5), "SCHEMA_ERROR");
  expect_refused(license.id, by_quantity(1), "REFUND_NOT_POSSIBLE quantity_not_refundable");
  expect_refused(pack.id, by_quantity(3), "REFUND_NOT_POSSIBLE exceeds_quantity");
  expect_refused(pack.id, {5, Quantity::of(1)}, "SCHEMA_ERROR");
  expect_refused(gift.id, {}, "TEST_MODE_PURCHASE_NON_REFUNDABLE");
  expect_refused(PurchaseId("nobody"), {}, "PURCHASE_NOT_FOUND");
  EXPECT_EQ(world_.refund(license.id), "succeeded 2000 x1");
  expect_refused(license.id, {}, "REFUND_NOT_POSSIBLE already_refunded");
  expect_refused(license.id, by_amount(1), "REFUND_NOT_POSSIBLE already_refunded");
  expect_sound();
}

TEST_F(RefundsTest, WhatNobodyPaidForCannotBeRefunded) {
  SettingsChange change;
  change.test_mode = true;
  change.stripe_secret_key = Secret("");
  world_.settings(change);
  ASSERT_TRUE(world_.checkout(world_.order("license")).has_value());
  const PurchaseId id = world_.owned(world_.user()).at(0).id;
  expect_refused(id, {}, "TEST_MODE_PURCHASE_NON_REFUNDABLE");

  change.test_mode = false;
  change.stripe_secret_key = Secret("sk_test_1");
  world_.settings(change);
  const auto free = world_.subscribe("free");
  expect_refused(free.id, {}, "REFUND_NOT_POSSIBLE not_paid");
}

TEST_F(RefundsTest, AnotherProjectsPurchaseIsNotThere) {
  const auto bought = world_.buy("license");
  NewProject other;
  other.id = ProjectId("other");
  ASSERT_TRUE((world_.write<CreatedProject>([&](StoreBatch& batch, AfterCommit& after) {
                return world_.projects->create(batch, other, after);
              })).has_value());
  const auto reply = world_.refunds->refund(world_.registry->project(other.id), std::nullopt,
                                            {bought.id, {}, ""}, [](const Result<Refund>& made) {
                                              return StoredReply{200, called(made.error())};
                                            });
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->reply.body, "PURCHASE_NOT_FOUND");
  EXPECT_EQ(world_.status_of(bought.id), "active");
}

TEST_F(RefundsTest, WhatTheProviderRefusesRevokesNothing) {
  const auto bought = world_.buy("license");
  world_.provider.fault_at(1, FakeProvider::Fault::kRefuse);
  EXPECT_EQ(world_.refund(bought.id, {}, "key"), "PAYMENT_PROVIDER_REFUSED");
  EXPECT_EQ(world_.refund_states(bought.id), "failed");
  EXPECT_EQ(world_.credits(), 5);
  EXPECT_EQ(world_.history(world_.user()), "purchase");
  EXPECT_EQ(world_.refund(bought.id, {}, "key"), "PAYMENT_PROVIDER_REFUSED") << "replayed";
  EXPECT_EQ(world_.provider.calls("create_refund"), 1);
  EXPECT_EQ(world_.refund(bought.id, {}, "another key"), "succeeded 2000 x1");
  EXPECT_EQ(world_.refund_states(bought.id), "failed succeeded");
  expect_sound();
}

TEST_F(RefundsTest, WhatSomebodyElseRefundedIsLearntWithTheRefusal) {
  const auto bought = world_.buy("license");
  world_.provider.refund_at_provider(bought.payment_ref, 2000);
  EXPECT_EQ(world_.refund(bought.id), "PAYMENT_PROVIDER_REFUSED");
  EXPECT_EQ(world_.status_of(bought.id), "refunded");
  EXPECT_EQ(world_.refund_states(bought.id), "failed succeeded");
  EXPECT_EQ(world_.refund(bought.id), "REFUND_NOT_POSSIBLE already_refunded");
  expect_sound();
}

TEST_F(RefundsTest, OneKeyIsOneRefund) {
  const auto bought = world_.buy("pack");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(world_.refund(bought.id, by_amount(300), "key"), "succeeded 300");
  }
  EXPECT_EQ(world_.refund(bought.id, by_amount(301), "key", "another body"),
            "IDEMPOTENCY_KEY_MISMATCH");
  EXPECT_EQ(world_.provider.refunds().size(), 1U);
  EXPECT_EQ(world_.credits(), 700);
  expect_sound();
}

TEST_F(RefundsTest, ManyAtOnceNeverGiveBackMoreThanWasPaid) {
  const auto bought = world_.buy("pack");
  std::atomic<int> succeeded{0};
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      if (world_.refund(bought.id, by_amount(300)) == "succeeded 300") ++succeeded;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(succeeded, 3);
  EXPECT_EQ(world_.provider.refunds().size(), 3U);
  EXPECT_EQ(world_.provider.calls("create_refund"), 3) << "what is under way counts";
  EXPECT_EQ(world_.invoices_of(bought.id).at(0).refunded, 900);
  EXPECT_EQ(world_.credits(), 100);
  EXPECT_EQ(world_.refund(bought.id), "succeeded 100 x1");
  expect_sound();
}

TEST(RefundsCrashTest, WhateverAnswerIsLostThereIsOneRefundAndOneRevocation) {
  for (const domain::RefundOrder& order : {all_of_it(), by_amount(400), by_quantity(1)}) {
    const int calls = lose_each_answer(
        [](RefundWorld& world) { return world.buy("pack", 2).id; },
        [&](RefundWorld& world, const PurchaseId& id) {
          return world.refund(id, order, "key").starts_with("succeeded");
        },
        [&](RefundWorld& world, const PurchaseId& id) {
          EXPECT_EQ(world.provider.refunds().size(), 1U);
          EXPECT_EQ(world.refund_states(id), "succeeded");
          const std::int64_t back = order.amount.value_or(order.quantity ? 1000 : 2000);
          EXPECT_EQ(world.invoices_of(id).at(0).refunded, back);
          EXPECT_EQ(world.credits(), 2000 - back);
          EXPECT_EQ(world.announced("purchase.refunded"), 1);
        });
    EXPECT_GE(calls, 1);
  }
}

TEST(RefundsCrashTest, WhateverAnswerIsLostASubscriptionIsRefundedAndEndedOnce) {
  const int calls = lose_each_answer(
      [](RefundWorld& world) { return world.subscribe("pro", "monthly"); },
      [](RefundWorld& world, const domain::Purchase& bought) {
        if (!world.refund(bought.id, {}, "key").starts_with("succeeded")) return false;
        world.advance(Millis{60 * kMinute.count});  // whatever waits to be tried again
        world.work_off();
        return world.provider.subscription_now(bought.subscription->remote_ref)
            .ended_at.has_value();
      },
      [](RefundWorld& world, const domain::Purchase& bought) {
        EXPECT_EQ(world.provider.refunds().size(), 1U);
        EXPECT_EQ(world.status_of(bought.id), "refunded");
        EXPECT_EQ(world.announced("purchase.ended"), 1);
        EXPECT_EQ(world.announced("purchase.refunded"), 1);
        EXPECT_EQ(world.provider.charged(), 3000);
      });
  EXPECT_GE(calls, 2) << "the refund and the end, at least";
}

TEST_F(RefundsTest, ALostAnswerCountsAsUnderWayAndIsAskedForAgain) {
  const auto bought = world_.buy("pack");
  world_.provider.fault_at(1, FakeProvider::Fault::kLoseAnswer);
  EXPECT_EQ(world_.refund(bought.id, by_amount(600)), "PAYMENT_PROVIDER_UNAVAILABLE");
  EXPECT_EQ(world_.refund_states(bought.id), "pending");
  EXPECT_EQ(world_.refund(bought.id, by_amount(401)), "REFUND_NOT_POSSIBLE exceeds_paid");
  EXPECT_EQ(world_.credits(), 1000) << "nothing is known yet";

  world_.advance(Millis{5 * kMinute.count});
  EXPECT_EQ(world_.refund(bought.id, by_amount(401)), "REFUND_NOT_POSSIBLE exceeds_paid");
  EXPECT_EQ(world_.refund_states(bought.id), "succeeded") << "asked for again under its key";
  EXPECT_EQ(world_.credits(), 400);
  EXPECT_EQ(world_.provider.refunds().size(), 1U);
  EXPECT_EQ(world_.refund(bought.id), "succeeded 400 x1");
  expect_sound();
}

TEST_F(RefundsTest, AnOldLostAnswerIsLookedUpBeforeItIsAskedForAgain) {
  const auto bought = world_.buy("pack");
  world_.provider.fault_at(1, FakeProvider::Fault::kLoseAnswer);
  EXPECT_EQ(world_.refund(bought.id, by_amount(600), "key"), "PAYMENT_PROVIDER_UNAVAILABLE");
  world_.advance(Millis{2 * kDay.count});  // the provider has forgotten the key
  world_.reopen();
  EXPECT_EQ(world_.refund(bought.id, by_amount(600), "key"), "succeeded 600");
  EXPECT_EQ(world_.provider.refunds().size(), 1U);
  expect_sound();
}

TEST_F(RefundsTest, AFullRefundOfASubscriptionEndsItAtTheProviderToo) {
  const auto bought = world_.subscribe("pro", "monthly");
  EXPECT_EQ(world_.credits(), 500);
  EXPECT_EQ(world_.refund(bought.id), "succeeded 3000 x1");
  EXPECT_EQ(world_.credits(), 0);
  EXPECT_EQ(world_.quantity(world_.user(), "storage"), 0);
  EXPECT_EQ(world_.status_of(bought.id), "refunded");
  world_.work_off();
  EXPECT_TRUE(world_.provider.subscription_now(bought.subscription->remote_ref).ended_at);
  EXPECT_EQ(world_.provider.charged(), 3000);
  expect_sound();
}

TEST_F(RefundsTest, WhatHasEndedCanBeRefundedAndDoesNotEndAgain) {
  const auto bought = world_.subscribe("pro", "monthly");
  const std::string ref = bought.subscription->remote_ref;
  world_.provider.end(ref);
  ASSERT_TRUE(world_.subscriptions->sync(world_.project, ref).has_value());
  EXPECT_EQ(world_.status_of(bought.id), "ended");
  EXPECT_EQ(world_.refund(bought.id), "succeeded 3000 x1");
  EXPECT_EQ(world_.status_of(bought.id), "refunded");
  EXPECT_EQ(world_.history(world_.user()), "purchase end refund");
  expect_sound();
}

TEST_F(RefundsTest, APartOfASubscriptionsPeriodTakesItsShareAndTheSubscriptionGoesOn) {
  const auto bought = world_.subscribe("pro", "monthly");
  EXPECT_EQ(world_.refund(bought.id, by_amount(1500)), "succeeded 1500");
  EXPECT_EQ(world_.credits(), 250);
  EXPECT_TRUE(world_.has_access(world_.user(), "pro"));
  expect_refused(bought.id, by_quantity(1), "REFUND_NOT_POSSIBLE quantity_not_refundable");
  world_.renew(bought);
  EXPECT_EQ(world_.credits(), 500) << "the next period is paid in full";
  EXPECT_EQ(world_.refund(bought.id), "succeeded 3000 x1") << "the newest period's";
  EXPECT_EQ(world_.status_of(bought.id), "refunded");
  EXPECT_EQ(world_.refund(bought.id), "succeeded 1500 x1") << "what is left of the one before";
  EXPECT_EQ(world_.refund(bought.id), "REFUND_NOT_POSSIBLE already_refunded");
  expect_sound();
}

TEST_F(RefundsTest, TheMoneyOfAnEarlierPeriodTakesNothingOfThisOne) {
  const auto bought = world_.subscribe("pro", "monthly");
  const std::string ref = bought.subscription->remote_ref;
  ASSERT_TRUE(world_.advance_to(bought.subscription->current_period_end).has_value());
  world_.provider.fail_renewal(ref);
  ASSERT_TRUE(world_.subscriptions->sync(world_.project, ref).has_value());
  const std::int64_t credits = world_.credits();
  EXPECT_EQ(world_.refund(bought.id), "succeeded 3000 x1") << "the newest that is paid";
  EXPECT_EQ(world_.status_of(bought.id), "active");
  EXPECT_EQ(world_.credits(), credits);
  world_.work_off();
  EXPECT_FALSE(world_.provider.subscription_now(ref).ended_at);
  expect_sound();
}

TEST_F(RefundsTest, AllThatWasPaidForThePeriodCountsTogether) {
  const auto bought = world_.subscribe("pro", "monthly");
  Invoice prorated = world_.invoices_of(bought.id).at(0);
  prorated.id = "in_switch";
  prorated.payment_ref = "";  // settled by hand
  prorated.total = Money(1000, *Currency::parse("USD"));
  prorated.amount_paid = 1000;
  prorated.period_start.reset();
  prorated.period_end.reset();
  world_.put_invoice(prorated);
  EXPECT_EQ(world_.refund(bought.id), "succeeded 3000 x1") << "the newest that can be refunded";
  EXPECT_EQ(world_.status_of(bought.id), "active") << "a quarter of the period is still paid";
  EXPECT_EQ(world_.credits(), 500 - 500 * 3 / 4);
  expect_sound();
}

}  // namespace
}  // namespace purser::app::testing
