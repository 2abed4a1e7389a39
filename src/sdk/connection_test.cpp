#include "sdk/connection.hpp"

#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <thread>

#include "sdk/scripted_transport.hpp"
#include "sdk/unique_key.hpp"

namespace purser::sdk {
namespace {

using std::chrono::milliseconds;

/// A connection whose time stands still but for the waits of its back-off.
class ConnectionTest : public ::testing::Test {
 protected:
  Connection make(std::optional<Tokens> tokens = std::nullopt) {
    options_.token_store = make_memory_token_store(std::move(tokens));
    options_.transport = transport_;
    return Connection(options_, timing());
  }
  Timing timing() {
    return {[this] { return now_; },
            [this](milliseconds time) {
              waits_.push_back(time);
              now_ += time;
            },
            [] { return 0U; }};
  }
  static Call call(std::string method = "POST", CallAccess access = CallAccess::kServer) {
    return {std::move(method), "/things", R"({"a":1})", access, {}};
  }

  ConnectionOptions options_{"http://purser.test/", "p1", "pck_1", "ssk_1", "sak_1", {}, {}, {}};
  std::shared_ptr<ScriptedTransport> transport_ = std::make_shared<ScriptedTransport>();
  std::chrono::steady_clock::time_point now_{};
  std::vector<milliseconds> waits_;
};

constexpr const char* kExpired = R"({"code":"ACCESS_TOKEN_EXPIRED","error":"Old."})";

TEST_F(ConnectionTest, SendsWhatTheServerNeeds) {
  transport_->then(200, R"({"x":1})");
  auto connection = make();
  const auto answer = connection.perform(call());
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body.int_at("x"), 1);
  EXPECT_EQ(answer->request_id, "req-1");
  const auto request = transport_->sent().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "http://purser.test/api/v1/things");
  EXPECT_EQ(request.body, R"({"a":1})");
  EXPECT_EQ(header_of(request, "x-purser-project-id"), "p1");
  EXPECT_EQ(header_of(request, "x-purser-access-type"), "server");
  EXPECT_EQ(header_of(request, "x-purser-secret-server-key"), "ssk_1");
  EXPECT_EQ(header_of(request, "x-purser-publishable-client-key"), "(absent)");
  EXPECT_EQ(header_of(request, "x-purser-super-secret-admin-key"), "(absent)");
  EXPECT_EQ(header_of(request, "content-type"), "application/json");
}

TEST_F(ConnectionTest, EachAccessCarriesOnlyItsOwnCredentials) {
  transport_->then(200, "{}").then(200, "{}");
  auto connection = make(Tokens{"at", "rt"});
  ASSERT_TRUE(connection.perform(call("GET", CallAccess::kClient)).has_value());
  ASSERT_TRUE(connection.perform(call("GET", CallAccess::kAdmin)).has_value());
  const auto sent = transport_->sent();
  EXPECT_EQ(header_of(sent[0], "x-purser-access-type"), "client");
  EXPECT_EQ(header_of(sent[0], "x-purser-publishable-client-key"), "pck_1");
  EXPECT_EQ(header_of(sent[0], "x-purser-access-token"), "at");
  EXPECT_EQ(header_of(sent[0], "x-purser-secret-server-key"), "(absent)");
  EXPECT_EQ(header_of(sent[1], "x-purser-access-type"), "admin");
  EXPECT_EQ(header_of(sent[1], "x-purser-super-secret-admin-key"), "sak_1");
  EXPECT_EQ(header_of(sent[1], "x-purser-access-token"), "(absent)");
}

TEST_F(ConnectionTest, EveryRetryCarriesTheSameIdempotencyKey) {
  transport_->then_no_answer()
      .then(503, R"({"code":"OVERLOADED","error":"Full."})")
      .then(409, R"({"code":"IDEMPOTENCY_KEY_IN_USE","error":"Running."})")
      .then(200, R"({"ok":true})");
  auto connection = make();
  const auto answer = connection.perform(call());
  ASSERT_TRUE(answer.has_value());
  const auto sent = transport_->sent();
  ASSERT_EQ(sent.size(), 4U);
  const std::string key = header_of(sent[0], "idempotency-key");
  EXPECT_EQ(key.size(), 36U);
  for (const auto& request : sent) {
    EXPECT_EQ(header_of(request, "idempotency-key"), key);
    EXPECT_EQ(request.body, sent[0].body);
  }
  EXPECT_EQ(answer->idempotency_key, key);
  EXPECT_EQ(waits_, (std::vector{milliseconds(50), milliseconds(100), milliseconds(200)}));
}

