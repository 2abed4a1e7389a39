#include "net/server.hpp"

#include <gmock/gmock.h>

#include <thread>

#include "net/response_text.hpp"
#include "net/test_client.hpp"

namespace purser::net {
namespace {

using testing::HasSubstr;
using testing::Not;

// Answers with what it received.
void echo(Request request, Responder respond) {
  Response response;
  response.content_type = "text/plain";
  response.body = request.method + " " + request.target + " " + request.body;
  respond(std::move(response));
}

class ServerTest : public testing::Test {
 protected:
  void start(ServerOptions options = {}, Handler handler = echo) {
    auto started = Server::start(std::move(options), std::move(handler));
    ASSERT_TRUE(started.has_value()) << started.error().message;
    server_ = *std::move(started);
  }
  TestClient client() const { return TestClient(server_->port()); }

  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersWithTheBodyItsLengthAndNoServerHeader) {
  start();
  auto c = client();
  c.send("POST /x?y=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(c.read_response(),
            "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 17\r\n\r\n"
            "POST /x?y=1 hello");
}

TEST_F(ServerTest, KeepsTheConnectionForTheNextRequest) {
  start();
  auto c = client();
  for (int i = 0; i < 3; ++i) {
    c.send("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(c.read_response(), HasSubstr("GET /" + std::to_string(i)));
  }
  EXPECT_EQ(server_->open_connections(), 1U);
}

TEST_F(ServerTest, ClosesWhenTheClientAsksForIt) {
  start();
  auto c = client();
  c.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(c.read_response(), HasSubstr("connection: close\r\n"));
  EXPECT_TRUE(c.is_closed());
}

TEST_F(ServerTest, ClosesWhenTheHandlerAsksForIt) {
  start({}, [](Request, Responder respond) {
    Response response;
    response.close = true;
    respond(std::move(response));
  });
  auto c = client();
  c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(c.read_response(), HasSubstr("connection: close\r\n"));
  EXPECT_TRUE(c.is_closed());
}

TEST_F(ServerTest, ClosesWithoutAnAnswerWhenTheHandlerDropsIt) {
  start({}, [](Request request, Responder respond) {
    Response response;
    response.body = request.target;
    response.drop = request.target == "/drop";
    respond(std::move(response));
  });
  auto c = client();
  c.send(
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /drop HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(body_of(c.read_response()), "/1");
  EXPECT_TRUE(c.is_closed());
  // The client may see the end before the server has put the connection away.
  while (server_->open_connections() > 0) std::this_thread::yield();
}

TEST_F(ServerTest, ServesHttp10) {
  start();
  auto closing = client();
  closing.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(status_of(closing.read_response()), 200);
  EXPECT_TRUE(closing.is_closed());
  auto keeping = client();
  keeping.send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(keeping.read_response(), HasSubstr("connection: keep-alive\r\n"));
  keeping.send("GET /2 HTTP/1.0\r\n\r\n");
  EXPECT_THAT(keeping.read_response(), HasSubstr("GET /2"));
}

TEST_F(ServerTest, AnswersHeadWithoutTheBody) {
  start();
  auto c = client();
  c.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\nGET /y HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string head = c.read_response(false);
  EXPECT_THAT(head, HasSubstr("content-length: 8\r\n"));
  EXPECT_EQ(body_of(head), "");
  EXPECT_EQ(body_of(c.read_response()), "GET /y ");
}

TEST_F(ServerTest, AnswersNoContentWithoutLength) {
  start({}, [](Request, Responder respond) {
    Response response;
    response.status = 204;
    respond(std::move(response));
  });
  auto c = client();
  c.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(c.read_response(), "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST_F(ServerTest, ReadsChunkedBodiesAndPassesOverTrailers) {
  start();
  auto c = client();
  c.send(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "5;ext=1\r\nhello\r\n1\r\n!\r\n0\r\nX-Trailer: 1\r\n\r\n"
      "GET /next HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(body_of(c.read_response()), "POST / hello!");
  EXPECT_EQ(body_of(c.read_response()), "GET /next ");
}

TEST_F(ServerTest, ReadsRequestsThatArriveByteByByte) {
  start();
  auto c = client();
  for (const char byte :
       std::string("\r\nPOST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                   "POST /y HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "2\r\nde\r\n0\r\n\r\n")) {
    ASSERT_TRUE(c.send(std::string_view(&byte, 1)));
  }
  EXPECT_EQ(body_of(c.read_response()), "POST /x abc");
  EXPECT_EQ(body_of(c.read_response()), "POST /y de");
}

TEST_F(ServerTest, HandsTheHandlerHeadersAndThePeersAddress) {
  std::vector<Header> headers;
  std::string address;
  start({}, [&](Request request, Responder respond) {
    headers = request.headers;
    address = request.remote_address;
    respond({});
  });
  auto c = client();
  c.send("GET / HTTP/1.1\r\nHost: a\r\nX-One:  v 1 \r\nx-two:\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n");
  EXPECT_EQ(status_of(c.read_response()), 200);
  ASSERT_EQ(headers.size(), 4U);
  EXPECT_EQ(headers[1].name, "X-One");
  EXPECT_EQ(headers[1].value, "v 1");
  EXPECT_EQ(headers[2].value, "");
  EXPECT_EQ(address, "127.0.0.1");
}

TEST_F(ServerTest, UnderstandsTheAbsoluteForm) {
  start();
  auto c = client();
  c.send(
      "GET http://other.example/p?q HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET HTTPS://other.example HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET http://other.example?q HTTP/1.1\r\nHost: a\r\n\r\n"
      "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(body_of(c.read_response()), "GET /p?q ");
  EXPECT_EQ(body_of(c.read_response()), "GET / ");
  EXPECT_EQ(body_of(c.read_response()), "GET /?q ");
  EXPECT_EQ(body_of(c.read_response()), "OPTIONS * ");
}

TEST_F(ServerTest, SaysContinueOnlyWhenItWillTakeTheBody) {
  start({.max_body_bytes = 10});
  auto c = client();
  c.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(c.read_response(), "HTTP/1.1 100 Continue\r\n\r\n");
  c.send("ok");
  EXPECT_EQ(body_of(c.read_response()), "POST / ok");
  c.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok");
  EXPECT_EQ(body_of(c.read_response()), "POST / ok");
  c.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n");
  EXPECT_EQ(status_of(c.read_response()), 413);
  EXPECT_TRUE(c.is_closed());
  auto other = client();
  other.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(status_of(other.read_response()), 417);
}

TEST_F(ServerTest, HeaderValuesCannotAddHeaders) {
  start({}, [](Request, Responder respond) {
    Response response;
    response.headers.push_back({"location", "/x\r\nset-cookie: a=b"});
    respond(std::move(response));
  });
  auto c = client();
  c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string response = c.read_response();
  EXPECT_THAT(response, Not(HasSubstr("\r\nset-cookie")));
  EXPECT_THAT(response, HasSubstr("location: /x  set-cookie: a=b\r\n"));
}

TEST_F(ServerTest, SendsTheDateOfItsClock) {
  start({.unix_seconds = [] { return std::int64_t{784'111'777}; }});
  auto c = client();
  c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(c.read_response(), HasSubstr("\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
}

TEST_F(ServerTest, SendsLargeResponsesToSlowReaders) {
  start({}, [](Request request, Responder respond) {
    Response response;
    response.body.assign(3'000'000, request.target[1]);
    respond(std::move(response));
  });
  auto c = client();
  c.send(
      "GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  for (const char letter : {'a', 'b', 'c'}) {
    EXPECT_EQ(body_of(c.read_response()), std::string(3'000'000, letter));
  }
  EXPECT_TRUE(c.is_closed());
}

TEST_F(ServerTest, AnswersAHalfClosedClient) {
  start();
  auto c = client();
  c.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  c.end_sending();
  EXPECT_EQ(body_of(c.read_all()), "GET / ");
}

TEST_F(ServerTest, RefusesAnAddressInUseOrUnknown) {
  start();
  const auto second = Server::start({.port = server_->port()}, echo);
  ASSERT_FALSE(second.has_value());
  EXPECT_THAT(second.error().message, HasSubstr("in use"));
  EXPECT_FALSE(Server::start({.host = "not an address"}, echo).has_value());
}

TEST(HttpDate, IsInTheFixedFormat) {
  EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(http_date(951'782'400), "Tue, 29 Feb 2000 00:00:00 GMT");
}

}  // namespace
}  // namespace purser::net
