// The Stripe adapter against the sandbox: subscriptions, their plans, trials and ends.

#include "tests/adapters/stripe_sandbox.hpp"

namespace purser::stripe {
namespace {

using domain::SubscriptionStatus;

constexpr CalendarInterval kMonthly{IntervalUnit::kMonth, 1};
constexpr const char* kFailsLater = "4000000000000341";  // saved, and then every charge declines

class StripePlansTest : public StripeSandboxTest {
 protected:
  app::PlanChange change_to(const app::RemoteSubscription& subscription, const std::string& price,
                            std::int64_t quantity = 1) {
    app::PlanChange change;
    change.subscription = subscription.id;
    change.item = subscription.item;
    change.price = price;
    change.quantity = quantity;
    change.asked_at = clock_.now();
    return change;
  }
  app::RemoteSubscription now(const app::RemoteSubscription& subscription) {
    return *stripe_->subscription(as_, subscription.id);
  }
  std::vector<app::RemoteInvoice> invoices(const app::RemoteSubscription& subscription) {
    return *stripe_->invoices_of(as_, subscription.id, 100);
  }
  // Cents on the customer's balance; negative is credit.
  std::int64_t balance(const app::RemoteSubscription& subscription) {
    const auto customer =
        json::parse(fetch(sandbox_->url() + "/v1/customers/" + subscription.customer));
    return *customer->int_at("balance");
  }
  // From now on every charge of this subscription declines.
  void let_charges_fail(const app::RemoteSubscription& subscription) {
    const FormFields customer = {{"customer", subscription.customer}};
    const auto attached = json::parse(fetch(
        sandbox_->url() + "/v1/payment_methods/pm_card_chargeCustomerFail/attach", &customer));
    const std::string id = attached->string_at("id").value_or("");
    ASSERT_TRUE(stripe_->set_subscription_payment_method(as_, subscription.id, id, "method-2"));
    EXPECT_EQ(now(subscription).default_payment_method, id);
  }
  app::RemoteSubscription on_trial(const std::string& number = "4242424242424242") {
    auto order = subscription_order();
    order.trial_days = 14;
    return subscribed(order, number);
  }
};

TEST_F(StripePlansTest, ASubscriptionIsBoughtAndRenews) {
  const Timestamp start = clock_.now();
  const auto made = subscribed(subscription_order());
  EXPECT_EQ(made.status, SubscriptionStatus::kActive);
  EXPECT_EQ(made.customer, customer());
  EXPECT_EQ(made.price, price(3000, kMonthly));
  EXPECT_EQ(made.quantity, 1);
  EXPECT_EQ(made.unit_amount, usd(3000));
  EXPECT_EQ(made.interval, kMonthly);
  EXPECT_EQ(made.reference, "checkout-1");
  EXPECT_EQ(made.billing_anchor, start);
  EXPECT_EQ(made.current_period_start, start);
  EXPECT_EQ(made.current_period_end, nth_boundary(start, kMonthly, 1));
  EXPECT_FALSE(made.livemode);
  ASSERT_TRUE(made.latest_invoice);
  const app::RemoteInvoice first = *made.latest_invoice;
  EXPECT_EQ(first.status, app::InvoiceStatus::kPaid);
  EXPECT_EQ(first.total, usd(3000));
  EXPECT_EQ(first.amount_paid, 3000);
  EXPECT_TRUE(first.payment_ref.starts_with("pi_"));
  EXPECT_FALSE(first.is_renewal);
  EXPECT_EQ(first.subscription, made.id);
  EXPECT_EQ(stripe_->invoice(as_, first.id)->number, first.number);

  pass(made.current_period_end.millis() - start.millis() + 2 * kHour);
  const auto renewed = now(made);
  EXPECT_EQ(renewed.current_period_start, made.current_period_end);
  const auto all = invoices(made);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(all[0].is_renewal);
  EXPECT_EQ(all[0].status, app::InvoiceStatus::kPaid);
  EXPECT_EQ(all[0].period_start, renewed.current_period_start);
  EXPECT_EQ(all[0].period_end, renewed.current_period_end);
  EXPECT_NE(all[0].payment_ref, first.payment_ref);
  EXPECT_EQ(all[1].id, first.id);
  EXPECT_EQ(stripe_->invoices_of(as_, made.id, 1)->size(), 1U);
}

// To the minor unit, credit of earlier downgrades included.
TEST_F(StripePlansTest, APreviewIsWhatIsCharged) {
  const auto made = subscribed(subscription_order());
  struct Step {
    std::int64_t amount;
    std::int64_t quantity;
    CalendarInterval interval = kMonthly;
  };
  const Step steps[] = {{9000, 1},
                        {3000, 2},
                        {777, 1},
                        {5000, 3},
                        {20'000, 1},
                        {99'000, 1, {IntervalUnit::kYear, 1}},
                        {120'000, 1, {IntervalUnit::kYear, 1}}};
  int i = 0;
  for (const Step& step : steps) {
    pass(3 * kDay + 12'345'678);
    const auto change = change_to(made, price(step.amount, step.interval), step.quantity);
    const auto preview = stripe_->preview_plan(as_, change);
    ASSERT_TRUE(preview) << preview.error().log.for_log();
    pass(61'000);  // somebody reads it and agrees
    const std::size_t before = invoices(made).size();
    const auto changed = stripe_->change_plan(as_, change, "switch-" + std::to_string(++i));
    ASSERT_TRUE(changed) << changed.error().log.for_log();
    EXPECT_EQ(invoices(made).size(), before + 1) << i;
    EXPECT_EQ(usd(changed->latest_invoice->amount_paid), preview->due_now) << i;
    std::int64_t sum = 0;
    for (const auto& line : preview->lines) sum += line.amount;
    EXPECT_EQ(usd(sum), changed->latest_invoice->total) << i;
    EXPECT_EQ(preview->next_renewal, usd(step.amount * step.quantity)) << i;
    EXPECT_EQ(changed->price, change.price);
    EXPECT_EQ(changed->quantity, step.quantity);
  }
  const auto last = stripe_->preview_plan(as_, change_to(made, price(1000, kMonthly)));
  ASSERT_TRUE(last);
  EXPECT_EQ(last->due_now, usd(0));
}

TEST_F(StripePlansTest, TheSamePeriodGoesOnAndAnotherOneBeginsAnew) {
  const auto made = subscribed(subscription_order());
  pass(10 * kDay);
  const auto monthly = change_to(made, price(9000, kMonthly));
  EXPECT_EQ(stripe_->preview_plan(as_, monthly)->next_renewal_at, made.current_period_end);
  EXPECT_EQ(stripe_->change_plan(as_, monthly, "k1")->current_period_end, made.current_period_end);

  const CalendarInterval yearly{IntervalUnit::kYear, 1};
  const auto change = change_to(made, price(90'000, yearly));
  const auto preview = stripe_->preview_plan(as_, change);
  ASSERT_TRUE(preview) << preview.error().log.for_log();
  EXPECT_EQ(preview->next_renewal_at, nth_boundary(clock_.now(), yearly, 1));
  const auto changed = stripe_->change_plan(as_, change, "k2");
  ASSERT_TRUE(changed) << changed.error().log.for_log();
  EXPECT_EQ(changed->current_period_start, clock_.now());
  EXPECT_EQ(changed->current_period_end, preview->next_renewal_at);
  EXPECT_EQ(usd(changed->latest_invoice->amount_paid), preview->due_now);
  EXPECT_EQ(changed->latest_invoice->period_end, changed->current_period_end);
}

TEST_F(StripePlansTest, WithoutProrationTheRenewalCostsTheNewPrice) {
  const auto made = subscribed(subscription_order());
  pass(10 * kDay);
  auto change = change_to(made, price(2000, kMonthly));
  change.prorate = false;
  const auto preview = stripe_->preview_plan(as_, change);
  ASSERT_TRUE(preview) << preview.error().log.for_log();
  EXPECT_EQ(preview->due_now, usd(0));
  EXPECT_TRUE(preview->lines.empty());
  EXPECT_EQ(preview->next_renewal, usd(2000));
  EXPECT_EQ(preview->next_renewal_at, made.current_period_end);
  ASSERT_TRUE(stripe_->change_plan(as_, change, "k"));
  EXPECT_EQ(invoices(made).size(), 1U);
  EXPECT_EQ(balance(made), 0);
  pass(25 * kDay);
  EXPECT_EQ(invoices(made)[0].amount_paid, 2000);
}

TEST_F(StripePlansTest, ADeclinedChangeChangesNothing) {
  const auto made = subscribed(subscription_order());
  let_charges_fail(made);
  pass(10 * kDay);
  const auto declined = stripe_->change_plan(as_, change_to(made, price(9000, kMonthly)), "k");
  ASSERT_FALSE(declined);
  EXPECT_EQ(declined.error().code, ErrorCode::kPaymentFailed);
  EXPECT_EQ(detail_of(declined.error(), "decline_code"), "generic_decline");
  EXPECT_EQ(now(made).price, made.price);
  EXPECT_EQ(now(made).status, SubscriptionStatus::kActive);
  EXPECT_EQ(now(made).latest_invoice->id, made.latest_invoice->id);
  // Nothing is asked for by a cheaper plan.
  EXPECT_TRUE(stripe_->change_plan(as_, change_to(made, price(1000, kMonthly)), "k2"));
}

TEST_F(StripePlansTest, ARenewalThatFailsIsPastDue) {
  const auto made = subscribed(subscription_order());
  let_charges_fail(made);
  pass(32 * kDay);
  const auto late = now(made);
  EXPECT_EQ(late.status, SubscriptionStatus::kPastDue);
  EXPECT_EQ(late.latest_invoice->status, app::InvoiceStatus::kOpen);
  EXPECT_TRUE(late.latest_invoice->is_renewal);
  EXPECT_EQ(late.latest_invoice->amount_paid, 0);
  EXPECT_TRUE(late.latest_invoice->hosted_url.starts_with(sandbox_->url()));
}

TEST_F(StripePlansTest, AChangeWhoseAnswerIsLostIsChargedOnce) {
  const auto made = subscribed(subscription_order());
  pass(10 * kDay);
  const auto change = change_to(made, price(9000, kMonthly));
  const std::string path = "/v1/subscriptions/" + made.id;
  for (const char* kind : {"drop", "409", "429"}) fault(kind, path);
  ASSERT_TRUE(stripe_->change_plan(as_, change, "k1"));
  ASSERT_TRUE(stripe_->change_plan(as_, change, "k1"));  // resumed after a crash
  EXPECT_EQ(invoices(made).size(), 2U);

  const auto back = change_to(made, price(3000, kMonthly));
  fault("500_after", path);
  ASSERT_TRUE(stripe_->change_plan(as_, back, "k2"));
  EXPECT_EQ(invoices(made).size(), 3U);
  fault("500", path);
  ASSERT_TRUE(stripe_->change_plan(as_, change, "k3"));
  EXPECT_EQ(invoices(made).size(), 4U);
}

TEST_F(StripePlansTest, ADayLaterAChangeIsFoundAndNotMadeAgain) {
  const auto made = subscribed(subscription_order());
  pass(10 * kDay);
  const auto change = change_to(made, price(9000, kMonthly));
  ASSERT_TRUE(stripe_->change_plan(as_, change, "k1"));
  pass(kDay);
  const auto found = stripe_->change_plan(as_, change, "k-of-another-day");
  ASSERT_TRUE(found) << found.error().log.for_log();
  EXPECT_EQ(found->price, change.price);
  EXPECT_EQ(invoices(made).size(), 2U);
}

TEST_F(StripePlansTest, AnOutageIsUnavailable) {
  const auto made = subscribed(subscription_order());
  fault("429", "/v1/subscriptions", "100", "GET");
  fault("429", "/v1/subscriptions", "100", "DELETE");
  EXPECT_EQ(stripe_->subscription(as_, made.id).error().code,
            ErrorCode::kPaymentProviderUnavailable);
  EXPECT_EQ(stripe_->end_subscription(as_, made.id, true, "k").error().code,
            ErrorCode::kPaymentProviderUnavailable);
  fetch(sandbox_->url() + "/_sandbox/faults", nullptr, "DELETE");
  EXPECT_EQ(now(made).status, SubscriptionStatus::kActive);
}

TEST_F(StripePlansTest, ACancellationWaitsForThePeriodsEnd) {
  const auto made = subscribed(subscription_order());
  ASSERT_TRUE(stripe_->set_cancel_at_period_end(as_, made.id, true, "k1")->cancel_at_period_end);
  ASSERT_FALSE(stripe_->set_cancel_at_period_end(as_, made.id, false, "k2")->cancel_at_period_end);
  ASSERT_TRUE(stripe_->set_cancel_at_period_end(as_, made.id, true, "k3"));
  pass(32 * kDay);
  const auto ended = now(made);
  EXPECT_EQ(ended.status, SubscriptionStatus::kCanceled);
  EXPECT_EQ(ended.ended_at, made.current_period_end);
  EXPECT_EQ(stripe_->set_cancel_at_period_end(as_, made.id, false, "k4").error().code,
            ErrorCode::kPaymentProviderRefused);
}

TEST_F(StripePlansTest, AnEndCreditsWhatIsUnusedOnce) {
  const auto made = subscribed(subscription_order());
  pass(15 * kDay);
  fault("drop", "/v1/subscriptions/", "1", "DELETE");
  ASSERT_TRUE(stripe_->end_subscription(as_, made.id, true, "k"));
  EXPECT_EQ(now(made).status, SubscriptionStatus::kCanceled);
  EXPECT_EQ(now(made).ended_at, clock_.now());
  EXPECT_EQ(balance(made), -1500);
  ASSERT_TRUE(stripe_->end_subscription(as_, made.id, true, "k"));
  EXPECT_EQ(balance(made), -1500);
}

TEST_F(StripePlansTest, AnEndWithoutCreditGivesNothingBack) {
  const auto made = subscribed(subscription_order());
  pass(15 * kDay);
  ASSERT_TRUE(stripe_->end_subscription(as_, made.id, false, "k"));
  EXPECT_EQ(now(made).status, SubscriptionStatus::kCanceled);
  EXPECT_EQ(balance(made), 0);
  EXPECT_EQ(stripe_->end_subscription(as_, "sub_none", false, "k").error().code,
            ErrorCode::kPaymentProviderRefused);
}

TEST_F(StripePlansTest, ATrialIsFreeAndItsEndIsCharged) {
  const auto trial = on_trial();
  EXPECT_EQ(trial.status, SubscriptionStatus::kTrialing);
  EXPECT_EQ(trial.trial_end, clock_.now() + Millis{14 * kDay});
  EXPECT_EQ(trial.current_period_end, trial.trial_end);
  EXPECT_EQ(trial.latest_invoice->amount_paid, 0);

  pass(2 * kDay);
  const auto change = change_to(trial, price(9000, kMonthly));
  const auto preview = stripe_->preview_plan(as_, change);
  ASSERT_TRUE(preview) << preview.error().log.for_log();
  EXPECT_EQ(preview->due_now, usd(0));
  EXPECT_EQ(preview->next_renewal, usd(9000));
  EXPECT_EQ(preview->next_renewal_at, *trial.trial_end);
  const auto changed = stripe_->change_plan(as_, change, "k1");
  ASSERT_TRUE(changed) << changed.error().log.for_log();
  EXPECT_EQ(changed->status, SubscriptionStatus::kTrialing);

  fault("drop", "/v1/subscriptions/" + trial.id);
  ASSERT_TRUE(stripe_->end_trial(as_, trial.id, "k2"));
  const auto begun = now(trial);
  EXPECT_EQ(begun.status, SubscriptionStatus::kActive);
  EXPECT_EQ(begun.current_period_start, clock_.now());
  EXPECT_EQ(begun.latest_invoice->amount_paid, 9000);
  const std::size_t before = invoices(trial).size();
  pass(kDay);
  ASSERT_TRUE(stripe_->end_trial(as_, trial.id, "k3"));
  EXPECT_EQ(invoices(trial).size(), before);
}

TEST_F(StripePlansTest, ATrialUntilAnInstant) {
  auto order = subscription_order();
  order.trial_end = clock_.now() + Millis{3 * kDay};
  EXPECT_EQ(subscribed(order).trial_end, order.trial_end);
}

TEST_F(StripePlansTest, ATrialsEndThatCannotBePaidIsPastDue) {
  const auto trial = on_trial(kFailsLater);
  ASSERT_TRUE(stripe_->end_trial(as_, trial.id, "k"));
  const auto unpaid = now(trial);
  EXPECT_EQ(unpaid.status, SubscriptionStatus::kPastDue);
  EXPECT_EQ(unpaid.current_period_start, clock_.now());
  EXPECT_EQ(unpaid.latest_invoice->amount_paid, 0);
  EXPECT_EQ(unpaid.latest_invoice->status, app::InvoiceStatus::kOpen);
}

}  // namespace
}  // namespace purser::stripe
