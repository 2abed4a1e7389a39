// Many at once.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/http/api_world.hpp"

namespace purser::http_test {
namespace {

constexpr int kThreads = 8;

void at_once(int count, const std::function<void(Connection&, int)>& work, std::uint16_t port) {
  std::atomic<int> next{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      Connection connection(port);
      for (int i = next++; i < count; i = next++) work(connection, i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Race, AThousandWantOneOfAHundred) {
  ApiWorld api;
  Headers headers = api.server_key();
  headers.emplace_back("content-type", "application/json");
  api.server("POST", "/customers/user/alice/items/credits/quantity", R"({"change":100})");
  std::atomic<int> succeeded{0};
  std::atomic<int> refused{0};
  at_once(
      1000,
      [&](Connection& connection, int) {
        const Answer answer = connection.send(
            "POST", "/customers/user/alice/items/credits/try-decrease", headers, R"({"amount":1})");
        EXPECT_EQ(answer.status, 200) << answer.body;
        (answer.json().bool_at("success") == true ? succeeded : refused).fetch_add(1);
      },
      api.port());
  EXPECT_EQ(succeeded.load(), 100);
  EXPECT_EQ(refused.load(), 900);
  EXPECT_EQ(api.world.quantity(api.world.user(), "credits"), 0);
  EXPECT_TRUE(api.world.verify().empty());
}

// Reads, writes, slow routes and refusals side by side; every answer is whole.
TEST(Race, EverythingAtOnce) {
  ApiWorld api;
  Headers server = api.server_key();
  server.emplace_back("content-type", "application/json");
  const Headers alice = api.client_key("alice");
  at_once(
      400,
      [&](Connection& connection, int i) {
        const auto expect = [&](const Answer& answer, int status) {
          EXPECT_EQ(answer.status, status) << answer.body;
          EXPECT_FALSE(answer.body.empty());
        };
        switch (i % 5) {
          case 0:
            return expect(connection.send("POST", "/customers/user/bob/items/credits/quantity",
                                          server, R"({"change":1})"),
                          200);
          case 1:
            return expect(connection.send("GET", "/customers/team/crew/items", alice, ""), 200);
          case 2:
            return expect(connection.send("GET", "/users?limit=2", server, ""), 200);
          case 3:
            return expect(connection.send("GET", "/users/nobody", server, ""), 404);
          default:
            return expect(connection.send("GET", "/metrics", {}, ""), 200);
        }
      },
      api.port());
  EXPECT_EQ(api.world.quantity(api.world.user("bob"), "credits"), 80);
}

// A full worker pool answers 503 at once, and what it took is answered.
TEST(Race, AFullPoolSaysSo) {
  ApiWorld api({.threads = 1, .queue_limit = 1});
  std::atomic<int> answered{0};
  std::atomic<int> overloaded{0};
  const Headers server = api.server_key();
  at_once(
      200,
      [&](Connection& connection, int) {
        Answer answer = connection.send("GET", "/users", server, "");
        if (answer.status == 503) {
          EXPECT_EQ(answer.code(), "OVERLOADED");
          EXPECT_FALSE(answer.headers["retry-after"].empty());
          overloaded.fetch_add(1);
        } else {
          EXPECT_EQ(answer.status, 200);
          answered.fetch_add(1);
        }
      },
      api.port());
  EXPECT_EQ(answered.load() + overloaded.load(), 200);
  EXPECT_GE(answered.load(), 1);
}

}  // namespace
}  // namespace purser::http_test
