// Payment calls of Stack Auth's protocol: items, products, subscriptions, invoices, billing.

#include <gtest/gtest.h>

#include "tests/http/compat_world.hpp"

namespace purser::http_test {
namespace {

constexpr const char* kProducts = "/payments/products/user/alice";
constexpr const char* kCredits = "/payments/items/user/alice/credits";

class CompatPayments : public CompatTest {
 protected:
  Answer change(std::int64_t delta, bool allow_negative) {
    return server("POST",
                  std::string(kCredits) +
                      "/update-quantity?allow_negative=" + (allow_negative ? "true" : "false"),
                  "{\"delta\":" + std::to_string(delta) + "}");
  }
  std::int64_t credits() { return api_.world.quantity(api_.world.user(), "credits"); }

  /// The rows of a list.
  static json::Array rows(const Answer& answer) {
    const json::Value document = answer.json();
    const json::Value* items = document.find("items");
    EXPECT_NE(items, nullptr) << answer.body;
    return items == nullptr ? json::Array() : *items->as_array();
  }
  static std::string next_cursor(const Answer& answer) {
    return answer.json().find("pagination")->string_at("next_cursor").value_or("(none)");
  }
};

TEST_F(CompatPayments, QuantitiesGoUpAndDown) {
  EXPECT_EQ(change(5, false).body, "{}");
  EXPECT_EQ(change(-3, false).body, "{}");
  EXPECT_EQ(credits(), 2);
  const Answer refused = change(-3, false);
  expect_known(refused, 400, "ITEM_QUANTITY_INSUFFICIENT_AMOUNT",
               R"({"item_id":"credits","customer_id":"alice","quantity":-3})");
  EXPECT_EQ(refused.text("error"),
            "The item with ID \"credits\" has an insufficient quantity for the customer with ID "
            "\"alice\". An attempt was made to charge -3 credits.");
  EXPECT_EQ(change(-5, true).status, 200);
  EXPECT_EQ(credits(), -3);
  // What does not lead out of debt is refused as well, nothing included.
  EXPECT_EQ(change(2, false).code(), "ITEM_QUANTITY_INSUFFICIENT_AMOUNT");
  EXPECT_EQ(change(0, false).code(), "ITEM_QUANTITY_INSUFFICIENT_AMOUNT");
  EXPECT_EQ(change(0, true).body, "{}");
  EXPECT_EQ(change(3, false).status, 200);
  EXPECT_EQ(credits(), 0);
}

TEST_F(CompatPayments, AQuantityCanExpireAndHaveADescription) {
  const std::string body = R"({"delta":4,"expires_at":")" +
                           (api_.world.clock.now() + Millis{1000}).to_iso8601() +
                           R"(","description":"a present"})";
  EXPECT_EQ(
      server("POST", std::string(kCredits) + "/update-quantity?allow_negative=true", body).status,
      200);
  EXPECT_EQ(credits(), 4);
  api_.world.advance(Millis{1000});
  EXPECT_EQ(server("GET", kCredits).number("quantity"), 0);
}

TEST_F(CompatPayments, ItemsAreCheckedInOrder) {
  expect_known(server("GET", "/payments/items/user/nobody/nothing"), 404, "ITEM_NOT_FOUND",
               R"({"item_id":"nothing"})");
  const Answer other = server("GET", "/payments/items/user/nobody/seats");
  expect_known(other, 400, "ITEM_CUSTOMER_TYPE_DOES_NOT_MATCH",
               R"({"item_id":"seats","customer_id":"nobody","item_customer_type":"team",)"
               R"("actual_customer_type":"user"})");
  EXPECT_EQ(other.text("error"),
            "The user with ID \"nobody\" is not a valid customer for the item with ID \"seats\". "
            "The item is configured to only be available for team customers, but the customer is "
            "a user.");
  expect_known(server("GET", "/payments/items/user/nobody/credits"), 404, "USER_NOT_FOUND");
  expect_known(server("GET", "/payments/items/team/nobody/seats"), 404, "TEAM_NOT_FOUND",
               R"({"team_id":"nobody"})");
  EXPECT_EQ(server("GET", "/payments/items/custom/acme%2F%C3%A9%201/calls").number("quantity"), 0);
  const Answer client =
      this->client("alice", "POST", std::string(kCredits) + "/update-quantity?allow_negative=true",
                   R"({"delta":1})");
  expect_known(client, 401, "INSUFFICIENT_ACCESS_TYPE",
               R"({"actual_access_type":"client","allowed_access_types":["server","admin"]})");
  EXPECT_EQ(client.text("error"),
            "The x-stack-access-type header must be 'server' or 'admin', but was 'client'.");
}