TEST_F(ConnectionTest, EveryCallHasItsOwnKeyAndReadsHaveNone) {
  transport_->then(200, "{}").then(200, "{}").then(200, "{}");
  auto connection = make();
  ASSERT_TRUE(connection.perform(call("POST")).has_value());
  ASSERT_TRUE(connection.perform(call("DELETE")).has_value());
  ASSERT_TRUE(connection.perform(call("GET")).has_value());
  const auto sent = transport_->sent();
  EXPECT_NE(header_of(sent[0], "idempotency-key"), header_of(sent[1], "idempotency-key"));
  EXPECT_EQ(header_of(sent[2], "idempotency-key"), "(absent)");
}

TEST_F(ConnectionTest, TheCallersKeyIsUsedAndCheckedFirst) {
  transport_->then(200, "{}");
  auto connection = make();
  auto named = call();
  named.options.idempotency_key = "order-77";
  ASSERT_TRUE(connection.perform(named).has_value());
  EXPECT_EQ(header_of(transport_->sent()[0], "idempotency-key"), "order-77");
  for (const std::string& bad : {std::string(), std::string(256, 'k'), std::string("a b"),
                                 std::string("a\r\nx: y"), std::string("\xC3\xA9")}) {
    named.options.idempotency_key = bad;
    const auto refused = connection.perform(named);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  }
  EXPECT_EQ(transport_->sent().size(), 1U);
}

TEST_F(ConnectionTest, AFailedCallNamesItsKeySoThatItCanBeMadeAgain) {
  options_.retry.max_retries = 1;
  transport_->then_no_answer().then_no_answer(ErrorCode::kDeadlineExceeded);
  auto connection = make();
  const auto answer = connection.perform(call());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(answer.error().category(), ErrorCategory::kConnection);
  EXPECT_EQ(answer.error().idempotency_key(), header_of(transport_->sent()[0], "idempotency-key"));
}

TEST_F(ConnectionTest, TheDeadlineBoundsAttemptsAndWaits) {
  options_.retry.max_retries = 50;
  options_.retry.attempt_timeout = milliseconds(400);
  options_.retry.call_timeout = milliseconds(1'000);
  options_.retry.initial_backoff = milliseconds(10);
  std::vector<milliseconds> timeouts;
  for (int i = 0; i < 50; ++i) {
    transport_->then([&](const HttpRequest& request) -> Result<HttpResponse> {
      timeouts.push_back(request.timeout);
      now_ += request.timeout;
      return Error(ErrorCode::kDeadlineExceeded, "slow");
    });
  }
  auto connection = make();
  const auto answer = connection.perform(call());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(timeouts, (std::vector{milliseconds(400), milliseconds(400), milliseconds(185)}));
  EXPECT_LE(now_.time_since_epoch(), milliseconds(1'000));
}

TEST_F(ConnectionTest, ACallsOwnTimeoutWins) {
  transport_->then_no_answer();
  auto connection = make();
  auto brief = call();
  brief.options.timeout = milliseconds(20);
  EXPECT_FALSE(connection.perform(brief).has_value());
  EXPECT_EQ(transport_->sent().at(0).timeout, milliseconds(20));
  EXPECT_EQ(transport_->sent().size(), 1U);
}

TEST_F(ConnectionTest, RetryAfterBeyondTheDeadlineIsReportedAtOnce) {
  transport_->then(429, R"({"code":"RATE_LIMITED","error":"Slow down."})", {{"Retry-After", "60"}});
  auto connection = make();
  const auto answer = connection.perform(call());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::kRateLimited);
  EXPECT_TRUE(waits_.empty());
}

TEST_F(ConnectionTest, ErrorsComeTypedWithTheirDetails) {
  transport_->then(404, R"({"code":"ITEM_NOT_FOUND","error":"No item \"x\".",)"
                        R"("details":{"item_id":"x"},"new_member":[]})");
  auto connection = make();
  const auto answer = connection.perform(call());
  ASSERT_FALSE(answer.has_value());
  const auto& error = answer.error();
  EXPECT_EQ(error.code(), ErrorCode::kItemNotFound);
  EXPECT_EQ(error.http_status(), 404);
  EXPECT_EQ(error.message(), "No item \"x\".");
  EXPECT_EQ(error.detail("item_id"), "x");
  EXPECT_EQ(error.request_id(), "req-1");
}

TEST_F(ConnectionTest, UnknownCodesAndForeignAnswersStayTyped) {
  struct Row {
    int status;
    const char* body;
    ErrorCode code;
    const char* code_text;
  };
  const Row rows[] = {
      {400, R"({"code":"BRAND_NEW","error":"?"})", ErrorCode::kUnknownError, "BRAND_NEW"},
      {400, R"({"code":"NO_ANSWER","error":"?"})", ErrorCode::kUnknownError, "NO_ANSWER"},
      {418, "<h1>teapot</h1>", ErrorCode::kUnknownError, "HTTP_418"},
      {400, R"({"message":"x"})", ErrorCode::kUnknownError, "HTTP_400"},
      {301, "", ErrorCode::kMalformedAnswer, "MALFORMED_ANSWER"},
      {200, "<html>", ErrorCode::kMalformedAnswer, "MALFORMED_ANSWER"},
      {200, R"({"a":1,"a":2})", ErrorCode::kMalformedAnswer, "MALFORMED_ANSWER"},
  };
  for (const auto& row : rows) {
    transport_->then(row.status, row.body);
    auto connection = make();
    const auto answer = connection.perform(call());
    ASSERT_FALSE(answer.has_value()) << row.body;
    EXPECT_EQ(answer.error().code(), row.code) << row.body;
    EXPECT_EQ(answer.error().code_text(), row.code_text) << row.body;
  }
}

TEST_F(ConnectionTest, AnEmptySuccessIsFine) {
  transport_->then(204, "");
  auto connection = make();
  const auto answer = connection.perform(call("DELETE"));
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->body.is_null());
}

