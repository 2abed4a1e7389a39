// The frame of Stack Auth's protocol: mounts, headers, who is who, errors, statuses.

#include <gtest/gtest.h>

#include "tests/http/compat_world.hpp"
#include "tests/http/switched_store.hpp"

namespace purser::http_test {
namespace {

class CompatFrame : public CompatTest {
 protected:
  Answer get(const Headers& headers) { return api_.send("GET", kItem, headers); }

  static constexpr const char* kItem = "/api/v1/payments/items/user/alice/credits";
};

TEST_F(CompatFrame, AnItemIsReadUnderBothMountsAndBothHeaderNames) {
  for (const std::string mount : {"/api/v1", "/api/latest"}) {
    for (const std::string prefix : {"x-stack-", "x-hexclave-"}) {
      const Answer answer =
          api_.send("GET", mount + "/payments/items/user/alice/credits",
                    {{prefix + "access-type", "server"},
                     {prefix + "project-id", api_.world.project.str()},
                     {prefix + "secret-server-key", api_.world.keys.secret_server_key.reveal()}});
      EXPECT_EQ(answer.status, 200) << answer.body;
      EXPECT_EQ(answer.body, R"({"id":"credits","display_name":"Some credits","quantity":0})");
    }
  }
  const Answer bare = api_.send("GET", "/payments/items/user/alice/credits", server_headers());
  EXPECT_EQ(bare.code(), "ROUTE_NOT_FOUND");
}

TEST_F(CompatFrame, WhoAsksIsLookedAtInTheProtocolsOrder) {
  const std::string project = api_.world.project.str();
  expect_known(get({}), 400, "ACCESS_TYPE_REQUIRED");
  expect_known(get({{"x-stack-secret-server-key", "ssk_x"}}), 400,
               "PROJECT_KEY_WITHOUT_ACCESS_TYPE");
  const Answer bad_type = get({{"x-stack-access-type", "foo"}});
  expect_known(bad_type, 400, "INVALID_ACCESS_TYPE");
  EXPECT_EQ(
      bad_type.text("error"),
      "The x-stack-access-type header must be 'client', 'server', or 'admin', but was 'foo'.");
  expect_known(get({{"x-stack-access-type", "client"}}), 400, "ACCESS_TYPE_WITHOUT_PROJECT_ID",
               R"({"request_type":"client"})");
  expect_known(get({{"x-stack-access-type", "client"}, {"x-stack-project-id", "nowhere"}}), 400,
               "CURRENT_PROJECT_NOT_FOUND", R"({"project_id":"nowhere"})");
  const std::string details = R"({"project_id":")" + project + "\"}";
  expect_known(get(named("client")), 401, "PUBLISHABLE_CLIENT_KEY_REQUIRED_FOR_PROJECT", details);
  expect_known(get(named("server")), 401, "SERVER_AUTHENTICATION_REQUIRED");
  expect_known(get(named("admin")), 401, "ADMIN_AUTHENTICATION_REQUIRED");
  for (const auto& [access, header, code] :
       {std::tuple{"client", "x-stack-publishable-client-key", "INVALID_PUBLISHABLE_CLIENT_KEY"},
        std::tuple{"server", "x-stack-secret-server-key", "INVALID_SECRET_SERVER_KEY"},
        std::tuple{"admin", "x-stack-super-secret-admin-key", "INVALID_SUPER_SECRET_ADMIN_KEY"}}) {
    Headers headers = named(access);
    // An empty header counts as an absent one, a key of another kind as a wrong one.
    headers.emplace_back(header, "");
    EXPECT_NE(get(headers).code(), code);
    headers.emplace_back(header, api_.other_keys.secret_server_key.reveal());
    expect_known(get(headers), 401, code, details);
  }
}

TEST_F(CompatFrame, AProjectHasOneBranch) {
  Headers headers = server_headers();
  headers.emplace_back("x-stack-branch-id", "main");
  EXPECT_EQ(get(headers).status, 200);
  headers.back().second = "next";
  expect_known(get(headers), 400, "BRANCH_DOES_NOT_EXIST", R"({"branch_id":"next"})");
}

TEST_F(CompatFrame, TheAccessTokenIsCheckedBeforeTheKey) {
  Headers headers = named("client");
  headers.emplace_back("x-stack-access-token", "bad");
  expect_known(get(headers), 401, "UNPARSABLE_ACCESS_TOKEN");
  headers.back().second = "expired";
  EXPECT_EQ(get(headers).code(), "ACCESS_TOKEN_EXPIRED");
  headers.back().second = "own:other:alice:s";
  EXPECT_EQ(get(headers).code(), "INVALID_PROJECT_FOR_ACCESS_TOKEN");
}

TEST_F(CompatFrame, AnErrorsStatusIsOverriddenWhereTheCallerAsks) {
  Headers headers = server_headers();
  headers.emplace_back("x-stack-override-error-status", "true");
  const Answer hidden = api_.send("GET", "/api/v1/payments/items/user/alice/nothing", headers);
  EXPECT_EQ(hidden.headers.at("x-stack-actual-status"), "404");
  expect_known(hidden, 200, "ITEM_NOT_FOUND", R"({"item_id":"nothing"})");
  EXPECT_EQ(hidden.text("error"), "Item with ID \"nothing\" not found.");

  const Answer shown = server("GET", "/payments/items/user/alice/nothing");
  expect_known(shown, 404, "ITEM_NOT_FOUND", R"({"item_id":"nothing"})");
  EXPECT_FALSE(shown.headers.contains("x-stack-actual-status"));
  const Answer good = get(headers);
  EXPECT_EQ(good.status, 200);
  EXPECT_FALSE(good.headers.contains("x-stack-actual-status"));
}

TEST_F(CompatFrame, EveryAnswerHasTheProtocolsHeaders) {
  for (const Answer& answer : {get(server_headers()), get({})}) {
    EXPECT_EQ(answer.headers.at("content-type"), "application/json; charset=utf-8");
    EXPECT_EQ(answer.headers.at("cache-control"), "no-store, max-age=0");
    EXPECT_EQ(answer.headers.at("x-stack-request-id").size(), 32);
    EXPECT_EQ(answer.headers.at("access-control-allow-origin"), "*");
    for (const char* unasked : {"server", "x-powered-by"}) {
      EXPECT_FALSE(answer.headers.contains(unasked));
    }
  }
  const Answer preflight = api_.send("OPTIONS", kItem, {{"origin", "https://app.test"}});
  EXPECT_EQ(preflight.status, 200);
  EXPECT_NE(preflight.headers.at("access-control-allow-headers").find("x-hexclave-access-token"),
            std::string::npos);
  expect_plain(api_.send("PUT", kItem, server_headers()), 405, "This endpoint takes GET.");
  expect_plain(api_.send("GET", "/api/v1/nothing", server_headers()), 404,
               "This endpoint does not exist: %2Fapi%2Fv1%2Fnothing");
}

TEST_F(CompatFrame, AClientTouchesOnlyItsOwnCustomers) {
  expect_known(client("", "GET", "/payments/items/user/alice/credits"), 401,
               "USER_AUTHENTICATION_REQUIRED");
  EXPECT_EQ(client("alice", "GET", "/payments/items/user/alice/credits").status, 200);
  constexpr const char* kText = "Clients can only access their own user or team items.";
  expect_plain(client("alice", "GET", "/payments/items/user/bob/credits"), 403, kText);
  expect_plain(client("alice", "GET", "/payments/items/custom/acme/storage"), 403, kText);
  EXPECT_EQ(client("alice", "GET", "/payments/items/team/crew/seats").status, 200);
  for (const std::string user : {"bob", "carol"}) {
    const Answer refused = client(user, "GET", "/payments/items/team/crew/seats");
    expect_known(refused, 401, "TEAM_PERMISSION_REQUIRED",
                 R"({"team_id":"crew","user_id":")" + user + R"(","permission_id":"team_admin"})");
    EXPECT_EQ(refused.text("error"),
              "User " + user + " does not have permission team_admin in team crew.");
  }
}

TEST_F(CompatFrame, ANodeThatCannotFollowTheOthersAnswersNeitherProtocol) {
  const std::string item = "/customers/user/alice/items/credits";
  const std::string balance = "/payments/items/user/alice/credits";
  ASSERT_EQ(api_.server("GET", item).status, 200);
  ASSERT_EQ(server("GET", balance).status, 200);
  auto& store = dynamic_cast<SwitchedStore&>(*api_.world.store);
  store.set_current(false);
  EXPECT_EQ(api_.server("GET", item).code(), "STORE_UNAVAILABLE");
  EXPECT_EQ(server("GET", balance).status, 503);
  EXPECT_EQ(api_.send("GET", "/healthz").status, 200);
  store.set_current(true);
  EXPECT_EQ(server("GET", balance).status, 200);
}

}  // namespace
}  // namespace purser::http_test
