// Users, teams, signing in, projects and their configuration in Stack Auth's protocol.

#include <gtest/gtest.h>

#include <string>

#include "tests/http/compat_world.hpp"

namespace purser::http_test {
namespace {

class CompatPeople : public CompatTest {
 protected:
  Answer refresh(const std::string& form) {
    return api_.send("POST", "/api/v1/auth/oauth/token",
                     {{"content-type", "application/x-www-form-urlencoded"}}, form);
  }
  std::string form(const std::string& token) const {
    return "grant_type=refresh_token&refresh_token=" + token +
           "&client_id=" + api_.world.project.str() +
           "&client_secret=" + api_.world.keys.publishable_client_key.reveal();
  }
  std::string config() { return admin("GET", "/internal/config").text("config_string"); }
  Answer configure(const std::string& override_text) {
    json::Writer body;
    body.begin_object().field("config_override_string", override_text).end_object();
    return admin("PATCH", "/internal/config/override/environment", body.take());
  }
};

TEST_F(CompatPeople, AUserHasEveryFieldThatTheSdksRead) {
  const Answer made = server("POST", "/users",
                             R"({"display_name":"Ada","primary_email":"ada@example.com",
      "primary_email_verified":true,"password":"correct horse",
      "server_metadata":{"a":[1.5,null]}})");
  ASSERT_EQ(made.status, 201) << made.body;
  const json::Value user = made.json();
  EXPECT_EQ(user.string_at("display_name"), "Ada");
  EXPECT_EQ(user.bool_at("has_password"), true);
  EXPECT_EQ(json::dump(*user.find("server_metadata")), R"({"a":[1.5,null]})");
  EXPECT_EQ(user.find("risk_scores")->find("sign_up")->int_at("bot"), 0);
  for (const char* name :
       {"selected_team_id", "selected_team", "profile_image_url", "client_metadata",
        "client_read_only_metadata", "restricted_reason", "restricted_by_admin_reason",
        "restricted_by_admin_private_details", "country_code"}) {
    ASSERT_NE(user.find(name), nullptr) << name;
    EXPECT_TRUE(user.find(name)->is_null()) << name;
  }
  EXPECT_EQ(made.body.find("argon2"), std::string::npos) << "not even the hash is shown";
  const std::string id = *user.string_at("id");
  const Answer seen = client(id, "GET", "/users/me");
  ASSERT_EQ(seen.status, 200) << seen.body;
  for (const char* hidden : {"server_metadata", "risk_scores", "country_code"}) {
    EXPECT_EQ(seen.json().find(hidden), nullptr) << hidden;
  }
}

TEST_F(CompatPeople, TheSamePathsKeepTheirCanonicalAnswers) {
  const Answer made = api_.server("POST", "/api/v1/users", R"({"id":"ada","display_name":"Ada"})");
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.json().find("risk_scores"), nullptr);
  EXPECT_NE(server("GET", "/users/ada").json().find("risk_scores"), nullptr);
  expect_known(server("GET", "/users/nobody"), 404, "USER_NOT_FOUND");
}

TEST_F(CompatPeople, WhatIsNotOfferedIsRefusedRatherThanForgotten) {
  for (const char* body : {R"({"otp_auth_enabled":true})", R"({"is_anonymous":true})",
                           R"({"restricted_by_admin":true})", R"({"primary_email":"no address"})",
                           R"({"primary_email":"a@b@c"})", R"({"password_hash":"$2b$10$abc"})",
                           R"({"colour":"red"})", R"({"client_metadata":7})"}) {
    EXPECT_EQ(server("POST", "/users", body).code(), "SCHEMA_ERROR") << body;
  }
}

TEST_F(CompatPeople, SigningUpInAndRefreshing) {
  const Answer up = client("", "POST", "/auth/password/sign-up",
                           R"({"email":"ada@example.com","password":"correct horse"})");
  ASSERT_EQ(up.status, 200) << up.body;
  const std::string user = up.text("user_id");
  const Answer in = client("", "POST", "/auth/password/sign-in",
                           R"({"email":"ADA@example.com","password":"correct horse"})");
  ASSERT_EQ(in.status, 200) << in.body;
  EXPECT_EQ(in.text("user_id"), user);
  const Answer fresh = refresh(form(in.text("refresh_token")));
  ASSERT_EQ(fresh.status, 200) << fresh.body;
  EXPECT_EQ(fresh.text("token_type"), "Bearer");
  EXPECT_FALSE(fresh.text("access_token").empty());

  expect_known(client("", "POST", "/auth/password/sign-in",
                      R"({"email":"ada@example.com","password":"wrong horse"})"),
               400, "EMAIL_PASSWORD_MISMATCH");
  expect_known(client("", "POST", "/auth/password/sign-up",
                      R"({"email":"Ada@example.com","password":"another horse"})"),
               409, "USER_EMAIL_ALREADY_EXISTS",
               R"({"email":"Ada@example.com","would_work_if_email_was_verified":false})");
  expect_known(client("", "POST", "/auth/password/sign-up",
                      R"({"email":"b@example.com","password":"1234567"})"),
               400, "PASSWORD_TOO_SHORT", R"({"min_length":8})");
}

