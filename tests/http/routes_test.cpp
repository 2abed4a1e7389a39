// Every route when all goes well; each answer has the shape that the table promises.

#include <gtest/gtest.h>

#include <set>

#include "tests/http/route_test.hpp"

namespace purser::http_test {
namespace {

using http::routes;

class RoutesTest : public RouteTest {};

TEST_F(RoutesTest, Items) {
  const std::string alice = "/customers/user/alice";
  EXPECT_EQ(good("POST", alice + "/items/credits/quantity",
                 R"({"change":10,"expires_at":"2030-01-01T00:00:00Z","description":"gift"})")
                .number("quantity"),
            10);
  const Answer taken = good("POST", alice + "/items/credits/try-decrease", R"({"amount":4})");
  EXPECT_EQ(taken.json().bool_at("success"), true);
  EXPECT_EQ(taken.number("quantity"), 6);
  const Answer refused = good("POST", alice + "/items/credits/try-decrease", R"({"amount":7})");
  EXPECT_EQ(refused.json().bool_at("success"), false);
  EXPECT_EQ(refused.number("quantity"), 6);
  EXPECT_EQ(good("POST", alice + "/items/credits/quantity", R"({"change":-9})").number("quantity"),
            -3);
  const Answer item = good("GET", alice + "/items/credits");
  EXPECT_EQ(item.text("id"), "credits");
  EXPECT_EQ(item.json().int_at("quantity"), -3);
  EXPECT_EQ(item.number("non_negative_quantity"), 0);
  good("GET", alice + "/items");
  const Answer ledger = good("GET", alice + "/items/credits/ledger");
  EXPECT_EQ(ledger.json().find("items")->as_array()->size(), 3U);
}

TEST_F(RoutesTest, ItemBatches) {
  const std::string target = "/customers/user/alice/items/batch";
  const Answer each = good("POST", target,
                           R"({"operations":[{"item_id":"credits","change":5},
      {"item_id":"credits","try_decrease":9},{"item_id":"nothing","change":1},
      {"item_id":"days","change":2,"description":"d"}]})");
  EXPECT_EQ(each.json().bool_at("applied"), true);
  const json::Value document = each.json();
  const json::Array& results = *document.find("results")->as_array();
  ASSERT_EQ(results.size(), 4U);
  EXPECT_EQ(results[0].int_at("quantity"), 5);
  EXPECT_EQ(results[1].bool_at("success"), false);
  EXPECT_EQ(results[2].find("error")->string_at("code"), "ITEM_NOT_FOUND");
  EXPECT_EQ(results[3].int_at("quantity"), 2);
  const Answer atomic = good("POST", target,
                             R"({"atomic":true,"operations":[{"item_id":"credits","change":5},
      {"item_id":"credits","try_decrease":99}]})");
  EXPECT_EQ(atomic.json().bool_at("applied"), false);
  EXPECT_EQ(api_.world.quantity(api_.world.user(), "credits"), 5);
}

TEST_F(RoutesTest, CustomCustomersExistAsSoonAsTheyAreNamed) {
  EXPECT_EQ(
      api_.server("GET", "/customers/custom/acme%2F%C3%A9%201/items/calls").number("quantity"), 0);
  good("POST", "/customers/custom/acme%2F%C3%A9%201/items/calls/quantity", R"({"change":3})");
  EXPECT_EQ(api_.world.quantity(api_.world.custom("acme/é 1"), "calls"), 3);
}

TEST_F(RoutesTest, OddIdsAreInert) {
  for (const std::string id : {"'; DROP TABLE users; --", "<script>alert(1)</script>", "a\r\nb: c",
                               "../../etc/passwd", "%s%n", "${jndi:x}"}) {
    const std::string target =
        "/customers/custom/" + net::percent_encode(id) + "/items/calls/quantity";
    EXPECT_EQ(good("POST", target, R"({"change":1})").number("quantity"), 1) << id;
  }
  EXPECT_TRUE(api_.world.verify().empty());
}

TEST_F(RoutesTest, Users) {
  const Answer made = good("POST", "/users", R"({"id":"dave","display_name":"Dave",
      "primary_email":"dave@example.com"})");
  EXPECT_EQ(made.text("primary_email"), "dave@example.com");
  EXPECT_EQ(good("POST", "/users", "{}").text("id").size(), 36U);
  EXPECT_EQ(good("GET", "/users/dave").text("display_name"), "Dave");
  const Answer changed = good("PATCH", "/users/dave", R"({"primary_email":null})");
  EXPECT_TRUE(changed.json().find("primary_email")->is_null());
  EXPECT_EQ(changed.text("display_name"), "Dave");
  good("GET", "/users");
  EXPECT_EQ(good("GET", "/users/me").text("id"), "alice");
  good("DELETE", "/users/dave");
  EXPECT_EQ(api_.server("GET", "/users/dave").code(), "USER_NOT_FOUND");
}

