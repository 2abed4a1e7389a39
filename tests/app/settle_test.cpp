#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "tests/app/world.hpp"

namespace purser::app::testing {
namespace {

using Fault = FakeProvider::Fault;

constexpr const char* kCompleted = "checkout.session.completed";
constexpr Millis kMinute{60'000};
constexpr Millis kHour{3'600'000};

std::vector<std::string> nothing() { return {}; }

int count(const std::vector<std::string>& texts, const std::string& wanted) {
  return static_cast<int>(std::count(texts.begin(), texts.end(), wanted));
}

TEST(Settle, AWebhookOfAPaidSessionGrantsTheProduct) {
  World world;
  const std::string session = world.open_session("pack");
  const std::string payment = world.provider.pay(session);
  ASSERT_TRUE(world.deliver("evt_1", kCompleted, session).has_value());
  world.work_off();
  const auto owned = world.owned(world.user());
  ASSERT_EQ(owned.size(), 1U);
  EXPECT_EQ(owned[0].product.id.str(), "pack");
  EXPECT_EQ(owned[0].origin, domain::PurchaseOrigin::kStripe);
  EXPECT_EQ(owned[0].payment_ref, payment);
  EXPECT_EQ(world.quantity(world.user(), "credits"), 1000);
  const Checkout checkout = world.checkout_of(session);
  EXPECT_EQ(checkout.state, CheckoutState::kCompleted);
  EXPECT_EQ(checkout.purchase, owned[0].id);
  EXPECT_EQ(count(world.outbox_types(), "purchase.created"), 1);
  const auto transactions = world.store->view()->transactions(world.user(), {"", 10});
  ASSERT_EQ(transactions->size(), 1U);
  EXPECT_EQ((*transactions)[0].amount->to_decimal(), "10.00");
  EXPECT_EQ((*transactions)[0].payment_ref, payment);
  EXPECT_EQ(world.verify(), nothing());
}

TEST(Settle, TheSameEventTenTimesGrantsOnce) {
  World world;
  const std::string session = world.open_session("pack");
  world.provider.pay(session);
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(world.deliver("evt_1", kCompleted, session).has_value());
    if (i % 3 == 0) world.work_off();
  }
  world.work_off();
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
  EXPECT_EQ(world.provider.calls("checkout_session"), 1);
}

TEST(Settle, TwoEventsAboutOnePaymentGrantOnce) {
  World world;
  const std::string session = world.open_session("pack");
  world.provider.pay(session);
  ASSERT_TRUE(world.deliver("evt_1", kCompleted, session).has_value());
  ASSERT_TRUE(
      world.deliver("evt_2", "checkout.session.async_payment_succeeded", session).has_value());
  world.work_off();
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
  EXPECT_EQ(world.quantity(world.user(), "credits"), 1000);
}

TEST(Settle, InParallelItGrantsOnce) {
  World world;
  const std::string session = world.open_session("pack");
  world.provider.pay(session);
  std::vector<std::thread> threads;
  threads.reserve(20);
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&] { EXPECT_TRUE(world.sales->settle(world.project, session)); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
  EXPECT_EQ(world.quantity(world.user(), "credits"), 1000);
}

// Between the look at the provider and the commit, others may have been faster.
TEST(Settle, WhatWasConcludedMeanwhileIsLeftAlone) {
  World world;
  const std::string session = world.open_session("pack");
  world.provider.pay(session);
  world.provider.plan = [&](const std::string& call) {
    if (call != "checkout_session") return Fault::kNone;
    const Status concluded = world.engine->apply([&](StoreBatch& batch) -> Status {
      Checkout checkout = world.checkout_of(session);
      checkout.state = CheckoutState::kExpired;
      return batch.update_checkout(checkout);
    });
    EXPECT_TRUE(concluded);
    return Fault::kNone;
  };
  EXPECT_TRUE(world.sales->settle(world.project, session));
  EXPECT_TRUE(world.owned(world.user()).empty());
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kExpired);
  EXPECT_TRUE(world.provider.refunds().empty());
}

TEST(Settle, OrderDoesNotMatter) {
  World world;
  const std::string session = world.open_session("pack");
  world.provider.pay(session);
  // The news that it expired comes late and is wrong: what counts is the session as it is now.
  ASSERT_TRUE(world.deliver("evt_2", "checkout.session.expired", session).has_value());
  world.work_off();
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
}

TEST(Settle, CompleteButUnpaidWaitsForTheMoney) {
  World world;
  const std::string session = world.open_session("pack");
  world.provider.pay(session, false);
  ASSERT_TRUE(world.deliver("evt_1", kCompleted, session).has_value());
  world.work_off();
  EXPECT_TRUE(world.owned(world.user()).empty());
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kOpen);
  world.provider.pay(session);
  ASSERT_TRUE(
      world.deliver("evt_2", "checkout.session.async_payment_succeeded", session).has_value());
  world.work_off();
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
}

