// Every route of Stack Auth's protocol against everything that must be refused; nothing may change.

#include <gtest/gtest.h>

#include "http/compat/route.hpp"
#include "tests/http/compat_world.hpp"

namespace purser::http_test {
namespace {

using http::Field;
using http::FieldKind;
using http::Input;
using http::Need;

class CompatBadInput : public CompatTest {
 protected:
  void SetUp() override { before_ = api_.state(); }
  void TearDown() override {
    EXPECT_TRUE(before_ == api_.state()) << "something changed";
    for (const std::string& finding : api_.world.verify()) ADD_FAILURE() << finding;
  }

  /// A path of the route that would be right: existing ids, and what its query must have.
  static std::string path_of(const Route& route) {
    std::string path(route.path);
    for (const auto& [name, value] :
         {std::pair("{customer_type}", "user"), std::pair("{customer_id}", "alice"),
          std::pair("{item_id}", "credits"), std::pair("{product_id}", "pack"),
          std::pair("{user_id}", "alice"), std::pair("{team_id}", "crew"),
          std::pair("{permission_id}", "team_admin"), std::pair("{project_id}", "shop")}) {
      const std::size_t at = path.find(name);
      if (at != std::string::npos) path.replace(at, std::string_view(name).size(), value);
    }
    if (route.query == nullptr) return "/api/v1" + path;
    char mark = '?';
    for (const Field& field : route.query->fields) {
      if (!field.required) continue;
      path +=
          mark + std::string(field.name) + "=" + (field.kind == FieldKind::kBoolean ? "true" : "x");
      mark = '&';
    }
    return "/api/v1" + path;
  }
  Headers headers_for(const Route& route) const {
    switch (Need(route.access)) {
      case Need::kServer:
        return server_headers();
      case Need::kAdmin:
        return admin_headers();
      default:
        return client_headers("alice");
    }
  }
  Answer ask(const Route& route, const Headers& headers, const std::string& body = {}) {
    Answer answer = api_.send(http::to_string(route.method), path_of(route), headers, body);
    EXPECT_FALSE(answer.headers["x-stack-request-id"].empty()) << route.operation;
    EXPECT_EQ(answer.headers["cache-control"], "no-store, max-age=0") << route.operation;
    if (answer.status >= 400) {
      EXPECT_EQ(answer.headers["x-stack-known-error"], answer.code()) << route.operation;
    }
    return answer;
  }
  static bool needs_key(const Route& route) { return Need(route.access) != Need::kPublic; }

