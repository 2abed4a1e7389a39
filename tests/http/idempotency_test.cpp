#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "tests/http/api_world.hpp"

namespace purser::http_test {
namespace {

class IdempotencyTest : public testing::Test {
 protected:
  static Headers key(const std::string& value) { return {{"idempotency-key", value}}; }
  Answer add(const std::string& key_value, const std::string& body = R"({"change":5})") {
    return api_.server("POST", kCredits, body, key(key_value));
  }
  std::int64_t credits() { return api_.world.quantity(api_.world.user(), "credits"); }

  static constexpr const char* kCredits = "/customers/user/alice/items/credits/quantity";
  ApiWorld api_;
};

TEST_F(IdempotencyTest, ARepetitionGetsTheFirstAnswerByteForByte) {
  Answer first = add("k1");
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(first.headers.count("idempotency-replayed"), 0U);
  add("k2");  // the quantity moves on, the answer under k1 does not
  Answer again = add("k1");
  EXPECT_EQ(again.status, first.status);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.headers["idempotency-replayed"], "true");
  EXPECT_EQ(credits(), 10);
}

TEST_F(IdempotencyTest, TheMountAndTheEscapingDoNotMatter) {
  const std::string body = R"({"change":5})";
  const Answer first = add("k1", body);
  Answer again = api_.server("POST", "/api/latest/customers/user/%61lice/items/credits/quantity",
                             body, key("k1"));
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.headers["idempotency-replayed"], "true");
}

TEST_F(IdempotencyTest, AnotherRequestUnderTheKeyIsRefused) {
  add("k1");
  for (const Answer& answer : {add("k1", R"({"change":6})"), add("k1", R"({"change": 5})"),
                               api_.server("POST", "/customers/user/bob/items/credits/quantity",
                                           R"({"change":5})", key("k1")),
                               api_.server("DELETE", "/users/bob", "", key("k1"))}) {
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(answer.code(), "IDEMPOTENCY_KEY_MISMATCH");
  }
  EXPECT_EQ(credits(), 5);
}

TEST_F(IdempotencyTest, OtherProjectsKeysAreOtherKeys) {
  const std::string body = R"({"id":"zoe"})";
  EXPECT_EQ(api_.server("POST", "/users", body, key("k1")).status, 201);
  Headers other = {{"authorization", "Bearer " + api_.other_keys.secret_server_key.reveal()},
                   {"content-type", "application/json"},
                   {"idempotency-key", "k1"}};
  Answer answer = api_.send("POST", "/users", other, body);
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.headers.count("idempotency-replayed"), 0U);
}

TEST_F(IdempotencyTest, FinalRefusalsAreKept) {
  const std::string target = "/users";
  const std::string body = R"({"id":"alice"})";
  Answer first = api_.server("POST", target, body, key("k1"));
  EXPECT_EQ(first.code(), "ALREADY_EXISTS");
  api_.world.delete_user("alice");  // now it would succeed, but the answer was given
  Answer again = api_.server("POST", target, body, key("k1"));
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.headers["idempotency-replayed"], "true");
  EXPECT_EQ(again.headers["x-stack-known-error"], "ALREADY_EXISTS");
}

TEST_F(IdempotencyTest, BadInputIsNotKept) {
  EXPECT_EQ(add("k1", R"({"change":0})").code(), "SCHEMA_ERROR");
  EXPECT_EQ(add("k1").status, 200);
}

TEST_F(IdempotencyTest, AHundredAtOnceHaveOneEffect) {
  constexpr int kThreads = 10;
  constexpr int kEach = 10;
  std::mutex mutex;
  std::multiset<std::string> bodies;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kEach; ++i) {
        const Answer answer = add("same");
        const std::lock_guard lock(mutex);
        if (answer.code() != "IDEMPOTENCY_KEY_IN_USE") bodies.insert(answer.body);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(credits(), 5);
  ASSERT_FALSE(bodies.empty());
  EXPECT_EQ(bodies.count(*bodies.begin()), bodies.size());
  EXPECT_TRUE(api_.world.verify().empty());
}

