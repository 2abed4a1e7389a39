// The provider's calls about running subscriptions.

#include "adapters/stripe/stripe_fixture.hpp"

namespace purser::stripe {
namespace {

const std::string kRead = "GET /v1/subscriptions/sub_1?expand[]=latest_invoice";
const std::string kChange = "POST /v1/subscriptions/sub_1 k";
const std::string kSwitched =
    edited(edited(kSubscriptionSample, "items.data.0.price.id", R"("price_2")"),
           "items.data.0.quantity", "3");
const std::string kTrialing = edited(kSubscriptionSample, "status", R"("trialing")");
const std::string kCanceled = edited(kSubscriptionSample, "status", R"("canceled")");

app::PlanChange change(bool prorate = true, Timestamp asked_at = {}) {
  app::PlanChange out;
  out.subscription = "sub_1";
  out.item = "si_1";
  out.price = "price_2";
  out.quantity = 3;
  out.prorate = prorate;
  out.asked_at = asked_at;
  return out;
}

TEST_F(StripeTest, ASubscriptionIsReadWithItsInvoice) {
  answers().then(200, kSubscriptionSample);
  const auto read = stripe_->subscription(as_, "sub_1");
  ASSERT_TRUE(read) << read.error().log.for_log();
  EXPECT_EQ(read->id, "sub_1");
  EXPECT_EQ(read->latest_invoice->id, "in_1");
  EXPECT_EQ(line(), kRead);
}

TEST_F(StripeTest, AnotherSubscriptionIsNoAnswer) {
  answers().then(200, kSubscriptionSample).then(404, refusal("resource_missing"));
  expect_unavailable(stripe_->subscription(as_, "sub_2"));
  expect_refused(stripe_->subscription(as_, "sub_3"), "resource_missing");
}

TEST_F(StripeTest, APlanIsChangedProratedAndChargedAtOnce) {
  answers().then(200, kSwitched).then(200, kSwitched);
  const auto changed = stripe_->change_plan(as_, change(), "k");
  ASSERT_TRUE(changed) << changed.error().log.for_log();
  EXPECT_EQ(changed->price, "price_2");
  EXPECT_EQ(changed->quantity, 3);
  EXPECT_EQ(changed->latest_invoice->payment_ref, "pi_1");
  EXPECT_EQ(line(), kChange);
  EXPECT_EQ(sent().body,
            "items[0][id]=si_1&items[0][price]=price_2&items[0][quantity]=3&"
            "proration_behavior=always_invoice&payment_behavior=error_if_incomplete&"
            "expand[]=latest_invoice");
  ASSERT_TRUE(stripe_->change_plan(as_, change(true, at(kNow - 5'500)), "k"));
  EXPECT_EQ(sent(1).body,
            "items[0][id]=si_1&items[0][price]=price_2&items[0][quantity]=3&"
            "proration_behavior=always_invoice&payment_behavior=error_if_incomplete&"
            "proration_date=1699999994&expand[]=latest_invoice");
}

TEST_F(StripeTest, APlanForTheNextPeriodChargesNothing) {
  answers().then(200, kSwitched);
  ASSERT_TRUE(stripe_->change_plan(as_, change(false, at(kNow)), "k"));
  EXPECT_EQ(sent().body,
            "items[0][id]=si_1&items[0][price]=price_2&items[0][quantity]=3&"
            "proration_behavior=none&expand[]=latest_invoice");
}

TEST_F(StripeTest, APlanChangeThatIsDeclinedSaysWhy) {
  answers()
      .then(402, kDeclinedSample)
      .then(402, refusal("subscription_payment_intent_requires_action", "card_error"))
      .then(400, refusal("card_declined", "card_error"))
      .then(400, refusal("resource_missing"));
  const auto declined = stripe_->change_plan(as_, change(), "k");
  expect_declined(declined, "insufficient_funds");
  EXPECT_EQ(detail_of(declined.error(), "provider_message"), "Your card has insufficient funds.");
  EXPECT_EQ(calls(), 1U);
  expect_declined(stripe_->change_plan(as_, change(), "k"),
                  "subscription_payment_intent_requires_action");
  expect_declined(stripe_->change_plan(as_, change(), "k"), "card_declined");
  expect_refused(stripe_->change_plan(as_, change(), "k"), "resource_missing");
}

TEST_F(StripeTest, APlanChangeWhoseAnswerIsLostIsRepeatedUnderItsKey) {
  answers().then(NoReply{"timed out"}).then(200, kSwitched).then(500, "").then(503, "");
  ASSERT_TRUE(stripe_->change_plan(as_, change(), "k"));
  EXPECT_EQ(line(0), kChange);
  EXPECT_EQ(line(1), kChange);
  EXPECT_EQ(sent(0).body, sent(1).body);
  expect_unavailable(stripe_->change_plan(as_, change(), "k"));
}

TEST_F(StripeTest, AnOldPlanChangeIsLookedUpFirst) {
  const auto old = change(true, at(kNow - 24 * kHour));
  answers().then(200, kSwitched);
  EXPECT_EQ(stripe_->change_plan(as_, old, "k")->price, "price_2");
  EXPECT_EQ(line(0), kRead);
  EXPECT_EQ(calls(), 1U);
  answers().then(200, kSubscriptionSample).then(200, kSwitched);
  EXPECT_EQ(stripe_->change_plan(as_, old, "k")->price, "price_2");
  EXPECT_EQ(line(1), kRead);
  EXPECT_EQ(line(2), kChange);
}

TEST_F(StripeTest, AYoungPlanChangeTrustsItsKey) {
  answers().then(200, kSwitched);
  ASSERT_TRUE(stripe_->change_plan(as_, change(true, at(kNow - 22 * kHour)), "k"));
  EXPECT_EQ(line(0), kChange);
}

TEST_F(StripeTest, APlanChangeOfASpentKeyIsLookedUpFirst) {
  answers().then(remembered_fault()).then(200, kSwitched);
  ASSERT_TRUE(stripe_->change_plan(as_, change(), "k"));
  EXPECT_EQ(line(1), kRead);
  EXPECT_EQ(calls(), 2U);
  // The right price alone is not it: the quantity differs.
  answers()
      .then(remembered_fault())
      .then(200, edited(kSwitched, "items.data.0.quantity", "2"))
      .then(200, kSwitched);
  ASSERT_TRUE(stripe_->change_plan(as_, change(), "k"));
  EXPECT_EQ(line(4), kChange + "-2");
}

TEST_F(StripeTest, APlanThatWasNotAskedForIsNoAnswer) {
  answers()
      .then(200, kSubscriptionSample)
      .then(200, edited(kSwitched, "id", R"("sub_2")"))
      .then(200, edited(kSwitched, "latest_invoice", R"("in_1")"));
  for (int i = 0; i < 3; ++i) expect_unavailable(stripe_->change_plan(as_, change(), "k"));
}

TEST_F(StripeTest, APreviewAsksForTheUpcomingInvoice) {
  for (int i = 0; i < 3; ++i) answers().then(200, kSubscriptionSample).then(200, kUpcomingSample);
  const auto preview = stripe_->preview_plan(as_, change(true, at(1'700'864'000'500)));
  ASSERT_TRUE(preview) << preview.error().log.for_log();
  EXPECT_EQ(preview->due_now, usd(1000));
  EXPECT_EQ(preview->next_renewal, usd(3000));
  EXPECT_EQ(line(0), "GET /v1/subscriptions/sub_1");
  const std::string query =
      "GET /v1/invoices/upcoming?subscription=sub_1&subscription_details[items][0][id]=si_1&"
      "subscription_details[items][0][price]=price_2&subscription_details[items][0][quantity]=3&"
      "subscription_details[proration_behavior]=";
  EXPECT_EQ(line(1), query + "create_prorations&subscription_details[proration_date]=1700864000");
  ASSERT_TRUE(stripe_->preview_plan(as_, change()));
  EXPECT_EQ(line(3), query + "create_prorations");
  EXPECT_EQ(stripe_->preview_plan(as_, change(false, at(kNow)))->due_now, usd(0));
  EXPECT_EQ(line(5), query + "none");
}

TEST_F(StripeTest, APreviewMayBeRefused) {
  answers()
      .then(404, refusal("resource_missing"))
      .then(200, kSubscriptionSample)
      .then(404, refusal("invoice_upcoming_none"))
      .then(200, kSubscriptionSample)
      .then(200, kInvoiceSample)
      .then(200, edited(kSubscriptionSample, "current_period_end", "null"));
  expect_refused(stripe_->preview_plan(as_, change()), "resource_missing");
  expect_refused(stripe_->preview_plan(as_, change()), "invoice_upcoming_none");
  expect_unavailable(stripe_->preview_plan(as_, change()));  // not an upcoming invoice
  expect_unavailable(stripe_->preview_plan(as_, change()));
}

TEST_F(StripeTest, ACancellationIsSetAndTakenBack) {
  answers()
      .then(NoReply{"reset"})
      .then(200, edited(kSubscriptionSample, "cancel_at_period_end", "true"))
      .then(200, kSubscriptionSample)
      .then(400, refusal("resource_missing"));
  EXPECT_TRUE(stripe_->set_cancel_at_period_end(as_, "sub_1", true, "k")->cancel_at_period_end);
  EXPECT_EQ(line(0), kChange);
  EXPECT_EQ(line(1), kChange);
  EXPECT_EQ(sent(1).body, "cancel_at_period_end=true&expand[]=latest_invoice");
  EXPECT_FALSE(stripe_->set_cancel_at_period_end(as_, "sub_1", false, "k2")->cancel_at_period_end);
  EXPECT_EQ(line(2), "POST /v1/subscriptions/sub_1 k2");
  EXPECT_EQ(sent(2).body, "cancel_at_period_end=false&expand[]=latest_invoice");
  expect_refused(stripe_->set_cancel_at_period_end(as_, "sub_1", true, "k3"), "resource_missing");
}

TEST_F(StripeTest, AnEndMayCreditWhatIsUnused) {
  answers().then(200, kCanceled).then(200, kCanceled);
  ASSERT_TRUE(stripe_->end_subscription(as_, "sub_1", false, "k"));
  EXPECT_EQ(line(0), "DELETE /v1/subscriptions/sub_1?invoice_now=false&prorate=false");
  ASSERT_TRUE(stripe_->end_subscription(as_, "sub_1", true, "k"));
  EXPECT_EQ(line(1), "DELETE /v1/subscriptions/sub_1?invoice_now=true&prorate=true");
  EXPECT_EQ(sent(1).body, "");
}

TEST_F(StripeTest, WhatHasEndedAlreadyHasEnded) {
  answers().then(NoReply{"timed out"}).then(404, refusal("resource_missing")).then(200, kCanceled);
  EXPECT_TRUE(stripe_->end_subscription(as_, "sub_1", true, "k"));
  EXPECT_EQ(line(2), kRead);
  answers()
      .then(404, refusal("resource_missing"))
      .then(200, edited(kSubscriptionSample, "status", R"("incomplete_expired")"));
  EXPECT_TRUE(stripe_->end_subscription(as_, "sub_1", true, "k"));
}

TEST_F(StripeTest, WhatGoesOnHasNotEnded) {
  answers()
      .then(400, refusal("some_reason"))
      .then(200, kSubscriptionSample)  // the look-up
      .then(404, refusal("resource_missing"))
      .then(404, refusal("resource_missing"))
      .then(200, kSubscriptionSample)  // "deleted", yet active
      .then(500, "")
      .then(500, "");
  expect_refused(stripe_->end_subscription(as_, "sub_1", true, "k"), "some_reason");
  expect_refused(stripe_->end_subscription(as_, "sub_1", true, "k"), "resource_missing");
  expect_unavailable(stripe_->end_subscription(as_, "sub_1", true, "k"));
  expect_unavailable(stripe_->end_subscription(as_, "sub_1", true, "k"));
}

TEST_F(StripeTest, ATrialIsEndedAndCharged) {
  answers().then(200, kTrialing).then(NoReply{"reset"}).then(200, kSubscriptionSample);
  ASSERT_TRUE(stripe_->end_trial(as_, "sub_1", "k"));
  EXPECT_EQ(line(0), kRead);
  EXPECT_EQ(line(1), kChange);
  EXPECT_EQ(line(2), kChange);
  EXPECT_EQ(sent(2).body,
            "trial_end=now&payment_behavior=allow_incomplete&expand[]=latest_invoice");
}

TEST_F(StripeTest, ATrialThatIsOverIsNotEndedAgain) {
  for (const char* status : {"active", "past_due", "canceled"}) {
    answers().then(200, edited(kSubscriptionSample, "status", '"' + std::string(status) + '"'));
    EXPECT_TRUE(stripe_->end_trial(as_, "sub_1", "k")) << status;
  }
  EXPECT_EQ(calls(), 3U);
  for (std::size_t i = 0; i < calls(); ++i) EXPECT_EQ(line(i), kRead);
}

TEST_F(StripeTest, ATrialEndsThoughItsFirstPaymentIsDeclined) {
  const std::string unpaid = edited(kSubscriptionSample, "status", R"("past_due")");
  answers().then(200, kTrialing).then(200, unpaid);
  EXPECT_TRUE(stripe_->end_trial(as_, "sub_1", "k"));
  answers().then(200, kTrialing).then(402, kDeclinedSample).then(200, kTrialing);
  expect_declined(stripe_->end_trial(as_, "sub_1", "k"), "insufficient_funds");
  answers().then(200, kTrialing).then(200, kTrialing);
  EXPECT_FALSE(stripe_->end_trial(as_, "sub_1", "k")) << "still trialing";
}

TEST_F(StripeTest, ATrialsEndOfASpentKeyIsLookedUpFirst) {
  answers().then(200, kTrialing).then(remembered_fault()).then(200, kSubscriptionSample);
  EXPECT_TRUE(stripe_->end_trial(as_, "sub_1", "k"));
  EXPECT_EQ(calls(), 3U);
  EXPECT_EQ(line(2), kRead);
}

TEST_F(StripeTest, AnInvoiceIsRead) {
  answers()
      .then(200, kInvoiceSample)
      .then(200, kInvoiceSample)
      .then(404, refusal("resource_missing"));
  EXPECT_EQ(stripe_->invoice(as_, "in_1")->number, "ABC-0001");
  EXPECT_EQ(line(), "GET /v1/invoices/in_1");
  expect_unavailable(stripe_->invoice(as_, "in_2"));
  expect_refused(stripe_->invoice(as_, "in_3"), "resource_missing");
}

TEST_F(StripeTest, InvoicesOfASubscriptionComeInStripesOrder) {
  const std::string older = edited(kInvoiceSample, "id", R"("in_0")");
  answers().then(200, list_of(kInvoiceSample + ',' + older)).then(200, list_of(""));
  const auto invoices = stripe_->invoices_of(as_, "sub_1", 12);
  ASSERT_TRUE(invoices) << invoices.error().log.for_log();
  ASSERT_EQ(invoices->size(), 2U);
  EXPECT_EQ((*invoices)[0].id, "in_1");
  EXPECT_EQ((*invoices)[1].id, "in_0");
  EXPECT_EQ(line(0), "GET /v1/invoices?subscription=sub_1&limit=12");
  EXPECT_TRUE(stripe_->invoices_of(as_, "sub_1", 1000)->empty());
  EXPECT_EQ(line(1), "GET /v1/invoices?subscription=sub_1&limit=100");
}

TEST_F(StripeTest, AnotherSubscriptionsInvoicesAreNoAnswer) {
  answers()
      .then(200, list_of(edited(kInvoiceSample, "subscription", R"("sub_2")")))
      .then(200, list_of("7"))
      .then(200, R"({"object":"list"})");
  for (int i = 0; i < 3; ++i) expect_unavailable(stripe_->invoices_of(as_, "sub_1", 10));
}

}  // namespace
}  // namespace purser::stripe
