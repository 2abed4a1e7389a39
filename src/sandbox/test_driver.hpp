#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "json/json.hpp"
#include "net/server.hpp"
#include "sandbox/sandbox.hpp"

namespace purser::sandbox {

/// An HTTP answer as the client saw it; status 0 when there was none.
struct Seen {
  int status = 0;
  std::string body;
  std::map<std::string, std::string> headers;  ///< names in lower case

  json::Value json() const;
  /// The text at a path like "data.0.id" or "error.code"; "" when absent.
  std::string text(const std::string& path) const;
  std::int64_t number(const std::string& path) const;
  bool flag(const std::string& path) const;
  bool is_null(const std::string& path) const;       ///< there, and null
  std::size_t count(const std::string& path) const;  ///< elements of an array
};

using Form = std::vector<std::pair<std::string, std::string>>;

/// Speaks HTTP to a running sandbox with libcurl, as Stripe's clients do.
Seen fetch(const std::string& method, const std::string& url, const Form& form = {},
           const std::vector<std::string>& headers = {});

/// Receives webhooks, and answers with the status the test wants.
class Hook {
 public:
  struct Delivery {
    std::string body;
    std::string signature;
    std::string type;
    std::string event_id;
    std::string object_id;
  };

  Hook();
  std::string url() const;
  /// The next delivery; fails the test when none comes within a minute.
  Delivery next();
  /// Deliveries until one of this type has come, that one last.
  std::vector<Delivery> until(const std::string& type);
  void answer_next_with(int status);

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Delivery> deliveries_;
  std::deque<int> statuses_;
  std::unique_ptr<net::Server> server_;
};

/// A sandbox on a free port with a clock of its own.
class SandboxTest : public testing::Test {
 protected:
  void SetUp() override { start(); }
  void start(const std::string& state_file = {});

  Seen get(const std::string& path) { return fetch("GET", url_ + path, {}, headers_); }
  Seen post(const std::string& path, const Form& form = {}, const std::string& key = {});
  Seen remove(const std::string& path) { return fetch("DELETE", url_ + path, {}, headers_); }

  /// A session for one "Credits" at 10 dollars, in the shape of what Purser sends.
  Seen new_session(const Form& more = {});
  Seen pay(const Seen& session, const std::string& number = "4242424242424242",
           const Form& more = {});
  /// A customer, with a default card where one is named ("pm_card_visa").
  std::string new_customer(const std::string& method = {}, const Form& more = {});
  std::string new_price(std::int64_t amount, const std::string& interval = {},
                        const Form& more = {});
  Seen subscribe(const std::string& customer, const std::string& price, const Form& more = {});
  Seen submit(const std::string& url, const std::string& number, const Form& more = {});
  /// The types of all events, oldest first.
  std::vector<std::string> event_types();
  static std::int64_t at(const std::string& iso);  ///< "2023-11-14T22:13:20Z" in seconds
  void go_to(const std::string& iso) { now_millis_ = at(iso) * 1000; }

  std::string add_endpoint(const Hook& hook, const std::string& types = "*");

  std::atomic<std::int64_t> now_millis_{1'700'000'000'000};
  bool clock_can_be_set_ = false;  ///< of the sandbox that is started next
  std::vector<std::string> headers_{"Authorization: Bearer sk_test_driver"};
  std::unique_ptr<Sandbox> sandbox_;
  std::string url_;
};

}  // namespace purser::sandbox
