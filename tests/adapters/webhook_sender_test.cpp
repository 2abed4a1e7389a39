// Events on their way to receivers on this machine, over real sockets.

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <string_view>
#include <vector>

#include "adapters/raw_server.hpp"
#include "adapters/webhooks/sender.hpp"
#include "net/server.hpp"

namespace purser::webhooks {
namespace {

using testing_support::RawServer;

/// A name server that does not answer: whoever looks "slow.example" up hangs until it is let go.
class SlowNames {
 public:
  static SlowNames& instance() {
    static SlowNames names;
    return names;
  }
  int look_up() {
    std::unique_lock lock(mutex_);
    ++hanging_;
    changed_.notify_all();
    // Not for ever: who wrongly waits for it shall be told so by the test.
    changed_.wait_for(lock, std::chrono::seconds(20), [this] { return let_go_; });
    --hanging_;
    changed_.notify_all();
    return EAI_AGAIN;
  }
  void hang() {
    const std::lock_guard lock(mutex_);
    let_go_ = false;
  }
  void wait_until_hanging(int lookups) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return hanging_ == lookups; });
  }
  int hanging() {
    const std::lock_guard lock(mutex_);
    return hanging_;
  }
  void let_go() {
    std::unique_lock lock(mutex_);
    let_go_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return hanging_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int hanging_ = 0;
  bool let_go_ = true;
};

/// Keeps what it is sent, and answers what it was told to.
class Receiver {
 public:
  Receiver() {
    server_ = *net::Server::start({}, [this](net::Request request, net::Responder respond) {
      const std::lock_guard lock(mutex_);
      requests_.push_back(std::move(request));
      if (holds_) {
        held_.push_back(std::move(respond));
      } else {
        respond(answer_);
      }
    });
  }
  int port() const { return server_->port(); }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()) + "/hook?x=1"; }
  void answer_with(int status, std::vector<net::Header> headers = {}) {
    const std::lock_guard lock(mutex_);
    answer_.status = status;
    answer_.headers = std::move(headers);
  }
  void hold() {
    const std::lock_guard lock(mutex_);
    holds_ = true;
  }
  std::vector<net::Request> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  std::mutex mutex_;
  net::Response answer_;
  std::vector<net::Request> requests_;
  std::vector<net::Responder> held_;
  bool holds_ = false;
  std::unique_ptr<net::Server> server_;
};

app::WebhookRequest request_to(const std::string& url, bool allow_private = true) {
  app::WebhookRequest request;
  request.url = url;
  request.headers = {{"content-type", "application/json"}, {"webhook-id", "evt_1"}};
  request.body = R"({"id":"evt_1"})";
  request.allow_private = allow_private;
  return request;
}

std::future<app::WebhookAnswer> start(Sender& sender, app::WebhookRequest request) {
  auto promise = std::make_shared<std::promise<app::WebhookAnswer>>();
  auto answer = promise->get_future();
  sender.send(std::move(request),
              [promise](app::WebhookAnswer got) { promise->set_value(std::move(got)); });
  return answer;
}

app::WebhookAnswer send(const std::string& url, bool allow_private = true,
                        SenderOptions options = {}) {
  const auto sender = *Sender::create(std::move(options));
  return start(*sender, request_to(url, allow_private)).get();
}

std::string local(const RawServer& server) {
  return "http://127.0.0.1:" + std::to_string(server.port()) + "/";
}

TEST(WebhookSender, PostsTheBodyWithItsHeaders) {
  Receiver receiver;
  EXPECT_EQ(send(receiver.url()).status, 200);
  const auto requests = receiver.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].method, "POST");
  EXPECT_EQ(requests[0].target, "/hook?x=1");
  EXPECT_EQ(requests[0].body, R"({"id":"evt_1"})");
  EXPECT_EQ(requests[0].header("webhook-id"), "evt_1");
  EXPECT_EQ(requests[0].header("content-type"), "application/json");
  EXPECT_EQ(requests[0].header("user-agent"), "Purser");
}

