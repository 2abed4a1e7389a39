// Subscriptions over HTTP: what is owned, canceled, resumed, switched.

#include "tests/http/route_test.hpp"

namespace purser::http_test {
namespace {

constexpr const char* kAlice = "/customers/user/alice";

class SubscriptionsTest : public RouteTest {
 protected:
  std::string subscribe(const std::string& product, const std::string& price = "monthly") {
    return api_.world.subscribe(product, price).id.str();
  }
  json::Value row(int n = 0) {
    const Answer list = good("GET", std::string(kAlice) + "/products");
    return list.json().find("items")->as_array()->at(static_cast<std::size_t>(n));
  }
  Answer client(std::string_view method, const std::string& rest, const std::string& body = {}) {
    return api_.client("alice", method, kAlice + rest, body);
  }
};

TEST_F(SubscriptionsTest, WhatIsOwnedSaysWhatItCanBecome) {
  const std::string id = subscribe("basic");
  const json::Value product = row();
  EXPECT_EQ(product.string_at("id"), "basic");
  EXPECT_EQ(product.string_at("type"), "subscription");
  const json::Value& subscription = *product.find("subscription");
  EXPECT_EQ(subscription.string_at("subscription_id"), id);
  EXPECT_EQ(subscription.string_at("status"), "active");
  EXPECT_EQ(subscription.bool_at("cancel_at_period_end"), false);
  EXPECT_EQ(subscription.bool_at("is_cancelable"), true);
  EXPECT_TRUE(subscription.find("pending_switch")->is_null());
  const json::Array& options = *product.find("switch_options")->as_array();
  ASSERT_EQ(options.size(), 2U);
  EXPECT_EQ(options[0].string_at("product_id"), "free");
  EXPECT_EQ(options[1].string_at("product_id"), "pro");
  const json::Array& prices = *options[1].find("prices")->as_array();
  ASSERT_EQ(prices.size(), 2U);
  EXPECT_EQ(prices[0].string_at("id"), "monthly");
  EXPECT_EQ(prices[0].int_at("amount"), 3000);
  EXPECT_EQ(prices[0].string_at("currency"), "USD");
  EXPECT_EQ(prices[0].string_at("interval"), "month");
  EXPECT_EQ(prices[0].int_at("interval_count"), 1);
  // The server also sees what clients cannot have.
  const Answer server = api_.server("GET", std::string(kAlice) + "/products");
  EXPECT_NE(server.body.find("\"staff\""), std::string::npos);
  // Outside a line there is nothing to switch to.
  subscribe("weekly", "weekly");
  EXPECT_EQ(row(1).find("switch_options"), nullptr);
}

TEST_F(SubscriptionsTest, CancelResumeAndCancelNow) {
  const std::string id = subscribe("basic");
  const std::string subscription = std::string(kAlice) + "/subscriptions/" + id;
  EXPECT_EQ(good("GET", subscription).json().find("subscription")->string_at("id"), id);
  const Answer canceled = good("DELETE", std::string(kAlice) + "/products/basic");
  EXPECT_EQ(canceled.json().find("subscription")->bool_at("cancel_at_period_end"), true);
  EXPECT_EQ(row().find("subscription")->bool_at("cancel_at_period_end"), true);
  const Answer resumed = good("POST", subscription + "/resume");
  EXPECT_EQ(resumed.json().find("subscription")->bool_at("cancel_at_period_end"), false);
  EXPECT_EQ(client("POST", "/subscriptions/" + id + "/resume").code(),
            "SUBSCRIPTION_NOT_RESUMABLE");
  const Answer now = client("DELETE", "/products/-?immediately=true&subscription_id=" + id);
  ASSERT_EQ(now.status, 200) << now.body;
  EXPECT_EQ(now.json().find("subscription")->string_at("status"), "canceled");
  EXPECT_EQ(client("GET", "/products").json().find("items")->as_array()->size(), 0U);
  EXPECT_EQ(api_.world.quantity(api_.world.user(), "credits"), 0);
  EXPECT_TRUE(api_.world.verify().empty());
}

TEST_F(SubscriptionsTest, RefusalsOfCancelingChangeNothing) {
  const std::string id = subscribe("basic");
  ASSERT_EQ(
      api_.server("POST", std::string(kAlice) + "/products", R"({"product_id":"license"})").status,
      200);
  const std::string before = api_.state();
  const std::pair<const char*, const char*> cases[] = {
      {"/products/pro", "PRODUCT_NOT_OWNED"},
      {"/products/license", "SUBSCRIPTION_NOT_CANCELABLE"},
      {"/products/basic?subscription_id=none", "SUBSCRIPTION_NOT_FOUND"},
      {"/products/-", "SCHEMA_ERROR"},
      {"/products/basic?immediately=perhaps", "SCHEMA_ERROR"},
      {"/products/basic?unknown=1", "SCHEMA_ERROR"},
  };
  for (const auto& [target, code] : cases) {
    EXPECT_EQ(client("DELETE", target).code(), code) << target;
  }
  // Somebody else's subscription is one that does not exist.
  EXPECT_EQ(api_.client("bob", "GET", "/customers/user/bob/subscriptions/" + id).code(),
            "SUBSCRIPTION_NOT_FOUND");
  EXPECT_EQ(api_.client("bob", "DELETE", std::string(kAlice) + "/products/basic").code(),
            "USER_NOT_FOUND");
  EXPECT_EQ(before, api_.state());
}

TEST_F(SubscriptionsTest, SwitchesAndTheirPreview) {
  subscribe("basic");
  const std::string change = R"({"from_product_id":"basic","to_product_id":"pro",
      "price_id":"monthly"})";
  const std::string target = std::string(kAlice) + "/switch-subscription";
  const Answer preview = good("POST", target + "/preview", change);
  EXPECT_EQ(preview.text("effective"), "now");
  EXPECT_EQ(preview.text("currency"), "USD");
  EXPECT_EQ(preview.number("next_renewal"), 3000);
  EXPECT_EQ(row().string_at("id"), "basic");
  const int charges = api_.world.provider.charges();
  const std::int64_t charged = api_.world.provider.charged();
  const Answer switched = good("POST", target, change);
  EXPECT_EQ(switched.json().find("subscription")->string_at("product_id"), "pro");
  EXPECT_EQ(api_.world.provider.charges(), charges + 1);
  EXPECT_EQ(api_.world.provider.charged() - charged, preview.number("due_now"));
  EXPECT_EQ(row().string_at("id"), "pro");
  EXPECT_EQ(api_.world.quantity(api_.world.user(), "credits"), 500);
}