TEST_F(CompatPayments, AWrongShapeNamesEveryPlace) {
  const Answer answer =
      server("POST", std::string(kCredits) + "/update-quantity?allow_negative=true", "{}");
  EXPECT_EQ(answer.text("error"),
            "Request validation failed on POST /api/v1/payments/items/user/alice/credits/"
            "update-quantity:\n  - body.delta must be defined");
  EXPECT_EQ(answer.code(), "SCHEMA_ERROR");
  EXPECT_EQ(answer.json().find("details")->string_at("message"), answer.text("error"));
  const Answer no_json =
      server("POST", std::string(kCredits) + "/update-quantity?allow_negative=true", "{");
  expect_known(no_json, 400, "BODY_PARSING_ERROR");
  EXPECT_EQ(no_json.text("error"), "Invalid JSON in request body");
}

TEST_F(CompatPayments, ProductsAreListedWithTheirShape) {
  EXPECT_EQ(server("POST", kProducts, R"({"product_id":"pack","quantity":2})").body,
            R"({"success":true})");
  const Answer list = client("alice", "GET", kProducts);
  const json::Array owned = rows(list);
  ASSERT_EQ(owned.size(), 1U) << list.body;
  EXPECT_EQ(json::dump(owned[0]),
            R"({"id":"pack","quantity":2,"product":{"display_name":"The pack",)"
            R"("customer_type":"user","server_only":false,"stackable":true,)"
            R"("prices":{"once":{"USD":"10"}},)"
            R"("included_items":{"credits":{"quantity":1000,"repeat":"never","expires":"never"}},)"
            R"("client_metadata":null,"client_read_only_metadata":null,"server_metadata":null},)"
            R"("type":"one_time","subscription":null})");
  EXPECT_EQ(next_cursor(list), "(none)");
  EXPECT_EQ(list.json().bool_at("is_paginated"), true);
}

TEST_F(CompatPayments, APlanHasASubscriptionAndOptionsUntilItIsCanceled) {
  const Answer granted = server("POST", kProducts, R"({"product_id":"basic"})");
  const std::string id = granted.text("subscription_id");
  EXPECT_FALSE(id.empty()) << granted.body;
  json::Value row = rows(client("alice", "GET", kProducts)).at(0);
  EXPECT_EQ(row.string_at("type"), "subscription");
  const json::Value& subscription = *row.find("subscription");
  EXPECT_EQ(subscription.string_at("subscription_id"), id);
  EXPECT_EQ(subscription.bool_at("cancel_at_period_end"), false);
  EXPECT_EQ(subscription.bool_at("is_cancelable"), true);
  std::string options;
  for (const json::Value& option : *row.find("switch_options")->as_array()) {
    options += *option.string_at("product_id") + " ";
    EXPECT_NE(option.find("product")->find("prices"), nullptr);
  }
  EXPECT_EQ(options, "free pro ");  // staff is the server's, lifetime does not renew
  const json::Value& yearly = *row.find("product")->find("prices")->find("yearly");
  EXPECT_EQ(json::dump(yearly), R"({"USD":"100","interval":[1,"year"]})");

  const Answer canceled = client("alice", "DELETE", std::string(kProducts) + "/basic");
  EXPECT_EQ(canceled.body, R"({"success":true})");
  row = rows(client("alice", "GET", kProducts)).at(0);
  EXPECT_EQ(row.string_at("type"), "one_time");
  EXPECT_TRUE(row.find("subscription")->is_null());
  EXPECT_TRUE(row.find("switch_options")->as_array()->empty());
  // Asked again, as after an answer that was lost, it is no error.
  EXPECT_EQ(client("alice", "DELETE", std::string(kProducts) + "/basic").status, 200);
}

