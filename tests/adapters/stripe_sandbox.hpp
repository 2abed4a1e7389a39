#pragma once

// The Stripe adapter against the sandbox, on a clock that both share.

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "adapters/stripe/stripe.hpp"
#include "json/json.hpp"
#include "net/server.hpp"
#include "sandbox/sandbox.hpp"

namespace purser::stripe {

inline constexpr std::int64_t kHour = 3'600'000;
inline constexpr std::int64_t kDay = 24 * kHour;

inline Money usd(std::int64_t minor_units) { return {minor_units, *Currency::parse("USD")}; }

/// The text detail of an error; empty when it is not there.
std::string detail_of(const Error& error, std::string_view name);

class ManualClock final : public app::Clock {
 public:
  Timestamp now() const override { return *Timestamp::from_millis(millis); }
  std::atomic<std::int64_t> millis{1'700'000'000'000};
};

using FormFields = std::vector<std::pair<std::string, std::string>>;

/// What a browser or an operator does: one request, the body of its answer. `method` absent: GET,
/// or POST with fields.
std::string fetch(const std::string& url, const FormFields* fields = nullptr,
                  const char* method = nullptr);

/// Receives webhooks.
class Hook {
 public:
  Hook();
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()) + "/"; }
  net::Request next();

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<net::Request> deliveries_;
  std::unique_ptr<net::Server> server_;
};

class StripeSandboxTest : public testing::Test {
 protected:
  StripeSandboxTest();

  /// The sandbox answers the next `count` calls of this method and path wrongly.
  void fault(const std::string& kind, const std::string& path, const std::string& count = "1",
             const std::string& method = "POST");
  /// The books' rows of one kind, of the one account that there is.
  json::Array books(const std::string& kind);
  /// Lets time pass, and the sandbox do all that is due.
  void pass(std::int64_t millis);

  std::string customer();
  /// A price in dollars' cents of a product of its own; made once for each amount and interval.
  std::string price(std::int64_t amount, std::optional<CalendarInterval> interval = {});
  app::NewCheckoutSession order();
  app::NewCheckoutSession subscription_order();
  std::string pay(const app::RemoteCheckoutSession& session, const std::string& number);
  /// The payment (pi_…) of a paid order.
  std::string paid_order(const std::string& number = "4242424242424242");
  /// A subscription that was just paid for on the hosted page.
  app::RemoteSubscription subscribed(const app::NewCheckoutSession& session,
                                     const std::string& number = "4242424242424242");

  ManualClock clock_;
  std::atomic<int> waits_{0};
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  std::unique_ptr<Stripe> stripe_;
  app::ProviderCredentials as_{Secret("sk_test_purser"), ""};
};

}  // namespace purser::stripe
