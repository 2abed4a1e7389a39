#include <gmock/gmock.h>

#include <thread>

#include "sandbox/test_driver.hpp"

namespace purser::sandbox {
namespace {

using testing::HasSubstr;
using testing::Not;

class SandboxCheckoutTest : public SandboxTest {
 protected:
  Seen session(const Seen& created) { return get("/v1/checkout/sessions/" + created.text("id")); }
  std::size_t count(const std::string& path) {
    return get(path).json().find("data")->as_array()->size();
  }
};

TEST_F(SandboxCheckoutTest, ASaleFromTheSessionToTheCharge) {
  const std::string customer = post("/v1/customers", {{"email", "ada@example.com"}}).text("id");
  const Seen created = new_session({{"customer", customer},
                                    {"client_reference_id", "ref-1"},
                                    {"metadata[a]", "1"},
                                    {"payment_intent_data[metadata][b]", "2"}});
  ASSERT_EQ(created.status, 200) << created.body;
  EXPECT_THAT(created.text("id"), testing::StartsWith("cs_test_"));
  EXPECT_EQ(created.text("url"), url_ + "/c/pay/" + created.text("id"));
  EXPECT_EQ(created.text("status") + " " + created.text("payment_status"), "open unpaid");
  EXPECT_EQ(created.number("amount_total"), 1000);
  EXPECT_TRUE(created.json().find("payment_intent")->is_null());

  const Seen paid = pay(created);
  EXPECT_EQ(paid.status, 303);
  EXPECT_EQ(paid.headers.at("location"), "https://app.example/back?s=" + created.text("id"));

  const Seen done =
      get("/v1/checkout/sessions/" + created.text("id") +
          "?expand[]=payment_intent.latest_charge&expand[]=line_items&expand[]=customer");
  EXPECT_EQ(done.text("status") + " " + done.text("payment_status"), "complete paid");
  EXPECT_EQ(done.text("client_reference_id") + done.text("metadata.a"), "ref-11");
  EXPECT_EQ(done.text("customer.id"), customer);
  EXPECT_TRUE(done.json().find("url")->is_null());
  EXPECT_EQ(done.text("payment_intent.status"), "succeeded");
  EXPECT_EQ(done.number("payment_intent.amount_received"), 1000);
  EXPECT_EQ(done.text("payment_intent.metadata.b"), "2");
  EXPECT_EQ(done.text("payment_intent.latest_charge.status"), "succeeded");
  EXPECT_EQ(done.text("payment_intent.latest_charge.payment_method_details.card.last4"), "4242");
  EXPECT_EQ(done.text("line_items.data.0.description"), "Credits");
  EXPECT_EQ(done.text("customer_details.email"), "ada@example.com");
  EXPECT_EQ(get("/v1/charges?customer=" + customer).number("data.0.amount"), 1000);
}

TEST_F(SandboxCheckoutTest, SellsKnownPricesInQuantity) {
  const std::string product = post("/v1/products", {{"name", "Seats"}}).text("id");
  const std::string price =
      post("/v1/prices", {{"product", product}, {"unit_amount", "500"}, {"currency", "jpy"}})
          .text("id");
  const Seen created = post("/v1/checkout/sessions", {{"mode", "payment"},
                                                      {"line_items[0][price]", price},
                                                      {"line_items[0][quantity]", "3"},
                                                      {"success_url", "http://127.0.0.1/ok"}});
  EXPECT_EQ(created.number("amount_total"), 1500);
  EXPECT_EQ(created.text("currency"), "jpy");
  EXPECT_THAT(fetch("GET", created.text("url")).body, HasSubstr("¥1500"));
  const Seen items = get("/v1/checkout/sessions/" + created.text("id") + "/line_items");
  EXPECT_EQ(items.text("data.0.price.id"), price);
  EXPECT_EQ(items.number("data.0.quantity"), 3);
}

TEST_F(SandboxCheckoutTest, RefusesSessionsThatStripeRefuses) {
  const std::string product = post("/v1/products", {{"name", "Seats"}}).text("id");
  const std::string monthly = post("/v1/prices", {{"product", product},
                                                  {"unit_amount", "500"},
                                                  {"currency", "usd"},
                                                  {"recurring[interval]", "month"}})
                                  .text("id");
  const auto without = [](const std::string& name) {
    Form form{{"mode", "payment"},
              {"line_items[0][price_data][currency]", "usd"},
              {"line_items[0][price_data][unit_amount]", "1000"},
              {"line_items[0][price_data][product_data][name]", "Credits"},
              {"line_items[0][quantity]", "1"},
              {"success_url", "https://app.example/"}};
    std::erase_if(form, [&](const auto& field) { return field.first.rfind(name, 0) == 0; });
    return form;
  };
  const auto with = [&](const std::string& name, const std::string& value) {
    Form form = without(name);
    form.emplace_back(name, value);
    return form;
  };
  Form recurring = without("line_items");
  recurring.insert(recurring.end(),
                   {{"line_items[0][price]", monthly}, {"line_items[0][quantity]", "1"}});
  for (const Form& form :
       {without("mode"), without("line_items"), without("success_url"), recurring,
        without("line_items[0][quantity]"), without("line_items[0][price_data][currency]"),
        with("mode", "subscription"), with("mode", "x"), with("customer", "cus_no"),
        with("success_url", "javascript:alert(1)"), with("cancel_url", "/relative"),
        with("line_items[0][quantity]", "0"), with("line_items[0][quantity]", "1.5"),
        with("line_items[0][price_data][unit_amount]", "49"),
        with("line_items[0][quantity]", "999999"), with("expires_at", "1700000060"),
        with("client_reference_id", std::string(201, 'x')), with("colour", "red")}) {
    const Seen refused = post("/v1/checkout/sessions", form);
    EXPECT_EQ(refused.status, 400) << refused.body;
  }
  EXPECT_EQ(count("/v1/checkout/sessions"), 0U);
  EXPECT_EQ(count("/v1/products"), 1U) << "inline products of refused sessions";
}

TEST_F(SandboxCheckoutTest, ADeclineSellsNothingAndLeavesTheSessionOpen) {
  const Seen created = new_session();
  for (const auto& [number, message, code] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"4000000000000002", "Your card was declined.", "card_declined"},
           {"4000000000009995", "Your card has insufficient funds.", "card_declined"},
           {"4000000000000069", "Your card has expired.", "expired_card"},
           {"4000000000000127", "Your card&apos;s security code is incorrect.", "incorrect_cvc"}}) {
    const Seen declined = pay(created, number);
    EXPECT_EQ(declined.status, 402);
    EXPECT_THAT(declined.body, HasSubstr(message));
    EXPECT_THAT(declined.body, Not(HasSubstr(number))) << "the page shows no card number again";
    const Seen after = session(created);
    EXPECT_EQ(after.text("status") + " " + after.text("payment_status"), "open unpaid");
    const Seen intent = get("/v1/payment_intents/" + after.text("payment_intent"));
    EXPECT_EQ(intent.text("status"), "requires_payment_method");
    EXPECT_EQ(intent.text("last_payment_error.code"), code);
  }
  EXPECT_EQ(count("/v1/charges"), 4U);
  EXPECT_EQ(count("/v1/payment_intents"), 1U);
  EXPECT_EQ(pay(created).status, 303) << "another card works";
  EXPECT_EQ(session(created).text("payment_status"), "paid");
}

