#include <gmock/gmock.h>

#include "sandbox/test_driver.hpp"

namespace purser::sandbox {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Payment methods, setup intents and payments over the API.
class SandboxMethodsTest : public SandboxTest {
 protected:
  std::string page_of(const Seen& intent) {
    return url_ + "/c/setup/" + intent.text("client_secret");
  }
  Seen setup(const Seen& intent) { return get("/v1/setup_intents/" + intent.text("id")); }
};

TEST_F(SandboxMethodsTest, CardsAreMadeFromTestNumbersAndTokensOnly) {
  const Seen made = post("/v1/payment_methods", {{"type", "card"},
                                                 {"card[number]", "5555555555554444"},
                                                 {"card[exp_month]", "8"},
                                                 {"card[exp_year]", "2034"},
                                                 {"card[cvc]", "314"},
                                                 {"billing_details[name]", "Ada"}});
  EXPECT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(made.text("card.brand") + made.text("card.last4"), "mastercard4444");
  EXPECT_EQ(made.number("card.exp_month"), 8);
  EXPECT_TRUE(made.is_null("customer"));
  EXPECT_EQ(post("/v1/payment_methods", {{"type", "card"}, {"card[token]", "tok_visa"}})
                .text("card.last4"),
            "4242");
  const Seen real = post("/v1/payment_methods", {{"type", "card"},
                                                 {"card[number]", "4111111111111111"},
                                                 {"card[exp_month]", "8"},
                                                 {"card[exp_year]", "2034"}});
  EXPECT_EQ(real.status, 402);
  EXPECT_EQ(real.text("error.decline_code"), "test_mode_live_card");
  EXPECT_THAT(real.body, Not(HasSubstr("4111111111111111")));
  EXPECT_EQ(post("/v1/payment_methods", {{"type", "card"}, {"card[token]", "tok_no"}}).status, 400);
  EXPECT_EQ(post("/v1/payment_methods", {{"type", "sepa_debit"}}).status, 400);
}

TEST_F(SandboxMethodsTest, AttachesAndDetaches) {
  const std::string customer = new_customer();
  const std::string other = new_customer();
  const Seen attached = post("/v1/payment_methods/pm_card_visa/attach", {{"customer", customer}});
  EXPECT_EQ(attached.text("customer"), customer);
  EXPECT_THAT(attached.text("id"), StartsWith("pm_1"));
  const std::string path = "/v1/payment_methods/" + attached.text("id");
  EXPECT_EQ(get(path).json(), attached.json());
  EXPECT_EQ(get("/v1/payment_methods?customer=" + customer).count("data"), 1U);
  EXPECT_EQ(get("/v1/customers/" + customer + "/payment_methods?type=card").count("data"), 1U);
  EXPECT_EQ(get("/v1/customers/" + customer + "/payment_methods/" + attached.text("id")).status,
            200);
  EXPECT_EQ(get("/v1/customers/" + other + "/payment_methods/" + attached.text("id")).status, 404);
  EXPECT_EQ(post(path + "/attach", {{"customer", other}}).status, 400) << "somebody else's";
  EXPECT_EQ(post(path + "/attach", {{"customer", customer}}).status, 200) << "again is no harm";

  const Seen set = post("/v1/customers/" + customer,
                        {{"invoice_settings[default_payment_method]", attached.text("id")}});
  EXPECT_EQ(set.text("invoice_settings.default_payment_method"), attached.text("id"));
  EXPECT_EQ(post("/v1/customers/" + other,
                 {{"invoice_settings[default_payment_method]", attached.text("id")}})
                .text("error.code"),
            "resource_missing")
      << "the default must be the customer's own";

  EXPECT_TRUE(post(path + "/detach").is_null("customer"));
  EXPECT_EQ(post(path + "/detach").status, 400);
  EXPECT_TRUE(get("/v1/customers/" + customer).is_null("invoice_settings.default_payment_method"));
  EXPECT_EQ(post(path + "/attach", {{"customer", customer}}).status, 400) << "used up";
}

TEST_F(SandboxMethodsTest, ABankCanRefuseToSaveACard) {
  const std::string customer = new_customer();
  const Seen refused =
      post("/v1/payment_methods/pm_card_visa_chargeDeclinedInsufficientFunds/attach",
           {{"customer", customer}});
  EXPECT_EQ(refused.status, 402);
  EXPECT_EQ(refused.text("error.type"), "card_error");
  EXPECT_EQ(refused.text("error.decline_code"), "insufficient_funds");
  EXPECT_EQ(post("/v1/payment_methods/pm_card_chargeCustomerFail/attach", {{"customer", customer}})
                .status,
            200)
      << "this one fails only when it is charged";
  EXPECT_EQ(get("/v1/payment_methods?customer=" + customer).count("data"), 1U);
}

TEST_F(SandboxMethodsTest, ASetupIntentSavesACardOnItsPage) {
  const std::string customer = new_customer();
  const Seen intent = post("/v1/setup_intents", {{"customer", customer},
                                                 {"usage", "off_session"},
                                                 {"metadata[a]", "1"},
                                                 {"payment_method_types[]", "card"}});
  EXPECT_EQ(intent.text("status"), "requires_payment_method");
  EXPECT_THAT(intent.text("client_secret"), StartsWith(intent.text("id") + "_secret_"));
  const std::string page = page_of(intent) + "?return_url=https%3A%2F%2Fapp.example%2Fx%3Fa%3D1";
  EXPECT_THAT(fetch("GET", page).body, HasSubstr("Save a card"));
  const Seen declined = submit(page_of(intent), "4000000000000002");
  EXPECT_EQ(declined.status, 402);
  EXPECT_THAT(declined.body, HasSubstr("Your card was declined."));
  EXPECT_EQ(setup(intent).text("last_setup_error.code"), "card_declined");
  EXPECT_EQ(submit(page_of(intent), "4242424242424241").status, 402);

  const Seen saved =
      submit(page_of(intent), "4242424242424242", {{"return_url", "https://app.example/x?a=1"}});
  EXPECT_EQ(saved.status, 200);
  EXPECT_THAT(saved.body, HasSubstr("Card saved"));
  EXPECT_THAT(saved.body,
              HasSubstr("https://app.example/x?a=1&amp;setup_intent=" + intent.text("id")));
  const Seen done = setup(intent);
  EXPECT_EQ(done.text("status"), "succeeded");
  const Seen method = get("/v1/payment_methods/" + done.text("payment_method"));
  EXPECT_EQ(method.text("customer"), customer);
  EXPECT_EQ(method.text("billing_details.name"), "Ada Buyer");
  EXPECT_THAT(event_types(),
              ElementsAre("customer.created", "setup_intent.created", "setup_intent.setup_failed",
                          "payment_method.attached", "setup_intent.succeeded"));
  EXPECT_EQ(fetch("GET", url_ + "/c/setup/" + intent.text("id") + "_secret_x").status, 404);
  EXPECT_THAT(fetch("GET", page_of(intent) + "?return_url=javascript:alert(1)").body,
              Not(HasSubstr("javascript")));
}

TEST_F(SandboxMethodsTest, ASetupIntentCanAskForTheBuyer) {
  const Seen intent = post("/v1/setup_intents", {{"customer", new_customer()}});
  const Seen asked = submit(page_of(intent), "4000002500003155");
  EXPECT_EQ(asked.status, 303);
  EXPECT_EQ(setup(intent).text("status"), "requires_action");
  const std::string bank = url_ + asked.headers.at("location");
  EXPECT_THAT(fetch("GET", bank).body, HasSubstr("Is it you?"));
  EXPECT_EQ(fetch("POST", bank, {{"outcome", "fail"}}).status, 402);
  EXPECT_EQ(setup(intent).text("status"), "requires_payment_method");
  EXPECT_EQ(submit(page_of(intent), "4000002500003155").status, 303);
  EXPECT_THAT(fetch("POST", bank, {{"outcome", "complete"}}).body, HasSubstr("Card saved"));
  EXPECT_EQ(setup(intent).text("status"), "succeeded");
}

TEST_F(SandboxMethodsTest, SetupIntentsAreConfirmedAndCanceledOverTheApi) {
  const std::string customer = new_customer();
  const Form form{{"customer", customer}, {"automatic_payment_methods[enabled]", "true"}};
  const std::string path = "/v1/setup_intents/" + post("/v1/setup_intents", form).text("id");
  const Seen declined = post(path + "/confirm", {{"payment_method", "pm_card_chargeDeclined"}});
  EXPECT_EQ(declined.status, 402);
  EXPECT_EQ(declined.text("error.setup_intent.status"), "requires_payment_method");
  EXPECT_EQ(post(path + "/confirm").status, 400) << "no method";
  EXPECT_EQ(post(path + "/confirm", {{"payment_method", "pm_card_visa"}}).text("status"),
            "succeeded");
  EXPECT_EQ(post(path + "/cancel").text("error.code"), "setup_intent_unexpected_state");
  const std::string second = "/v1/setup_intents/" + post("/v1/setup_intents", form).text("id");
  EXPECT_EQ(post(second + "/cancel").text("status"), "canceled");
  EXPECT_EQ(post(second + "/confirm", {{"payment_method", "pm_card_visa"}}).status, 400);
  EXPECT_EQ(post("/v1/setup_intents", {{"customer", "cus_no"}}).text("error.code"),
            "resource_missing");
}

TEST_F(SandboxMethodsTest, PaymentsAreMadeOverTheApi) {
  const std::string customer = new_customer("pm_card_visa");
  const std::string method =
      get("/v1/customers/" + customer).text("invoice_settings.default_payment_method");
  const Form form{{"amount", "700"}, {"currency", "usd"}, {"customer", customer}};
  const auto with = [&](const std::string& card) {
    Form all = form;
    all.insert(all.end(), {{"payment_method", card}, {"confirm", "true"}, {"off_session", "true"}});
    return post("/v1/payment_intents", all);
  };
  const Seen paid = with(method);
  EXPECT_EQ(paid.text("status"), "succeeded") << paid.body;
  EXPECT_EQ(paid.number("amount_received"), 700);
  const Seen declined = with("pm_card_chargeDeclined");
  EXPECT_EQ(declined.status, 402);
  EXPECT_EQ(declined.text("error.payment_intent.status"), "requires_payment_method");
  EXPECT_THAT(declined.text("error.charge"), StartsWith("ch_3"));
  EXPECT_EQ(with("pm_card_authenticationRequired").text("error.code"), "authentication_required");
  EXPECT_EQ(with("pm_no").status, 400);
  const Seen later = post("/v1/payment_intents", form);
  EXPECT_EQ(later.text("status"), "requires_payment_method");
  const std::string path = "/v1/payment_intents/" + later.text("id");
  EXPECT_EQ(post(path + "/confirm", {{"payment_method", method}}).text("status"), "succeeded");
  EXPECT_EQ(post(path + "/cancel").status, 400);
}

}  // namespace
}  // namespace purser::sandbox
