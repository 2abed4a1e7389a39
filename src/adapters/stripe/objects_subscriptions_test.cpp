#include <gtest/gtest.h>

#include "adapters/stripe/objects.hpp"
#include "adapters/stripe/stripe_fixture.hpp"

namespace purser::stripe {
namespace {

Result<app::RemoteSubscription> subscription_of(const std::string& text) {
  return read_subscription(*json::parse(text));
}
Result<app::RemoteInvoice> invoice_of(const std::string& text) {
  return read_invoice(*json::parse(text));
}
Result<app::PlanPreview> preview_of(const std::string& text, bool prorate = true) {
  return read_preview(*json::parse(text), prorate, at_second(1'702'592'000));
}

struct Odd {
  const char* path;
  const char* value;
};

TEST(Subscription, ReadsAnActiveOne) {
  const auto read = subscription_of(kSubscriptionSample);
  ASSERT_TRUE(read) << read.error().log.for_log();
  EXPECT_EQ(read->id, "sub_1");
  EXPECT_EQ(read->customer, "cus_1");
  EXPECT_EQ(read->status, domain::SubscriptionStatus::kActive);
  EXPECT_EQ(read->item, "si_1");
  EXPECT_EQ(read->price, "price_1");
  EXPECT_EQ(read->quantity, 2);
  EXPECT_EQ(read->unit_amount, usd(750));
  EXPECT_EQ(read->interval, (CalendarInterval{IntervalUnit::kMonth, 3}));
  EXPECT_EQ(read->billing_anchor, at_second(1'700'000'000));
  EXPECT_EQ(read->current_period_start, at_second(1'700'000'000));
  EXPECT_EQ(read->current_period_end, at_second(1'702'592'000));
  EXPECT_EQ(read->trial_end, std::nullopt);
  EXPECT_FALSE(read->cancel_at_period_end);
  EXPECT_EQ(read->ended_at, std::nullopt);
  EXPECT_EQ(read->default_payment_method, "");
  EXPECT_EQ(read->reference, "co-1");
  EXPECT_FALSE(read->livemode);
  ASSERT_TRUE(read->latest_invoice);
  EXPECT_EQ(read->latest_invoice->id, "in_1");
}

TEST(Subscription, ReadsEveryStatus) {
  for (const char* status : {"incomplete", "incomplete_expired", "trialing", "active", "past_due",
                             "unpaid", "paused", "canceled"}) {
    const auto read =
        subscription_of(edited(kSubscriptionSample, "status", '"' + std::string(status) + '"'));
    ASSERT_TRUE(read) << status;
    EXPECT_EQ(domain::to_string(read->status), status);
  }
}

TEST(Subscription, ReadsWhatIsOftenNull) {
  std::string text = edited(kSubscriptionSample, "trial_end", "1700086400");
  text = edited(text, "ended_at", "1700086401");
  text = edited(text, "cancel_at_period_end", "true");
  text = edited(text, "default_payment_method", R"({"id":"pm_1","object":"payment_method"})");
  text = edited(text, "latest_invoice", "null");
  text = edited(text, "metadata", "{}");
  const auto read = subscription_of(edited(text, "livemode", "true"));
  ASSERT_TRUE(read) << read.error().log.for_log();
  EXPECT_EQ(read->trial_end, at_second(1'700'086'400));
  EXPECT_EQ(read->ended_at, at_second(1'700'086'401));
  EXPECT_TRUE(read->cancel_at_period_end);
  EXPECT_EQ(read->default_payment_method, "pm_1");
  EXPECT_EQ(read->latest_invoice, std::nullopt);
  EXPECT_EQ(read->reference, "");
  EXPECT_TRUE(read->livemode);
}

TEST(Subscription, ADraftThatWasDeletedIsNoInvoice) {
  const auto read = subscription_of(
      edited(kSubscriptionSample, "latest_invoice", R"({"id":"in_1","deleted":true})"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->latest_invoice, std::nullopt);
}

TEST(Subscription, WhatIsOddSaysNothing) {
  for (const Odd& odd :
       std::initializer_list<Odd>{{"object", R"("invoice")"},
                                  {"id", "7"},
                                  {"customer", "null"},
                                  {"status", R"("asleep")"},
                                  {"status", "null"},
                                  {"billing_cycle_anchor", "null"},
                                  {"current_period_start", R"("1700000000")"},
                                  {"current_period_end", ""},
                                  {"current_period_end", "1699999999"},
                                  {"current_period_end", "9223372036854775807"},
                                  {"trial_end", R"("soon")"},
                                  {"trial_end", "-1"},
                                  {"cancel_at_period_end", "null"},
                                  {"livemode", ""},
                                  {"latest_invoice", R"("in_1")"},
                                  {"latest_invoice.status", R"("odd")"},
                                  {"items", ""},
                                  {"items.data", "[]"},
                                  {"items.data", "7"},
                                  {"items.data.0.id", ""},
                                  {"items.data.0.quantity", "-1"},
                                  {"items.data.0.quantity", "1.5"},
                                  {"items.data.0.price", ""},
                                  {"items.data.0.price.id", "null"},
                                  {"items.data.0.price.unit_amount", "null"},
                                  {"items.data.0.price.unit_amount", "-750"},
                                  {"items.data.0.price.currency", R"("zzz")"},
                                  {"items.data.0.price.recurring.interval", R"("century")"},
                                  {"items.data.0.price.recurring.interval_count", "0"},
                                  {"items.data.0.price.recurring.interval_count", "1001"}}) {
    expect_unavailable(subscription_of(edited(kSubscriptionSample, odd.path, odd.value)),
                       std::string(odd.path) + ' ' + odd.value);
  }
}

TEST(Subscription, WithTwoItemsIsNotWhatWasSold) {
  auto document = *json::parse(kSubscriptionSample);
  json::Array& items = *document.find("items")->find("data")->as_array();
  items.push_back(items.front());
  expect_unavailable(read_subscription(document));
}

TEST(Invoice, ReadsAPaidRenewal) {
  const auto read = invoice_of(kInvoiceSample);
  ASSERT_TRUE(read) << read.error().log.for_log();
  EXPECT_EQ(read->id, "in_1");
  EXPECT_EQ(read->number, "ABC-0001");
  EXPECT_EQ(read->status, app::InvoiceStatus::kPaid);
  EXPECT_EQ(read->total, usd(1500));
  EXPECT_EQ(read->amount_paid, 1000);
  EXPECT_EQ(read->payment_ref, "pi_1");
  EXPECT_EQ(read->hosted_url, "https://invoice.example/i/1");
  EXPECT_EQ(read->customer, "cus_1");
  EXPECT_EQ(read->subscription, "sub_1");
  EXPECT_TRUE(read->is_renewal);
  EXPECT_EQ(read->period_start, at_second(1'700'000'000));
  EXPECT_EQ(read->period_end, at_second(1'702'592'000));
  EXPECT_EQ(read->created_at, at_second(1'700'000'100));
  EXPECT_FALSE(read->livemode);
}

TEST(Invoice, ADraftHasLittle) {
  std::string text = kInvoiceSample;
  for (const char* member : {"number", "payment_intent", "hosted_invoice_url", "subscription"}) {
    text = edited(text, member, "null");
  }
  text = edited(text, "status", R"("draft")");
  text = edited(text, "total", "-20");
  const auto read = invoice_of(edited(text, "billing_reason", R"("subscription_update")"));
  ASSERT_TRUE(read) << read.error().log.for_log();
  EXPECT_EQ(read->status, app::InvoiceStatus::kDraft);
  EXPECT_EQ(read->total, usd(-20));
  EXPECT_EQ(read->number + read->payment_ref + read->hosted_url + read->subscription, "");
  EXPECT_FALSE(read->is_renewal);
}

TEST(Invoice, ReadsEveryStatus) {
  using app::InvoiceStatus;
  const std::pair<const char*, InvoiceStatus> rows[] = {
      {R"("draft")", InvoiceStatus::kDraft},
      {R"("open")", InvoiceStatus::kOpen},
      {R"("paid")", InvoiceStatus::kPaid},
      {R"("uncollectible")", InvoiceStatus::kUncollectible},
      {R"("void")", InvoiceStatus::kVoid}};
  for (const auto& [text, status] : rows) {
    EXPECT_EQ(invoice_of(edited(kInvoiceSample, "status", text))->status, status) << text;
  }
}

TEST(Invoice, PaysForThePeriodOfTheSubscriptionsLine) {
  const std::string prorated = R"({"object":"line_item","type":"invoiceitem","amount":-5,
    "proration":true,"description":null,"period":{"start":1,"end":2}})";
  const std::string added = R"({"object":"line_item","type":"invoiceitem","amount":9,
    "proration":false,"description":"Set-up","period":{"start":3,"end":3}})";
  const std::string plan = R"({"object":"line_item","type":"subscription","amount":9,
    "proration":false,"description":"Pro","period":{"start":5,"end":6}})";
  const auto period = [&](const std::string& lines) {
    const auto read = invoice_of(edited(kInvoiceSample, "lines.data", '[' + lines + ']'));
    EXPECT_TRUE(read) << lines;
    return std::pair(read->period_start->millis() / 1000, read->period_end->millis() / 1000);
  };
  EXPECT_EQ(period(prorated + ',' + added + ',' + plan), std::pair(5L, 6L));
  EXPECT_EQ(period(prorated + ',' + added), std::pair(3L, 3L));
  EXPECT_EQ(period(prorated), std::pair(1'697'408'000L, 1'700'000'000L));  // the invoice's own
  EXPECT_EQ(period(""), std::pair(1'697'408'000L, 1'700'000'000L));
}

TEST(Invoice, WhatIsOddSaysNothing) {
  for (const Odd& odd : std::initializer_list<Odd>{{"object", R"("subscription")"},
                                                   {"id", ""},
                                                   {"number", "1"},
                                                   {"status", "null"},
                                                   {"status", R"("lost")"},
                                                   {"total", "null"},
                                                   {"total", "15.5"},
                                                   {"amount_paid", "-1"},
                                                   {"currency", R"("zzz")"},
                                                   {"payment_intent", "false"},
                                                   {"hosted_invoice_url", R"("data:text/html,x")"},
                                                   {"customer", "null"},
                                                   {"created", ""},
                                                   {"livemode", "1"},
                                                   {"lines", ""},
                                                   {"lines.data", "{}"},
                                                   {"lines.data.0.amount", R"("1")"},
                                                   {"lines.data.0.proration", "null"},
                                                   {"lines.data.0.period", ""},
                                                   {"lines.data.0.period", "null"},
                                                   {"lines.data.0.period.end", "-1"}}) {
    expect_unavailable(invoice_of(edited(kInvoiceSample, odd.path, odd.value)),
                       std::string(odd.path) + ' ' + odd.value);
  }
  expect_unavailable(
      invoice_of(edited(kInvoiceSample, "number", '"' + std::string(5001, 'x') + '"')));
}

TEST(Preview, ProrationsAreDueNowAndThePlanAtTheRenewal) {
  const auto preview = preview_of(kUpcomingSample);
  ASSERT_TRUE(preview) << preview.error().log.for_log();
  EXPECT_EQ(preview->due_now, usd(1000));
  EXPECT_EQ(preview->next_renewal, usd(3000));
  EXPECT_EQ(preview->next_renewal_at, at_second(1'702'592'000));
  ASSERT_EQ(preview->lines.size(), 2U);
  EXPECT_EQ(preview->lines[0].description, "Unused time on Basic");
  EXPECT_EQ(preview->lines[0].amount, -1000);
  EXPECT_TRUE(preview->lines[0].is_proration);
  EXPECT_EQ(preview->lines[1].period_start, at_second(1'700'864'000));
  EXPECT_EQ(preview->lines[1].period_end, at_second(1'702'592'000));
}

TEST(Preview, CreditIsUsedUpAndADebtIsCharged) {
  const auto due = [](const char* balance, const char* remaining = "2000") {
    const std::string text = edited(kUpcomingSample, "starting_balance", balance);
    const auto preview = preview_of(edited(text, "lines.data.1.amount", remaining));
    EXPECT_EQ(preview->next_renewal, usd(3000));
    return preview->due_now;
  };
  EXPECT_EQ(due("-300"), usd(700));
  EXPECT_EQ(due("-1000"), usd(0));
  EXPECT_EQ(due("-5000"), usd(0));
  EXPECT_EQ(due("250"), usd(1250));
  EXPECT_EQ(due("0", "400"), usd(0));    // a downgrade: the rest is credit
  EXPECT_EQ(due("900", "400"), usd(0));  // which lowers the debt
}

TEST(Preview, WithoutProrationNothingIsDueNow) {
  const auto preview = preview_of(kUpcomingSample, false);
  EXPECT_EQ(preview->due_now, usd(0));
  EXPECT_TRUE(preview->lines.empty());
  EXPECT_EQ(preview->next_renewal, usd(3000));
  EXPECT_EQ(preview->next_renewal_at, at_second(1'702'592'000));
}

TEST(Preview, APeriodOfAnotherLengthBeginsAtOnceAndIsDueNow) {
  std::string text =
      edited(kUpcomingSample, "lines.data.2.period", R"({"start":1700864000,"end":1732400000})");
  text = edited(text, "lines.data.1.amount", "0");
  const auto preview = preview_of(edited(text, "lines.data.2.amount", "30000"));
  ASSERT_TRUE(preview);
  EXPECT_EQ(preview->due_now, usd(29'000));
  EXPECT_EQ(preview->next_renewal, usd(30'000));
  EXPECT_EQ(preview->next_renewal_at, at_second(1'732'400'000));
  EXPECT_EQ(preview->lines.size(), 3U);
}

TEST(Preview, WhatIsOddSaysNothing) {
  for (const Odd& odd :
       std::initializer_list<Odd>{{"object", R"("list")"},
                                  {"currency", ""},
                                  {"starting_balance", "null"},
                                  {"starting_balance", R"("0")"},
                                  {"lines", ""},
                                  {"lines.has_more", "true"},
                                  {"lines.data", "[]"},
                                  {"lines.data.2.proration", "true"},  // no renewal
                                  {"lines.data.0.amount", "-9223372036854775808"},
                                  {"lines.data.2.object", R"("item")"}}) {
    const std::string about = std::string(odd.path) + ' ' + odd.value;
    std::string text = edited(kUpcomingSample, odd.path, odd.value);
    if (about.find("-922") != std::string::npos) text = edited(text, "lines.data.1.amount", "-1");
    expect_unavailable(preview_of(text), about);
  }
}

}  // namespace
}  // namespace purser::stripe
