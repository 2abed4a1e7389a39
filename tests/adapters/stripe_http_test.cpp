// The Stripe adapter over real sockets: what goes out, what may come back, and what becomes of it.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <deque>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

#include "adapters/raw_server.hpp"
#include "adapters/stripe/stripe.hpp"
#include "net/server.hpp"

namespace purser::stripe {
namespace {

using testing_support::RawServer;

const std::string kAccount = R"({"id":"acct_1","object":"account"})";

class FixedClock final : public app::Clock {
 public:
  Timestamp now() const override { return *Timestamp::from_millis(1'700'000'000'000); }
};

/// Answers from a list, the last one again and again; remembers requests.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::deque<net::Response> answers) : answers_(std::move(answers)) {
    server_ = *net::Server::start({}, [this](net::Request request, net::Responder respond) {
      net::Response answer;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(std::move(request));
        answer = answers_.front();
        if (answers_.size() > 1) answers_.pop_front();
      }
      respond(std::move(answer));
    });
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
  std::vector<net::Request> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::size_t open_connections() const { return server_->open_connections(); }

 private:
  std::mutex mutex_;
  std::deque<net::Response> answers_;
  std::vector<net::Request> requests_;
  std::unique_ptr<net::Server> server_;
};

net::Response answer(int status, std::string body, std::vector<net::Header> headers = {}) {
  net::Response response;
  response.status = status;
  response.body = std::move(body);
  response.headers = std::move(headers);
  return response;
}

class StripeHttpTest : public testing::Test {
 protected:
  // Waits between attempts are recorded and skipped.
  std::unique_ptr<Stripe> connect(const std::string& url, StripeOptions options = {}) {
    options.base_url = url;
    options.wait = [this](Millis delay) {
      waits_.push_back(delay);
      return true;
    };
    return *Stripe::create(std::move(options), clock_);
  }
  static std::string local(int port) { return "http://127.0.0.1:" + std::to_string(port); }
  // The error of a call to a server that says just these bytes.
  ErrorCode outcome_of(const std::string& bytes) {
    const RawServer server(bytes);
    const auto account = connect(local(server.port()))->account(as_);
    EXPECT_FALSE(account) << bytes;
    return account ? ErrorCode::kInternalError : account.error().code;
  }

  FixedClock clock_;
  std::vector<Millis> waits_;
  app::ProviderCredentials as_{Secret("sk_test_1"), "acct_9"};
};

TEST_F(StripeHttpTest, TheWireIsStripes) {
  ScriptedServer server({answer(200, R"({"id":"cus_1","object":"customer"})")});
  app::NewRemoteCustomer customer;
  customer.display_name = "Ada & Co";
  ASSERT_TRUE(connect(server.url())->create_customer(as_, customer, "key-1"));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].target, "/v1/customers");
  EXPECT_EQ(requests[0].body, "name=Ada%20%26%20Co");
  EXPECT_EQ(requests[0].header("authorization"), "Bearer sk_test_1");
  EXPECT_EQ(requests[0].header("idempotency-key"), "key-1");
  EXPECT_EQ(requests[0].header("stripe-account"), "acct_9");
  EXPECT_EQ(requests[0].header("stripe-version"), "2024-06-20");
  EXPECT_EQ(requests[0].header("content-type"), "application/x-www-form-urlencoded");
  EXPECT_TRUE(requests[0].header("user-agent").starts_with("Purser/"));
}

TEST_F(StripeHttpTest, AnEndIsADeleteAndWhatFollowsIsNone) {
  ScriptedServer server(
      {answer(200, R"({"id":"sub_1","object":"subscription","status":"canceled"})"),
       answer(200, R"({"id":"prod_1","object":"product"})")});
  const auto stripe = connect(server.url());
  ASSERT_TRUE(stripe->end_subscription(as_, "sub_1", true, "key-1"));
  ASSERT_TRUE(stripe->create_product(as_, "A", "a@1", "key-2"));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].method, "DELETE");
  EXPECT_EQ(requests[0].target, "/v1/subscriptions/sub_1?invoice_now=true&prorate=true");
  EXPECT_EQ(requests[0].body, "");
  EXPECT_EQ(requests[1].method, "POST");
  EXPECT_EQ(requests[1].header("idempotency-key"), "key-2");
}

TEST_F(StripeHttpTest, AQueryArrivesAsItIsWritten) {
  ScriptedServer server({answer(404, R"({"error":{"type":"invalid_request_error"}})")});
  EXPECT_EQ(connect(server.url())->subscription(as_, "sub_1").error().code,
            ErrorCode::kPaymentProviderRefused);
  EXPECT_EQ(server.requests().at(0).target, "/v1/subscriptions/sub_1?expand[]=latest_invoice");
}

