// Endpoints of a project and what was delivered to them, over HTTP.

#include "tests/http/route_test.hpp"

namespace purser::http_test {
namespace {

using app::WebhookAnswer;
using app::WebhookRequest;

const std::string kEndpoints = "/webhooks/endpoints";

class EndpointsTest : public RouteTest {
 protected:
  json::Value items(const Answer& answer) { return *answer.json().find("items"); }
  /// Makes an endpoint; answers where it is.
  std::string create(const std::string& more = "") {
    const Answer made = good("POST", kEndpoints, R"({"url":"https://a.example/hook")" + more + "}");
    const json::Value document = made.json();
    secret_ = made.text("secret");
    return kEndpoints + "/" + document.find("endpoint")->string_at("id").value_or("");
  }
  void answer_with(int status) {
    api_.world.sender.answer = [status](const WebhookRequest&) { return WebhookAnswer{status}; };
  }
  void deliver() {
    for (int round = 0; round < 100; ++round) {
      const auto done = api_.world.courier->deliver();
      ASSERT_TRUE(done) << done.error().log.for_log();
      if (*done == 0) return;
    }
    FAIL() << "it does not come to an end";
  }
  std::size_t sent() const { return api_.world.sender.log.size(); }

  std::string secret_;
};

TEST_F(EndpointsTest, ASecretIsShownOnceAndNowhereElse) {
  const std::string target = create(R"(,"description":"Books","event_types":["user.created"])");
  ASSERT_TRUE(secret_.starts_with("whsec_"));
  const Answer shown = good("GET", target);
  EXPECT_EQ(shown.text("description"), "Books");
  EXPECT_EQ(shown.json().bool_at("enabled"), true);
  const Answer list = good("GET", kEndpoints);
  EXPECT_EQ(items(list).as_array()->size(), 1U);
  const Answer rotated = good("POST", target + "/rotate-secret");
  EXPECT_TRUE(rotated.text("secret").starts_with("whsec_"));
  for (const std::string& secret : {secret_, rotated.text("secret")}) {
    const std::string text = secret.substr(6);
    EXPECT_EQ(shown.body.find(text), std::string::npos);
    EXPECT_EQ(list.body.find(text), std::string::npos);
    EXPECT_EQ(api_.state().find(text), std::string::npos);
    for (const Logged& logged : api_.logged()) {
      EXPECT_EQ(logged.line.find(text), std::string::npos) << logged.line;
    }
  }
}

TEST_F(EndpointsTest, IsChangedAndDeleted) {
  const std::string target = create();
  const Answer changed = good("PATCH", target, R"({"url":"https://b.example/","enabled":false})");
  EXPECT_EQ(changed.text("url"), "https://b.example/");
  EXPECT_EQ(changed.text("disabled_reason"), "manual");
  EXPECT_TRUE(
      good("PATCH", target, R"({"enabled":true})").json().find("disabled_reason")->is_null());
  good("DELETE", target);
  EXPECT_EQ(api_.admin("GET", target).code(), "WEBHOOK_ENDPOINT_NOT_FOUND");
  EXPECT_EQ(items(good("GET", kEndpoints)).as_array()->size(), 0U);
}

TEST_F(EndpointsTest, WhatIsWrongIsRefusedAndChangesNothing) {
  const std::string target = create();
  const std::string before = api_.state();
  const std::pair<const char*, const char*> cases[] = {
      {R"({"url":"http://a.example/"})", "WEBHOOK_URL_NOT_ALLOWED"},
      {R"({"url":""})", "SCHEMA_ERROR"},
      {R"({"url":"https://a.example/","event_types":["user.eaten"]})", "SCHEMA_ERROR"},
      {R"({"url":"https://a.example/","event_types":"user.created"})", "SCHEMA_ERROR"},
      {R"({"url":"https://a.example/","secret":"whsec_mine"})", "SCHEMA_ERROR"}};
  for (const auto& [body, code] : cases) {
    EXPECT_EQ(api_.admin("POST", kEndpoints, body).code(), code) << body;
    EXPECT_EQ(api_.admin("PATCH", target, body).code(), code) << body;
  }
  EXPECT_EQ(api_.admin("POST", kEndpoints, "{}").code(), "SCHEMA_ERROR");
  EXPECT_EQ(api_.admin("POST", target + "/replay", R"({"since":"yesterday"})").code(),
            "SCHEMA_ERROR");
  EXPECT_EQ(api_.admin("GET", target + "/deliveries?state=lost").code(), "SCHEMA_ERROR");
  EXPECT_EQ(api_.admin("POST", target + "/deliveries/evt_99999/retry").code(),
            "WEBHOOK_DELIVERY_NOT_FOUND");
  EXPECT_EQ(api_.state(), before);
}

TEST_F(EndpointsTest, BelongsToItsProject) {
  const std::string target = create();
  const Headers other = {
      {"authorization", "Bearer " + api_.other_keys.super_secret_admin_key.reveal()},
      {"content-type", "application/json"}};
  const std::string before = api_.state();
  const std::pair<const char*, std::string> cases[] = {
      {"GET", ""},
      {"PATCH", R"({"enabled":false})"},
      {"DELETE", ""},
  };
  for (const auto& [method, body] : cases) {
    EXPECT_EQ(api_.send(method, target, other, body).code(), "WEBHOOK_ENDPOINT_NOT_FOUND");
  }
  for (const char* more : {"/rotate-secret", "/deliveries/evt_1/retry"}) {
    EXPECT_EQ(api_.send("POST", target + more, other).code(), "WEBHOOK_ENDPOINT_NOT_FOUND") << more;
  }
  EXPECT_EQ(api_.send("GET", target + "/deliveries", other).code(), "WEBHOOK_ENDPOINT_NOT_FOUND");
  EXPECT_EQ(
      api_.send("POST", target + "/replay", other, R"({"since":"2000-01-01T00:00:00Z"})").code(),
      "WEBHOOK_ENDPOINT_NOT_FOUND");
  EXPECT_EQ(api_.state(), before);
}

TEST_F(EndpointsTest, WhatFailedIsListedAndSentAgain) {
  const std::string target = create(R"(,"event_types":["user.created"])");
  answer_with(410);
  for (const char* user : {"u1", "u2", "u3"}) {
    good("POST", "/users", R"({"id":")" + std::string(user) + "\"}");
  }
  deliver();
  EXPECT_EQ(good("GET", target).text("disabled_reason"), "gone");
  const Answer failed = good("GET", target + "/deliveries?state=failed");
  ASSERT_EQ(items(failed).as_array()->size(), 3U) << failed.body;
  const json::Value newest = items(failed).as_array()->at(0);
  EXPECT_EQ(newest.string_at("customer_id"), "u3");
  EXPECT_EQ(newest.string_at("event_type"), "user.created");
  EXPECT_EQ(newest.int_at("response_status"), 410);
  EXPECT_EQ(newest.int_at("attempts"), 1);
  const std::string again =
      target + "/deliveries/" + newest.string_at("id").value_or("") + "/retry";
  EXPECT_EQ(good("POST", again).text("state"), "pending");
  answer_with(204);
  deliver();
  EXPECT_EQ(sent(), 3U) << "it is disabled";
  good("PATCH", target, R"({"enabled":true})");
  deliver();
  EXPECT_EQ(sent(), 4U);
  const Answer delivered = good("GET", target + "/deliveries?state=delivered");
  ASSERT_EQ(items(delivered).as_array()->size(), 1U);
  EXPECT_TRUE(items(delivered).as_array()->at(0).find("error")->is_null());
}

TEST_F(EndpointsTest, DeliveriesComeInPages) {
  const std::string target = create(R"(,"event_types":["user.created"])");
  for (const char* user : {"u1", "u2", "u3"}) {
    good("POST", "/users", R"({"id":")" + std::string(user) + "\"}");
  }
  const Answer first = good("GET", target + "/deliveries?limit=2");
  const json::Value document = first.json();
  const auto cursor = document.find("pagination")->string_at("next_cursor");
  ASSERT_TRUE(cursor) << first.body;
  const Answer second = good("GET", target + "/deliveries?limit=2&cursor=" + *cursor);
  ASSERT_EQ(items(second).as_array()->size(), 1U);
  EXPECT_EQ(items(second).as_array()->at(0).string_at("customer_id"), "u1");
  EXPECT_TRUE(second.json().find("pagination")->find("next_cursor")->is_null());
}

TEST_F(EndpointsTest, AReplaySendsWhatHappenedBefore) {
  good("POST", "/users", R"({"id":"early"})");
  const std::string target = create(R"(,"event_types":["user.created"])");
  answer_with(200);
  deliver();
  EXPECT_EQ(sent(), 0U);
  EXPECT_EQ(good("POST", target + "/replay", R"({"since":"2000-01-01T00:00:00Z"})")
                .json()
                .bool_at("replaying"),
            true);
  deliver();
  EXPECT_EQ(good("GET", target).json().bool_at("replaying"), false);
  const std::size_t all = sent();
  ASSERT_GE(all, 1U);
  EXPECT_NE(api_.world.sender.log.back().body.find("\"early\""), std::string::npos);
  good("POST", target + "/replay", R"({"since":"2000-01-01T00:00:00Z"})");
  deliver();
  EXPECT_EQ(sent(), all) << "all of it was delivered";
  good("POST", target + "/replay", R"({"since":"2000-01-01T00:00:00Z","include_delivered":true})");
  deliver();
  EXPECT_EQ(sent(), 2 * all);
}

}  // namespace
}  // namespace purser::http_test
