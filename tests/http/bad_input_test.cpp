// Every route of the table against everything that must be refused; nothing may change.

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/http/api_world.hpp"

namespace purser::http_test {
namespace {

using http::Field;
using http::FieldKind;
using http::Idempotency;
using http::Input;
using http::Need;
using http::parameter_names;
using http::routes;
using http::to_string;

/// A path of the route that would be right: existing ids.
std::string path_of(const Route& route) {
  std::string path(route.path);
  const std::map<std::string, std::string> values = {
      {"{customer_type}", "user"}, {"{customer_id}", "alice"}, {"{item_id}", "credits"},
      {"{user_id}", "alice"},      {"{team_id}", "crew"},      {"{session_id}", "s1"},
      {"{key_id}", "k1"},          {"{project_id}", "shop"}};
  for (const auto& [name, value] : values) {
    const std::size_t at = path.find(name);
    if (at != std::string::npos) path.replace(at, name.size(), value);
  }
  return "/api/v1" + path;
}

Headers with_json(Headers headers) {
  headers.emplace_back("content-type", "application/json");
  return headers;
}

class BadInput : public testing::Test {
 protected:
  static void SetUpTestSuite() { api_ = std::make_unique<ApiWorld>(); }
  static void TearDownTestSuite() { api_.reset(); }
  void SetUp() override { before_ = api_->state(); }
  void TearDown() override {
    EXPECT_TRUE(before_ == api_->state()) << "something changed";
    for (const std::string& finding : api_->world.verify()) ADD_FAILURE() << finding;
  }

  Answer ask(const Route& route, const Headers& headers, const std::string& body = {}) {
    Answer answer = api_->send(to_string(route.method), path_of(route), headers, body);
    EXPECT_FALSE(answer.headers["x-purser-request-id"].empty()) << route.operation;
    EXPECT_EQ(answer.headers["cache-control"], "no-store") << route.operation;
    if (answer.status >= 400) {
      EXPECT_EQ(answer.headers["x-stack-known-error"], answer.code()) << route.operation;
    }
    return answer;
  }