TEST_F(RoutesTest, TeamsAndMemberships) {
  EXPECT_EQ(good("POST", "/teams", R"({"id":"t1","display_name":"T","creator_user_id":"bob"})")
                .text("id"),
            "t1");
  good("GET", "/teams/crew");
  good("GET", "/teams");
  EXPECT_EQ(good("PATCH", "/teams/t1", R"({"display_name":"U"})").text("display_name"), "U");
  good("POST", "/team-memberships/t1/alice", "{}");
  EXPECT_EQ(good("PATCH", "/team-memberships/t1/alice", R"({"administrator":true})")
                .json()
                .bool_at("administrator"),
            true);
  EXPECT_EQ(api_.server("PATCH", "/team-memberships/t1/carol", R"({"administrator":true})").code(),
            "TEAM_MEMBERSHIP_NOT_FOUND");
  good("GET", "/team-memberships?team_id=t1");
  good("DELETE", "/team-memberships/t1/alice");
  EXPECT_EQ(api_.server("DELETE", "/team-memberships/t1/alice").code(),
            "TEAM_MEMBERSHIP_NOT_FOUND");
  good("DELETE", "/teams/t1");
}

TEST_F(RoutesTest, Sessions) {
  const Answer made = good("POST", "/sessions", R"({"user_id":"alice"})");
  good("GET", "/sessions?user_id=alice");
  const Answer fresh = good("POST", "/sessions/refresh",
                            R"({"refresh_token":")" + made.text("refresh_token") + "\"}");
  EXPECT_FALSE(fresh.text("access_token").empty());
  good("DELETE", "/sessions/" + made.text("id"));
  EXPECT_EQ(api_.send(
                    "POST", "/sessions/refresh",
                    [&] {
                      Headers headers = api_.client_key();
                      headers.emplace_back("content-type", "application/json");
                      return headers;
                    }(),
                    R"({"refresh_token":")" + made.text("refresh_token") + "\"}")
                .code(),
            "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED");
  const Answer jwks = good("GET", "/projects/shop/.well-known/jwks.json");
  EXPECT_NE(jwks.body.find("kid-1"), std::string::npos);
  EXPECT_EQ(api_.send("GET", "/projects/none/.well-known/jwks.json").code(), "PROJECT_NOT_FOUND");
}

TEST_F(RoutesTest, ProjectsShowNoSecrets) {
  good("GET", "/project");
  const Answer changed =
      good("PATCH", "/project",
           R"({"display_name":"Shop 2","stripe_secret_key":"sk_test_zzz","test_mode":true,
               "stripe_webhook_secrets":["whsec_zzz"],"trusted_domains":["https://a.example.com"],
               "oidc_issuers":[{"issuer":"https://i.example.com","audience":"a",
                                "jwks_url":"https://i.example.com/jwks"}]})");
  EXPECT_EQ(changed.text("display_name"), "Shop 2");
  EXPECT_EQ(changed.body.find("zzz"), std::string::npos);
  const json::Value document = changed.json();
  EXPECT_EQ(document.find("stripe")->bool_at("configured"), true);
  EXPECT_EQ(document.find("stripe")->bool_at("webhook_configured"), true);
  EXPECT_EQ(good("GET", "/project").body.find("zzz"), std::string::npos);
  EXPECT_EQ(api_.state().find("_zzz"), std::string::npos);
  EXPECT_EQ(api_.admin("PATCH", "/project", R"({"trusted_domains":["javascript:x"]})").code(),
            "SCHEMA_ERROR");
}

TEST_F(RoutesTest, Keys) {
  const Answer made = good("POST", "/keys", R"({"access_type":"client","description":"web"})");
  EXPECT_TRUE(made.text("key").starts_with("pck_"));
  const Answer list = good("GET", "/keys");
  EXPECT_EQ(list.json().find("items")->as_array()->size(), 4U);
  EXPECT_EQ(list.body.find(made.text("key")), std::string::npos);
  good("DELETE", "/keys/" + made.text("id"));
}

TEST_F(RoutesTest, CatalogsAsJsonAndYaml) {
  const std::string before = good("GET", "/catalog").body;
  const Answer dry =
      good("PUT", "/catalog?dry_run=true", R"({"items":{"gems":{"customer_type":"user"}}})");
  EXPECT_EQ(dry.json().bool_at("dry_run"), true);
  EXPECT_EQ(good("GET", "/catalog").body, before);
  EXPECT_EQ(good("PUT", "/catalog", before).json().find("added")->as_array()->size(), 0U);
  Headers yaml = api_.admin_key();
  yaml.emplace_back("content-type", "application/yaml");
  const Answer put = api_.send("PUT", "/catalog", yaml,
                               "items:\n  gems: {display_name: Gems, customer_type: user}\n");
  EXPECT_EQ(put.status, 200) << put.body;
  EXPECT_EQ(put.json().find("added")->as_array()->size(), 1U);
  EXPECT_EQ(put.number("version"), 2);
  EXPECT_EQ(good("GET", "/customers/user/alice/items/gems").text("display_name"), "Gems");
  const Answer bad = api_.admin(
      "PUT", "/catalog", R"({"items":{"a b":{}},"products":{"p":{"included_items":{"x":{}}}}})");
  EXPECT_EQ(bad.code(), "CATALOG_INVALID");
  EXPECT_GE(bad.wrong_fields().size(), 2U) << bad.body;
}

