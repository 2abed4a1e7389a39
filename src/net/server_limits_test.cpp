#include <gmock/gmock.h>

#include <thread>

#include "net/server.hpp"
#include "net/test_client.hpp"

namespace purser::net {
namespace {

using testing::HasSubstr;

class ServerLimitsTest : public testing::Test {
 protected:
  void start(ServerOptions options) {
    auto started = Server::start(std::move(options), [this](Request, Responder respond) {
      ++handled_;
      respond({});
    });
    ASSERT_TRUE(started.has_value()) << started.error().message;
    server_ = *std::move(started);
  }

  // The status that a request of these bytes gets; the connection must be closed behind it.
  int refused_with(const std::string& bytes) {
    TestClient client(server_->port());
    client.send(bytes);
    const std::string response = client.read_response();
    EXPECT_THAT(response, HasSubstr("connection: close\r\n")) << bytes;
    EXPECT_TRUE(client.is_closed()) << bytes;
    EXPECT_EQ(handled_, 0) << bytes;
    return status_of(response);
  }

  std::unique_ptr<Server> server_;
  std::atomic<int> handled_{0};
};

TEST_F(ServerLimitsTest, RefusesAmbiguousOrMalformedRequests) {
  start({});
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
  for (const std::string& bytes : {
           head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           head + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
           head + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
           head + "Content-Length: 3\r\ncontent-length: 4\r\n\r\nabc",
           head + "Content-Length: 3, 3\r\n\r\nabc",
           head + "Content-Length: -1\r\n\r\n",
           head + "Content-Length: 0x3\r\n\r\nabc",
           head + "Content-Length: 3 3\r\n\r\nabc",
           head + "Content-Length:\r\n\r\n",
           head + "Content-Length: 99999999999999999999\r\n\r\n",
           head + "Transfer-Encoding: gzip\r\n\r\n",
           head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
           head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
           head + "X: 1\r\n folded\r\n\r\n",
           head + "X: 1\r\n\tfolded\r\n\r\n",
           head + "Content-Length: 3\r\n 4\r\n\r\nabc",
           head + "X : 1\r\n\r\n",
           head + ": 1\r\n\r\n",
           head + "X\r\n\r\n",
           head + "X: a\nY: b\r\n\r\n",
           head + std::string("X: a\0b\r\n\r\n", 10),
           head + "Host: b\r\n\r\n",
           head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
           head + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
           head + "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 3\r\n\r\n",
           std::string("GET / HTTP/1.1\r\n\r\n"),
           std::string("GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
           std::string("GET / HTTP/1.2\r\nHost: a\r\n\r\n"),
           std::string("GET /\r\nHost: a\r\n\r\n"),
           std::string("GET x HTTP/1.1\r\nHost: a\r\n\r\n"),
           std::string("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
           std::string("G@T / HTTP/1.1\r\nHost: a\r\n\r\n"),
           std::string("get / HTTP/1.1\r\nHost: a\r\n\r\n"),
           std::string(" GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
           std::string("\x16\x03\x01\x02 hello TLS\r\n\r\n"),
           std::string("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
       }) {
    handled_ = 0;
    EXPECT_EQ(refused_with(bytes), 400) << bytes;
  }
}

TEST_F(ServerLimitsTest, RefusesLongHeaderSections) {
  start({.max_header_bytes = 1000});
  const std::string start_line = "GET / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(refused_with(start_line + "X: " + std::string(1000, 'x') + "\r\n\r\n"), 431);
  EXPECT_EQ(refused_with("GET /" + std::string(1000, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n"), 431);
  EXPECT_EQ(refused_with(start_line + "X: " + std::string(20'000, 'x')), 431) << "never ends";
  std::string many = start_line;
  for (int i = 0; i < 100; ++i) many += "X-" + std::to_string(i) + ": 123456\r\n";
  EXPECT_EQ(refused_with(many + "\r\n"), 431);
}

TEST_F(ServerLimitsTest, CountsHeadersThatArriveOneByOne) {
  start({.max_header_bytes = 1000});
  TestClient client(server_->port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n");
  for (int i = 0; i < 200 && client.send("X: 12345\r\n"); ++i) {
  }
  EXPECT_EQ(status_of(client.read_response()), 431);
  EXPECT_EQ(handled_, 0);
}

TEST_F(ServerLimitsTest, TakesHeadersAndBodiesUpToTheLimit) {
  start({.max_body_bytes = 1000, .max_header_bytes = 1000});
  TestClient client(server_->port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nX: " + std::string(900, 'x') +
              "\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'y'));
  EXPECT_EQ(status_of(client.read_response()), 200);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e8\r\n" +
              std::string(1000, 'y') + "\r\n0\r\n\r\n");
  EXPECT_EQ(status_of(client.read_response()), 200);
}

TEST_F(ServerLimitsTest, RefusesLargeBodies) {
  start({.max_body_bytes = 1000});
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
  EXPECT_EQ(refused_with(head + "Content-Length: 1001\r\n\r\n"), 413);
  EXPECT_EQ(refused_with(head + "Content-Length: 1001\r\n\r\n" + std::string(1001, 'x')), 413);
  EXPECT_EQ(refused_with(head + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n"), 413);
  EXPECT_EQ(refused_with(head + "Transfer-Encoding: chunked\r\n\r\n1f4\r\n" +
                         std::string(500, 'x') + "\r\n1f5\r\n"),
            413);
  EXPECT_EQ(refused_with(head + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " +
                         std::string(20'000, 'x') + "\r\n\r\n"),
            431);
}

TEST_F(ServerLimitsTest, TheClientReadsTheRefusalEvenIfItSendsEverything) {
  start({.max_body_bytes = 1000});
  TestClient client(server_->port());
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
  for (int i = 0; i < 30; ++i) client.send(std::string(100'000, 'x'));
  EXPECT_EQ(status_of(client.read_response()), 413);
}

TEST_F(ServerLimitsTest, EndsARequestThatDoesNotArriveInTime) {
  start({.request_timeout = std::chrono::milliseconds(100)});
  for (const char* part :
       {"GET / HTT", "GET / HTTP/1.1\r\nHost: a\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab"}) {
    EXPECT_EQ(refused_with(part), 408) << part;
  }
}

TEST_F(ServerLimitsTest, ADripDoesNotProlongTheDeadline) {
  start({.request_timeout = std::chrono::milliseconds(100)});
  TestClient client(server_->port());
  client.send("GET / HTTP/1.1\r\nHost: a\r\nX: ");
  // Would go on for minutes if every byte were given time of its own.
  int sent = 0;
  for (; sent < 12'000 && client.send("x"); ++sent) {
    // tidy: allow sleep: the pace of a slow sender is what is tested; no outcome depends on it
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  EXPECT_EQ(status_of(client.read_response()), 408);
  EXPECT_LT(sent, 12'000);
  EXPECT_EQ(handled_, 0);
}

TEST_F(ServerLimitsTest, ClosesIdleConnectionsSilently) {
  start({.idle_timeout = std::chrono::milliseconds(50)});
  TestClient fresh(server_->port());
  EXPECT_TRUE(fresh.is_closed());
  TestClient used(server_->port());
  used.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_of(used.read_response()), 200);
  EXPECT_TRUE(used.is_closed());
}

TEST_F(ServerLimitsTest, ClosesConnectionsBeyondTheLimitAtOnce) {
  start({.max_connections = 2});
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  TestClient first(server_->port());
  first.send(get);
  EXPECT_EQ(status_of(first.read_response()), 200);
  {
    TestClient second(server_->port());
    second.send(get);
    EXPECT_EQ(status_of(second.read_response()), 200);
    TestClient third(server_->port());
    EXPECT_TRUE(third.is_closed());
  }
  while (server_->open_connections() > 1) std::this_thread::yield();
  TestClient fourth(server_->port());
  fourth.send(get);
  EXPECT_EQ(status_of(fourth.read_response()), 200);
}

TEST_F(ServerLimitsTest, RefusalsHaveTheConfiguredShapeAndTheirTurn) {
  start({.refusal = [](int status) {
    Response response;
    response.status = status;
    response.body = "{\"code\":" + std::to_string(status) + "}";
    return response;
  }});
  TestClient client(server_->port());
  client.send(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/9\r\n\r\n");
  EXPECT_EQ(status_of(client.read_response()), 200);
  EXPECT_EQ(status_of(client.read_response()), 200);
  EXPECT_EQ(body_of(client.read_response()), "{\"code\":400}");
  EXPECT_TRUE(client.is_closed());
}

}  // namespace
}  // namespace purser::net
