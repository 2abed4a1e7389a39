// Events that were lost: the comparison with the provider finds what they told of, and mends it.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/app/refund_world.hpp"

namespace purser::app::testing {
namespace {

constexpr const char* kCompleted = "checkout.session.completed";
constexpr Millis kHour{3'600'000};

class ReconcilerTest : public ::testing::Test {
 protected:
  ReconcileReport reconcile(bool repair = true) {
    auto report = world_.reconciler->reconcile(world_.project, repair);
    EXPECT_TRUE(report.has_value());
    return report ? *report : ReconcileReport();
  }
  static std::string texts(const std::vector<Drift>& drift) {
    std::string text;
    for (const Drift& one : drift) {
      text += (text.empty() ? "" : "; ") + std::string(to_string(one.about)) + ": " + one.what;
    }
    return text;
  }
  /// A paid session that nobody has heard of.
  std::string unheard_sale(const std::string& product = "pack") {
    std::string session = world_.open_session(product);
    world_.provider.pay(session);
    world_.provider.note_event(kCompleted, session);
    return session;
  }
  void expect_sound() { EXPECT_EQ(world_.verify(), std::vector<std::string>()); }

  RefundWorld world_;
};

TEST_F(ReconcilerTest, ALostSaleIsFoundAndGrantedOnce) {
  unheard_sale();
  const ReconcileReport found = reconcile(false);
  EXPECT_EQ(texts(found.drift), "checkout_session: paid there, not granted here");
  EXPECT_EQ(texts(found.left), texts(found.drift));
  EXPECT_EQ(found.missed, 1);
  EXPECT_EQ(world_.credits(), 0) << "it only looks";
  const ReconcileReport mended = reconcile();
  EXPECT_EQ(mended.drift.size(), 1U);
  EXPECT_EQ(texts(mended.left), "");
  EXPECT_EQ(world_.credits(), 1000);
  EXPECT_EQ(texts(reconcile().drift), "");
  EXPECT_EQ(world_.credits(), 1000);
  expect_sound();
}

TEST_F(ReconcilerTest, WhatArrivedAndWasAppliedIsNoDrift) {
  const std::string session = unheard_sale();
  ASSERT_TRUE(world_.deliver("evt_1", kCompleted, session).has_value());
  world_.work_off();
  const ReconcileReport report = reconcile();
  EXPECT_EQ(report.events, 1);
  EXPECT_EQ(report.objects, 1);
  EXPECT_EQ(texts(report.drift), "");
}

TEST_F(ReconcilerTest, LostRefundsAndDisputesAreFound) {
  const auto refunded = world_.buy("pack");
  const auto disputed = world_.buy("license");
  const std::string refund = world_.provider.refund_at_provider(refunded.payment_ref, 300);
  const std::string dispute = world_.provider.dispute(disputed.payment_ref);
  world_.provider.note_event("charge.refunded", refund, refunded.payment_ref);
  world_.provider.note_event("charge.dispute.created", dispute);
  EXPECT_EQ(texts(reconcile().drift),
            "payment: 300 refunded there, 0 here; dispute: dispute open there, unknown here");
  EXPECT_EQ(world_.invoices_of(refunded.id).at(0).refunded, 300);
  EXPECT_EQ(world_.status_of(disputed.id), "refunded");
  world_.provider.close_dispute(dispute, DisputeState::kWon);
  world_.provider.note_event("charge.dispute.closed", dispute);
  EXPECT_EQ(texts(reconcile().drift), "dispute: won there, open here");
  EXPECT_EQ(world_.status_of(disputed.id), "active");
  EXPECT_EQ(texts(reconcile().drift), "");
  expect_sound();
}

TEST_F(ReconcilerTest, MoneyThatCameBackIsFoundTogetherWithItsSale) {
  const std::string disputed = unheard_sale("license");
  const std::string refunded = unheard_sale();
  const std::string first = world_.provider.payments()[0].id;
  const std::string second = world_.provider.payments()[1].id;
  const std::string dispute = world_.provider.dispute(first);
  const std::string refund = world_.provider.refund_at_provider(second, 300);
  world_.provider.note_event("charge.dispute.created", dispute);
  world_.provider.note_event("charge.refunded", refund, second);
  // The sales are told of last: their objects changed once more.
  world_.provider.note_event("checkout.session.updated", disputed);
  world_.provider.note_event("checkout.session.updated", refunded);
  EXPECT_EQ(texts(reconcile().left), "");
  EXPECT_EQ(world_.status_of(world_.checkout_of(disputed).purchase), "refunded");
  EXPECT_EQ(world_.invoices_of(world_.checkout_of(refunded).purchase).at(0).refunded, 300);
  world_.advance(kHour);
  EXPECT_EQ(texts(reconcile().drift), "") << "nothing is left for another comparison";
  expect_sound();
}

TEST_F(ReconcilerTest, ALostRenewalIsGrantedOnceForItsPeriod) {
  const auto bought = world_.subscribe("pro", "monthly");
  const std::string ref = bought.subscription->remote_ref;
  ASSERT_TRUE(world_.advance_to(bought.subscription->current_period_end).has_value());
  world_.provider.renew(ref);
  world_.provider.note_event("customer.subscription.updated", ref);
  world_.provider.note_event("invoice.paid", "in_1", ref);
  const ReconcileReport report = reconcile();
  EXPECT_EQ(report.objects, 1) << "two events, one subscription";
  EXPECT_EQ(report.drift.size(), 1U);
  EXPECT_EQ(texts(report.left), "");
  EXPECT_EQ(world_.history(world_.user()), "purchase renewal");
  EXPECT_EQ(texts(reconcile().drift), "");
  expect_sound();
}

TEST_F(ReconcilerTest, ALostCancellationAndALostEndAreFound) {
  const auto bought = world_.subscribe("pro", "monthly");
  const std::string ref = bought.subscription->remote_ref;
  world_.provider.edit_subscription(
      ref, [](RemoteSubscription& remote) { remote.cancel_at_period_end = true; });
  world_.provider.note_event("customer.subscription.updated", ref);
  EXPECT_EQ(texts(reconcile().drift), "subscription: ends with its period there, goes on here");
  world_.provider.edit_subscription(ref, [&](RemoteSubscription& remote) {
    remote.status = domain::SubscriptionStatus::kCanceled;
    remote.ended_at = world_.clock.now();
  });
  world_.provider.note_event("customer.subscription.deleted", ref);
  EXPECT_EQ(texts(reconcile().drift), "subscription: has ended there, runs here");
  EXPECT_FALSE(world_.has_access(world_.user(), "pro"));
  expect_sound();
}

TEST_F(ReconcilerTest, WhatMustNotBeAppliedIsLeftAndSaid) {
  const std::string session = unheard_sale();
  world_.provider.edit(session, [](RemoteCheckoutSession& remote) {
    remote.amount_total = Money(1, *Currency::parse("USD"));
  });
  const ReconcileReport report = reconcile();
  EXPECT_EQ(report.drift.size(), 1U);
  EXPECT_EQ(world_.credits(), 0);
  EXPECT_EQ(world_.checkout_of(session).state, CheckoutState::kAlarmed);
}

TEST_F(ReconcilerTest, WhatWasNotSoldHereIsNoDrift) {
  world_.provider.note_event("charge.refunded", "re_1", "pi_of_somebody_else");
  world_.provider.note_event(kCompleted, "cs_of_somebody_else");
  const ReconcileReport report = reconcile();
  EXPECT_EQ(report.objects, 2);
  EXPECT_EQ(texts(report.drift), "");
}

TEST_F(ReconcilerTest, TheNextOneBeginsWhereThisOneEnded) {
  unheard_sale();
  EXPECT_EQ(reconcile(false).events, 1);
  EXPECT_EQ(reconcile(false).events, 1) << "looking moves nothing on";
  EXPECT_EQ(reconcile().events, 1);
  world_.advance(kHour);
  const ReconcileReport next = reconcile();
  EXPECT_EQ(next.until - next.since, (Millis{kHour.count + 10LL * 60'000}));
  EXPECT_EQ(next.events, 1) << "with an overlap";
  EXPECT_EQ(texts(next.drift), "");
  EXPECT_EQ(reconcile(false).events, 0);
  world_.reopen();
  EXPECT_EQ(reconcile(false).since + Millis{10LL * 60'000}, next.until) << "it is kept";
}

TEST_F(ReconcilerTest, AfterALongTimeItLooksAsFarBackAsTheProviderRemembers) {
  world_.advance({90 * kDay.count});
  const ReconcileReport report = reconcile();
  EXPECT_EQ(report.until - report.since, (Millis{30 * kDay.count}));
}

TEST_F(ReconcilerTest, AProviderThatIsDownMovesNothingOn) {
  unheard_sale();
  for (const char* call : {"events", "checkout_session"}) {
    world_.provider.plan = [&](const std::string& made) {
      return made == call ? FakeProvider::Fault::kUnavailable : FakeProvider::Fault::kNone;
    };
    EXPECT_FALSE(world_.reconciler->reconcile(world_.project, true).has_value()) << call;
  }
  world_.provider.plan = nullptr;
  EXPECT_EQ(reconcile().drift.size(), 1U);
  EXPECT_EQ(world_.credits(), 1000);
}

TEST_F(ReconcilerTest, TheSweepComesOnceAnHour) {
  unheard_sale();
  std::vector<ReconcileReport> reports;
  const auto sweep = [&] {
    return world_.reconciler
        ->sweep([&](const ReconcileReport& report) { reports.push_back(report); })
        .value_or(-1);
  };
  EXPECT_EQ(sweep(), 0) << "the project is new";
  world_.advance(kHour);
  EXPECT_EQ(sweep(), 1);
  EXPECT_EQ(sweep(), 0);
  ASSERT_EQ(reports.size(), 1U);
  EXPECT_EQ(reports.at(0).project, world_.project);
  EXPECT_EQ(world_.credits(), 1000);
  world_.advance(kHour);
  EXPECT_EQ(sweep(), 1);
}

TEST_F(ReconcilerTest, AFailedSweepIsTriedAnHourLater) {
  unheard_sale();
  bool down = true;
  world_.provider.plan = [&](const std::string&) {
    return down ? FakeProvider::Fault::kUnavailable : FakeProvider::Fault::kNone;
  };
  world_.advance(kHour);
  const auto sweep = [&] { return world_.reconciler->sweep([](const ReconcileReport&) {}); };
  EXPECT_FALSE(sweep().has_value());
  EXPECT_EQ(sweep().value_or(-1), 0) << "not again and again";
  down = false;
  world_.advance(kHour);
  EXPECT_EQ(sweep().value_or(-1), 1);
  EXPECT_EQ(world_.credits(), 1000);
}

TEST_F(ReconcilerTest, AnUnknownProjectIsNamed) {
  const auto report = world_.reconciler->reconcile(ProjectId("none"), true);
  ASSERT_FALSE(report.has_value());
  EXPECT_EQ(report.error().code, ErrorCode::kProjectNotFound);
}

}  // namespace
}  // namespace purser::app::testing