  static std::unique_ptr<ApiWorld> api_;
  std::string before_;
};
std::unique_ptr<ApiWorld> BadInput::api_;

bool needs_key(const Route& route) { return Need(route.access) != Need::kPublic; }
bool needs_root(const Route& route) { return Need(route.access) == Need::kRoot; }

TEST_F(BadInput, NoKey) {
  for (const Route& route : routes()) {
    if (!needs_key(route)) continue;
    const Answer answer = ask(route, with_json({}), "{}");
    EXPECT_EQ(answer.code(), needs_root(route) ? "INVALID_ROOT_KEY" : "ACCESS_TYPE_REQUIRED")
        << route.operation;
  }
}

TEST_F(BadInput, WrongKey) {
  for (const Route& route : routes()) {
    if (!needs_key(route)) continue;
    Headers wrong = {{"authorization", "Bearer ssk_" + std::string(43, 'x')}};
    if (needs_root(route)) wrong = {{"x-purser-root-key", "srk_wrong"}};
    const Answer answer = ask(route, with_json(wrong), "{}");
    EXPECT_EQ(answer.status, 401) << route.operation;
    EXPECT_EQ(answer.code(), needs_root(route) ? "INVALID_ROOT_KEY" : "INVALID_SECRET_SERVER_KEY")
        << route.operation;
  }
}

// A key of another project, together with this project's id, is as good as none.
TEST_F(BadInput, OtherProjectsKey) {
  for (const Route& route : routes()) {
    if (!needs_key(route) || needs_root(route)) continue;
    const Headers headers = {
        {"x-purser-access-type", "admin"},
        {"x-purser-project-id", "shop"},
        {"x-purser-super-secret-admin-key", api_->other_keys.super_secret_admin_key.reveal()}};
    EXPECT_EQ(ask(route, with_json(headers), "{}").code(), "INVALID_SUPER_SECRET_ADMIN_KEY")
        << route.operation;
  }
}

TEST_F(BadInput, UnknownProject) {
  for (const Route& route : routes()) {
    if (!needs_key(route) || needs_root(route)) continue;
    const Headers headers = {
        {"x-purser-access-type", "admin"},
        {"x-purser-project-id", "nowhere"},
        {"x-purser-super-secret-admin-key", api_->world.keys.super_secret_admin_key.reveal()}};
    EXPECT_EQ(ask(route, with_json(headers), "{}").code(), "CURRENT_PROJECT_NOT_FOUND")
        << route.operation;
  }
}

TEST_F(BadInput, TooLowAKey) {
  for (const Route& route : routes()) {
    Headers low;
    if (Need(route.access) == Need::kServer) low = api_->client_key("alice");
    if (Need(route.access) == Need::kAdmin) low = api_->server_key();
    if (low.empty()) continue;
    const Answer answer = ask(route, with_json(low), "{}");
    EXPECT_EQ(answer.status, 401) << route.operation;
    EXPECT_EQ(answer.code(), "INSUFFICIENT_ACCESS_TYPE") << route.operation;
  }
  // The root key opens only what is for it, and no project key opens that.
  for (const Route& route : routes()) {
    if (needs_root(route)) {
      EXPECT_EQ(ask(route, with_json(api_->admin_key()), "{}").code(), "INVALID_ROOT_KEY");
    } else if (needs_key(route)) {
      EXPECT_EQ(ask(route, with_json(api_->root_key()), "{}").code(), "ACCESS_TYPE_REQUIRED");
    }
  }
}

TEST_F(BadInput, MalformedTokens) {
  for (const Route& route : routes()) {
    if (Need(route.access) != Need::kClient) continue;
    for (const auto& [token, code] :
         {std::pair{"nonsense", "UNPARSABLE_ACCESS_TOKEN"},
          std::pair{"expired", "ACCESS_TOKEN_EXPIRED"},
          std::pair{"own:other:alice:s", "INVALID_PROJECT_FOR_ACCESS_TOKEN"}}) {
      Headers headers = api_->client_key();
      headers.emplace_back("x-purser-access-token", token);
      EXPECT_EQ(ask(route, with_json(headers), "{}").code(), code) << route.operation;
    }
  }
}

TEST_F(BadInput, Oversized) {
  for (const Route& route : routes()) {
    const std::string body(std::size_t(route.body_limit) + 1, ' ');
    const Answer answer = ask(route, with_json(api_->key_for(route)), body);
    EXPECT_EQ(answer.status, 413) << route.operation;
    EXPECT_EQ(answer.code(), "BODY_TOO_LARGE") << route.operation;
  }
}

TEST_F(BadInput, CompressedBody) {
  for (const Route& route : routes()) {
    Headers headers = with_json(api_->key_for(route));
    headers.emplace_back("content-encoding", "gzip");
    EXPECT_EQ(ask(route, headers, "\x1f\x8b").status, 415) << route.operation;
  }
}

TEST_F(BadInput, WrongContentType) {
  for (const Route& route : routes()) {
    if (route.input == Input::kRaw) continue;
    for (const char* type :
         {"text/plain", "application/x-www-form-urlencoded", "application/jsonx"}) {
      Headers headers = api_->key_for(route);
      headers.emplace_back("content-type", type);
      EXPECT_EQ(ask(route, headers, "{}").code(), "UNSUPPORTED_MEDIA_TYPE") << route.operation;
    }
  }
}

TEST_F(BadInput, WrongMethod) {
  for (const Route& route : routes()) {
    Answer answer = api_->send("BREW", path_of(route), with_json(api_->key_for(route)), "{}");
    EXPECT_EQ(answer.status, 405) << route.operation;
    EXPECT_EQ(answer.code(), "METHOD_NOT_ALLOWED");
    EXPECT_NE(answer.headers["allow"].find(to_string(route.method)), std::string::npos)
        << route.operation;
  }
  EXPECT_EQ(api_->send("GET", "/api/v1/nothing").status, 404);
  EXPECT_EQ(api_->send("GET", "/api/v1/nothing").code(), "ROUTE_NOT_FOUND");
}

TEST_F(BadInput, BodiesThatAreNoJson) {
  for (const Route& route : routes()) {
    if (route.input != Input::kJson) continue;
    for (const char* body : {"{", "nonsense", "{\"a\":}", "{} {}"}) {
      EXPECT_EQ(ask(route, with_json(api_->key_for(route)), body).code(), "BODY_PARSING_ERROR")
          << route.operation << " " << body;
    }
    EXPECT_EQ(ask(route, with_json(api_->key_for(route))).code(), "BODY_PARSING_ERROR");
  }
}

TEST_F(BadInput, TrickyJson) {
  std::string deep = "1";
  for (int i = 0; i < 40; ++i) deep.insert(0, "[").append("]");
  for (const Route& route : routes()) {
    if (route.input != Input::kJson) continue;
    const std::string field(route.request->fields[0].name);
    const auto member = [&](const std::string& value) {
      return "{\"" + field + "\":" + value + "}";
    };
    for (const std::string& body :
         {std::string("[]"), std::string("3"), std::string(R"({"unheard_of":1})"), member(deep),
          "{\"" + field + "\":1,\"" + field + "\":1}", member("\"\\u0000\""),
          member("{\"a\":[]}")}) {
      const Answer answer = ask(route, with_json(api_->key_for(route)), body);
      EXPECT_EQ(answer.status, 400) << route.operation << " " << body;
      EXPECT_EQ(answer.code(), "SCHEMA_ERROR") << route.operation << " " << body;
      EXPECT_FALSE(answer.wrong_fields().empty()) << route.operation << " " << body;
    }
    EXPECT_EQ(ask(route, with_json(api_->key_for(route)), member("\"\xff\"")).status, 400)
        << route.operation;
  }
}

// Every field of every route with a value of another kind.
TEST_F(BadInput, WrongTypes) {
  for (const Route& route : routes()) {
    if (route.input != Input::kJson) continue;
    for (const Field& field : route.request->fields) {
      const bool is_text = field.kind == FieldKind::kText || field.kind == FieldKind::kId;
      const std::string value = is_text ? "5" : "\"5.5\"";
      const std::string body = "{\"" + std::string(field.name) + "\":" + value + "}";
      const Answer answer = ask(route, with_json(api_->key_for(route)), body);
      EXPECT_EQ(answer.code(), "SCHEMA_ERROR") << route.operation << " " << body;
      const auto wrong = answer.wrong_fields();
      EXPECT_NE(std::ranges::find(wrong, "body." + std::string(field.name)), wrong.end())
          << route.operation << " " << body << " " << answer.body;
    }
  }
}

TEST_F(BadInput, BodiesWhereNoneBelongs) {
  for (const Route& route : routes()) {
    if (route.input != Input::kNone) continue;
    const Answer answer = ask(route, with_json(api_->key_for(route)), R"({"a":1})");
    EXPECT_EQ(answer.code(), "SCHEMA_ERROR") << route.operation;
  }
}

TEST_F(BadInput, CardNumbers) {
  for (const Route& route : routes()) {
    if (route.input != Input::kJson) continue;
    const Answer answer =
        ask(route, with_json(api_->key_for(route)), R"({"card_number":"4242 4242 4242 4242"})");
    EXPECT_EQ(answer.code(), "CARD_DATA_REFUSED") << route.operation;
    EXPECT_EQ(answer.body.find("4242"), std::string::npos);
  }
  for (const Logged& record : api_->logged()) {
    EXPECT_EQ(record.line.find("4242"), std::string::npos) << record.line;
  }
}

TEST_F(BadInput, BadIdsInPaths) {
  for (const Route& route : routes()) {
    for (const std::string_view name : parameter_names(route.path)) {
      for (const std::string& value :
           {std::string("%00"), std::string("%ff"), std::string("%zz"), std::string(129, 'a')}) {
        std::string path(route.path);
        const std::string braced = "{" + std::string(name) + "}";
        path.replace(path.find(braced), braced.size(), value);
        for (const auto& [other, right] :
             {std::pair<std::string, std::string>{"{customer_type}", "user"},
              {"{customer_id}", "alice"},
              {"{item_id}", "credits"},
              {"{team_id}", "crew"},
              {"{user_id}", "alice"},
              {"{project_id}", "shop"},
              {"{key_id}", "k"}}) {
          const std::size_t at = path.find(other);
          if (at != std::string::npos) path.replace(at, other.size(), right);
        }
        const Answer answer =
            api_->send(to_string(route.method), path, with_json(api_->key_for(route)), "{}");
        EXPECT_EQ(answer.code(), "SCHEMA_ERROR") << route.operation << " " << path;
      }
    }
  }
}

TEST_F(BadInput, UnknownQueryParameters) {
  for (const Route& route : routes()) {
    if (route.is_page()) continue;
    const Answer answer =
        api_->send(to_string(route.method), path_of(route) + "?unheard_of=1",
                   with_json(api_->key_for(route)), route.input == Input::kNone ? "" : "{}");
    EXPECT_EQ(answer.code(), "SCHEMA_ERROR") << route.operation;
    const auto wrong = answer.wrong_fields();
    EXPECT_NE(std::ranges::find(wrong, "query.unheard_of"), wrong.end()) << route.operation;
  }
}

TEST_F(BadInput, BadIdempotencyKeys) {
  for (const Route& route : routes()) {
    if (route.idempotency == Idempotency::kNone) continue;
    Headers headers = with_json(api_->key_for(route));
    headers.emplace_back("idempotency-key", std::string(256, 'k'));
    const std::string body = route.input == Input::kNone ? "" : "{}";
    EXPECT_EQ(ask(route, headers, body).code(), "SCHEMA_ERROR") << route.operation;
  }
}

TEST_F(BadInput, LogsSayNothingThatWasSent) {
  const std::string secret = api_->world.keys.secret_server_key.reveal();
  api_->server("POST", "/users?hunter2=hunter2", R"({"id":"hunter2","x":1})",
               {{"x-purser-access-token", "hunter2"}});
  for (const Logged& record : api_->logged()) {
    EXPECT_EQ(record.line.find(secret), std::string::npos);
    EXPECT_EQ(record.line.find("hunter2"), std::string::npos);
  }
}

}  // namespace
}  // namespace purser::http_test