TEST_F(CompatPeople, ATokenIsRefreshedOnlyForWhoMay) {
  expect_known(refresh(form("prt_unknown")), 401, "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED");
  const std::string project = api_.world.project.str();
  expect_known(refresh("grant_type=refresh_token&refresh_token=x&client_id=" + project), 401,
               "PUBLISHABLE_CLIENT_KEY_REQUIRED_FOR_PROJECT",
               R"({"project_id":")" + project + "\"}");
  EXPECT_EQ(refresh("grant_type=refresh_token&client_id=%ff").status, 400);
  EXPECT_EQ(refresh("%zz").status, 400);
  EXPECT_EQ(refresh("").status, 400);
}

TEST_F(CompatPeople, GuessesOfPasswordsEnd) {
  const std::string body = R"({"email":"ada@example.com","password":"a guess"})";
  Answer last;
  for (int i = 0; i < 30 && last.status != 429; ++i) {
    last = client("", "POST", "/auth/password/sign-in", body);
  }
  EXPECT_EQ(last.status, 429) << last.body;
  EXPECT_TRUE(last.headers.contains("retry-after"));
}

TEST_F(CompatPeople, AClientTouchesItsOwnTeamsOnly) {
  const Answer made =
      client("alice", "POST", "/teams", R"({"display_name":"Hers","creator_user_id":"me"})");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string path = "/teams/" + made.text("id");
  EXPECT_EQ(client("alice", "PATCH", path, R"({"display_name":"Still hers"})").status, 200);
  api_.world.add_user("eve");
  EXPECT_EQ(client("eve", "GET", path).code(), "TEAM_NOT_FOUND");
  EXPECT_EQ(client("eve", "DELETE", path).code(), "TEAM_NOT_FOUND");
  expect_plain(client("eve", "GET", "/teams?user_id=alice"), 403,
               "Clients can only list the teams of their own user.");
  EXPECT_EQ(client("", "GET", "/teams?user_id=me").code(), "USER_AUTHENTICATION_REQUIRED");
  EXPECT_EQ(client("eve", "DELETE", "/team-memberships/" + made.text("id") + "/alice").status, 403);
  EXPECT_EQ(server("POST", "/team-memberships/" + made.text("id") + "/eve").status, 201);
  EXPECT_EQ(client("eve", "PATCH", path, R"({"display_name":"Mine"})").code(),
            "TEAM_PERMISSION_REQUIRED");
  EXPECT_EQ(client("eve", "DELETE", "/team-memberships/" + made.text("id") + "/me").status, 200);
}

TEST_F(CompatPeople, OnlyUsersOfTheInternalProjectMakeProjects) {
  const Answer refused =
      client("alice", "POST", "/internal/projects", R"({"display_name":"X","owner_team_id":"t"})");
  EXPECT_EQ(refused.status, 403) << refused.body;
  EXPECT_EQ(client("alice", "GET", "/internal/projects").status, 403);
  EXPECT_EQ(server("GET", "/internal/projects/current").code(), "INSUFFICIENT_ACCESS_TYPE");
}

TEST_F(CompatPeople, TheConfigurationIsTheCatalogAndTheSettings) {
  const std::string before = config();
  EXPECT_NE(before.find("\"credits\""), std::string::npos) << before;
  ASSERT_EQ(configure(R"({"payments.products.added":{"prices":{"p":{"USD":"1.50"}}},
                          "payments.blockNewPurchases":true})")
                .status,
            200);
  const auto context = api_.world.context();
  const domain::Product* added = context->catalog->find_product(ProductId("added"));
  ASSERT_NE(added, nullptr);
  EXPECT_EQ(added->prices.at(0).amount, Money(150, *Currency::parse("USD")));
  EXPECT_TRUE(context->project.settings.block_new_purchases);
  const Answer wrong = configure(R"({"payments.products.added.prices.p.USD":"x"})");
  EXPECT_EQ(wrong.code(), "SCHEMA_ERROR");
  EXPECT_NE(wrong.text("error").find("payments.products.added.prices.p.USD"), std::string::npos)
      << wrong.body;
  EXPECT_EQ(configure("7").code(), "SCHEMA_ERROR");
  EXPECT_EQ(configure("{").code(), "SCHEMA_ERROR");
  EXPECT_EQ(api_.world.context()->catalog->version, context->catalog->version);
}

TEST_F(CompatPeople, KeysEnd) {
  const std::int64_t now = api_.world.clock.now().millis();
  const auto make = [&](std::int64_t end) {
    return admin(
        "POST", "/internal/api-keys",
        R"({"description":"d","has_publishable_client_key":false,"has_secret_server_key":true,
        "has_super_secret_admin_key":false,"expires_at_millis":)" +
            std::to_string(end) + "}");
  };
  const Answer made = make(now + 1000);
  ASSERT_EQ(made.status, 200) << made.body;
  Headers headers = named("server");
  headers.emplace_back("x-stack-secret-server-key", made.text("secret_server_key"));
  const auto use = [&] { return api_.send("GET", "/api/v1/users", headers); };
  EXPECT_EQ(use().status, 200);
  api_.world.advance(Millis{1000});
  EXPECT_EQ(use().code(), "INVALID_SECRET_SERVER_KEY");
  EXPECT_EQ(admin("PATCH", "/internal/api-keys/" + made.text("id"), R"({"revoked":true})").status,
            200);
  EXPECT_EQ(admin("PATCH", "/internal/api-keys/none", R"({"revoked":true})").status, 404);
  EXPECT_EQ(make(-1).code(), "SCHEMA_ERROR");
}

}  // namespace
}  // namespace purser::http_test
