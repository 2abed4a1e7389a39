// Buying through Stack Auth's protocol: from the purchase URL to the payment.

#include <gtest/gtest.h>

#include "tests/http/compat_world.hpp"

namespace purser::http_test {
namespace {

class CompatPurchases : public CompatTest {
 protected:
  static constexpr const char* kCreate = "/payments/purchases/create-purchase-url";

  static std::string order(const std::string& product, const std::string& more = "") {
    return R"({"customer_type":"user","customer_id":"alice","product_id":")" + product + "\"" +
           more + "}";
  }
  /// Opens a purchase page for alice; answers its code.
  std::string open(const std::string& product) {
    const Answer answer = client("alice", "POST", kCreate, order(product));
    EXPECT_EQ(answer.status, 200) << answer.body;
    const std::string url = answer.text("url");
    return url.substr(url.rfind('/') + 1);
  }
  Answer validate(const std::string& code) {
    return api_.send("POST", "/api/v1/payments/purchases/validate-code", json(),
                     R"({"full_code":")" + code + "\"}");
  }
  Answer begin(const std::string& code, const std::string& price, const std::string& more = "") {
    return api_.send("POST", "/api/v1/payments/purchases/purchase-session", json(),
                     R"({"full_code":")" + code + R"(","price_id":")" + price + "\"" + more + "}");
  }
  Answer complete_test(const std::string& code, const std::string& price) {
    return api_.send("POST", "/api/v1/internal/payments/test-mode-purchase-session", json(),
                     R"({"full_code":")" + code + R"(","price_id":")" + price + "\"}");
  }
  static Headers json() { return {{"content-type", "application/json"}}; }
  void set_test_mode(bool on) {
    app::SettingsChange change;
    change.test_mode = on;
    api_.world.settings(change);
  }
};