TEST_F(CompatPayments, PagesBeginWithTheRowThatTheirCursorNames) {
  for (const char* product : {"pack", "gift", "license", "daily"}) {
    ASSERT_EQ(server("POST", kProducts, std::string(R"({"product_id":")") + product + "\"}").status,
              200);
  }
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(server("POST", kProducts,
                     R"({"product_inline":{"display_name":"Extra","customer_type":"user",)"
                     R"("server_only":true,"stackable":false,"prices":{"a":{"USD":"9.99"}},)"
                     R"("included_items":{"credits":{"quantity":1}}}})")
                  .status,
              200);
  }
  std::string seen;
  std::string cursors;
  std::string query = "?limit=2";
  for (int page = 0; page < 5; ++page) {
    const Answer answer = server("GET", kProducts + query);
    for (const json::Value& row : rows(answer)) {
      seen += row.string_at("id").value_or("null") + ":" + std::to_string(*row.int_at("quantity")) +
              " ";
    }
    const std::string next = next_cursor(answer);
    cursors += next + " ";
    if (next == "(none)") break;
    query = "?limit=2&cursor=" + next;
  }
  EXPECT_EQ(seen, "null:2 daily:1 gift:1 license:1 pack:1 ");
  EXPECT_EQ(cursors, "gift pack (none) ");
  EXPECT_EQ(rows(server("GET", std::string(kProducts) + "?cursor=__null__")).size(), 5U);
  expect_plain(server("GET", std::string(kProducts) + "?cursor=nothing"), 400, "Invalid cursor");
  EXPECT_EQ(server("GET", std::string(kProducts) + "?limit=0").code(), "SCHEMA_ERROR");
}

TEST_F(CompatPayments, GrantsAreRefusedInOrder) {
  const auto grant = [&](const std::string& body, const std::string& user = "alice") {
    return server("POST", "/payments/products/user/" + user, body);
  };
  expect_known(grant(R"({})", "nobody"), 404, "USER_NOT_FOUND");
  expect_plain(grant(R"({})"), 400, "Must specify either product_id or product_inline!");
  expect_plain(grant(R"({"product_id":"pack","product_inline":{}})"), 400,
               "Cannot specify both product_id and product_inline!");
  expect_known(grant(R"({"product_id":"none"})"), 400, "PRODUCT_DOES_NOT_EXIST",
               R"({"product_id":"none","context":null})");
  const Answer item = grant(R"({"product_id":"credits"})");
  expect_known(item, 400, "PRODUCT_DOES_NOT_EXIST",
               R"({"product_id":"credits","context":"item_exists"})");
  EXPECT_EQ(item.text("error"),
            "Product with ID \"credits\" does not exist, but an item with this ID exists.");
  expect_known(grant(R"({"product_id":"calls-pack"})"), 400, "PRODUCT_CUSTOMER_TYPE_DOES_NOT_MATCH",
               R"({"product_id":"calls-pack","customer_id":"alice",)"
               R"("product_customer_type":"custom","actual_customer_type":"user"})");
  expect_plain(grant(R"({"product_id":"license","quantity":2})"), 400,
               "This product is not stackable; quantity must be 1");
  EXPECT_EQ(grant(R"({"product_id":"license"})").status, 200);
  expect_known(grant(R"({"product_id":"license"})"), 400, "PRODUCT_ALREADY_GRANTED",
               R"({"product_id":"license","customer_id":"alice"})");
  expect_plain(grant(R"({"product_id":"extra"})"), 400,
               "This product is an add-on to a product that the customer does not have");
  EXPECT_EQ(grant(R"({"product_id":"lifetime"})").status, 200);
  expect_plain(grant(R"({"product_id":"pro"})"), 400,
               "Customer already has a one-time purchase in this product line");
  // Which of several prices is not for the SDKs to say.
  EXPECT_EQ(grant(R"({"product_id":"multi"})").status, 200);
}

TEST_F(CompatPayments, AProductThatIsDescribedSaysWhatIsWrongWithIt) {
  const Answer answer =
      server("POST", kProducts,
             R"({"product_inline":{"display_name":"X","prices":{"a":{"USD":"1.005"},)"
             R"("b":{"EUR":"01"},"c":{},"d":{"USD":5}}}})");
  EXPECT_EQ(answer.code(), "SCHEMA_ERROR");
  for (const char* place : {"prices.a.USD", "prices.b.EUR", "prices.c", "prices.d.USD"}) {
    EXPECT_NE(answer.text("error").find("body.product_inline." + std::string(place) + " "),
              std::string::npos)
        << answer.body;
  }
}