TEST_F(StripeHttpTest, ConnectionsAreKept) {
  ScriptedServer server({answer(200, kAccount)});
  const auto stripe = connect(server.url());
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(stripe->account(as_));
  EXPECT_EQ(server.open_connections(), 1U);
}

TEST_F(StripeHttpTest, AdviceInHeadersIsRead) {
  ScriptedServer server({answer(429, "{}", {{"Retry-After", "7"}}),
                         answer(500, "", {{"Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT"}}),
                         answer(200, kAccount)});
  ASSERT_TRUE(connect(server.url())->account(as_));
  ASSERT_EQ(waits_.size(), 2U);
  EXPECT_EQ(waits_[0].count, 7000);
  EXPECT_LE(waits_[1].count, 1000);

  ScriptedServer final_word({answer(503, "", {{"stripe-should-retry", "false"}})});
  EXPECT_FALSE(connect(final_word.url())->account(as_));
  EXPECT_EQ(final_word.requests().size(), 1U);
}

TEST_F(StripeHttpTest, EveryAttemptCarriesTheSameKeyAndBody) {
  ScriptedServer server({answer(500, ""), answer(409, "{}"), answer(200, "garbage"),
                         answer(200, R"({"id":"prod_1","object":"product"})")});
  ASSERT_TRUE(connect(server.url())->create_product(as_, "Credits", "credits@1", "key-7"));
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 4U);
  for (const net::Request& request : requests) {
    EXPECT_EQ(request.header("idempotency-key"), "key-7");
    EXPECT_EQ(request.body, requests[0].body);
  }
}