TEST_F(ConnectionTest, AnExpiredTokenIsRenewedOnceAndSaved) {
  transport_->then(401, kExpired)
      .then(200, R"({"access_token":"fresh"})")
      .then(200, R"({"ok":true})");
  auto connection = make(Tokens{"stale", "rt"});
  const auto answer = connection.perform(call("POST", CallAccess::kClient));
  ASSERT_TRUE(answer.has_value());
  const auto sent = transport_->sent();
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[1].url, "http://purser.test/api/v1/sessions/refresh");
  EXPECT_EQ(sent[1].body, R"({"refresh_token":"rt"})");
  EXPECT_EQ(header_of(sent[1], "x-purser-access-token"), "(absent)");
  EXPECT_EQ(header_of(sent[2], "x-purser-access-token"), "fresh");
  EXPECT_EQ(header_of(sent[2], "idempotency-key"), header_of(sent[0], "idempotency-key"));
  EXPECT_EQ(connection.options().token_store->load()->access_token, "fresh");
  EXPECT_EQ(connection.options().token_store->load()->refresh_token, "rt");
}

TEST_F(ConnectionTest, ARenewedTokenThatIsRefusedTooIsTheEnd) {
  transport_->then(401, kExpired).then(200, R"({"access_token":"fresh"})").then(401, kExpired);
  auto connection = make(Tokens{"stale", "rt"});
  const auto answer = connection.perform(call("GET", CallAccess::kClient));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::kAccessTokenExpired);
  EXPECT_EQ(transport_->sent().size(), 3U);
}

TEST_F(ConnectionTest, WithoutARefreshTokenTheRefusalIsReported) {
  transport_->then(401, R"({"code":"UNPARSABLE_ACCESS_TOKEN","error":"?"})");
  auto connection = make(Tokens{"stale", ""});
  const auto answer = connection.perform(call("GET", CallAccess::kClient));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::kUnparsableAccessToken);
  EXPECT_EQ(transport_->sent().size(), 1U);
}

TEST_F(ConnectionTest, AnEndedSessionIsReportedAsSuch) {
  transport_->then(401, kExpired)
      .then(401, R"({"code":"REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED","error":"Sign in."})");
  auto connection = make(Tokens{"stale", "rt"});
  const auto answer = connection.perform(call("GET", CallAccess::kClient));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::kRefreshTokenNotFound);
}