TEST_F(CompatPayments, CancellingSaysWhyNot) {
  const auto cancel = [&](const std::string& product, const std::string& query = "") {
    return client("alice", "DELETE", std::string(kProducts) + "/" + product + query);
  };
  expect_plain(cancel("pack"), 400, "Customer does not have this product.");
  expect_known(cancel("none"), 400, "PRODUCT_DOES_NOT_EXIST",
               R"({"product_id":"none","context":null})");
  const Answer hidden = cancel("hidden");
  expect_known(hidden, 400, "PRODUCT_DOES_NOT_EXIST",
               R"({"product_id":"hidden","context":"server_only"})");
  EXPECT_EQ(hidden.text("error"),
            "Product with ID \"hidden\" is marked as server-only and cannot be accessed client "
            "side.");
  EXPECT_EQ(cancel("calls-pack").code(), "PRODUCT_CUSTOMER_TYPE_DOES_NOT_MATCH");
  api_.world.grant("license");
  expect_plain(cancel("license"), 400,
               "This product is a one time purchase and cannot be canceled.");
  expect_plain(cancel("plan", "?subscription_id=none"), 400,
               "No active subscription found with this ID for the given customer.");
  // An id is enough, whatever the path says.
  const std::string id = api_.world.grant("plan", "monthly").id.str();
  EXPECT_EQ(cancel("none", "?subscription_id=" + id).body, R"({"success":true})");
  EXPECT_EQ(api_.world.purchase(PurchaseId(id)).subscription->cancel_at_period_end, true);
  expect_plain(client("bob", "DELETE", std::string(kProducts) + "/plan"), 403,
               "Clients can only cancel their own subscriptions.");
  expect_plain(client("bob", "DELETE", "/payments/products/custom/acme/plan"), 403,
               "Clients can only cancel user or team subscriptions they control.");
}

TEST_F(CompatPayments, SwitchingSaysWhyNot) {
  const auto change = [&](const std::string& from, const std::string& to,
                          const std::string& more = "") {
    return client(
        "alice", "POST", std::string(kProducts) + "/switch",
        R"({"from_product_id":")" + from + R"(","to_product_id":")" + to + "\"" + more + "}");
  };
  const std::pair<const char*, std::pair<const char*, const char*>> cases[] = {
      {"Product not found.", {"basic", "none"}},
      {"Product not found.", {"none", "basic"}},
      {"Product not found.", {"basic", "staff"}},
      {"Product customer type does not match.", {"basic", "calls-pack"}},
      {"Products must be in the same product line to switch.", {"basic", "plan"}},
      {"Product is already active.", {"basic", "basic"}},
      {"This subscription cannot be switched.", {"basic", "free"}},  // not owned
  };
  for (const auto& [text, products] : cases) {
    expect_plain(change(products.first, products.second), 400, text);
  }
  // Given, not bought: a client may not make something dearer of it.
  api_.world.grant("basic", "monthly");
  expect_plain(change("basic", "pro"), 400, "Price not found for target product.");
  expect_plain(change("basic", "pro", R"(,"price_id":"monthly")"), 400,
               "This subscription cannot be switched.");
  app::SettingsChange blocked;
  blocked.block_new_purchases = true;
  api_.world.settings(blocked);
  const Answer refused = client("bob", "POST", std::string(kProducts) + "/switch",
                                R"({"from_product_id":"basic","to_product_id":"pro"})");
  expect_known(refused, 403, "NEW_PURCHASES_BLOCKED");
}

TEST_F(CompatPayments, APaidPlanIsSwitched) {
  const domain::Purchase basic = api_.world.subscribe("basic", "monthly");
  const std::string body =
      R"({"from_product_id":"basic","to_product_id":"pro","price_id":"monthly"})";
  const Answer unpayable = client("alice", "POST", std::string(kProducts) + "/switch", body);
  if (unpayable.status != 200) {
    expect_known(unpayable, 400, "DEFAULT_PAYMENT_METHOD_REQUIRED",
                 R"({"customer_type":"user","customer_id":"alice"})");
    api_.world.provider.add_default_method("cus_1");
    EXPECT_EQ(client("alice", "POST", std::string(kProducts) + "/switch", body).body,
              R"({"success":true})");
  }
  EXPECT_TRUE(api_.world.has_access(api_.world.user(), "pro"));
  EXPECT_FALSE(api_.world.has_access(api_.world.user(), "basic"));
}