TEST(Settle, AnExpiredSessionClosesItsCheckout) {
  World world;
  const std::string session = world.open_session("pack");
  world.provider.expire(session);
  ASSERT_TRUE(world.deliver("evt_1", "checkout.session.expired", session).has_value());
  world.work_off();
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kExpired);
  EXPECT_TRUE(world.owned(world.user()).empty());
}

TEST(Settle, AnUnknownSessionIsNobodysBusiness) {
  World world;
  ASSERT_TRUE(world.deliver("evt_1", kCompleted, "cs_other").has_value());
  world.work_off();
  EXPECT_EQ(world.provider.calls("checkout_session"), 0);
  const auto event = world.store->view()->inbox_event(world.project, "evt_1");
  EXPECT_EQ((*event)->state, InboxState::kDone);
}

// --- what was paid must be what was sold ---

using Edit = std::function<void(RemoteCheckoutSession&)>;
struct Difference {
  const char* name;
  Edit edit;
};
class Mismatch : public ::testing::TestWithParam<Difference> {};

TEST_P(Mismatch, IsAnAlarmAndGrantsNothing) {
  World world;
  const std::string session = world.open_session("pack");
  world.provider.pay(session);
  world.provider.edit(session, GetParam().edit);
  ASSERT_TRUE(world.deliver("evt_1", kCompleted, session).has_value());
  world.work_off();
  EXPECT_TRUE(world.owned(world.user()).empty());
  EXPECT_EQ(world.quantity(world.user(), "credits"), 0);
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kAlarmed);
  EXPECT_EQ(count(world.outbox_types(), "checkout.alarm"), 1);
  EXPECT_TRUE(world.provider.refunds().empty()) << "an operator looks first";
  // And it stays so, whatever arrives later.
  ASSERT_TRUE(world.deliver("evt_2", kCompleted, session).has_value());
  world.work_off();
  EXPECT_EQ(count(world.outbox_types(), "checkout.alarm"), 1);
}

INSTANTIATE_TEST_SUITE_P(
    Everything, Mismatch,
    ::testing::Values(
        Difference{"amount", [](auto& s) { s.amount_total = Money(1, *Currency::parse("USD")); }},
        Difference{"more", [](auto& s) { s.amount_total = Money(1001, *Currency::parse("USD")); }},
        Difference{"currency",
                   [](auto& s) { s.amount_total = Money(1000, *Currency::parse("JPY")); }},
        Difference{"no_amount", [](auto& s) { s.amount_total.reset(); }},
        Difference{"livemode", [](auto& s) { s.livemode = true; }},
        Difference{"customer", [](auto& s) { s.customer = "cus_other"; }},
        Difference{"no_customer", [](auto& s) { s.customer.clear(); }},
        Difference{"reference", [](auto& s) { s.reference = "other"; }}),
    [](const auto& difference) { return difference.param.name; });

TEST(MismatchOfAccount, IsAnAlarm) {
  World world;
  const std::string session = world.open_session("pack");
  world.provider.pay(session);
  SettingsChange change;
  change.stripe_secret_key = Secret("sk_test_2");
  world.settings(change);
  world.provider.account_id = "acct_2";
  ASSERT_TRUE(world.sales->settle(world.project, session).has_value());
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kAlarmed);
  EXPECT_TRUE(world.owned(world.user()).empty());
}

TEST(MismatchOfAccount, ANewKeyOfTheSameAccountIsNone) {
  World world;
  const std::string session = world.open_session("pack");
  world.provider.pay(session);
  SettingsChange change;
  change.stripe_secret_key = Secret("sk_test_rolled");
  world.settings(change);
  ASSERT_TRUE(world.sales->settle(world.project, session).has_value());
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kCompleted);
}

