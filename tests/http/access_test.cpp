// Who may see and do what.

#include <gtest/gtest.h>

#include "tests/http/api_world.hpp"

namespace purser::http_test {
namespace {

class AccessTest : public testing::Test {
 protected:
  ApiWorld api_;
  app::testing::World& world_ = api_.world;
};

TEST_F(AccessTest, ClientsSeeTheirOwnUserOnly) {
  EXPECT_EQ(api_.client("alice", "GET", "/customers/user/alice/items/credits").status, 200);
  EXPECT_EQ(api_.client("alice", "GET", "/customers/user/alice/items").status, 200);
  EXPECT_EQ(api_.client("alice", "GET", "/customers/user/alice/products").status, 200);
  // Another user is answered exactly like one that does not exist.
  const Answer other = api_.client("alice", "GET", "/customers/user/bob/items/credits");
  const Answer nobody = api_.client("alice", "GET", "/customers/user/nobody/items/credits");
  EXPECT_EQ(other.status, 404);
  EXPECT_EQ(other.code(), "USER_NOT_FOUND");
  EXPECT_EQ(nobody.code(), other.code());
  EXPECT_EQ(nobody.text("error"), other.text("error"));
  EXPECT_EQ(api_.client("alice", "GET", "/customers/custom/acme/items/calls").code(),
            "CUSTOMER_NOT_FOUND");
}

TEST_F(AccessTest, ClientsSeeTeamsThatTheyAdministrate) {
  const std::string seats = "/customers/team/crew/items/seats";
  EXPECT_EQ(api_.client("alice", "GET", seats).status, 200);
  const Answer member = api_.client("bob", "GET", seats);
  EXPECT_EQ(member.status, 401);
  EXPECT_EQ(member.code(), "TEAM_PERMISSION_REQUIRED");
  const Answer stranger = api_.client("carol", "GET", seats);
  EXPECT_EQ(stranger.code(), "TEAM_NOT_FOUND");
  EXPECT_EQ(api_.client("carol", "GET", "/customers/team/none/items/seats").text("error"),
            stranger.text("error"));
}

TEST_F(AccessTest, ClientsWithoutAUserAreAsked) {
  EXPECT_EQ(api_.send("GET", "/customers/user/alice/items", api_.client_key()).code(),
            "USER_AUTHENTICATION_REQUIRED");
  EXPECT_EQ(api_.send("GET", "/users/me", api_.client_key()).code(),
            "USER_AUTHENTICATION_REQUIRED");
  EXPECT_EQ(api_.send("GET", "/teams/crew", api_.client_key()).code(),
            "USER_AUTHENTICATION_REQUIRED");
}

TEST_F(AccessTest, MembersSeeTheirTeam) {
  EXPECT_EQ(api_.client("alice", "GET", "/teams/crew").text("id"), "crew");
  EXPECT_EQ(api_.client("bob", "GET", "/teams/crew").status, 200);
  EXPECT_EQ(api_.client("carol", "GET", "/teams/crew").code(), "TEAM_NOT_FOUND");
  EXPECT_EQ(api_.server("GET", "/teams/crew").status, 200);
  EXPECT_EQ(api_.client("bob", "GET", "/users/me").text("id"), "bob");
}

TEST_F(AccessTest, NothingCrossesProjects) {
  const Headers other = {{"authorization", "Bearer " + api_.other_keys.secret_server_key.reveal()},
                         {"content-type", "application/json"}};
  EXPECT_EQ(api_.send("GET", "/users/alice", other).code(), "USER_NOT_FOUND");
  EXPECT_EQ(api_.send("GET", "/teams/crew", other).code(), "TEAM_NOT_FOUND");
  EXPECT_EQ(api_.send("DELETE", "/users/alice", other).code(), "USER_NOT_FOUND");
  EXPECT_EQ(api_.send("POST", "/sessions", other, R"({"user_id":"alice"})").code(),
            "USER_NOT_FOUND");
  EXPECT_EQ(api_.send("GET", "/customers/user/alice/items/credits", other).code(),
            "ITEM_NOT_FOUND");
  EXPECT_EQ(api_.send("GET", "/users", other).json().find("items")->as_array()->size(), 0U);
  EXPECT_EQ(api_.send("POST", "/team-memberships/crew/alice", other, "{}").status, 404);
  const auto keys = *world_.store->view()->keys(world_.project);
  const Headers admin = {
      {"authorization", "Bearer " + api_.other_keys.super_secret_admin_key.reveal()}};
  EXPECT_EQ(api_.send("DELETE", "/keys/" + keys.at(0).id.str(), admin).code(), "KEY_NOT_FOUND");
}

TEST_F(AccessTest, ARevokedKeyStopsAtOnce) {
  const Answer made = api_.admin("POST", "/keys", R"({"access_type":"server"})");
  ASSERT_EQ(made.status, 201);
  const Headers key = {{"authorization", "Bearer " + made.text("key")}};
  EXPECT_EQ(api_.send("GET", "/users", key).status, 200);
  EXPECT_EQ(api_.admin("DELETE", "/keys/" + made.text("id")).status, 200);
  EXPECT_EQ(api_.send("GET", "/users", key).code(), "INVALID_SECRET_SERVER_KEY");
  EXPECT_EQ(api_.admin("DELETE", "/keys/" + made.text("id")).code(), "KEY_NOT_FOUND");
}

TEST_F(AccessTest, KeysOpenOnlyWhatTheyAreFor) {
  const Headers client_as_server = {
      {"x-purser-access-type", "server"},
      {"x-purser-project-id", "shop"},
      {"x-purser-secret-server-key", world_.keys.publishable_client_key.reveal()}};
  EXPECT_EQ(api_.send("GET", "/users", client_as_server).code(), "INVALID_SECRET_SERVER_KEY");
  const Headers server_as_admin = {
      {"x-purser-access-type", "admin"},
      {"x-purser-project-id", "shop"},
      {"x-purser-super-secret-admin-key", world_.keys.secret_server_key.reveal()}};
  EXPECT_EQ(api_.send("GET", "/keys", server_as_admin).code(), "INVALID_SUPER_SECRET_ADMIN_KEY");
}

TEST_F(AccessTest, HeaderPrefixesAreSynonymsAndEmptyIsAbsent) {
  for (const std::string prefix : {"x-purser-", "x-stack-", "x-hexclave-"}) {
    const Headers headers = {{prefix + "access-type", "server"},
                             {prefix + "project-id", "shop"},
                             {prefix + "secret-server-key", world_.keys.secret_server_key.reveal()},
                             {prefix + "super-secret-admin-key", ""}};
    EXPECT_EQ(api_.send("GET", "/users/alice", headers).status, 200) << prefix;
  }
}

TEST_F(AccessTest, BrowsersMayCall) {
  Answer preflight = api_.send("OPTIONS", "/api/v1/customers/user/alice/items",
                               {{"origin", "https://app.example.com"}});
  EXPECT_EQ(preflight.status, 200);
  EXPECT_EQ(preflight.headers["access-control-allow-origin"], "*");
  EXPECT_NE(preflight.headers["access-control-allow-headers"].find("x-stack-access-token"),
            std::string::npos);
  EXPECT_EQ(preflight.headers["access-control-allow-methods"], "GET");
  Answer answer = api_.client("alice", "GET", "/customers/user/alice/items", "",
                              {{"origin", "https://app.example.com"}});
  EXPECT_EQ(answer.headers["access-control-allow-origin"], "*");
  EXPECT_NE(answer.headers["access-control-expose-headers"].find("x-stack-known-error"),
            std::string::npos);
  EXPECT_EQ(answer.headers.count("set-cookie"), 0U);
  EXPECT_EQ(answer.headers.count("server"), 0U);
  EXPECT_EQ(answer.headers.count("x-powered-by"), 0U);
}

TEST_F(AccessTest, ServerOnlyProductsDoNotExistForClients) {
  EXPECT_EQ(
      api_.client("alice", "POST", "/customers/user/alice/checkout", R"({"product_id":"hidden"})")
          .code(),
      "PRODUCT_DOES_NOT_EXIST");
  EXPECT_EQ(
      api_.server("POST", "/customers/user/alice/products", R"({"product_id":"hidden"})").status,
      200);
  const auto count = [](const Answer& answer) {
    return answer.json().find("items")->as_array()->size();
  };
  EXPECT_EQ(count(api_.server("GET", "/customers/user/alice/products")), 1U);
  EXPECT_EQ(count(api_.client("alice", "GET", "/customers/user/alice/products")), 0U);
  EXPECT_EQ(api_.client("alice", "POST", "/customers/user/alice/checkout",
                        R"({"product":{"display_name":"Free","prices":[]}})")
                .code(),
            "INSUFFICIENT_ACCESS_TYPE");
}

}  // namespace
}  // namespace purser::http_test
