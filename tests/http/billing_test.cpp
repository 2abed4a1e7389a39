// Paying over HTTP: payment methods, invoices, refunds, the inbox, the project's account.

#include "tests/http/route_test.hpp"

namespace purser::http_test {
namespace {

constexpr const char* kAlice = "/customers/user/alice";

class BillingTest : public RouteTest {
 protected:
  std::string target(const std::string& rest) const { return kAlice + rest; }
  json::Value items(const Answer& answer) { return *answer.json().find("items"); }
  // Buys `quantity` packs; answers the purchase.
  std::string buy_packs(int quantity) {
    const Answer url =
        api_.client("alice", "POST", target("/checkout"),
                    R"({"product_id":"pack","quantity":)" + std::to_string(quantity) + "}");
    EXPECT_EQ(url.status, 200) << url.body;
    const std::string session = api_.world.provider.sessions().back().remote.id;
    api_.world.provider.pay(session);
    EXPECT_TRUE(api_.world.sales->settle(api_.world.project, session));
    return api_.world.checkout_of(session).purchase.str();
  }
};

TEST_F(BillingTest, NobodyHasAMethodBeforeTheyPay) {
  const Answer none = good("GET", target("/billing"));
  EXPECT_EQ(none.json().bool_at("has_customer"), false);
  EXPECT_TRUE(none.json().find("default_payment_method")->is_null());
}

TEST_F(BillingTest, AMethodIsSetUpAndBecomesTheDefault) {
  const Answer intent = good("POST", target("/payment-method-setup-intent"), "{}");
  EXPECT_EQ(intent.text("stripe_account_id"), "acct_1");
  EXPECT_FALSE(intent.text("client_secret").empty());
  const std::string secret = intent.text("client_secret");
  const std::string id = secret.substr(0, secret.find("_secret"));
  const std::string body = R"({"setup_intent_id":")" + id + "\"}";
  EXPECT_EQ(api_.client("alice", "POST", target("/default-payment-method"), body).code(),
            "SETUP_INTENT_NOT_SUCCEEDED");
  const std::string method = api_.world.provider.confirm_setup_intent(id);
  // Another customer's intent is one that does not exist.
  EXPECT_EQ(api_.client("bob", "POST", "/customers/user/bob/default-payment-method", body).code(),
            "SETUP_INTENT_NOT_FOUND");
  const Answer set = good("POST", target("/default-payment-method"), body);
  EXPECT_EQ(set.json().find("default_payment_method")->string_at("id"), method);
  const Answer billing = good("GET", target("/billing"));
  EXPECT_EQ(billing.json().bool_at("has_customer"), true);
  EXPECT_EQ(billing.json().find("default_payment_method")->string_at("id"), method);
}

TEST_F(BillingTest, InvoicesAndTransactionsNewestFirst) {
  buy_packs(2);
  api_.world.subscribe("basic", "monthly");
  const json::Value invoices = items(good("GET", target("/invoices")));
  ASSERT_EQ(invoices.as_array()->size(), 2U);
  EXPECT_EQ(invoices.as_array()->at(0).int_at("total"), 1000);
  EXPECT_EQ(invoices.as_array()->at(1).int_at("total"), 2000);
  EXPECT_EQ(invoices.as_array()->at(1).string_at("status"), "paid");
  EXPECT_EQ(invoices.as_array()->at(1).string_at("currency"), "USD");
  EXPECT_TRUE(invoices.as_array()->at(1).find("period_end")->is_null());
  EXPECT_FALSE(invoices.as_array()->at(0).find("period_end")->is_null());
  const json::Value transactions = items(good("GET", target("/transactions")));
  EXPECT_EQ(transactions.as_array()->size(), 2U);
  EXPECT_EQ(transactions.as_array()->at(0).string_at("kind"), "purchase");
  EXPECT_EQ(transactions.as_array()->at(0).string_at("product_id"), "basic");
  // A page at a time.
  const Answer first = api_.client("alice", "GET", target("/invoices?limit=1"));
  const json::Value document = first.json();
  const auto cursor = document.find("pagination")->string_at("next_cursor");
  ASSERT_TRUE(cursor.has_value()) << first.body;
  const Answer second = api_.client("alice", "GET", target("/invoices?limit=1&cursor=" + *cursor));
  EXPECT_EQ(items(second).as_array()->at(0).int_at("total"), 2000);
  EXPECT_TRUE(second.json().find("pagination")->find("next_cursor")->is_null());
}

TEST_F(BillingTest, RefundsGoBackAndTakeWhatTheyBought) {
  const std::string purchase = buy_packs(2);
  const std::string refund = "/purchases/" + purchase + "/refund";
  const Answer part = good("POST", refund, R"({"quantity":1,"reason":"duplicate"})");
  const json::Value document = part.json();
  const json::Value& row = *document.find("refund");
  EXPECT_EQ(row.int_at("amount"), 1000);
  EXPECT_EQ(row.int_at("quantity"), 1);
  EXPECT_EQ(row.string_at("status"), "succeeded");
  EXPECT_EQ(row.string_at("reason"), "duplicate");
  EXPECT_EQ(api_.world.quantity(api_.world.user(), "credits"), 1000);
  const std::string before = api_.state();
  const std::pair<const char*, const char*> cases[] = {
      {R"({"amount":1001})", "REFUND_NOT_POSSIBLE"},
      {R"({"quantity":2})", "REFUND_NOT_POSSIBLE"},
      {R"({"amount":1,"quantity":1})", "SCHEMA_ERROR"},
      {R"({"amount":0})", "SCHEMA_ERROR"},
      {R"({"amount":-5})", "SCHEMA_ERROR"},
      {R"({"amount":1.5})", "SCHEMA_ERROR"},
      {R"({"reason":"because"})", "SCHEMA_ERROR"},
  };
  for (const auto& [body, code] : cases) {
    EXPECT_EQ(api_.admin("POST", refund, body).code(), code) << body;
  }
  EXPECT_EQ(api_.admin("POST", "/purchases/none/refund", "{}").code(), "PURCHASE_NOT_FOUND");
  EXPECT_EQ(before, api_.state());
  const Answer rest = good("POST", refund, "{}");
  EXPECT_EQ(rest.json().find("refund")->int_at("amount"), 1000);
  EXPECT_EQ(api_.admin("POST", refund, "{}").code(), "REFUND_NOT_POSSIBLE");
  EXPECT_EQ(api_.world.quantity(api_.world.user(), "credits"), 0);
  EXPECT_EQ(items(good("GET", target("/products"))).as_array()->size(), 0U);
  EXPECT_TRUE(api_.world.verify().empty());
}

TEST_F(BillingTest, RefundsAreForAdministrators) {
  const std::string purchase = buy_packs(1);
  EXPECT_EQ(api_.server("POST", "/purchases/" + purchase + "/refund", "{}").code(),
            "INSUFFICIENT_ACCESS_TYPE");
  EXPECT_EQ(api_.world.provider.refunds().size(), 0U);
}

TEST_F(BillingTest, WhatWasGrantedCannotBeRefunded) {
  const Answer granted = api_.server("POST", target("/products"), R"({"product_id":"license"})");
  EXPECT_EQ(
      api_.admin("POST", "/purchases/" + granted.text("purchase_id") + "/refund", "{}").code(),
      "TEST_MODE_PURCHASE_NON_REFUNDABLE");
}

TEST_F(BillingTest, OperatorsSeeTheInboxAndRetry) {
  // About nothing that exists: quarantined after its attempts, or at once when it is not ours.
  ASSERT_TRUE(api_.world.deliver("evt_other", "checkout.session.completed", "cs_1", "acct_other"));
  const Answer all = good("GET", "/webhooks/stripe/inbox");
  ASSERT_EQ(items(all).as_array()->size(), 1U);
  EXPECT_EQ(items(all).as_array()->at(0).string_at("event_id"), "evt_other");
  const Answer quarantined = good("GET", "/webhooks/stripe/inbox?state=quarantined");
  EXPECT_EQ(items(quarantined).as_array()->size(), 1U);
  EXPECT_EQ(items(good("GET", "/webhooks/stripe/inbox?state=done")).as_array()->size(), 0U);
  EXPECT_EQ(api_.admin("GET", "/webhooks/stripe/inbox?state=odd").code(), "SCHEMA_ERROR");
  const Answer again = good("POST", "/webhooks/stripe/inbox/evt_other/retry");
  EXPECT_EQ(again.json().find("event")->string_at("event_id"), "evt_other");
  EXPECT_EQ(api_.admin("POST", "/webhooks/stripe/inbox/none/retry").code(),
            "INBOX_EVENT_NOT_FOUND");
  EXPECT_EQ(api_.server("GET", "/webhooks/stripe/inbox").code(), "INSUFFICIENT_ACCESS_TYPE");
}

TEST_F(BillingTest, TheProjectsAccount) {
  const Answer account = good("GET", "/payments/account");
  EXPECT_EQ(account.text("account_id"), "acct_1");
  EXPECT_EQ(account.json().bool_at("charges_enabled"), true);
  // The project has a key of its own, so there is nothing to connect.
  EXPECT_EQ(api_.admin("POST", "/payments/onboarding", "{}").code(), "ALREADY_EXISTS");
}

TEST_F(BillingTest, SettingsOfGraceAndDowngrades) {
  const Answer changed =
      good("PATCH", "/project", R"({"past_due_grace_days":3,"downgrade_effective":"period_end"})");
  EXPECT_EQ(changed.number("past_due_grace_days"), 3);
  EXPECT_EQ(changed.text("downgrade_effective"), "period_end");
  for (const char* body : {R"({"past_due_grace_days":61})", R"({"past_due_grace_days":-1})",
                           R"({"downgrade_effective":"later"})"}) {
    EXPECT_EQ(api_.admin("PATCH", "/project", body).code(), "SCHEMA_ERROR") << body;
  }
}

}  // namespace
}  // namespace purser::http_test