TEST_F(StripeHttpTest, AnswersThatAreNoneLeaveItUnknown) {
  const std::string head = "HTTP/1.1 200 OK\r\n";
  for (const std::string& bytes :
       {std::string(), std::string("SSH-2.0-OpenSSH\r\n"), std::string("\0\0\0", 3), head,
        head + "Content-Length: 100\r\n\r\n" + kAccount,
        head + "Content-Length: -1\r\n\r\n" + kAccount,
        head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + kAccount,
        head + "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"id\"",
        head + "Content-Length: 2\r\n\r\n{}", head + "Content-Length: 0\r\n\r\n",
        std::string(
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
        std::string("HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\n<h1/>"),
        head + "X: " + std::string(200'000, 'x') + "\r\nContent-Length: 0\r\n\r\n"}) {
    EXPECT_EQ(outcome_of(bytes), ErrorCode::kPaymentProviderUnavailable) << bytes.substr(0, 100);
  }
}

TEST_F(StripeHttpTest, ARedirectIsNotFollowed) {
  ScriptedServer elsewhere({answer(200, kAccount)});
  ScriptedServer server({answer(307, "", {{"Location", elsewhere.url() + "/v1/account"}})});
  EXPECT_FALSE(connect(server.url())->account(as_));
  EXPECT_TRUE(elsewhere.requests().empty());
}

TEST_F(StripeHttpTest, AHugeAnswerIsCutOff) {
  StripeOptions options;
  options.retry.max_attempts = 1;
  const std::string padded =
      R"({"id":"acct_1","object":"account","pad":")" + std::string(4 << 20, 'x') + "\"}";
  ScriptedServer server({answer(200, padded)});
  const auto account = connect(server.url(), options)->account(as_);
  ASSERT_FALSE(account);
  EXPECT_EQ(account.error().code, ErrorCode::kPaymentProviderUnavailable);
  EXPECT_NE(account.error().log.for_log().find("larger than allowed"), std::string::npos);
  options.max_response_bytes = 5 << 20;
  EXPECT_TRUE(connect(server.url(), options)->account(as_));
}

TEST_F(StripeHttpTest, NobodyThereIsUnavailable) {
  const auto account = connect(local(testing_support::closed_port()))->account(as_);
  ASSERT_FALSE(account);
  EXPECT_EQ(account.error().code, ErrorCode::kPaymentProviderUnavailable);
  EXPECT_EQ(account.error().log.for_log().find("sk_test_1"), std::string::npos);
}

/// Holds every request without an answer until the server goes.
struct SilentServer {
  SilentServer() {
    server = *net::Server::start({}, [this](net::Request, net::Responder respond) {
      {
        const std::lock_guard lock(mutex);
        held.push_back(std::move(respond));
      }
      if (!told.exchange(true)) arrived.set_value();
    });
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server->port()); }

  std::mutex mutex;
  std::deque<net::Responder> held;
  std::atomic<bool> told{false};
  std::promise<void> arrived;
  std::unique_ptr<net::Server> server;
};

TEST_F(StripeHttpTest, AnAnswerThatNeverComesIsUnknown) {
  SilentServer server;
  StripeOptions options;
  options.request_timeout = {50};
  options.retry.max_attempts = 2;
  const auto account = connect(server.url(), options)->account(as_);
  ASSERT_FALSE(account);
  EXPECT_EQ(account.error().code, ErrorCode::kPaymentProviderUnavailable);
  EXPECT_EQ(waits_.size(), 1U);
}

TEST_F(StripeHttpTest, StoppingEndsARunningExchange) {
  SilentServer server;
  StripeOptions options;
  options.base_url = server.url();
  const auto stripe = *Stripe::create(options, clock_);
  auto call = std::async(std::launch::async, [&] { return stripe->account(as_); });
  server.arrived.get_future().wait();
  stripe->stop();
  EXPECT_EQ(call.get().error().code, ErrorCode::kPaymentProviderUnavailable);
}

TEST_F(StripeHttpTest, StoppingEndsAWait) {
  ScriptedServer server({answer(429, "{}", {{"Retry-After", "40"}})});
  StripeOptions options;
  options.base_url = server.url();
  const auto stripe = *Stripe::create(options, clock_);
  auto call = std::async(std::launch::async, [&] { return stripe->account(as_); });
  while (server.requests().empty()) std::this_thread::yield();
  stripe->stop();
  EXPECT_EQ(call.get().error().code, ErrorCode::kPaymentProviderUnavailable);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(StripeHttpTest, ManyThreadsShareOneProvider) {
  ScriptedServer server({answer(200, kAccount)});
  const auto stripe = connect(server.url());
  std::vector<std::future<int>> threads;
  for (int i = 0; i < 8; ++i) {
    threads.push_back(std::async(std::launch::async, [&] {
      int good = 0;
      for (int n = 0; n < 20; ++n) good += stripe->account(as_).has_value() ? 1 : 0;
      return good;
    }));
  }
  for (auto& thread : threads) EXPECT_EQ(thread.get(), 20);
  EXPECT_LE(server.open_connections(), 8U);
}

TEST_F(StripeHttpTest, BaseUrlsThatAreNoneAreRefused) {
  for (const char* url :
       {"", "api.stripe.com", "ftp://api.stripe.com", "https://", "https://a/b", "https://a/",
        "https://u:p@a", "https://a?x", "https://a#x", "http://a b"}) {
    StripeOptions options;
    options.base_url = url;
    EXPECT_FALSE(Stripe::create(options, clock_)) << url;
  }
}

class StripeTlsTest : public StripeHttpTest {
 protected:
  StripeTlsTest() {
    char name[] = "/tmp/purser-tls-XXXXXX";
    const int fd = mkstemp(name);
    ca_file_ = name;
    std::ofstream(ca_file_) << identity_.certificate_pem;
    close(fd);
  }
  ~StripeTlsTest() override { std::remove(ca_file_.c_str()); }

  Result<app::ProviderAccount> call(const std::string& host, bool trusted) {
    StripeOptions options;
    options.retry.max_attempts = 1;
    if (trusted) options.ca_file = ca_file_;
    return connect("https://" + host + ":" + std::to_string(server_.port()), options)->account(as_);
  }

  const testing_support::SelfSigned identity_ = testing_support::make_self_signed();
  std::string ca_file_;
  RawServer server_{"HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(kAccount.size()) +
                        "\r\nConnection: close\r\n\r\n" + kAccount,
                    &identity_};
};

TEST_F(StripeTlsTest, ACertificateThatIsTrustedIsAccepted) {
  const auto account = call("localhost", true);
  ASSERT_TRUE(account) << account.error().log.for_log();
  EXPECT_EQ(server_.requests(), 1);
}

TEST_F(StripeTlsTest, AnyOtherCertificateIsRefusedBeforeTheKeyIsSent) {
  EXPECT_EQ(call("localhost", false).error().code, ErrorCode::kPaymentProviderUnavailable);
  EXPECT_EQ(call("127.0.0.1", true).error().code, ErrorCode::kPaymentProviderUnavailable);
  EXPECT_EQ(server_.requests(), 0);
}

}  // namespace
}  // namespace purser::stripe