TEST_F(SandboxCheckoutTest, RefusesWrongFormsWithoutTryingAnything) {
  const Seen created = new_session();
  const auto try_with = [&](const std::string& name, const std::string& value) {
    Form form{{"number", "4242424242424242"},
              {"expiry", "12/34"},
              {"cvc", "123"},
              {"name", "A"},
              {"email", "a@b.c"}};
    for (auto& field : form) {
      if (field.first == name) field.second = value;
    }
    return fetch("POST", url_ + "/c/pay/" + created.text("id"), form).status;
  };
  EXPECT_EQ(try_with("number", "4242424242424241"), 402) << "check digit";
  EXPECT_EQ(try_with("number", "4111111111111111"), 402) << "not a test card";
  EXPECT_EQ(try_with("number", ""), 402);
  EXPECT_EQ(try_with("expiry", "10/23"), 402) << "past";
  EXPECT_EQ(try_with("expiry", "soon"), 402);
  EXPECT_EQ(try_with("cvc", "12"), 402);
  EXPECT_EQ(try_with("name", " "), 402);
  EXPECT_EQ(try_with("email", "nobody"), 402);
  EXPECT_TRUE(session(created).json().find("payment_intent")->is_null());
  EXPECT_EQ(count("/v1/charges"), 0U);
}

TEST_F(SandboxCheckoutTest, ASessionIsPaidOnceHoweverManyPost) {
  const Seen created = new_session();
  std::vector<std::thread> buyers;
  std::atomic<int> redirected{0};
  for (int i = 0; i < 8; ++i) {
    buyers.emplace_back([&] {
      for (int j = 0; j < 5; ++j) redirected += pay(created).status == 303 ? 1 : 0;
    });
  }
  for (auto& buyer : buyers) buyer.join();
  EXPECT_EQ(redirected, 40) << "everybody is sent to the success page";
  EXPECT_EQ(count("/v1/charges"), 1U);
  EXPECT_THAT(fetch("GET", url_ + "/c/pay/" + created.text("id")).body, HasSubstr("Already paid"));
}

