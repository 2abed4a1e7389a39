// Access tokens of an issuer on this machine: fetching its keys over real sockets, under a clock of
// our own.

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "adapters/jwks/access_tokens.hpp"
#include "adapters/jwks/http_fetch.hpp"
#include "adapters/jwks/test_issuer.hpp"
#include "adapters/raw_server.hpp"
#include "net/server.hpp"

namespace purser::jwks {
namespace {

using testing_support::RawServer;

constexpr std::int64_t kNow = 1'700'000'000;

class LocalIssuer {
 public:
  LocalIssuer() {
    answer_.body = issuer_.jwks();
    server_ = *net::Server::start({}, [this](const net::Request&, net::Responder respond) {
      ++requests;
      const std::lock_guard lock(mutex_);
      respond(answer_);
    });
  }
  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + "/jwks";
  }
  void answer_with(int status, std::string body, std::vector<net::Header> headers = {}) {
    const std::lock_guard lock(mutex_);
    answer_.status = status;
    answer_.body = std::move(body);
    answer_.headers = std::move(headers);
  }
  std::string token(std::int64_t expires = kNow + 600) const {
    return issuer_.es256(issuer_.ec_header(), R"({"iss":"https://issuer.example","aud":"app-1",)"
                                              R"("sub":"abc","exp":)" +
                                                  std::to_string(expires) + "}");
  }

  std::atomic<int> requests{0};

 private:
  const TestIssuer issuer_;
  std::mutex mutex_;
  net::Response answer_;
  std::unique_ptr<net::Server> server_;
};

class JwksHttpTest : public testing::Test {
 protected:
  static HttpFetchOptions options(bool allow_private) {
    HttpFetchOptions out;
    out.allow_private = allow_private;
    return out;
  }
  Result<app::TokenClaims> verify(const std::string& token) {
    app::AccessTokens::Trust trust;
    trust.project = ProjectId("p1");
    trust.foreign = {{"https://issuer.example", "app-1", issuer_.url()}};
    return tokens_.verify(trust, token, *Timestamp::from_millis(now_ * 1000));
  }
  std::string reason(const std::string& url, HttpFetchOptions with) {
    HttpFetch fetch(std::move(with));
    const auto result = fetch.get(url);
    EXPECT_FALSE(result) << url;
    return result ? "" : result.error().log.for_log();
  }

  LocalIssuer issuer_;
  HttpFetch fetch_{options(true)};
  AccessTokens tokens_{fetch_};
  std::int64_t now_ = kNow;
};

TEST_F(JwksHttpTest, ATokenOfALocalIssuerIsAccepted) {
  const auto claims = verify(issuer_.token());
  ASSERT_TRUE(claims) << claims.error().log.for_log();
  EXPECT_EQ(claims->subject, "abc");
  EXPECT_TRUE(verify(issuer_.token(kNow + 700)));
  EXPECT_EQ(issuer_.requests, 1);
}

TEST_F(JwksHttpTest, TheIssuersOutageSignsNobodyOut) {
  ASSERT_TRUE(verify(issuer_.token()));
  issuer_.answer_with(503, "down for maintenance");
  for (int hour = 1; hour <= 48; ++hour) {
    now_ = kNow + hour * 3601;
    EXPECT_TRUE(verify(issuer_.token(now_ + 600))) << hour;
  }
  EXPECT_GT(issuer_.requests, 40);  // it did ask
}

TEST_F(JwksHttpTest, AnIssuerThatNeverAnsweredIsAskedOnceAMinute) {
  issuer_.answer_with(500, "");
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(verify(issuer_.token(kNow + 600 + i)));
  EXPECT_EQ(issuer_.requests, 1);
  issuer_.answer_with(200, "{}");
  now_ += 60;
  EXPECT_FALSE(verify(issuer_.token()));
  EXPECT_EQ(issuer_.requests, 2);
}

TEST_F(JwksHttpTest, PrivateAddressesAreRefusedUnlessAllowed) {
  EXPECT_NE(reason(issuer_.url(), options(false)).find("https is needed"), std::string::npos);
  EXPECT_NE(reason("https" + issuer_.url().substr(4), options(false)).find("a private address"),
            std::string::npos);
  EXPECT_EQ(issuer_.requests, 0);
}

TEST_F(JwksHttpTest, RedirectsAreNotFollowed) {
  LocalIssuer other;
  issuer_.answer_with(302, "", {{"Location", other.url()}});
  EXPECT_NE(reason(issuer_.url(), options(true)).find("status 302"), std::string::npos);
  EXPECT_EQ(other.requests, 0);
}

TEST_F(JwksHttpTest, OnlyAWholeDocumentCounts) {
  for (const int status : {201, 204, 304, 401, 404, 500}) {
    issuer_.answer_with(status, "");
    EXPECT_NE(reason(issuer_.url(), options(true)).find("status"), std::string::npos) << status;
  }
  const RawServer cut("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"keys\"");
  reason("http://127.0.0.1:" + std::to_string(cut.port()) + "/", options(true));
  const RawServer none("");
  reason("http://127.0.0.1:" + std::to_string(none.port()) + "/", options(true));
  reason("http://127.0.0.1:" + std::to_string(testing_support::closed_port()) + "/", options(true));
}

TEST_F(JwksHttpTest, ALargeDocumentIsRefused) {
  issuer_.answer_with(200, std::string(1 << 20, ' '));
  EXPECT_TRUE(fetch_.get(issuer_.url()));
  issuer_.answer_with(200, std::string((1 << 20) + 1, ' '));
  EXPECT_NE(reason(issuer_.url(), options(true)).find("too large"), std::string::npos);
}

TEST_F(JwksHttpTest, ADocumentThatNeverComesIsGivenUp) {
  std::mutex mutex;
  std::vector<net::Responder> held;
  const auto silent = *net::Server::start({}, [&](const net::Request&, net::Responder respond) {
    const std::lock_guard lock(mutex);
    held.push_back(std::move(respond));
  });
  HttpFetchOptions impatient = options(true);
  impatient.timeout = {50};
  EXPECT_NE(reason("http://127.0.0.1:" + std::to_string(silent->port()) + "/", impatient), "");
}

TEST_F(JwksHttpTest, TlsIsVerified) {
  const auto identity = testing_support::make_self_signed();
  const RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", &identity);
  reason("https://localhost:" + std::to_string(server.port()) + "/", options(true));
  EXPECT_EQ(server.requests(), 0);
}

}  // namespace
}  // namespace purser::jwks