TEST_F(RoutesTest, Administration) {
  const Answer made = good("POST", "/projects", R"({"display_name":"P","id":"p-1"})");
  EXPECT_TRUE(made.text("secret_server_key").starts_with("ssk_"));
  const Answer again = api_.root("POST", "/projects", R"({"display_name":"P","id":"p-1"})");
  EXPECT_EQ(again.code(), "ALREADY_EXISTS");
  good("GET", "/projects");
  EXPECT_EQ(good("GET", "/projects/p-1").text("display_name"), "P");
  EXPECT_EQ(good("PATCH", "/projects/p-1", R"({"test_mode":true})").json().bool_at("test_mode"),
            true);
  const Answer key = good("POST", "/projects/p-1/keys", R"({"access_type":"admin"})");
  EXPECT_EQ(good("GET", "/projects/p-1/keys").json().find("items")->as_array()->size(), 4U);
  good("DELETE", "/projects/p-1/keys/" + key.text("id"));
  good("PUT", "/projects/p-1/catalog", R"({"items":{"gems":{"customer_type":"user"}}})");
  EXPECT_NE(good("GET", "/projects/p-1/catalog").body.find("gems"), std::string::npos);
  const Answer compared = good("POST", "/projects/shop/reconcile", R"({"repair":true})");
  EXPECT_EQ(compared.text("project_id"), "shop");
  EXPECT_EQ(compared.json().int_at("events"), 0);
  EXPECT_EQ(api_.root("POST", "/projects/none/reconcile", "{}").code(), "PROJECT_NOT_FOUND");
  for (const char* target : {"/projects/none", "/projects/none/keys", "/projects/none/catalog"}) {
    EXPECT_EQ(api_.root("GET", target).code(), "PROJECT_NOT_FOUND") << target;
  }
}

TEST_F(RoutesTest, Operations) {
  EXPECT_EQ(good("POST", "/internal/verify").json().bool_at("ok"), true);
  EXPECT_EQ(good("POST", "/internal/clock", R"({"now":"2035-01-01T00:00:00Z"})").text("now"),
            "2035-01-01T00:00:00.000Z");
  EXPECT_EQ(api_.root("POST", "/internal/clock", R"({"now":"2034-01-01T00:00:00Z"})").code(),
            "SCHEMA_ERROR");
  const contract::TemporaryFolder folder;
  const std::string body = R"({"path":")" + folder.path("copy.db") + "\"}";
  good("POST", "/internal/backup", body);
  EXPECT_EQ(api_.root("POST", "/internal/backup", body).code(), "ALREADY_EXISTS");
}

TEST_F(RoutesTest, TheServerItself) {
  good("GET", "/healthz");
  good("GET", "/readyz");
  api_.api->set_ready(false);
  Answer starting = api_.send("GET", "/readyz");
  EXPECT_EQ(starting.status, 503);
  EXPECT_FALSE(starting.headers["retry-after"].empty());
  EXPECT_EQ(api_.send("GET", "/healthz").status, 200);
  const Answer metrics = good("GET", "/metrics");
  EXPECT_NE(
      metrics.body.find("purser_http_requests_total{operation=\"getHealth\",status=\"2xx\"} 2"),
      std::string::npos)
      << metrics.body;
  EXPECT_NE(metrics.body.find("purser_engine_commands_total"), std::string::npos);
  EXPECT_TRUE(good("GET", "/openapi.yaml").body.find("openapi: 3.1.0") != std::string::npos);
  Answer head = api_.send("HEAD", "/healthz");
  EXPECT_EQ(head.status, 200);
}

TEST_F(RoutesTest, PagesCannotBeFramedOrScripted) {
  for (const char* target : {"/", "/checkout/done", "/checkout/done?project=shop&checkout=none",
                             "/checkout/done?utm=1"}) {
    Answer page = good("GET", target);
    EXPECT_EQ(page.headers["content-type"], "text/html; charset=utf-8");
    EXPECT_NE(page.headers["content-security-policy"].find("frame-ancestors 'none'"),
              std::string::npos);
    EXPECT_EQ(page.headers["x-content-type-options"], "nosniff");
    EXPECT_EQ(page.headers["referrer-policy"], "no-referrer");
    EXPECT_EQ(page.body.find("<script"), std::string::npos);
  }
}

class EveryRoute : public testing::Environment {
 public:
  // Sales are in sales_test.cpp.
  void TearDown() override {
    if (testing::UnitTest::GetInstance()->test_to_run_count() <
        testing::UnitTest::GetInstance()->total_test_count()) {
      return;  // a filter is on
    }
    const std::set<std::string_view> elsewhere = {"createCheckoutUrl", "receiveStripeEvent",
                                                  "connectAccount"};
    for (const Route& route : routes()) {
      EXPECT_TRUE(seen_operations().contains(route.operation) ||
                  elsewhere.contains(route.operation))
          << route.operation << " has no test";
    }
  }
};
const testing::Environment* const kEveryRoute =
    testing::AddGlobalTestEnvironment(std::make_unique<EveryRoute>().release());

}  // namespace
}  // namespace purser::http_test