TEST_F(SandboxCheckoutTest, AuthenticationIsAskedForAndCanFail) {
  const Seen created = new_session();
  const std::string page = url_ + "/c/pay/" + created.text("id");
  const Seen asked = pay(created, "4000002500003155");
  EXPECT_EQ(asked.status, 303);
  EXPECT_EQ(asked.headers.at("location"), "/c/pay/" + created.text("id") + "/challenge");
  EXPECT_THAT(fetch("GET", page + "/challenge").body, HasSubstr("Is it you?"));
  EXPECT_EQ(session(created).text("status"), "open");

  const Seen failed = fetch("POST", page + "/challenge", {{"outcome", "fail"}});
  EXPECT_THAT(failed.body, HasSubstr("unable to authenticate"));
  EXPECT_EQ(count("/v1/charges"), 0U);
  EXPECT_EQ(fetch("POST", page + "/challenge", {{"outcome", "complete"}}).status, 402)
      << "nothing to authenticate any more";

  EXPECT_EQ(pay(created, "4000000000003220").status, 303);
  const Seen completed = fetch("POST", page + "/challenge", {{"outcome", "complete"}});
  EXPECT_EQ(completed.headers.at("location"), "https://app.example/back?s=" + created.text("id"));
  EXPECT_EQ(session(created).text("payment_status"), "paid");
  EXPECT_EQ(session(created).text("customer_details.name"), "Ada Buyer");
  EXPECT_EQ(count("/v1/charges"), 1U);
}

TEST_F(SandboxCheckoutTest, SessionsExpireByTimeAndByOrder) {
  const Seen timed = new_session({{"expires_at", "1700001800"}});
  const Seen ordered = new_session();
  EXPECT_EQ(post("/v1/checkout/sessions/" + ordered.text("id") + "/expire").text("status"),
            "expired");
  EXPECT_EQ(post("/v1/checkout/sessions/" + ordered.text("id") + "/expire").status, 400);
  now_millis_ += 1'799'000;
  EXPECT_EQ(session(timed).text("status"), "open");
  now_millis_ += 1'000;
  EXPECT_EQ(pay(timed).headers.at("location"), "/c/pay/" + timed.text("id"));
  EXPECT_EQ(session(timed).text("status"), "expired");
  EXPECT_THAT(fetch("GET", url_ + "/c/pay/" + timed.text("id")).body, HasSubstr("has expired"));
  EXPECT_EQ(count("/v1/charges"), 0U);
  EXPECT_EQ(get("/v1/events?type=checkout.session.expired").json().find("data")->as_array()->size(),
            2U);
}

TEST_F(SandboxCheckoutTest, ThePageShowsWhatItIsAndEscapes) {
  const Seen created =
      new_session({{"line_items[1][price_data][currency]", "usd"},
                   {"line_items[1][price_data][unit_amount]", "250"},
                   {"line_items[1][price_data][product_data][name]", "<script>alert(1)</script>"},
                   {"line_items[1][quantity]", "2"},
                   {"customer_email", "x\"onfocus=1@example.com"}});
  const Seen page = fetch("GET", created.text("url"));
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("Sandbox: no money moves"));
  EXPECT_THAT(page.body, HasSubstr("$15.00"));
  EXPECT_THAT(page.body, HasSubstr("<label for=\"number\">"));
  EXPECT_THAT(page.body, HasSubstr("href=\"https://app.example/cancel\""));
  EXPECT_THAT(page.body, Not(HasSubstr("<script>")));
  EXPECT_THAT(page.body, Not(HasSubstr("\"onfocus")));
  EXPECT_THAT(page.headers.at("content-security-policy"), HasSubstr("default-src 'none'"));
  EXPECT_EQ(fetch("GET", url_ + "/c/pay/cs_test_no").status, 404);
  EXPECT_EQ(fetch("DELETE", created.text("url")).status, 405);
}

TEST_F(SandboxCheckoutTest, NothingToPayNeedsNoCard) {
  const Seen created =
      post("/v1/checkout/sessions", {{"mode", "payment"},
                                     {"line_items[0][price_data][currency]", "usd"},
                                     {"line_items[0][price_data][unit_amount]", "0"},
                                     {"line_items[0][price_data][product_data][name]", "Gift"},
                                     {"line_items[0][quantity]", "1"},
                                     {"success_url", "https://app.example/"}});
  EXPECT_EQ(pay(created, "").status, 303);
  EXPECT_EQ(session(created).text("payment_status"), "no_payment_required");
  EXPECT_EQ(count("/v1/charges"), 0U);
}

