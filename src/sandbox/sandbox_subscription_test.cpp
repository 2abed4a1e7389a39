#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "sandbox/test_driver.hpp"

namespace purser::sandbox {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class SandboxSubscriptionTest : public SandboxTest {
 protected:
  Seen subscription(const Seen& made) { return get("/v1/subscriptions/" + made.text("id")); }
  Seen latest_invoice(const Seen& made) {
    return get("/v1/invoices/" + subscription(made).text("latest_invoice"));
  }
  Seen change(const Seen& made, const Form& form) {
    return post("/v1/subscriptions/" + made.text("id"), form);
  }
  std::size_t count(const std::string& path) { return get(path).count("data"); }
};

TEST_F(SandboxSubscriptionTest, TheFirstPeriodIsPaidAtOnce) {
  go_to("2023-01-31T10:00:00Z");
  const std::string customer = new_customer("pm_card_visa");
  const Seen made = subscribe(customer, new_price(1000, "month"),
                              {{"items[0][quantity]", "3"},
                               {"metadata[a]", "1"},
                               {"expand[]", "latest_invoice.payment_intent"}});
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(made.text("status"), "active");
  EXPECT_EQ(made.number("current_period_start"), at("2023-01-31T10:00:00Z"));
  EXPECT_EQ(made.number("current_period_end"), at("2023-02-28T10:00:00Z"));
  EXPECT_EQ(made.number("billing_cycle_anchor"), at("2023-01-31T10:00:00Z"));
  EXPECT_EQ(made.number("items.data.0.quantity"), 3);
  EXPECT_THAT(made.text("items.data.0.id"), testing::StartsWith("si_"));
  EXPECT_EQ(made.text("metadata.a"), "1");
  EXPECT_EQ(made.text("latest_invoice.status"), "paid");
  EXPECT_EQ(made.text("latest_invoice.billing_reason"), "subscription_create");
  EXPECT_EQ(made.number("latest_invoice.amount_paid"), 3000);
  EXPECT_EQ(made.number("latest_invoice.attempt_count"), 1);
  EXPECT_EQ(made.text("latest_invoice.payment_intent.status"), "succeeded");
  EXPECT_EQ(made.text("latest_invoice.payment_intent.invoice"), made.text("latest_invoice.id"));
  EXPECT_THAT(made.text("latest_invoice.number"), testing::EndsWith("-0001"));
  EXPECT_EQ(made.text("latest_invoice.lines.data.0.description"), "3 × Pro (at $10.00 / month)");
  EXPECT_EQ(get("/v1/charges?customer=" + customer).text("data.0.invoice"),
            made.text("latest_invoice.id"));
  const auto all = event_types();
  const std::vector<std::string> types(all.end() - 10, all.end());
  EXPECT_THAT(types, ElementsAre("customer.subscription.created", "invoice.created",
                                 "payment_intent.created", "invoice.finalized", "charge.succeeded",
                                 "payment_intent.succeeded", "invoice.updated", "invoice.paid",
                                 "invoice.payment_succeeded", "customer.subscription.updated"));
}

TEST_F(SandboxSubscriptionTest, RenewsOnTheAnchorsDayAndPaysAnHourLater) {
  go_to("2023-01-31T10:00:00Z");
  const std::string customer = new_customer("pm_card_visa");
  const Seen made = subscribe(customer, new_price(1000, "month"));
  go_to("2023-02-28T09:59:59Z");
  EXPECT_EQ(count("/v1/invoices"), 1U);
  go_to("2023-02-28T10:00:00Z");
  const Seen draft = latest_invoice(made);
  EXPECT_EQ(draft.text("status") + " " + draft.text("billing_reason"), "draft subscription_cycle");
  EXPECT_EQ(draft.number("automatically_finalizes_at"), at("2023-02-28T11:00:00Z"));
  EXPECT_EQ(draft.number("lines.data.0.period.end"), at("2023-03-31T10:00:00Z"));
  EXPECT_EQ(draft.number("period_start"), at("2023-01-31T10:00:00Z")) << "the period it ends";
  EXPECT_EQ(subscription(made).number("current_period_end"), at("2023-03-31T10:00:00Z"));
  EXPECT_EQ(count("/v1/charges"), 1U);
  go_to("2023-02-28T11:00:00Z");
  EXPECT_EQ(latest_invoice(made).text("status"), "paid");
  EXPECT_EQ(get("/v1/charges").number("data.0.created"), at("2023-02-28T11:00:00Z"));

  // A year at once: every renewal in its order, dated when it was due.
  go_to("2024-02-29T12:00:00Z");
  EXPECT_EQ(subscription(made).text("status"), "active");
  EXPECT_EQ(subscription(made).number("current_period_end"), at("2024-03-31T10:00:00Z"));
  const Seen all = get("/v1/invoices?limit=100&subscription=" + made.text("id"));
  ASSERT_EQ(all.count("data"), 14U);
  EXPECT_EQ(all.number("data.0.created"), at("2024-02-29T10:00:00Z"));
  EXPECT_EQ(all.number("data.1.created"), at("2024-01-31T10:00:00Z"));
  EXPECT_EQ(all.number("data.9.created"), at("2023-05-31T10:00:00Z"));
  EXPECT_EQ(count("/v1/charges?limit=100&customer=" + customer), 14U);
}

TEST_F(SandboxSubscriptionTest, ADeclinedFirstPaymentGivesNothing) {
  const std::string price = new_price(1000, "month");
  const std::string customer = new_customer("pm_card_chargeCustomerFail");
  const Seen refused = subscribe(customer, price, {{"payment_behavior", "error_if_incomplete"}});
  EXPECT_EQ(refused.status, 402);
  EXPECT_EQ(refused.text("error.code"), "card_declined");
  EXPECT_EQ(count("/v1/subscriptions?status=all"), 0U);
  EXPECT_EQ(count("/v1/invoices"), 0U);

  const Seen incomplete = subscribe(customer, price);
  EXPECT_EQ(incomplete.text("status"), "incomplete");
  EXPECT_EQ(latest_invoice(incomplete).text("status"), "open");
  EXPECT_TRUE(latest_invoice(incomplete).is_null("next_payment_attempt"));
  const std::string path = "/v1/invoices/" + incomplete.text("latest_invoice");
  EXPECT_EQ(post(path + "/pay").status, 402);
  EXPECT_EQ(subscription(incomplete).text("status"), "incomplete");
  EXPECT_EQ(post(path + "/pay", {{"payment_method", "pm_card_visa"}}).text("status"), "paid");
  EXPECT_EQ(subscription(incomplete).text("status"), "active");

  const Seen forgotten = subscribe(customer, price);
  now_millis_ += 23LL * 3600 * 1000;
  EXPECT_EQ(subscription(forgotten).text("status"), "incomplete_expired");
  EXPECT_EQ(latest_invoice(forgotten).text("status"), "void");
  EXPECT_EQ(subscribe(new_customer(), price).text("error.code"), "resource_missing")
      << "no card at all";
}

TEST_F(SandboxSubscriptionTest, DefaultIncompleteWaitsForItsInvoicesPage) {
  const std::string customer = new_customer();
  const Seen made = subscribe(customer, new_price(1000, "month"),
                              {{"payment_behavior", "default_incomplete"},
                               {"payment_settings[save_default_payment_method]", "on_subscription"},
                               {"expand[]", "latest_invoice.payment_intent"}});
  EXPECT_EQ(made.text("status"), "incomplete");
  EXPECT_EQ(made.text("latest_invoice.payment_intent.status"), "requires_payment_method");
  const std::string page = made.text("latest_invoice.hosted_invoice_url");
  EXPECT_EQ(page, url_ + "/c/invoice/" + made.text("latest_invoice.id"));
  EXPECT_THAT(fetch("GET", page).body, HasSubstr("Pay $10.00"));
  EXPECT_EQ(submit(page, "4000000000000002").status, 402);
  EXPECT_EQ(subscription(made).text("status"), "incomplete");
  const Seen asked = submit(page, "4000002500003155");
  EXPECT_EQ(asked.headers.at("location"),
            "/c/invoice/" + made.text("latest_invoice.id") + "/challenge");
  EXPECT_EQ(fetch("POST", page + "/challenge", {{"outcome", "complete"}}).status, 303);
  EXPECT_EQ(subscription(made).text("status"), "active");
  EXPECT_THAT(fetch("GET", page).body, HasSubstr("was paid"));
  const Seen method =
      get("/v1/payment_methods/" + subscription(made).text("default_payment_method"));
  EXPECT_EQ(method.text("customer"), customer);
  // Saved with the buyer's consent, it pays the renewal without them.
  now_millis_ += 32LL * 24 * 3600 * 1000;
  EXPECT_EQ(latest_invoice(made).text("status"), "paid");
}

TEST_F(SandboxSubscriptionTest, ATrialIsFreeIsAnnouncedAndThenPaid) {
  go_to("2024-01-01T00:00:00Z");
  const Seen made = subscribe(new_customer("pm_card_visa"), new_price(1000, "month"),
                              {{"trial_period_days", "14"}});
  EXPECT_EQ(made.text("status"), "trialing") << made.body;
  EXPECT_EQ(made.number("trial_end"), at("2024-01-15T00:00:00Z"));
  EXPECT_EQ(made.number("current_period_end"), made.number("trial_end"));
  EXPECT_EQ(latest_invoice(made).text("status"), "paid");
  EXPECT_EQ(latest_invoice(made).number("total"), 0);
  EXPECT_EQ(latest_invoice(made).text("lines.data.0.description"), "Trial period for Pro");
  const std::string told = "/v1/events?type=customer.subscription.trial_will_end";
  go_to("2024-01-11T23:59:59Z");
  EXPECT_EQ(count(told), 0U);
  go_to("2024-01-12T00:00:00Z");
  EXPECT_EQ(count(told), 1U);
  go_to("2024-01-15T00:00:00Z");
  EXPECT_EQ(subscription(made).text("status"), "active");
  EXPECT_EQ(latest_invoice(made).text("status"), "draft");
  go_to("2024-01-15T01:00:00Z");
  EXPECT_EQ(latest_invoice(made).number("amount_paid"), 1000);
  EXPECT_EQ(subscription(made).number("current_period_end"), at("2024-02-15T00:00:00Z"));
  EXPECT_EQ(count(told), 1U);
}

TEST_F(SandboxSubscriptionTest, ATrialCanBeEndedNow) {
  const Seen made = subscribe(new_customer("pm_card_visa"), new_price(1000, "month"),
                              {{"trial_period_days", "14"}});
  now_millis_ += 1'000'000;
  const Seen ended = change(made, {{"trial_end", "now"}});
  EXPECT_EQ(ended.text("status"), "active") << ended.body;
  EXPECT_EQ(ended.number("current_period_start"), 1'700'001'000);
  EXPECT_EQ(latest_invoice(made).number("amount_paid"), 1000);
}

TEST_F(SandboxSubscriptionTest, DunningRetriesThenCancels) {
  go_to("2024-01-01T00:00:00Z");
  const std::string customer = new_customer("pm_card_visa");
  const Seen made = subscribe(customer, new_price(1000, "month"));
  const std::string bad =
      post("/v1/payment_methods/pm_card_chargeCustomerFail/attach", {{"customer", customer}})
          .text("id");
  post("/v1/customers/" + customer, {{"invoice_settings[default_payment_method]", bad}});
  go_to("2024-02-01T01:00:00Z");
  EXPECT_EQ(subscription(made).text("status"), "past_due");
  EXPECT_EQ(latest_invoice(made).number("attempt_count"), 1);
  EXPECT_EQ(latest_invoice(made).number("next_payment_attempt"), at("2024-02-04T01:00:00Z"));
  go_to("2024-02-04T01:00:00Z");
  EXPECT_EQ(latest_invoice(made).number("next_payment_attempt"), at("2024-02-09T01:00:00Z"));
  go_to("2024-02-09T01:00:00Z");
  EXPECT_EQ(latest_invoice(made).number("next_payment_attempt"), at("2024-02-16T01:00:00Z"));
  EXPECT_EQ(subscription(made).text("status"), "past_due");
  go_to("2024-02-16T01:00:00Z");
  const Seen ended = subscription(made);
  EXPECT_EQ(ended.text("status"), "canceled");
  EXPECT_EQ(ended.text("cancellation_details.reason"), "payment_failed");
  EXPECT_EQ(latest_invoice(made).number("attempt_count"), 4);
  EXPECT_EQ(latest_invoice(made).text("status"), "open");
  EXPECT_EQ(count("/v1/events?type=invoice.payment_failed"), 4U);
  go_to("2024-12-01T00:00:00Z");
  EXPECT_EQ(count("/v1/invoices?customer=" + customer), 2U) << "nothing more";
}

TEST_F(SandboxSubscriptionTest, WhatComesAfterDunningIsASetting) {
  EXPECT_EQ(fetch("POST", url_ + "/_sandbox/settings", {{"after_dunning", "x"}}).status, 400);
  for (const std::string wanted : {"unpaid", "past_due"}) {
    EXPECT_EQ(fetch("POST", url_ + "/_sandbox/settings", {{"after_dunning", wanted}}).status, 200);
    go_to("2024-01-01T00:00:00Z");
    const Seen made = subscribe(new_customer("pm_card_visa"), new_price(1000, "year"),
                                {{"trial_period_days", "1"}});
    post("/v1/customers/" + made.text("customer"),
         {{"invoice_settings[default_payment_method]", "pm_card_chargeCustomerFail"}});
    go_to("2024-02-01T00:00:00Z");
    EXPECT_EQ(subscription(made).text("status"), wanted);
    EXPECT_EQ(post("/v1/invoices/" + subscription(made).text("latest_invoice") + "/pay",
                   {{"payment_method", "pm_card_visa"}})
                  .text("status"),
              "paid");
    EXPECT_EQ(subscription(made).text("status"), "active");
  }
}

TEST_F(SandboxSubscriptionTest, ANewCardRecoversAPastDueSubscription) {
  go_to("2024-01-01T00:00:00Z");
  const std::string customer = new_customer("pm_card_visa");
  const Seen made = subscribe(customer, new_price(1000, "month"));
  post("/v1/customers/" + customer,
       {{"invoice_settings[default_payment_method]", "pm_card_chargeCustomerFail"}});
  go_to("2024-02-02T00:00:00Z");
  EXPECT_EQ(subscription(made).text("status"), "past_due");
  EXPECT_EQ(post("/v1/customers/" + customer,
                 {{"invoice_settings[default_payment_method]", "pm_card_mastercard"}})
                .status,
            200);
  const std::string path = "/v1/invoices/" + subscription(made).text("latest_invoice");
  EXPECT_EQ(post(path + "/pay").text("status"), "paid");
  EXPECT_EQ(post(path + "/pay").text("error.code"), "invoice_already_paid");
  EXPECT_EQ(subscription(made).text("status"), "active");
  go_to("2024-03-01T02:00:00Z");
  EXPECT_EQ(latest_invoice(made).text("status"), "paid");
}

TEST_F(SandboxSubscriptionTest, EndsAtThePeriodsEndOrAtOnce) {
  go_to("2024-01-01T00:00:00Z");
  const std::string price = new_price(1000, "month");
  const Seen later = subscribe(new_customer("pm_card_visa"), price);
  const Seen marked = change(later, {{"cancel_at_period_end", "true"}});
  EXPECT_EQ(marked.text("status"), "active");
  EXPECT_EQ(marked.number("cancel_at"), at("2024-02-01T00:00:00Z"));
  EXPECT_EQ(get("/v1/invoices/upcoming?subscription=" + later.text("id")).text("error.code"),
            "invoice_upcoming_none");
  EXPECT_TRUE(change(later, {{"cancel_at_period_end", "false"}}).is_null("cancel_at"));
  change(later, {{"cancel_at_period_end", "true"}});
  const Seen now = subscribe(new_customer("pm_card_visa"), price);
  go_to("2024-01-16T12:00:00Z");
  const std::string path = "/v1/subscriptions/" + now.text("id");
  const Seen canceled =
      fetch("DELETE", url_ + path + "?prorate=true&invoice_now=true", {}, headers_);
  EXPECT_EQ(canceled.text("status"), "canceled") << canceled.body;
  EXPECT_EQ(get("/v1/customers/" + now.text("customer")).number("balance"), -500);
  EXPECT_EQ(remove(path).status, 404);
  EXPECT_EQ(change(now, {{"items[0][quantity]", "2"}}).status, 400);
  EXPECT_EQ(change(now, {{"metadata[a]", "1"}}).text("metadata.a"), "1");

  go_to("2024-02-01T00:00:00Z");
  EXPECT_EQ(subscription(later).text("status"), "canceled");
  EXPECT_EQ(subscription(later).number("ended_at"), at("2024-02-01T00:00:00Z"));
  EXPECT_EQ(count("/v1/invoices?subscription=" + later.text("id")), 1U);
  EXPECT_EQ(count("/v1/subscriptions"), 0U);
  EXPECT_EQ(count("/v1/subscriptions?status=canceled"), 2U);
  EXPECT_EQ(count("/v1/subscriptions?status=all&price=" + price), 2U);
  EXPECT_EQ(count("/v1/subscriptions?status=all&customer=" + now.text("customer")), 1U);
}

TEST_F(SandboxSubscriptionTest, RefusesWhatItCannotDo) {
  const std::string customer = new_customer("pm_card_visa");
  const std::string monthly = new_price(1000, "month");
  const std::string once = new_price(1000);
  const std::string yearly = new_price(9000, "year");
  EXPECT_EQ(subscribe(customer, once).status, 400);
  EXPECT_EQ(subscribe("cus_no", monthly).text("error.code"), "resource_missing");
  EXPECT_EQ(subscribe(customer, "price_no").status, 400);
  EXPECT_EQ(subscribe(customer, monthly, {{"items[1][price]", yearly}}).status, 400);
  EXPECT_EQ(subscribe(customer, monthly, {{"items[1][price]", monthly}}).status, 400);
  EXPECT_EQ(subscribe(customer, monthly, {{"collection_method", "send_invoice"}}).status, 400);
  EXPECT_EQ(subscribe(customer, monthly, {{"payment_behavior", "pending_if_incomplete"}}).status,
            400);
  EXPECT_EQ(subscribe(customer, monthly, {{"coupon", "x"}}).text("error.code"),
            "parameter_unknown");
  EXPECT_EQ(subscribe(customer, monthly, {{"trial_end", "1"}}).status, 400);
  EXPECT_EQ(subscribe(customer, monthly, {{"default_payment_method", "pm_no"}}).status, 400);
  EXPECT_EQ(count("/v1/subscriptions?status=all"), 0U);
  EXPECT_EQ(count("/v1/invoices"), 0U);
  const Seen made = subscribe(customer, monthly);
  EXPECT_EQ(change(made, {{"payment_behavior", "pending_if_incomplete"}}).status, 400);
  EXPECT_EQ(change(made, {{"items[0][id]", "si_no"}, {"items[0][price]", yearly}}).status, 400);
  EXPECT_EQ(
      change(made, {{"items[0][id]", made.text("items.data.0.id")}, {"items[0][deleted]", "true"}})
          .status,
      400);
  EXPECT_EQ(subscription(made).text("items.data.0.price.id"), monthly);
}

TEST_F(SandboxSubscriptionTest, WhatIsDueSurvivesARestart) {
  std::string folder = (std::filesystem::temp_directory_path() / "purser-sandbox-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string file = folder + "/state";
  start(file);
  EXPECT_EQ(fetch("POST", url_ + "/_sandbox/settings", {{"after_dunning", "unpaid"}}).status, 200);
  const Seen made = subscribe(new_customer("pm_card_visa"), new_price(1000, "month"));
  start(file);
  now_millis_ += 32LL * 24 * 3600 * 1000;
  EXPECT_EQ(latest_invoice(made).text("status"), "paid");
  EXPECT_EQ(fetch("GET", url_ + "/_sandbox/settings").text("after_dunning"), "unpaid");
  sandbox_.reset();
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace purser::sandbox