TEST_F(SubscriptionsTest, ThePreviewOfAGrantedPlanSaysThatNobodyPaysForIt) {
  api_.world.grant("basic", "monthly");
  const Answer preview = api_.server("POST", std::string(kAlice) + "/switch-subscription/preview",
                                     R"({"from_product_id":"basic","to_product_id":"pro",
                                         "price_id":"monthly"})");
  EXPECT_EQ(preview.number("due_now"), 0);
  EXPECT_TRUE(preview.json().find("next_renewal")->is_null());
}

TEST_F(SubscriptionsTest, ASwitchAtThePeriodsEndCanBeCalledOff) {
  const std::string id = subscribe("pro");
  const Answer waiting =
      client("POST", "/switch-subscription", R"({"from_product_id":"pro","to_product_id":"basic",
          "price_id":"monthly","effective":"period_end"})");
  ASSERT_EQ(waiting.status, 200) << waiting.body;
  const json::Value document = waiting.json();
  const json::Value& pending = *document.find("subscription")->find("pending_switch");
  EXPECT_EQ(pending.string_at("product_id"), "basic");
  EXPECT_EQ(pending.string_at("at"),
            document.find("subscription")->string_at("current_period_end"));
  EXPECT_EQ(row().string_at("id"), "pro");
  EXPECT_EQ(row().find("subscription")->find("pending_switch")->string_at("product_id"), "basic");
  const Answer off = client("POST", "/subscriptions/" + id + "/resume");
  EXPECT_TRUE(off.json().find("subscription")->find("pending_switch")->is_null()) << off.body;
}