TEST_F(SandboxCheckoutTest, ADebitPaysLater) {
  const Form debit{{"payment_method_types[0]", "card"}, {"payment_method_types[1]", "sepa_debit"}};
  for (const bool succeeds : {true, false}) {
    const Seen created = new_session(debit);
    const std::string control = "/_sandbox/checkout/sessions/" + created.text("id") + "/settle";
    EXPECT_EQ(post(control, {{"outcome", "succeeded"}}).status, 400) << "nothing on its way";
    EXPECT_EQ(pay(created, "", {{"method", "bank_debit"}}).status, 303);
    EXPECT_EQ(session(created).text("status") + " " + session(created).text("payment_status"),
              "complete unpaid");
    EXPECT_EQ(post(control, {{"outcome", succeeds ? "succeeded" : "failed"}}).status, 200);
    EXPECT_EQ(session(created).text("payment_status"), succeeds ? "paid" : "unpaid");
    EXPECT_EQ(post(control, {{"outcome", "succeeded"}}).status, 400) << "settled already";
  }
  EXPECT_EQ(pay(new_session(), "", {{"method", "bank_debit"}}).status, 402) << "not offered";
}

TEST_F(SandboxCheckoutTest, RefundsNeverExceedWhatWasPaid) {
  const Seen created = new_session();
  pay(created);
  const std::string intent = session(created).text("payment_intent");
  const Seen part = post("/v1/refunds", {{"payment_intent", intent}, {"amount", "300"}});
  EXPECT_EQ(part.status, 200) << part.body;
  EXPECT_EQ(part.text("status"), "succeeded");
  const std::string charge = part.text("charge");
  EXPECT_EQ(get("/v1/charges/" + charge).number("amount_refunded"), 300);
  EXPECT_EQ(get("/v1/charges/" + charge).json().bool_at("refunded"), false);
  const Seen too_much = post("/v1/refunds", {{"charge", charge}, {"amount", "701"}});
  EXPECT_EQ(too_much.status, 400);
  EXPECT_THAT(too_much.text("error.message"), HasSubstr("greater than unrefunded amount"));
  EXPECT_EQ(post("/v1/refunds", {{"charge", charge}}).number("amount"), 700);
  EXPECT_EQ(get("/v1/charges/" + charge).json().bool_at("refunded"), true);
  EXPECT_EQ(post("/v1/refunds", {{"charge", charge}}).text("error.code"),
            "charge_already_refunded");
  EXPECT_EQ(post("/v1/refunds", {{"charge", charge}, {"amount", "0"}}).status, 400);
  EXPECT_EQ(post("/v1/refunds").status, 400);
  EXPECT_EQ(post("/v1/refunds", {{"charge", "ch_no"}}).text("error.code"), "resource_missing");
  EXPECT_EQ(get("/v1/refunds?payment_intent=" + intent).json().find("data")->as_array()->size(),
            2U);
  EXPECT_EQ(get("/v1/events?type=charge.refunded").json().find("data")->as_array()->size(), 2U);
}

TEST_F(SandboxCheckoutTest, SavesTheCardOnlyWhenTheSellerWillUseItAgain) {
  const std::string customer = post("/v1/customers").text("id");
  pay(new_session({{"customer", customer}}));
  EXPECT_EQ(count("/v1/customers/" + customer + "/payment_methods"), 0U);
  pay(new_session(
      {{"customer", customer}, {"payment_intent_data[setup_future_usage]", "off_session"}}));
  const Seen saved = get("/v1/payment_methods?type=card&customer=" + customer);
  EXPECT_EQ(saved.text("data.0.card.brand"), "visa");
  EXPECT_EQ(get("/v1/payment_methods/" + saved.text("data.0.id")).text("customer"), customer);
}

TEST_F(SandboxCheckoutTest, TheBooksShowWhatWasPaid) {
  pay(new_session({{"client_reference_id", "ref-1"}}));
  const Seen books = fetch("GET", url_ + "/_sandbox/state");
  EXPECT_EQ(books.number("accounts.0.charges.0.amount"), 1000);
  EXPECT_EQ(books.text("accounts.0.checkout_sessions.0.client_reference_id"), "ref-1");
  EXPECT_EQ(books.text("accounts.0.checkout_sessions.0.payment_status"), "paid");
}

}  // namespace
}  // namespace purser::sandbox