TEST_F(IdempotencyTest, SecretsAreSealedAtRest) {
  const std::string body = R"({"access_type":"server"})";
  const Answer first = api_.admin("POST", "/keys", body, key("k1"));
  ASSERT_EQ(first.status, 201);
  const std::string secret = first.text("key");
  ASSERT_TRUE(secret.starts_with("ssk_"));
  EXPECT_EQ(api_.state().find(secret), std::string::npos);
  Answer again = api_.admin("POST", "/keys", body, key("k1"));
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.headers["idempotency-replayed"], "true");

  const Answer session = api_.server("POST", "/sessions", R"({"user_id":"alice"})", key("k2"));
  ASSERT_EQ(session.status, 201);
  EXPECT_EQ(api_.state().find(session.text("refresh_token")), std::string::npos);
  // A final refusal of such a route comes back too.
  const Answer refused = api_.server("POST", "/sessions", R"({"user_id":"nobody"})", key("k3"));
  EXPECT_EQ(refused.code(), "USER_NOT_FOUND");
  EXPECT_EQ(api_.server("POST", "/sessions", R"({"user_id":"nobody"})", key("k3")).body,
            refused.body);
  // So does one of an operation of several steps.
  const std::string intent = "/customers/user/nobody/payment-method-setup-intent";
  EXPECT_EQ(api_.server("POST", intent, "{}", key("k4")).code(), "USER_NOT_FOUND");
  EXPECT_EQ(api_.server("POST", intent, "{}", key("k4")).code(), "USER_NOT_FOUND");
}

TEST_F(IdempotencyTest, AdministratorsHaveKeysOfTheirOwn) {
  const std::string body = R"({"display_name":"New"})";
  const Answer first = api_.root("POST", "/projects", body, key("k1"));
  ASSERT_EQ(first.status, 201) << first.body;
  Answer again = api_.root("POST", "/projects", body, key("k1"));
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.headers["idempotency-replayed"], "true");
  EXPECT_EQ(api_.state().find(first.text("secret_server_key")), std::string::npos);
  EXPECT_EQ(api_.root("POST", "/projects", R"({"display_name":"N"})", key("k1")).status, 422);
  EXPECT_EQ(add("k1").status, 200);  // a project's key of the same name is another one
}

TEST_F(IdempotencyTest, ACheckoutIsMadeOnce) {
  const std::string target = "/customers/user/alice/checkout";
  const std::string body = R"({"product_id":"pack"})";
  const Answer first = api_.server("POST", target, body, key("k1"));
  ASSERT_EQ(first.status, 200) << first.body;
  Answer again = api_.server("POST", target, body, key("k1"));
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.headers["idempotency-replayed"], "true");
  EXPECT_EQ(api_.world.provider.sessions().size(), 1U);
  const Answer refused = api_.server("POST", target, R"({"product_id":"none"})", key("k2"));
  EXPECT_EQ(refused.code(), "PRODUCT_DOES_NOT_EXIST");
  EXPECT_EQ(api_.server("POST", target, R"({"product_id":"none"})", key("k2")).body, refused.body);
}

TEST_F(IdempotencyTest, PassingFaultsAreNotKept) {
  const std::string target = "/customers/user/alice/checkout";
  const std::string body = R"({"product_id":"pack"})";
  using Fault = app::testing::FakeProvider::Fault;
  api_.world.provider.plan = [](const std::string&) { return Fault::kUnavailable; };
  Answer failed = api_.server("POST", target, body, key("k1"));
  EXPECT_EQ(failed.status, 503);
  EXPECT_EQ(failed.code(), "PAYMENT_PROVIDER_UNAVAILABLE");
  EXPECT_FALSE(failed.headers["retry-after"].empty());
  api_.world.provider.plan = {};
  EXPECT_EQ(api_.server("POST", target, body, key("k1")).status, 200);
  EXPECT_EQ(api_.world.provider.sessions().size(), 1U);
}

}  // namespace
}  // namespace purser::http_test
