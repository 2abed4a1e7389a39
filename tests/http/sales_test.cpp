// Selling over HTTP: checkout, the webhook, what the buyer owns and sees.

#include <gtest/gtest.h>

#include "tests/http/api_world.hpp"

namespace purser::http_test {
namespace {

class SalesTest : public testing::Test {
 protected:
  Answer checkout(const std::string& body) {
    return api_.client("alice", "POST", "/customers/user/alice/checkout", body);
  }
  /// Delivers a Stripe event about a session as the provider of the tests signs it.
  Answer deliver(const std::string& event, const std::string& session,
                 const std::string& signature) {
    return api_.send("POST", "/api/v1/webhooks/stripe/shop", {{"stripe-signature", signature}},
                     event + "|checkout.session.completed|" + session + "||test");
  }
  std::string open_session() { return world_.provider.sessions().back().remote.id; }
  static std::string signature() { return "signed:" + std::string(app::testing::kWebhookSecret); }

  ApiWorld api_;
  app::testing::World& world_ = api_.world;
};

TEST_F(SalesTest, TheFirstSale) {
  const Answer url = checkout(
      R"({"product_id":"pack","quantity":2,"return_url":"https://app.example.com/thanks"})");
  ASSERT_EQ(url.status, 200) << url.body;
  EXPECT_TRUE(url.text("url").starts_with("https://pay.test/"));
  const std::string session = open_session();
  world_.provider.pay(session);
  for (const char* event : {"evt_1", "evt_1", "evt_2"}) {
    const Answer taken = deliver(event, session, signature());
    EXPECT_EQ(taken.status, 200) << taken.body;
    EXPECT_EQ(taken.json().bool_at("received"), true);
  }
  world_.work_off();
  EXPECT_EQ(world_.quantity(world_.user(), "credits"), 2000);
  const Answer owned = api_.client("alice", "GET", "/customers/user/alice/products");
  const json::Value document = owned.json();
  const json::Value& row = document.find("items")->as_array()->at(0);
  EXPECT_EQ(row.string_at("id"), "pack");
  EXPECT_EQ(row.int_at("quantity"), 2);
  EXPECT_EQ(row.string_at("customer_type"), "user");
  EXPECT_EQ(row.bool_at("stackable"), true);
  EXPECT_EQ(row.string_at("type"), "one_time");
  EXPECT_TRUE(row.find("subscription")->is_null());
  EXPECT_EQ(row.find("switch_options"), nullptr);
  EXPECT_TRUE(world_.verify().empty());
}

TEST_F(SalesTest, ForgedEventsAreRefusedAndNotKept) {
  ASSERT_EQ(checkout(R"({"product_id":"pack"})").status, 200);
  const std::string session = open_session();
  const std::string before = api_.state();
  for (const char* signature : {"", "signed:wrong", "t=1,v1=00"}) {
    const Answer answer = deliver("evt_1", session, signature);
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.code(), "WEBHOOK_SIGNATURE_INVALID");
  }
  EXPECT_EQ(
      api_.send("POST", "/webhooks/stripe/none", {{"stripe-signature", signature()}}, "x").code(),
      "PROJECT_NOT_FOUND");
  // A project without a webhook secret accepts nothing.
  EXPECT_EQ(
      api_.send("POST", "/webhooks/stripe/other", {{"stripe-signature", signature()}}, "x").code(),
      "WEBHOOK_SIGNATURE_INVALID");
  EXPECT_TRUE(before == api_.state());
}

TEST_F(SalesTest, RefusalsSayWhy) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"product_id":"none"})", "PRODUCT_DOES_NOT_EXIST"},
      {R"({"product_id":"plan"})", ""},
      {R"({"product_id":"multi"})", ""},
      {R"({"product_id":"multi","price_id":"us"})", ""},
      {R"({"product_id":"pack","price_id":"none"})", "PRICE_NOT_FOUND"},
      {R"({"product_id":"gift"})", "PRODUCT_HAS_NO_PRICE"},
      {R"({"product_id":"license","quantity":2})", "PRODUCT_NOT_STACKABLE"},
      {R"({"product_id":"calls-pack"})", "PRODUCT_CUSTOMER_TYPE_DOES_NOT_MATCH"},
      {R"({"product_id":"pack","return_url":"//evil.example"})", "REDIRECT_URL_NOT_WHITELISTED"},
      {R"({"product_id":"pack","return_url":"https://app.example.com@evil.example/"})",
       "REDIRECT_URL_NOT_WHITELISTED"},
      {R"({"product_id":"pack","return_url":"javascript:alert"})", "REDIRECT_URL_NOT_WHITELISTED"},
  };
  for (const auto& [body, code] : cases) {
    const Answer answer = checkout(body);
    EXPECT_EQ(answer.code(), code) << body << " " << answer.body;
  }
}

TEST_F(SalesTest, GrantingGivesWithoutPayment) {
  const std::string target = "/customers/user/alice/products";
  const Answer granted = api_.server("POST", target, R"({"product_id":"license"})");
  EXPECT_EQ(granted.status, 200) << granted.body;
  EXPECT_FALSE(granted.text("purchase_id").empty());
  EXPECT_EQ(api_.server("POST", target, R"({"product_id":"license"})").code(),
            "PRODUCT_ALREADY_GRANTED");
  EXPECT_EQ(world_.quantity(world_.user(), "credits"), 5);
  EXPECT_EQ(
      api_.server("POST", "/customers/user/nobody/products", R"({"product_id":"gift"})").code(),
      "USER_NOT_FOUND");
}

TEST_F(SalesTest, InlineProductsAreSoldByTheServer) {
  const Answer url = api_.server("POST", "/customers/custom/acme/checkout",
                                 R"({"product":{"display_name":"Setup","type":"one_time",
          "prices":[{"amount":4900,"currency":"eur"}],
          "included_items":{"calls":{"quantity":10}}}})");
  ASSERT_EQ(url.status, 200) << url.body;
  const Answer bad =
      api_.server("POST", "/customers/custom/acme/checkout",
                  R"({"product":{"display_name":"Setup","prices":[{"amount":-1}]}})");
  EXPECT_EQ(bad.code(), "SCHEMA_ERROR");
  EXPECT_FALSE(bad.wrong_fields().empty());
}

// What a catalog says is shown to the buyer as text.
TEST_F(SalesTest, NamesAreTextOnPages) {
  const std::string evil = "<script>alert(1)</script>";
  app::SettingsChange change;
  change.display_name = evil;
  world_.settings(change);
  ASSERT_EQ(api_.server("POST", "/customers/user/alice/checkout",
                        R"({"product":{"display_name":"<img src=x onerror=alert(1)>",
                            "prices":[{"amount":100,"currency":"usd"}]}})")
                .status,
            200);
  const app::Checkout made = world_.checkout_of(open_session());
  const Answer page = api_.send("GET", "/checkout/done?project=shop&checkout=" + made.id.str());
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("&lt;img src=x"), std::string::npos) << page.body;
  EXPECT_NE(page.body.find("&lt;script&gt;"), std::string::npos);
  EXPECT_EQ(page.body.find("<img"), std::string::npos);
  EXPECT_EQ(page.body.find("<script"), std::string::npos);
}

}  // namespace
}  // namespace purser::http_test
