#include <gmock/gmock.h>

#include <algorithm>

#include "sandbox/test_driver.hpp"

namespace purser::sandbox {
namespace {

using testing::HasSubstr;
using testing::Not;

// Checkout sessions that sell subscriptions or save cards.
class SandboxModesTest : public SandboxTest {
 protected:
  Seen open(const std::string& mode, const Form& more) {
    Form form{{"mode", mode}, {"success_url", "https://app.example/ok"}};
    form.insert(form.end(), more.begin(), more.end());
    return post("/v1/checkout/sessions", form);
  }
  Form line(const std::string& price, const Form& more = {}) {
    Form form{{"line_items[0][price]", price}, {"line_items[0][quantity]", "1"}};
    form.insert(form.end(), more.begin(), more.end());
    return form;
  }
  Seen session(const Seen& made, const std::string& query = {}) {
    return get("/v1/checkout/sessions/" + made.text("id") + query);
  }
  std::size_t count(const std::string& path) { return get(path).count("data"); }
};

TEST_F(SandboxModesTest, AnEmbeddedFormHasASecretInsteadOfAnAddress) {
  const Form embedded{{"mode", "payment"},
                      {"ui_mode", "embedded"},
                      {"return_url", "https://app.example/done?s={CHECKOUT_SESSION_ID}"},
                      {"line_items[0][price]", new_price(1000)},
                      {"line_items[0][quantity]", "1"}};
  const Seen made = post("/v1/checkout/sessions", embedded);
  ASSERT_EQ(made.status, 200) << made.body;
  const std::string id = made.text("id");
  EXPECT_THAT(made.text("client_secret"), testing::StartsWith(id + "_secret_"));
  EXPECT_EQ(made.text("ui_mode"), "embedded");
  EXPECT_TRUE(made.is_null("url"));
  EXPECT_TRUE(made.is_null("success_url"));
  EXPECT_EQ(pay(made).headers.at("location"), "https://app.example/done?s=" + id);
  EXPECT_EQ(session(made).text("payment_status"), "paid");

  Form both = embedded;
  both.emplace_back("success_url", "https://app.example/ok");
  EXPECT_EQ(post("/v1/checkout/sessions", both).text("error.param"), "success_url");
  Form nowhere = embedded;
  nowhere.erase(nowhere.begin() + 2);
  EXPECT_EQ(post("/v1/checkout/sessions", nowhere).text("error.param"), "return_url");
}

TEST_F(SandboxModesTest, SellsASubscription) {
  const std::string customer = new_customer();
  const Seen made =
      open("subscription", line(new_price(1000, "month"), {{"customer", customer},
                                                           {"subscription_data[metadata][a]", "1"},
                                                           {"metadata[b]", "2"}}));
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(made.number("amount_total"), 1000);
  EXPECT_TRUE(made.is_null("subscription"));
  EXPECT_THAT(fetch("GET", made.text("url")).body, HasSubstr("Subscribe and pay $10.00"));
  for (const char* number : {"4000000000000002", "4000000000000341"}) {
    const Seen declined = pay(made, number);
    EXPECT_EQ(declined.status, 402) << number;
    EXPECT_THAT(declined.body, HasSubstr("Your card was declined."));
  }
  EXPECT_EQ(count("/v1/subscriptions?status=all"), 0U);
  EXPECT_EQ(count("/v1/invoices"), 0U);
  EXPECT_EQ(session(made).text("status"), "open");

  EXPECT_EQ(pay(made).headers.at("location"), "https://app.example/ok");
  const Seen done = session(made, "?expand[]=subscription&expand[]=invoice.payment_intent");
  EXPECT_EQ(done.text("status") + " " + done.text("payment_status"), "complete paid");
  EXPECT_EQ(done.text("subscription.status"), "active");
  EXPECT_EQ(done.text("subscription.metadata.a"), "1");
  EXPECT_EQ(done.text("subscription.latest_invoice"), done.text("invoice.id"));
  EXPECT_EQ(done.number("invoice.payment_intent.amount_received"), 1000);
  EXPECT_TRUE(done.is_null("payment_intent"));
  const Seen method =
      get("/v1/payment_methods/" + done.text("subscription.default_payment_method"));
  EXPECT_EQ(method.text("customer"), customer);
  EXPECT_EQ(pay(made).status, 303) << "again is no harm";
  EXPECT_EQ(count("/v1/subscriptions?status=all"), 1U);
  EXPECT_EQ(count("/v1/charges"), 1U);
  const auto types = event_types();
  EXPECT_EQ(types.back(), "checkout.session.completed");
  const auto begun = std::find(types.begin(), types.end(), "customer.subscription.created");
  EXPECT_LT(begun, std::find(types.begin(), types.end(), "invoice.paid"));
  now_millis_ += 32LL * 24 * 3600 * 1000;
  EXPECT_EQ(count("/v1/charges"), 2U) << "the saved card pays the renewal";
}

TEST_F(SandboxModesTest, AsksTheBankBeforeItSubscribes) {
  const Seen made = open("subscription", line(new_price(1000, "month")));
  const Seen asked = pay(made, "4000002500003155");
  EXPECT_EQ(asked.headers.at("location"), "/c/pay/" + made.text("id") + "/challenge");
  const std::string bank = url_ + asked.headers.at("location");
  EXPECT_EQ(fetch("POST", bank, {{"outcome", "fail"}}).status, 402);
  EXPECT_EQ(count("/v1/subscriptions?status=all"), 0U);
  EXPECT_EQ(fetch("POST", bank, {{"outcome", "complete"}}).status, 402) << "nothing to answer";
  EXPECT_EQ(pay(made, "4000002500003155").status, 303);
  EXPECT_EQ(fetch("POST", bank, {{"outcome", "complete"}}).headers.at("location"),
            "https://app.example/ok");
  const Seen done = session(made, "?expand[]=customer");
  EXPECT_EQ(done.text("customer.email"), "ada@example.com") << "made for the buyer";
  EXPECT_EQ(get("/v1/subscriptions/" + done.text("subscription")).text("status"), "active");
}

TEST_F(SandboxModesTest, ATrialTakesACardAndNoMoney) {
  const Form trial{{"subscription_data[trial_period_days]", "7"}};
  const std::string price = new_price(1000, "month");
  const Seen made = open("subscription", line(price, trial));
  EXPECT_EQ(made.number("amount_total"), 0) << made.body;
  EXPECT_THAT(fetch("GET", made.text("url")).body,
              HasSubstr("7 days free, then $10.00 every month, until canceled."));
  EXPECT_EQ(pay(made, "").status, 402) << "a card is wanted";
  EXPECT_EQ(pay(made, "4000000000000002").status, 402);
  EXPECT_EQ(pay(made, "4000000000000341").status, 303) << "can be saved";
  EXPECT_EQ(session(made).text("payment_status"), "no_payment_required");
  const std::string path = "/v1/subscriptions/" + session(made).text("subscription");
  EXPECT_EQ(get(path).text("status"), "trialing");
  EXPECT_EQ(count("/v1/charges"), 0U);
  now_millis_ += (7LL * 24 + 1) * 3600 * 1000;
  EXPECT_EQ(get(path).text("status"), "past_due") << "and then fails";

  Form without = line(price, trial);
  without.insert(
      without.end(),
      {{"payment_method_collection", "if_required"},
       {"subscription_data[trial_settings][end_behavior][missing_payment_method]", "cancel"}});
  const Seen bare = open("subscription", without);
  EXPECT_THAT(fetch("GET", bare.text("url")).body, Not(HasSubstr("Card number")));
  EXPECT_EQ(pay(bare, "").status, 303);
  const std::string second = "/v1/subscriptions/" + session(bare).text("subscription");
  EXPECT_EQ(get(second).text("status"), "trialing");
  now_millis_ += (7LL * 24 + 1) * 3600 * 1000;
  EXPECT_EQ(get(second).text("status"), "canceled");
}

TEST_F(SandboxModesTest, OneTimePricesGoOnTheFirstInvoice) {
  Form form = line(new_price(1000, "month"));
  form.insert(form.end(),
              {{"line_items[1][price]", new_price(250)}, {"line_items[1][quantity]", "2"}});
  const Seen made = open("subscription", form);
  EXPECT_EQ(made.number("amount_total"), 1500);
  pay(made);
  const Seen invoice = get("/v1/invoices/" + session(made).text("invoice"));
  EXPECT_EQ(invoice.number("amount_paid"), 1500);
  EXPECT_EQ(invoice.count("lines.data"), 2U);
  now_millis_ += 32LL * 24 * 3600 * 1000;
  EXPECT_EQ(get("/v1/invoices").number("data.0.total"), 1000);
}

TEST_F(SandboxModesTest, SavesACard) {
  const std::string customer = new_customer();
  const Seen made =
      open("setup", {{"customer", customer}, {"setup_intent_data[metadata][a]", "1"}});
  ASSERT_EQ(made.status, 200) << made.body;
  const std::string intent = "/v1/setup_intents/" + made.text("setup_intent");
  EXPECT_EQ(get(intent).text("metadata.a"), "1");
  EXPECT_THAT(fetch("GET", made.text("url")).body, HasSubstr("Save a card"));
  EXPECT_EQ(pay(made, "4000000000000002").status, 402);
  EXPECT_EQ(get(intent).text("last_setup_error.code"), "card_declined");
  const Seen asked = pay(made, "4000000000003220");
  EXPECT_EQ(asked.status, 303);
  EXPECT_EQ(fetch("POST", url_ + asked.headers.at("location"), {{"outcome", "complete"}}).status,
            303);
  EXPECT_EQ(get(intent).text("status"), "succeeded");
  EXPECT_EQ(get("/v1/payment_methods/" + get(intent).text("payment_method")).text("customer"),
            customer);
  EXPECT_EQ(session(made).text("status") + session(made).text("payment_status"),
            "completeno_payment_required");
  EXPECT_EQ(count("/v1/charges"), 0U);
}

TEST_F(SandboxModesTest, AOneTimeSaleCanHaveAnInvoice) {
  const Seen made = new_session({{"invoice_creation[enabled]", "true"},
                                 {"invoice_creation[invoice_data][metadata][a]", "1"}});
  ASSERT_EQ(made.status, 200) << made.body;
  pay(made);
  const Seen done = session(made, "?expand[]=invoice&expand[]=payment_intent.latest_charge");
  EXPECT_EQ(done.text("invoice.status"), "paid");
  EXPECT_EQ(done.number("invoice.amount_paid"), 1000);
  EXPECT_EQ(done.text("invoice.metadata.a"), "1");
  EXPECT_EQ(done.text("invoice.lines.data.0.description"), "Credits");
  EXPECT_EQ(done.text("payment_intent.invoice"), done.text("invoice.id"));
  EXPECT_EQ(done.text("payment_intent.latest_charge.invoice"), done.text("invoice.id"));
  EXPECT_EQ(done.text("payment_intent.customer"), done.text("customer"));
  EXPECT_EQ(count("/v1/charges"), 1U);
}

TEST_F(SandboxModesTest, RefusesWhatAModeDoesNotTake) {
  const std::string monthly = new_price(1000, "month");
  const std::string once = new_price(1000);
  const auto refused = [&](const std::string& mode, const Form& form) {
    EXPECT_EQ(open(mode, form).status, 400) << mode << " " << form.back().first;
  };
  refused("subscription", line(once));
  refused("subscription", line(monthly, {{"payment_intent_data[description]", "x"}}));
  refused("subscription", line(monthly, {{"invoice_creation[enabled]", "true"}}));
  refused("subscription", line(monthly, {{"line_items[1][price]", new_price(9000, "year")},
                                         {"line_items[1][quantity]", "1"}}));
  refused("subscription", line(monthly, {{"line_items[0][adjustable_quantity][enabled]", "true"}}));
  refused("subscription", line(monthly, {{"subscription_data[trial_period_days]", "0"}}));
  refused("subscription", line(monthly, {{"payment_method_types[]", "sepa_debit"}}));
  refused("payment", line(monthly));
  refused("payment", line(once, {{"subscription_data[metadata][a]", "1"}}));
  refused("setup", line(monthly));
  refused("setup", {{"customer", "cus_no"}});
  EXPECT_EQ(count("/v1/checkout/sessions"), 0U);
  EXPECT_EQ(count("/v1/setup_intents"), 0U);
}

}  // namespace
}  // namespace purser::sandbox