TEST(PaymentReference, OnePaymentNeverCountsForTwoCheckouts) {
  World world;
  const std::string first = world.open_session("pack");
  const std::string second = world.open_session("pack");
  const std::string payment = world.provider.pay(first);
  world.provider.pay(second);
  world.provider.edit(second, [&](auto& session) { session.payment_ref = payment; });
  ASSERT_TRUE(world.sales->settle(world.project, first).has_value());
  ASSERT_TRUE(world.sales->settle(world.project, second).has_value());
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
  EXPECT_EQ(world.checkout_of(second).state, CheckoutState::kAlarmed);
}

// --- paid, but not grantable any more ---

TEST(Refund, OfTwoCheckoutsForAOnceOnlyProductOneIsGrantedAndOneRefunded) {
  World world;
  const std::string first = world.open_session("license");
  const std::string second = world.open_session("license");
  world.provider.pay(first);
  const std::string lost = world.provider.pay(second);
  std::thread other([&] { EXPECT_TRUE(world.sales->settle(world.project, first)); });
  EXPECT_TRUE(world.sales->settle(world.project, first).has_value());
  other.join();
  EXPECT_TRUE(world.sales->settle(world.project, second).has_value());
  world.work_off();
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
  EXPECT_EQ(world.quantity(world.user(), "credits"), 5);
  EXPECT_EQ(world.checkout_of(second).state, CheckoutState::kRefunded);
  const auto refunds = world.provider.refunds();
  ASSERT_EQ(refunds.size(), 1U);
  EXPECT_EQ(refunds[0].payment, lost);
  EXPECT_EQ(world.verify(), nothing());
}

TEST(Refund, ALostAnswerAndACrashRefundOnce) {
  World world;
  const std::string session = world.open_session("pack");
  world.delete_user("alice");
  world.provider.pay(session);
  int lost = 2;
  world.provider.plan = [&](const std::string& call) {
    return call == "create_refund" && lost-- > 0 ? Fault::kLoseAnswer : Fault::kNone;
  };
  ASSERT_TRUE(world.sales->settle(world.project, session).has_value());
  for (int i = 0; i < 3; ++i) {
    world.work_off();
    world.reopen();
    world.advance(kHour);
  }
  EXPECT_EQ(world.provider.refunds().size(), 1U);
  EXPECT_EQ(world.provider.calls("create_refund"), 3);
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kRefunded);
  EXPECT_TRUE(world.store->view()->due_intentions(world.clock.now() + kHour, 10)->empty());
}

TEST(Refund, ACustomerDeletedDuringPaymentIsNoPaidOrphan) {
  World world;
  const std::string session = world.open_session("pack");
  const std::string payment = world.provider.pay(session);
  world.delete_user("alice");
  ASSERT_TRUE(world.deliver("evt_1", kCompleted, session).has_value());
  world.work_off();
  ASSERT_EQ(world.provider.refunds().size(), 1U);
  EXPECT_EQ(world.provider.refunds()[0].payment, payment);
  EXPECT_EQ(count(world.outbox_types(), "checkout.refunded"), 1);
  EXPECT_EQ(count(world.outbox_types(), "purchase.created"), 0);
}

TEST(Refund, ABalanceThatWouldLeaveItsRangeGivesTheMoneyBack) {
  World world;
  const std::string session = world.open_session("pack");
  world.provider.pay(session);
  ASSERT_TRUE(world
                  .write<Quantity>([&](StoreBatch& batch, AfterCommit&) {
                    return Items::change(*world.context(), batch,
                                         {{world.user(), ItemId("credits")},
                                          *Quantity::of(Quantity::kMax),
                                          std::nullopt,
                                          ""});
                  })
                  .has_value());
  ASSERT_TRUE(world.sales->settle(world.project, session).has_value());
  world.work_off();
  EXPECT_EQ(world.provider.refunds().size(), 1U);
  EXPECT_TRUE(world.owned(world.user()).empty());
  EXPECT_EQ(world.quantity(world.user(), "credits"), Quantity::kMax);
}

// --- lost webhooks, passing faults ---