  std::string before_;
};

TEST_F(CompatBadInput, HeadersThatDoNotSayWho) {
  for (const Route& route : http::compat::routes()) {
    // What a header claims is checked where none is needed, too.
    Headers headers = named("server");
    headers.emplace_back("x-stack-secret-server-key", "ssk_wrong");
    EXPECT_EQ(ask(route, headers, "{}").code(), "INVALID_SECRET_SERVER_KEY") << route.operation;
    headers[0].second = "root";
    EXPECT_EQ(ask(route, headers, "{}").code(), "INVALID_ACCESS_TYPE") << route.operation;
    headers = client_headers();
    headers.emplace_back("x-stack-access-token", "nonsense");
    EXPECT_EQ(ask(route, headers, "{}").code(), "UNPARSABLE_ACCESS_TOKEN") << route.operation;
    headers = admin_headers();
    headers.emplace_back("x-stack-admin-access-token", "nonsense");
    EXPECT_EQ(ask(route, headers, "{}").code(), "UNPARSABLE_ADMIN_ACCESS_TOKEN") << route.operation;
    if (!needs_key(route)) continue;
    EXPECT_EQ(
        ask(route, {{"content-type", "application/json"}, {"x-stack-client-version", "1"}}, "{}")
            .code(),
        "ACCESS_TYPE_REQUIRED")
        << route.operation;
  }
}

// A key of another project, together with this project's id, is as good as none.
TEST_F(CompatBadInput, OtherProjectsKeys) {
  for (const Route& route : http::compat::routes()) {
    Headers headers = named("admin");
    headers.emplace_back("x-stack-super-secret-admin-key",
                         api_.other_keys.super_secret_admin_key.reveal());
    EXPECT_EQ(ask(route, headers, "{}").code(), "INVALID_SUPER_SECRET_ADMIN_KEY")
        << route.operation;
    headers[1].second = "nowhere";
    EXPECT_EQ(ask(route, headers, "{}").code(), "CURRENT_PROJECT_NOT_FOUND") << route.operation;
  }
}

TEST_F(CompatBadInput, TooLowAKey) {
  for (const Route& route : http::compat::routes()) {
    if (Need(route.access) != Need::kServer && Need(route.access) != Need::kAdmin) continue;
    const Answer answer = ask(route, client_headers("alice"), "{}");
    EXPECT_EQ(answer.status, 401) << route.operation;
    EXPECT_EQ(answer.code(), "INSUFFICIENT_ACCESS_TYPE") << route.operation;
  }
}

TEST_F(CompatBadInput, Bodies) {
  for (const Route& route : http::compat::routes()) {
    const Headers headers = headers_for(route);
    // Above the largest limit it is not even read.
    const std::string long_body(std::size_t(route.body_limit) + 1, ' ');
    EXPECT_EQ(api_.send(http::to_string(route.method), path_of(route), headers, long_body).status,
              413)
        << route.operation;
    Headers compressed = headers;
    compressed.emplace_back("content-encoding", "gzip");
    EXPECT_EQ(ask(route, compressed, "\x1f\x8b").status, 415) << route.operation;
    if (route.input != Input::kJson) continue;
    for (const char* body : {"{", "nonsense", "{} {}", ""}) {
      EXPECT_EQ(ask(route, headers, body).code(), "BODY_PARSING_ERROR")
          << route.operation << " " << body;
    }
    for (const char* body : {"[]", "1", "null", R"({"a":1,"a":2})", R"({"unknown":1})"}) {
      const Answer answer = ask(route, headers, body);
      EXPECT_EQ(answer.code(), "SCHEMA_ERROR") << route.operation << " " << body << answer.body;
      EXPECT_TRUE(answer.text("error").starts_with("Request validation failed on ")) << answer.body;
    }
  }
}

// Each field by itself: a value of no type that any field takes.
TEST_F(CompatBadInput, Fields) {
  for (const Route& route : http::compat::routes()) {
    if (route.request == nullptr) continue;
    for (const Field& field : route.request->fields) {
      const std::string body = "{\"" + std::string(field.name) + "\":1.5}";
      const Answer answer = ask(route, headers_for(route), body);
      EXPECT_EQ(answer.code(), "SCHEMA_ERROR") << route.operation << " " << body << answer.body;
      EXPECT_NE(answer.text("error").find("body." + std::string(field.name)), std::string::npos)
          << answer.body;
    }
  }
}

TEST_F(CompatBadInput, QueriesAndPaths) {
  for (const Route& route : http::compat::routes()) {
    const Headers headers = headers_for(route);
    const std::string path = path_of(route);
    const std::string unknown = path + (path.find('?') == std::string::npos ? "?" : "&") + "a=b";
    const std::string body = route.input == Input::kJson ? "{}" : "";
    const Answer answer = api_.send(http::to_string(route.method), unknown, headers, body);
    EXPECT_EQ(answer.code(), "SCHEMA_ERROR") << route.operation << answer.body;
    if (!route.path.starts_with("/payments/") || path.find("/user/") == std::string::npos) continue;
    for (const auto& [from, to] :
         {std::pair("/user/", "/robot/"), std::pair("alice", "%FF"), std::pair("alice", "%zz")}) {
      std::string wrong = path;
      wrong.replace(wrong.find(from), std::string_view(from).size(), to);
      EXPECT_EQ(api_.send(http::to_string(route.method), wrong, headers, body).code(),
                "SCHEMA_ERROR")
          << route.operation << " " << wrong;
    }
  }
}

TEST_F(CompatBadInput, CardNumbers) {
  for (const Route& route : http::compat::routes()) {
    if (route.input != Input::kJson) continue;
    const Answer answer = ask(route, headers_for(route), R"({"number":"4242424242424242"})");
    EXPECT_EQ(answer.status, 400) << route.operation;
    EXPECT_TRUE(answer.body.starts_with("The request seems to carry a card number."))
        << answer.body;
  }
}

TEST_F(CompatBadInput, Methods) {
  for (const Route& route : http::compat::routes()) {
    const Answer answer = api_.send("BREW", path_of(route), headers_for(route), "{}");
    EXPECT_EQ(answer.status, 405) << route.operation;
    EXPECT_NE(answer.headers.at("allow").find(http::to_string(route.method)), std::string::npos);
  }
}

// Metrics and logs tell the routes apart by their operation.
TEST_F(CompatBadInput, OperationsAreTheirOwn) {
  std::set<std::string_view> seen;
  for (const Route& route : http::routes()) seen.insert(route.operation);
  for (const Route& route : http::compat::routes()) {
    EXPECT_TRUE(seen.insert(route.operation).second) << route.operation;
    EXPECT_LE(std::size_t(route.body_limit), http::Api::max_body_bytes()) << route.operation;
  }
}

}  // namespace
}  // namespace purser::http_test
