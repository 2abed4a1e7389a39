#pragma once

// A running server whose clock a test moves, the sandbox behind it, and the people in front of it.

#include <cstdint>
#include <memory>
#include <purser/purser.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "types/timestamp.hpp"

namespace purser::scenarios {

/// The value of a call that must succeed; throws std::runtime_error with the call's name otherwise.
template <class T>
T must(const sdk::Result<T>& result, const std::string& what) {
  if (result) return *result;
  throw std::runtime_error(what + ": " + to_string(result.error()));
}

Timestamp to_timestamp(sdk::Time time);

/// Time passes only when a test says so: the server's, the sandbox's, and with it what both owe to
/// it.
class Timeline {
 public:
  /// Reads PURSER_URL, TEST_SANDBOX_URL, TEST_ROOT_KEY and the project's keys.
  Timeline();

  Timestamp now() const { return now_; }
  /// Moves the clock and waits until everything that follows has arrived: the sandbox's renewals,
  /// its webhooks, and what the server makes of them.
  void advance_to(Timestamp instant);
  void advance(Millis span) { advance_to(now_ + span); }

  const sdk::ServerApp& app() const { return *app_; }
  /// Pays on a checkout page of the sandbox; answers the status (303: paid).
  int pay(const std::string& url, const std::string& card);
  /// Sets this card up and makes it the customer's default.
  void use_card(const sdk::Customer& customer, const std::string& card);
  /// Waits until the server has processed every event that it has received.
  void settle();
  /// What the sandbox took and gave back, in minor units: charges less refunds.
  std::int64_t money_taken();

 private:
  sdk::HttpResponse send(const std::string& method, const std::string& url, const std::string& body,
                         std::vector<sdk::HttpHeader> headers);
  sdk::HttpResponse form(const std::string& url, const std::string& card);

  std::shared_ptr<sdk::Transport> transport_ = sdk::make_curl_transport();
  std::string url_;
  std::string sandbox_;
  std::string root_key_;
  std::string admin_key_;
  std::unique_ptr<sdk::ServerApp> app_;
  Timestamp now_;
};

/// Counts what did not come true and says where.
class Verdict {
 public:
  explicit Verdict(std::string scenario) : scenario_(std::move(scenario)) {}
  void check(bool good, const std::string& what);
  template <class A, class B>
  void equal(const A& actual, const B& wanted, const std::string& what) {
    check(actual == wanted, what);
  }
  int failures() const { return failures_; }

 private:
  std::string scenario_;
  int failures_ = 0;
};

}  // namespace purser::scenarios