TEST(WebhookSender, SaysWhatItWasAnswered) {
  Receiver receiver;
  for (const int status : {204, 404, 410, 500}) {
    receiver.answer_with(status);
    const auto answer = send(receiver.url());
    EXPECT_EQ(answer.status, status);
    EXPECT_FALSE(answer.retry_after);
  }
  receiver.answer_with(429, {{"Retry-After", "120"}});
  EXPECT_EQ(send(receiver.url()).retry_after, Millis{120'000});
}

TEST(WebhookSender, FollowsNoRedirect) {
  Receiver target;
  Receiver receiver;
  receiver.answer_with(302, {{"Location", target.url()}});
  EXPECT_EQ(send(receiver.url()).status, 302);
  EXPECT_TRUE(target.requests().empty());
}

TEST(WebhookSender, DoesNotReadAnEndlessAnswer) {
  SenderOptions options;
  options.max_answer_bytes = 1'000;
  const std::string rest(1 << 20, 'x');
  const RawServer accepted("HTTP/1.1 200 OK\r\n\r\n" + rest);
  EXPECT_EQ(send(local(accepted), true, options).status, 200);
  const RawServer refused("HTTP/1.1 500 No\r\n\r\n" + rest);
  EXPECT_EQ(send(local(refused), true, options).status, 500);
  const RawServer headers("HTTP/1.1 200 OK\r\nX: " + rest + rest + "\r\n\r\n");
  const auto answer = send(local(headers), true, options);
  EXPECT_EQ(answer.status, 0);
  EXPECT_FALSE(answer.failure.empty());
}

TEST(WebhookSender, NoAnswerIsAFailure) {
  const RawServer none("");
  EXPECT_EQ(send(local(none)).status, 0);
  const RawServer cut("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  EXPECT_EQ(send(local(cut)).status, 0);
  const auto closed =
      send("http://127.0.0.1:" + std::to_string(testing_support::closed_port()) + "/");
  EXPECT_EQ(closed.status, 0);
  EXPECT_FALSE(closed.failure.empty());
  Receiver silent;
  silent.hold();
  SenderOptions impatient;
  impatient.timeout = Millis{50};
  EXPECT_EQ(send(silent.url(), true, impatient).status, 0);
}

TEST(WebhookSender, OneSilentReceiverHoldsUpNoOther) {
  Receiver silent;
  silent.hold();
  Receiver receiver;
  const auto sender = *Sender::create({});
  std::vector<std::future<app::WebhookAnswer>> waiting;
  for (int i = 0; i < 20; ++i) waiting.push_back(start(*sender, request_to(silent.url())));
  EXPECT_EQ(start(*sender, request_to(receiver.url())).get().status, 200);
  sender->stop();
  for (auto& answer : waiting) EXPECT_EQ(answer.get().failure, "the server stopped");
  EXPECT_EQ(start(*sender, request_to(receiver.url())).get().failure, "the server stopped");
}

TEST(WebhookSender, ANameServerThatDoesNotAnswerHoldsUpNeitherOthersNorTheStop) {
  SlowNames& names = SlowNames::instance();
  names.hang();
  Receiver receiver;
  const auto sender = *Sender::create({});
  auto slow = start(*sender, request_to("http://slow.example/"));
  names.wait_until_hanging(1);
  EXPECT_EQ(start(*sender, request_to(receiver.url())).get().status, 200);
  sender->stop();
  EXPECT_EQ(slow.get().failure, "the server stopped");
  EXPECT_EQ(names.hanging(), 1) << "the stop waited for the name server";
  names.let_go();
}

TEST(WebhookSender, AnAttemptEndsInTimeAlsoWhenTheNameServerDoesNotAnswer) {
  SlowNames& names = SlowNames::instance();
  names.hang();
  Receiver receiver;
  SenderOptions impatient;
  impatient.timeout = Millis{50};
  const auto patient = *Sender::create({});
  const auto sender = *Sender::create(std::move(impatient));
  const auto answer = start(*sender, request_to("http://slow.example/")).get();
  EXPECT_EQ(answer.status, 0);
  EXPECT_FALSE(answer.failure.empty());
  EXPECT_EQ(names.hanging(), 1) << "the attempt waited for the name server";
  EXPECT_EQ(start(*patient, request_to(receiver.url())).get().status, 200);
  names.let_go();
}

TEST(WebhookSender, PrivateAddressesAreRefusedUnlessAllowed) {
  Receiver receiver;
  const std::string port = std::to_string(receiver.port());
  EXPECT_EQ(send(receiver.url(), false).failure, "https is needed");
  EXPECT_EQ(send("https://127.0.0.1:" + port + "/", false).failure, "a private address");
  EXPECT_EQ(send("https://localhost:" + port + "/", false).failure, "a private address");
  EXPECT_TRUE(receiver.requests().empty());
}

// What a rebinding name server does: the name is public by the look of it, its address is not.
TEST(WebhookSender, TheAddressThatANameResolvesToIsJudged) {
  Receiver receiver;
  const std::string port = std::to_string(receiver.port());
  SenderOptions options;
  options.overrides = {"hooks.example:" + port + ":127.0.0.1", "cloud.example:443:169.254.169.254",
                       "public.example:80:1.1.1.1"};
  EXPECT_EQ(send("https://hooks.example:" + port + "/", false, options).failure,
            "a private address");
  EXPECT_EQ(send("https://cloud.example/", false, options).failure, "a private address");
  EXPECT_EQ(send("http://public.example/", true, options).failure,
            "plain http to a public address");
  EXPECT_EQ(send("http://hooks.example:" + port + "/", true, options).status, 200);
}

TEST(WebhookSender, TlsIsVerified) {
  const auto identity = testing_support::make_self_signed();
  const RawServer server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", &identity);
  const auto answer = send("https://localhost:" + std::to_string(server.port()) + "/");
  EXPECT_EQ(answer.status, 0);
  EXPECT_EQ(server.requests(), 0);
}

TEST(WebhookSender, SaysOfAUrlWhetherEventsMayGoThere) {
  const auto sender = *Sender::create({});
  for (const char* url :
       {"https://example.com/hook", "https://[2606:4700::1111]:8443/", "https://1.1.1.1/x?y=z"}) {
    EXPECT_TRUE(sender->check_url(url, false)) << url;
  }
  for (const char* url :
       {"", "hook", "ftp://example.com/", "file:///etc/passwd", "http://example.com/",
        "https://user:pw@example.com/", "https://127.0.0.1/", "https://10.1.2.3/", "https://[::1]/",
        "https://169.254.169.254/latest", "https://0.0.0.0/", "https://exa mple.com/",
        "https://2130706433/", "https://0x7f.1/"}) {
    const Status refused = sender->check_url(url, false);
    ASSERT_FALSE(refused) << url;
    EXPECT_EQ(refused.error().code, ErrorCode::kWebhookUrlNotAllowed) << url;
    EXPECT_EQ(refused.error().details.front().first, "reason") << url;
  }
  EXPECT_TRUE(sender->check_url("http://127.0.0.1:8080/", true));
  EXPECT_TRUE(sender->check_url("http://receiver.internal/", true));
  EXPECT_FALSE(sender->check_url("http://1.1.1.1/", true));
  EXPECT_FALSE(sender->check_url("ftp://127.0.0.1/", true));
}

}  // namespace
}  // namespace purser::webhooks

// In the place of the C library's, for libcurl too.
extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* name,
                                                                  const char* service,
                                                                  const addrinfo* hints,
                                                                  addrinfo** found) {
  if (name != nullptr && std::string_view(name) == "slow.example") {
    return purser::webhooks::SlowNames::instance().look_up();
  }
  using LookUp = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto real = reinterpret_cast<LookUp>(dlsym(RTLD_NEXT, "getaddrinfo"));
  return real(name, service, hints, found);
}