TEST_F(SubscriptionsTest, RefusalsOfSwitchingChangeNothing) {
  subscribe("basic");
  const std::string before = api_.state();
  const int charges = api_.world.provider.charges();
  const std::pair<const char*, const char*> cases[] = {
      {R"({"from_product_id":"pro","to_product_id":"basic"})", "PRODUCT_NOT_OWNED"},
      {R"({"from_product_id":"basic","to_product_id":"none"})", "PRODUCT_DOES_NOT_EXIST"},
      {R"({"from_product_id":"basic","to_product_id":"staff"})", "PRODUCT_DOES_NOT_EXIST"},
      {R"({"from_product_id":"basic","to_product_id":"weekly"})", "SWITCH_NOT_POSSIBLE"},
      {R"({"from_product_id":"basic","to_product_id":"lifetime"})", "SWITCH_NOT_POSSIBLE"},
      {R"({"from_product_id":"basic","to_product_id":"pro"})", "SWITCH_NOT_POSSIBLE"},
      {R"({"from_product_id":"basic","to_product_id":"pro","price_id":"none"})", "PRICE_NOT_FOUND"},
      {R"({"from_product_id":"basic","to_product_id":"pro","price_id":"monthly","quantity":2})",
       "PRODUCT_NOT_STACKABLE"},
      {R"({"from_product_id":"basic","to_product_id":"pro","quantity":0})", "SCHEMA_ERROR"},
      {R"({"from_product_id":"basic","to_product_id":"pro","effective":"soon"})", "SCHEMA_ERROR"},
      {R"({"from_product_id":"basic"})", "SCHEMA_ERROR"},
  };
  for (const auto& [body, code] : cases) {
    EXPECT_EQ(client("POST", "/switch-subscription", body).code(), code) << body;
    EXPECT_EQ(client("POST", "/switch-subscription/preview", body).code(), code) << body;
  }
  EXPECT_EQ(api_.world.provider.charges(), charges);
  EXPECT_EQ(before, api_.state());
}

TEST_F(SubscriptionsTest, ADeclinedCardAnswers402AndChangesNothing) {
  subscribe("basic");
  const auto customer = api_.world.provider.subscriptions().at(0).customer;
  api_.world.provider.set_declines(customer, true);
  const Answer answer = client("POST", "/switch-subscription",
                               R"({"from_product_id":"basic","to_product_id":"pro",
                                   "price_id":"monthly"})");
  EXPECT_EQ(answer.status, 402);
  EXPECT_EQ(answer.code(), "PAYMENT_FAILED");
  EXPECT_EQ(row().string_at("id"), "basic");
  EXPECT_EQ(api_.world.quantity(api_.world.user(), "credits"), 100);
}

TEST_F(SubscriptionsTest, GrantingAPriceWithAnIntervalMakesASubscription) {
  const Answer granted = good("POST", std::string(kAlice) + "/products",
                              R"({"product_id":"pro","price_id":"yearly"})");
  EXPECT_EQ(granted.text("subscription_id"), granted.text("purchase_id"));
  EXPECT_EQ(row().string_at("type"), "subscription");
  // A client may not upgrade what nobody pays for.
  const Answer refused = client("POST", "/switch-subscription",
                                R"({"from_product_id":"pro","to_product_id":"basic",
                                    "price_id":"yearly"})");
  EXPECT_EQ(refused.code(), "SWITCH_NOT_POSSIBLE");
}

TEST_F(SubscriptionsTest, AnIdempotencyKeyHasOneEffect) {
  subscribe("basic");
  const Headers key = {{"idempotency-key", "k1"}};
  const std::string body = R"({"from_product_id":"basic","to_product_id":"pro",
      "price_id":"monthly"})";
  const std::string target = std::string(kAlice) + "/switch-subscription";
  const Answer first = api_.client("alice", "POST", target, body, key);
  ASSERT_EQ(first.status, 200) << first.body;
  const int charges = api_.world.provider.charges();
  Answer second = api_.client("alice", "POST", target, body, key);
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(second.headers["idempotency-replayed"], "true");
  EXPECT_EQ(api_.world.provider.charges(), charges);
  EXPECT_EQ(api_.client("alice", "POST", target + "?", R"({"from_product_id":"pro",
      "to_product_id":"basic"})",
                        key)
                .code(),
            "IDEMPOTENCY_KEY_MISMATCH");
}

}  // namespace
}  // namespace purser::http_test