TEST_F(CompatPayments, InvoicesAreListedWithAnExclusiveCursor) {
  api_.world.subscribe("basic", "monthly");
  api_.world.subscribe("plan", "monthly");
  const std::string list = "/payments/invoices/user/alice";
  const Answer first = client("alice", "GET", list + "?limit=1");
  ASSERT_EQ(rows(first).size(), 1U) << first.body;
  EXPECT_EQ(rows(first)[0].int_at("amount_total"), 900);
  EXPECT_EQ(rows(first)[0].string_at("status"), "paid");
  EXPECT_TRUE(rows(first)[0].int_at("created_at_millis").has_value());
  const Answer second = client("alice", "GET", list + "?limit=1&cursor=" + next_cursor(first));
  EXPECT_EQ(rows(second)[0].int_at("amount_total"), 1000);
  // The page is full, so there is a cursor, though nothing follows.
  const Answer third = client("alice", "GET", list + "?limit=1&cursor=" + next_cursor(second));
  EXPECT_TRUE(rows(third).empty());
  EXPECT_EQ(next_cursor(third), "(none)");
  expect_plain(client("alice", "GET", list + "?cursor=in_none"), 400, "Invalid cursor");
  expect_plain(client("alice", "GET", "/payments/invoices/user/bob"), 403,
               "Clients can only manage their own billing.");
}

TEST_F(CompatPayments, APaymentMethodIsSetUpAndBecomesTheDefault) {
  const std::string billing = "/payments/billing/user/alice";
  EXPECT_EQ(client("alice", "GET", billing).body,
            R"({"has_customer":false,"default_payment_method":null})");
  const std::string method = "/payments/payment-method/user/alice";
  const Answer intent = client("alice", "POST", method + "/setup-intent", "{}");
  EXPECT_EQ(intent.text("stripe_account_id"), "acct_1");
  const std::string secret = intent.text("client_secret");
  const std::string id = secret.substr(0, secret.find("_secret"));
  const std::string body = R"({"setup_intent_id":")" + id + "\"}";
  expect_plain(client("alice", "POST", method + "/set-default", body), 400,
               "Setup intent has not succeeded.");
  const std::string confirmed = api_.world.provider.confirm_setup_intent(id);
  expect_plain(client("bob", "POST", "/payments/payment-method/user/bob/set-default", body), 403,
               "Setup intent does not belong to this customer.");
  const Answer set = client("alice", "POST", method + "/set-default", body);
  EXPECT_EQ(set.json().bool_at("success"), true) << set.body;
  EXPECT_EQ(set.json().find("default_payment_method")->string_at("id"), confirmed);
  EXPECT_EQ(client("alice", "GET", billing).json().find("default_payment_method")->string_at("id"),
            confirmed);
  expect_plain(client("bob", "POST", method + "/setup-intent", "{}"), 403,
               "Clients can only manage their own payment method.");
}

// Plain sentences and known errors are answered again as they were.
TEST_F(CompatPayments, AnIdempotencyKeyIsObeyed) {
  Headers headers = server_headers();
  headers.emplace_back("idempotency-key", "once");
  const std::string path = "/api/v1" + std::string(kCredits) + "/update-quantity?allow_negative=";
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(api_.send("POST", path + "true", headers, R"({"delta":5})").body, "{}");
  }
  EXPECT_EQ(credits(), 5);
  headers.back().second = "twice";
  for (const bool replayed : {false, true}) {
    const Answer refused = api_.send("POST", path + "false", headers, R"({"delta":-9})");
    EXPECT_EQ(refused.code(), "ITEM_QUANTITY_INSUFFICIENT_AMOUNT");
    EXPECT_EQ(refused.headers.contains("idempotency-replayed"), replayed);
    const std::string grant = "/api/v1" + std::string(kProducts);
    headers.emplace_back("idempotency-key", "thrice");
    headers.erase(headers.end() - 2);
    const Answer plain =
        api_.send("POST", grant, headers, R"({"product_id":"license","quantity":2})");
    expect_plain(plain, 400, "This product is not stackable; quantity must be 1");
    headers.back().second = "twice";
  }
}

}  // namespace
}  // namespace purser::http_test