TEST_F(ConnectionTest, WithOnlyARefreshTokenItStartsByRenewing) {
  transport_->then(200, R"({"access_token":"first"})").then(200, "{}");
  auto connection = make(Tokens{"", "rt"});
  ASSERT_TRUE(connection.perform(call("GET", CallAccess::kClient)).has_value());
  EXPECT_EQ(header_of(transport_->sent()[1], "x-purser-access-token"), "first");
}

TEST_F(ConnectionTest, NobodySignedInSendsNothing) {
  auto connection = make();
  const auto answer = connection.perform(call("GET", CallAccess::kClient));
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::kNotSignedIn);
  EXPECT_TRUE(transport_->sent().empty());
}

TEST_F(ConnectionTest, WrongOptionsAreNamedBeforeAnythingIsSent) {
  const auto refuse = [this](const ConnectionOptions& options, CallAccess access) {
    auto connection = Connection(options, timing());
    const auto answer = connection.perform(call("GET", access));
    ASSERT_FALSE(answer.has_value());
    EXPECT_EQ(answer.error().code(), ErrorCode::kInvalidArgument);
  };
  options_.transport = transport_;
  options_.token_store = make_memory_token_store(Tokens{"a", "b"});
  for (const char* url : {"", "purser.test", "ftp://x", "http://", "http://a b", "http://x?y",
                          "http://u@h", "http://x\n"}) {
    auto wrong = options_;
    wrong.base_url = url;
    refuse(wrong, CallAccess::kServer);
  }
  auto wrong = options_;
  wrong.project_id = "";
  refuse(wrong, CallAccess::kServer);
  wrong = options_;
  wrong.secret_server_key = "";
  refuse(wrong, CallAccess::kServer);
  wrong = options_;
  wrong.super_secret_admin_key = "";
  refuse(wrong, CallAccess::kAdmin);
  wrong = options_;
  wrong.publishable_client_key = "pck\r\nx: y";
  refuse(wrong, CallAccess::kClient);
  EXPECT_TRUE(transport_->sent().empty());
}

TEST(ConnectionRaceTest, ThreadsThatMeetTheSameStaleTokenShareOneRenewal) {
  constexpr int kThreads = 8;
  class Server final : public Transport {
   public:
    Result<HttpResponse> send(const HttpRequest& request) override {
      if (request.url.ends_with("/sessions/refresh")) {
        ++refreshes;
        return HttpResponse{200, {}, R"({"access_token":"fresh"})"};
      }
      if (header_of(request, "x-purser-access-token") == "fresh") {
        return HttpResponse{200, {}, "{}"};
      }
      all_refused.arrive_and_wait();
      return HttpResponse{401, {}, kExpired};
    }
    std::latch all_refused{kThreads};
    std::atomic<int> refreshes{0};
  };
  auto server = std::make_shared<Server>();
  Connection connection({"http://purser.test",
                         "p",
                         "pck",
                         "",
                         "",
                         make_memory_token_store(Tokens{"stale", "rt"}),
                         {},
                         server});
  std::vector<std::future<bool>> calls;
  for (int i = 0; i < kThreads; ++i) {
    calls.push_back(std::async(std::launch::async, [&] {
      return connection.perform({"GET", "/x", {}, CallAccess::kClient, {}}).has_value();
    }));
  }
  for (auto& done : calls) EXPECT_TRUE(done.get());
  EXPECT_EQ(server->refreshes, 1);
}

TEST(UniqueKeyTest, IsAUuidOfVersionSevenAndNeverTheSame) {
  const std::string a = make_unique_key();
  const std::string b = make_unique_key();
  EXPECT_NE(a, b);
  ASSERT_EQ(a.size(), 36U);
  for (const std::size_t i : {8U, 13U, 18U, 23U}) EXPECT_EQ(a[i], '-');
  EXPECT_EQ(a[14], '7');
  EXPECT_NE(std::string("89ab").find(a[19]), std::string::npos);
  EXPECT_LE(a.substr(0, 13), b.substr(0, 13));  // Ordered by time.
}

TEST(PercentEncodeTest, KeepsOnlyUnreserved) {
  EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(percent_encode("acme/\xC3\xA9 1?&#%"), "acme%2F%C3%A9%201%3F%26%23%25");
}

}  // namespace
}  // namespace purser::sdk