TEST(Sweep, ALostWebhookStillGrantsOnce) {
  World world;
  const std::string session = world.open_session("pack");
  world.provider.pay(session);
  world.work_off();
  EXPECT_TRUE(world.owned(world.user()).empty()) << "not due yet";
  world.advance({31'000});
  world.work_off();
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
  ASSERT_TRUE(world.deliver("evt_late", kCompleted, session).has_value());
  world.advance(kHour);
  world.work_off();
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
}

TEST(Sweep, LooksSeldomerAndSeldomerAndClosesWhatExpired) {
  World world;
  const std::string session = world.open_session("pack");
  for (int minute = 0; minute < 24 * 60; ++minute) {
    world.advance(kMinute);
    ASSERT_TRUE(world.sales->sweep_checkouts(100).has_value());
  }
  const int looks = world.provider.calls("checkout_session");
  EXPECT_GE(looks, 24);
  EXPECT_LE(looks, 28);
  world.provider.expire(session);
  world.advance({2 * kHour.count});
  ASSERT_TRUE(world.sales->sweep_checkouts(100).has_value());
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kExpired);
  world.advance({48 * kHour.count});
  EXPECT_EQ(world.sales->sweep_checkouts(100).value_or(-1), 0);
}

TEST(Sweep, ACheckoutThatCannotBeLookedAtHoldsUpNoOther) {
  World world;
  const std::string first = world.open_session("pack");
  const std::string second = world.open_session("license");
  world.provider.pay(first);
  world.provider.pay(second);
  int calls = 0;
  world.provider.plan = [&](const std::string& call) {
    return call == "checkout_session" && calls++ == 0 ? Fault::kUnavailable : Fault::kNone;
  };
  world.advance(kMinute);
  EXPECT_FALSE(world.sales->sweep_checkouts(100).has_value()) << "the failure is told";
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
  world.advance({3 * kMinute.count});
  EXPECT_TRUE(world.sales->sweep_checkouts(100).has_value());
  EXPECT_EQ(world.owned(world.user()).size(), 2U);
}

void no_session_is_shown(World& world, Fault fault) {
  world.provider.plan = [fault](const std::string& call) {
    return call == "checkout_session" ? fault : Fault::kNone;
  };
}

/// A month and a half of sweeps.
void sweep_on(World& world) {
  for (int day = 0; day < 45; ++day) {
    world.advance({24 * kHour.count});
    (void)world.sales->sweep_checkouts(100).has_value();
  }
}

TEST(Sweep, APaidSessionThatIsNotShownAnyMoreIsAnAlarmOnceAndStaysUnresolved) {
  World world;
  const std::string session = world.open_session("pack");
  world.provider.pay(session);
  no_session_is_shown(world, Fault::kRefuse);
  sweep_on(world);
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kOpen);
  EXPECT_EQ(count(world.outbox_types(), "checkout.alarm"), 1);
  EXPECT_EQ(count(world.outbox_types(), "checkout.expired"), 0);
  world.provider.plan = nullptr;
  world.advance({25 * kHour.count});
  world.work_off();
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kCompleted) << "access came back";
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
}

TEST(Sweep, WithoutAKeyNothingExpires) {
  World world;
  const std::string session = world.open_session("pack");
  world.provider.pay(session);
  SettingsChange change;
  change.stripe_secret_key = Secret("");
  world.settings(change);
  sweep_on(world);
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kOpen);
  EXPECT_EQ(count(world.outbox_types(), "checkout.alarm"), 1);
}

TEST(Sweep, APassingFaultIsWaitedOutAndWhatNobodyPaidExpires) {
  World world;
  const std::string session = world.open_session("pack");
  no_session_is_shown(world, Fault::kUnavailable);
  sweep_on(world);
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kOpen);
  world.provider.plan = nullptr;
  sweep_on(world);
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kExpired);
  EXPECT_EQ(count(world.outbox_types(), "checkout.alarm"), 0);
}

TEST(Sweep, APaidSubscriptionThatGivesNoAccessDoesNotExpire) {
  World world;
  const std::string session = world.open_session("plan");
  world.provider.edit_subscription(world.provider.pay_session(session), [](auto& remote) {
    remote.status = domain::SubscriptionStatus::kPaused;
  });
  sweep_on(world);
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kOpen);
  EXPECT_EQ(count(world.outbox_types(), "checkout.alarm"), 1);
}

}  // namespace
}  // namespace purser::app::testing
