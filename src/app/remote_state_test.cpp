#include "app/remote_state.hpp"

#include <gtest/gtest.h>

namespace purser::app {
namespace {

using domain::Subscription;
using domain::SubscriptionStatus;

constexpr Millis kDay{86'400'000};

Timestamp day(int n) { return *Timestamp::from_millis(1'760'000'000'000) + Millis{n * kDay.count}; }
Money usd(std::int64_t cents) { return {cents, *Currency::parse("USD")}; }

/// In the period from `start` to `start` + 30.
RemoteSubscription remote(SubscriptionStatus status, int start) {
  RemoteSubscription made;
  made.id = "sub_1";
  made.status = status;
  made.billing_anchor = day(0);
  made.current_period_start = day(start);
  made.current_period_end = day(start + 30);
  return made;
}

RemoteInvoice renewal(int start, InvoiceStatus status) {
  RemoteInvoice invoice;
  invoice.id = "in_1";
  invoice.is_renewal = true;
  invoice.status = status;
  invoice.total = usd(1000);
  invoice.period_start = day(start);
  invoice.period_end = day(start + 30);
  return invoice;
}

/// Recorded as active and paid from day 0 to day 30.
Subscription recorded() {
  return subscription_of(remote(SubscriptionStatus::kActive, 0), std::nullopt);
}

TEST(SubscriptionOf, ANewOneIsAsTheProviderSays) {
  RemoteSubscription said = remote(SubscriptionStatus::kTrialing, 0);
  said.trial_end = day(30);
  said.cancel_at_period_end = true;
  const Subscription now = subscription_of(said, std::nullopt);
  EXPECT_EQ(now.status, SubscriptionStatus::kTrialing);
  EXPECT_EQ(now.anchor, day(0));
  EXPECT_EQ(now.current_period_start, day(0));
  EXPECT_EQ(now.current_period_end, day(30));
  EXPECT_EQ(now.paid_through, day(30)) << "a trial needs no payment";
  EXPECT_EQ(now.trial_end, day(30));
  EXPECT_TRUE(now.cancel_at_period_end);
  EXPECT_EQ(now.remote_ref, "sub_1");
}

struct Paid {
  SubscriptionStatus status;
  std::optional<InvoiceStatus> invoice;  // of the period from day 30
  int through;                           // the day
};
class PaidThrough : public ::testing::TestWithParam<Paid> {};

TEST_P(PaidThrough, OfTheNextPeriod) {
  RemoteSubscription said = remote(GetParam().status, 30);
  if (GetParam().invoice) said.latest_invoice = renewal(30, *GetParam().invoice);
  EXPECT_EQ(subscription_of(said, recorded()).paid_through, day(GetParam().through));
}
INSTANTIATE_TEST_SUITE_P(
    Every, PaidThrough,
    ::testing::Values(Paid{SubscriptionStatus::kActive, InvoiceStatus::kPaid, 60},
                      Paid{SubscriptionStatus::kActive, InvoiceStatus::kDraft, 30},
                      Paid{SubscriptionStatus::kActive, InvoiceStatus::kOpen, 30},
                      Paid{SubscriptionStatus::kActive, std::nullopt, 60},
                      Paid{SubscriptionStatus::kPastDue, InvoiceStatus::kOpen, 30},
                      Paid{SubscriptionStatus::kUnpaid, InvoiceStatus::kOpen, 30},
                      Paid{SubscriptionStatus::kCanceled, InvoiceStatus::kOpen, 30}));

TEST(SubscriptionOf, WhatWasPaidOnceButNotSinceStaysSo) {
  Subscription before = recorded();
  RemoteSubscription said = remote(SubscriptionStatus::kPastDue, 60);
  EXPECT_EQ(subscription_of(said, before).paid_through, day(30)) << "two periods are open";
  before.paid_through = day(90);
  EXPECT_EQ(subscription_of(said, before).paid_through, day(60)) << "never into an unpaid period";
}

TEST(SubscriptionOf, NobodyHasPaidForOneThatIsIncomplete) {
  const RemoteSubscription said = remote(SubscriptionStatus::kIncomplete, 0);
  EXPECT_EQ(subscription_of(said, std::nullopt).paid_through, Timestamp());
}

TEST(SubscriptionOf, KeepsWhatOnlyWeKnow) {
  Subscription before = recorded();
  before.trial_end = day(-3);
  before.pending = domain::PendingSwitch{};
  before.pending->price = PriceId("monthly");
  before.switching = before.pending;
  before.switching_id = "op";
  const Subscription now = subscription_of(remote(SubscriptionStatus::kPastDue, 30), before);
  EXPECT_EQ(now.trial_end, day(-3));
  EXPECT_EQ(now.pending, before.pending);
  EXPECT_EQ(now.switching, before.switching);
  EXPECT_EQ(now.switching_id, "op");
}

TEST(SubscriptionOf, AFinalStateStays) {
  Subscription before = recorded();
  before.status = SubscriptionStatus::kCanceled;
  before.ended_at = day(10);
  EXPECT_EQ(subscription_of(remote(SubscriptionStatus::kActive, 30), before), before);
  RemoteSubscription again = remote(SubscriptionStatus::kCanceled, 0);
  again.ended_at = day(12);
  EXPECT_EQ(subscription_of(again, before), before) << "nor does its end move";
}

TEST(SubscriptionOf, AStateThatCannotFollowChangesNothing) {
  const Subscription before = recorded();
  EXPECT_EQ(subscription_of(remote(SubscriptionStatus::kIncomplete, 30), before), before);
}

TEST(InvoiceOf, KeepsWhatWasRefunded) {
  RemoteInvoice said = renewal(30, InvoiceStatus::kPaid);
  said.number = "N-1";
  said.amount_paid = 900;
  said.payment_ref = "pi_1";
  said.hosted_url = "https://invoice.test/in_1";
  said.created_at = day(30);
  const CustomerKey customer{ProjectId("shop"), CustomerType::kUser, "alice"};
  Invoice now = invoice_of(said, customer, PurchaseId("p1"), std::nullopt);
  EXPECT_EQ(now.id, "in_1");
  EXPECT_EQ(now.customer, customer);
  EXPECT_EQ(now.purchase.str(), "p1");
  EXPECT_EQ(now.number, "N-1");
  EXPECT_EQ(now.status, InvoiceStatus::kPaid);
  EXPECT_EQ(now.total, usd(1000));
  EXPECT_EQ(now.amount_paid, 900);
  EXPECT_EQ(now.refunded, 0);
  EXPECT_EQ(now.payment_ref, "pi_1");
  EXPECT_EQ(now.hosted_url, "https://invoice.test/in_1");
  EXPECT_EQ(now.period_start, day(30));
  EXPECT_EQ(now.period_end, day(60));
  EXPECT_EQ(now.created_at, day(30));
  now.refunded = 400;
  EXPECT_EQ(invoice_of(said, customer, PurchaseId("p1"), now).refunded, 400);
}

}  // namespace
}  // namespace purser::app
