#include <gmock/gmock.h>

#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "net/server.hpp"
#include "net/test_client.hpp"

namespace purser::net {
namespace {

using testing::HasSubstr;

const std::string kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

// Keeps the requests until the test answers them.
class Kept {
 public:
  Handler handler() {
    return [this](Request request, Responder respond) {
      const std::lock_guard lock(mutex_);
      kept_.emplace_back(std::move(request), std::move(respond));
      changed_.notify_all();
    };
  }
  std::pair<Request, Responder> take_last() { return *try_take_last(); }
  std::optional<std::pair<Request, Responder>> try_take_last() {
    const std::lock_guard lock(mutex_);
    if (kept_.empty()) return std::nullopt;
    auto last = std::move(kept_.back());
    kept_.pop_back();
    return last;
  }
  void wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return kept_.size() >= count; });
  }
  void drop_all() {
    const std::lock_guard lock(mutex_);
    kept_.clear();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<Request, Responder>> kept_;
};

Response text(std::string body) {
  Response response;
  response.body = std::move(body);
  return response;
}

std::unique_ptr<Server> start(ServerOptions options, Handler handler) {
  auto started = Server::start(std::move(options), std::move(handler));
  EXPECT_TRUE(started.has_value());
  return *std::move(started);
}

TEST(ServerThreads, PipelinedResponsesKeepTheOrderOfTheRequests) {
  Kept kept;
  const auto server = start({}, kept.handler());
  TestClient client(server->port());
  std::string requests;
  for (int i = 0; i < 20; ++i)
    requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  client.send(requests);
  kept.wait_for(20);
  for (int i = 0; i < 20; ++i) {  // answered backwards
    auto [request, respond] = kept.take_last();
    respond(text(request.target));
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(body_of(client.read_response()), "/" + std::to_string(i));
}

TEST(ServerThreads, PipelinesBeyondTheLimitWaitAndAreAllAnswered) {
  std::atomic<int> most{0};
  std::atomic<int> running{0};
  std::mutex mutex;
  std::deque<Responder> waiting;
  bool stopping = false;
  const auto server = start({}, [&](Request, Responder respond) {
    const int now = ++running;
    if (now > most) most = now;
    const std::lock_guard lock(mutex);
    waiting.push_back(std::move(respond));
  });
  std::thread worker([&] {
    for (;;) {
      std::deque<Responder> batch;
      {
        const std::lock_guard lock(mutex);
        if (stopping) return;
        batch.swap(waiting);
      }
      for (auto& respond : batch) {
        --running;
        respond(text("ok"));
      }
      std::this_thread::yield();
    }
  });
  TestClient client(server->port());
  constexpr int kRequests = 2'000;
  std::thread sender([&] {
    for (int i = 0; i < kRequests; ++i) client.send(kGet);
  });
  int answered = 0;
  while (answered < kRequests && body_of(client.read_response()) == "ok") ++answered;
  EXPECT_EQ(answered, kRequests);
  EXPECT_LE(most, 128);
  sender.join();
  {
    const std::lock_guard lock(mutex);
    stopping = true;
  }
  worker.join();
}

TEST(ServerThreads, AnswersManyConnectionsFromManyThreads) {
  Kept kept;
  const auto server = start({.threads = 2}, kept.handler());
  constexpr int kClients = 8;
  constexpr int kEach = 200;
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!done) {
        const ResponseBatch outer;
        const ResponseBatch nested;
        while (auto next = kept.try_take_last()) next->second(text(next->first.target));
        std::this_thread::yield();
      }
    });
  }
  std::atomic<int> right{0};
  std::vector<std::thread> clients;
  for (int c = 0; c < kClients; ++c) {
    clients.emplace_back([&, c] {
      TestClient client(server->port());
      for (int i = 0; i < kEach; ++i) {
        const std::string target = "/" + std::to_string(c) + "/" + std::to_string(i);
        client.send("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n");
        if (body_of(client.read_response()) == target) ++right;
      }
    });
  }
  for (auto& client : clients) client.join();
  done = true;
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, kClients * kEach);
}

TEST(ServerThreads, ABatchIsSentWhenItEnds) {
  Kept kept;
  const auto server = start({}, kept.handler());
  TestClient client(server->port());
  client.send(kGet + kGet);
  kept.wait_for(2);
  {
    const ResponseBatch batch;
    kept.take_last().second(text("second"));
    kept.take_last().second(text("first"));
  }
  EXPECT_EQ(body_of(client.read_response()), "first");
  EXPECT_EQ(body_of(client.read_response()), "second");
}

TEST(ServerThreads, AResponderThatIsDroppedAnswers500) {
  Kept kept;
  const auto server = start({}, kept.handler());
  TestClient client(server->port());
  client.send(kGet);
  kept.wait_for(1);
  kept.drop_all();
  EXPECT_EQ(status_of(client.read_response()), 500);
}

TEST(ServerThreads, AResponseToAClientThatLeftGoesNowhere) {
  Kept kept;
  const auto server = start({}, kept.handler());
  {
    TestClient client(server->port());
    client.send(kGet);
    kept.wait_for(1);
  }
  kept.take_last().second(text("late"));
  TestClient client(server->port());
  client.send(kGet);
  kept.wait_for(1);
  kept.take_last().second(text("fine"));
  EXPECT_EQ(body_of(client.read_response()), "fine");
}

TEST(ServerThreads, AResponseAfterTheServersEndGoesNowhere) {
  Kept kept;
  auto server = start({}, kept.handler());
  TestClient client(server->port());
  client.send(kGet);
  kept.wait_for(1);
  server.reset();
  kept.take_last().second(text("late"));
  EXPECT_TRUE(client.is_closed());
}

TEST(ServerThreads, DrainingFinishesWhatRunsAndTakesNothingNew) {
  Kept kept;
  const auto server = start({}, kept.handler());
  TestClient running(server->port());
  running.send(kGet);
  TestClient idle(server->port());
  TestClient halfway(server->port());
  halfway.send("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na");
  kept.wait_for(1);
  // A part of a request has arrived once a later request of another connection was taken.
  while (server->open_connections() < 3) std::this_thread::yield();
  TestClient marker(server->port());
  marker.send(kGet);
  kept.wait_for(2);

  auto drained = std::async(std::launch::async, [&] { server->drain(std::chrono::minutes(1)); });
  EXPECT_TRUE(idle.is_closed());
  kept.take_last().second(text("marker"));
  kept.take_last().second(text("finished"));
  const std::string response = running.read_response();
  EXPECT_EQ(body_of(response), "finished");
  EXPECT_THAT(response, HasSubstr("connection: close\r\n"));
  EXPECT_TRUE(running.is_closed());
  EXPECT_EQ(body_of(marker.read_response()), "marker");
  halfway.send("b");
  kept.wait_for(1);
  kept.take_last().second(text("also finished"));
  EXPECT_EQ(body_of(halfway.read_response()), "also finished");
  drained.wait();
  EXPECT_EQ(server->open_connections(), 0U);
  EXPECT_TRUE(TestClient(server->port()).is_closed());
}

TEST(ServerThreads, DrainingEndsAtItsDeadline) {
  Kept kept;
  const auto server = start({}, kept.handler());
  TestClient client(server->port());
  client.send(kGet);
  kept.wait_for(1);
  server->drain(std::chrono::milliseconds(10));
  kept.drop_all();
}

}  // namespace
}  // namespace purser::net
