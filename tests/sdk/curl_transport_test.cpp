// The SDK's own transport against a real HTTP server.

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <mutex>
#include <set>

#include "net/server.hpp"
#include "purser/purser.hpp"

namespace purser {
namespace {

/// A server on a free port with one handler.
class CurlTransportTest : public ::testing::Test {
 protected:
  void serve(net::Handler handler) {
    auto started = net::Server::start({}, std::move(handler));
    ASSERT_TRUE(started.has_value());
    server_ = std::move(*started);
  }
  std::string url(const std::string& path = "/x") const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + path;
  }
  sdk::HttpRequest request(std::string method = "GET", std::string body = "") const {
    return {std::move(method), url(), {}, std::move(body), std::chrono::milliseconds(10'000)};
  }

  std::unique_ptr<net::Server> server_;
  std::shared_ptr<sdk::Transport> transport_ = sdk::make_curl_transport();
};

TEST_F(CurlTransportTest, CarriesMethodHeadersAndBodyBothWays) {
  serve([](const net::Request& request, net::Responder respond) {
    net::Response response;
    response.status = 201;
    response.headers.push_back({"X-Answer", "yes"});
    response.body = request.method + "|" + request.target + "|" + request.body + "|" +
                    std::string(request.header("x-question")) + "|" +
                    std::string(request.header("content-type"));
    respond(std::move(response));
  });
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    auto sent = request(method, "{}");
    sent.headers = {{"x-question", "why"}, {"content-type", "application/json"}};
    const auto answer = transport_->send(sent);
    ASSERT_TRUE(answer.has_value()) << method;
    EXPECT_EQ(answer->status, 201);
    EXPECT_EQ(answer->header("x-ANSWER"), "yes");
    EXPECT_EQ(answer->body, std::string(method) + "|/x|{}|why|application/json");
  }
}

TEST_F(CurlTransportTest, ABodilessRequestClaimsNoContentType) {
  serve([](const net::Request& request, net::Responder respond) {
    net::Response response;
    response.body = request.method + "[" + std::string(request.header("content-type")) + "]";
    respond(std::move(response));
  });
  EXPECT_EQ(transport_->send(request("GET")).value().body, "GET[]");
  EXPECT_EQ(transport_->send(request("DELETE")).value().body, "DELETE[]");
}

TEST_F(CurlTransportTest, ReusesItsConnection) {
  serve([](const net::Request&, net::Responder respond) { respond({}); });
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(transport_->send(request()).has_value());
  EXPECT_EQ(server_->open_connections(), 1U);
}

TEST_F(CurlTransportTest, ManyThreadsSendAtTheSameTime) {
  constexpr int kThreads = 8;
  auto all_there = std::make_shared<std::latch>(kThreads);
  std::mutex mutex;
  std::vector<net::Responder> waiting;
  serve([&](const net::Request&, net::Responder respond) {
    const std::lock_guard lock(mutex);
    waiting.push_back(std::move(respond));
    if (waiting.size() < kThreads) return;  // Nobody is answered before all are there.
    for (auto& answer : waiting) answer({});
  });
  std::vector<std::future<bool>> calls;
  for (int i = 0; i < kThreads; ++i) {
    calls.push_back(
        std::async(std::launch::async, [&] { return transport_->send(request()).has_value(); }));
  }
  for (auto& call : calls) EXPECT_TRUE(call.get());
}

TEST_F(CurlTransportTest, SilenceEndsAtTheTimeout) {
  std::mutex mutex;
  std::vector<net::Responder> unanswered;
  serve([&](const net::Request&, net::Responder respond) {
    const std::lock_guard lock(mutex);
    unanswered.push_back(std::move(respond));
  });
  auto hasty = request();
  hasty.timeout = std::chrono::milliseconds(50);
  const auto answer = transport_->send(hasty);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), sdk::ErrorCode::kDeadlineExceeded);
  const std::lock_guard lock(mutex);
  unanswered.clear();
}

TEST_F(CurlTransportTest, NobodyListeningIsNoAnswer) {
  serve([](const net::Request&, net::Responder respond) { respond({}); });
  const auto to_nobody = request();
  server_.reset();
  const auto answer = transport_->send(to_nobody);
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), sdk::ErrorCode::kNoAnswer);
}

TEST_F(CurlTransportTest, RedirectsAreAnswersAndOtherSchemesAreRefused) {
  serve([](const net::Request&, net::Responder respond) {
    net::Response response;
    response.status = 302;
    response.headers.push_back({"location", "/elsewhere"});
    respond(std::move(response));
  });
  EXPECT_EQ(transport_->send(request()).value().status, 302);
  auto file = request();
  file.url = "file:///etc/hostname";
  EXPECT_FALSE(transport_->send(file).has_value());
}

TEST_F(CurlTransportTest, AnEndlessAnswerIsCut) {
  serve([](const net::Request&, net::Responder respond) {
    net::Response response;
    response.body.assign(100'000, 'x');
    respond(std::move(response));
  });
  sdk::CurlOptions options;
  options.max_response_bytes = 99'999;
  const auto answer = sdk::make_curl_transport(options)->send(request());
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), sdk::ErrorCode::kNoAnswer);
  EXPECT_EQ(transport_->send(request()).value().body.size(), 100'000U);
}

TEST_F(CurlTransportTest, AnAppRetriesUntilTheServerIsReadyWithOneKey) {
  std::mutex mutex;
  std::set<std::string> keys;
  int requests = 0;
  serve([&](const net::Request& request, net::Responder respond) {
    const std::lock_guard lock(mutex);
    keys.insert(std::string(request.header("idempotency-key")));
    net::Response response;
    response.body = R"({"success":true,"quantity":4})";
    if (++requests < 3) {
      response.status = 503;
      response.headers.push_back({"retry-after", "0"});
      response.body = R"({"code":"OVERLOADED","error":"Full."})";
    }
    respond(std::move(response));
  });
  sdk::ServerOptions options;
  options.base_url = url("");
  options.project_id = "p";
  options.secret_server_key = "ssk";
  options.retry.initial_backoff = std::chrono::milliseconds(1);
  const sdk::ServerApp app(options);
  EXPECT_TRUE(app.user("u").try_decrease_quantity("credits", 1).value());
  EXPECT_EQ(requests, 3);
  EXPECT_EQ(keys.size(), 1U);
}

}  // namespace
}  // namespace purser