TEST_F(CompatPurchases, AUrlHasACodeInLowerCaseAndTheWayBack) {
  const Answer answer = client("alice", "POST", kCreate,
                               order("pack", R"(,"return_url":"https://app.example.com/a?b=c")"));
  const std::string url = answer.text("url");
  EXPECT_TRUE(url.starts_with("https://purser.test/purchase/" + api_.world.project.str() + "_"))
      << answer.body;
  EXPECT_TRUE(url.ends_with("?return_url=https%3A%2F%2Fapp.example.com%2Fa%3Fb%3Dc"));
  const std::string code = url.substr(0, url.find('?')).substr(url.rfind("/purchase/") + 10);
  EXPECT_EQ(code.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_"), std::string::npos);
  EXPECT_EQ(api_.world.provider.sessions().size(), 0U);
  // The page of the code is there for people too.
  EXPECT_EQ(api_.send("GET", "/purchase/" + code).status, 200);
}

TEST_F(CompatPurchases, ACodeShowsWhatIsSold) {
  const std::string code = open("pro");
  api_.world.grant("basic", "monthly");
  const Answer shown = validate(code);
  const json::Value page = shown.json();
  EXPECT_EQ(page.find("product")->string_at("display_name"), "The pro") << shown.body;
  EXPECT_EQ(json::dump(*page.find("product")->find("prices")),
            R"({"monthly":{"USD":"30","interval":[1,"month"]},)"
            R"("yearly":{"USD":"300","interval":[1,"year"]}})");
  EXPECT_EQ(page.string_at("stripe_account_id"), "acct_1");
  EXPECT_EQ(page.string_at("project_id"), api_.world.project.str());
  EXPECT_TRUE(page.find("project_logo_url")->is_null());
  EXPECT_EQ(page.bool_at("already_bought_non_stackable"), false);
  EXPECT_EQ(json::dump(*page.find("conflicting_products")),
            R"([{"product_id":"basic","display_name":"The basic"}])");
  EXPECT_EQ(page.bool_at("test_mode"), false);
  EXPECT_EQ(page.bool_at("charges_enabled"), true);
  const std::string check = "/api/v1/payments/purchases/validate-code?full_code=" + code;
  EXPECT_EQ(api_.send("GET", check).body, R"({"valid":true})");
  expect_known(api_.send("GET", check + "&return_url=https%3A%2F%2Fevil.example%2F"), 400,
               "REDIRECT_URL_NOT_WHITELISTED");
  expect_known(validate("shop_none"), 404, "VERIFICATION_CODE_NOT_FOUND");

  const std::string once = open("license");
  api_.world.grant("license");
  EXPECT_EQ(validate(once).json().bool_at("already_bought_non_stackable"), true);
}

TEST_F(CompatPurchases, OrdersAreRefusedInOrder) {
  expect_known(client("", "POST", kCreate, order("pack")), 401, "USER_AUTHENTICATION_REQUIRED");
  expect_plain(client("bob", "POST", kCreate, order("pack")), 403,
               "Clients can only create purchase URLs for their own user or teams they have admin "
               "access to.");
  expect_plain(client("alice", "POST", kCreate,
                      R"({"customer_type":"user","customer_id":"alice","product_inline":{}})"),
               400,
               "Cannot specify product_inline when calling from client! Please call with a server "
               "API key, or use the product_id parameter.");
  expect_known(client("alice", "POST", kCreate, order("hidden")), 400, "PRODUCT_DOES_NOT_EXIST",
               R"({"product_id":"hidden","context":"server_only"})");
  EXPECT_EQ(client("alice", "POST", kCreate, order("calls-pack")).code(),
            "PRODUCT_CUSTOMER_TYPE_DOES_NOT_MATCH");
  expect_known(
      client("alice", "POST", kCreate, order("pack", R"(,"return_url":"https://evil.example/")")),
      400, "REDIRECT_URL_NOT_WHITELISTED");
  api_.world.grant("license");
  EXPECT_EQ(client("alice", "POST", kCreate, order("license")).code(), "PRODUCT_ALREADY_GRANTED");
  app::SettingsChange blocked;
  blocked.block_new_purchases = true;
  api_.world.settings(blocked);
  expect_known(client("bob", "POST", kCreate, order("pack")), 403, "NEW_PURCHASES_BLOCKED");
}

TEST_F(CompatPurchases, OldNamesAreReadBelowTheOldMount) {
  const std::string body = R"({"customer_type":"user","customer_id":"alice","offer_id":"pack"})";
  EXPECT_EQ(server("POST", kCreate, body).status, 200);
  const Answer newer =
      api_.send("POST", std::string("/api/latest") + kCreate, server_headers(), body);
  EXPECT_EQ(newer.code(), "SCHEMA_ERROR");
  EXPECT_NE(newer.text("error").find("body.offer_id"), std::string::npos);
}

TEST_F(CompatPurchases, ACodePaysOnce) {
  const std::string code = open("pack");
  expect_plain(begin(code, "none"), 400,
               "Price not found on product associated with this purchase code");
  const Answer begun = begin(code, "once", R"(,"quantity":2)");
  const std::string secret = begun.text("client_secret");
  EXPECT_FALSE(secret.empty()) << begun.body;
  expect_known(begin(code, "once"), 404, "VERIFICATION_CODE_NOT_FOUND");
  expect_known(validate(code), 404, "VERIFICATION_CODE_NOT_FOUND");
  const std::string session = secret.substr(0, secret.find("_secret"));
  EXPECT_EQ(api_.world.quantity(api_.world.user(), "credits"), 0);
  api_.world.provider.pay(session);
  const std::string event = "evt_1|checkout.session.completed|" + session + "||test";
  const Headers signature = {
      {"stripe-signature", "signed:" + std::string(app::testing::kWebhookSecret)}};
  const std::string webhooks = "/api/v1/integrations/stripe/webhooks";
  expect_plain(api_.send("POST", webhooks, {{"stripe-signature", "signed:wrong"}}, event), 400,
               "Invalid stripe-signature header");
  expect_plain(api_.send("POST", webhooks, {}, event), 400, "Invalid stripe-signature header");
  EXPECT_EQ(api_.send("POST", webhooks, signature, event).body, R"({"received":true})");
  api_.world.work_off();
  EXPECT_EQ(api_.world.checkout_of(session).state, app::CheckoutState::kCompleted);
  EXPECT_EQ(api_.world.quantity(api_.world.user(), "credits"), 2000);
  EXPECT_TRUE(api_.world.verify().empty());
}

// What was begun on the provider's own page is closed before a form is shown elsewhere.
TEST_F(CompatPurchases, APaymentMovesFromThePageToTheForm) {
  const std::string code = open("pack");
  const auto page = api_.world.sales->choose(code, PriceId("once"), *Quantity::of(1));
  ASSERT_TRUE(page.has_value());
  EXPECT_FALSE(begin(code, "once").text("client_secret").empty());
  const auto sessions = api_.world.provider.sessions();
  ASSERT_EQ(sessions.size(), 2U);
  EXPECT_EQ(sessions[0].remote.status, app::RemoteCheckoutSession::Status::kExpired);
  EXPECT_TRUE(sessions[1].asked.is_embedded);
}

TEST_F(CompatPurchases, ATestProjectCompletesWithoutAPayment) {
  const std::string code = open("pro");
  expect_plain(complete_test(code, "monthly"), 403, "Test mode is not enabled for this project");
  set_test_mode(true);
  EXPECT_EQ(validate(code).json().bool_at("test_mode"), true);
  EXPECT_EQ(begin(code, "monthly").status, 400);
  expect_plain(complete_test(code, "none"), 400,
               "Price not found on product associated with this purchase code");
  EXPECT_EQ(complete_test(code, "monthly").body, R"({"success":true})");
  EXPECT_TRUE(api_.world.has_access(api_.world.user(), "pro"));
  expect_known(complete_test(code, "monthly"), 404, "VERIFICATION_CODE_NOT_FOUND");
  EXPECT_EQ(api_.world.provider.sessions().size(), 0U);
  // With one price too, nothing is sold before the buyer confirms.
  const std::string pack = open("pack");
  EXPECT_EQ(api_.world.quantity(api_.world.user(), "credits"), 500);
  EXPECT_EQ(complete_test(pack, "once").status, 200);
}

TEST_F(CompatPurchases, CodesCannotBeGuessed) {
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(validate("shop_" + std::to_string(i)).status, 404) << i;
  }
  const Answer limited = validate("shop_again");
  EXPECT_EQ(limited.status, 429);
  EXPECT_EQ(limited.headers.at("retry-after"), "1");
}

}  // namespace
}  // namespace purser::http_test
