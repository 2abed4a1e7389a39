#pragma once

// For tests: the provider over a scripted transport, with a clock that stands still.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "adapters/stripe/samples.hpp"
#include "adapters/stripe/scripted_transport.hpp"
#include "adapters/stripe/stripe.hpp"

namespace purser::stripe {

inline constexpr std::int64_t kNow = 1'700'000'000'000;
inline constexpr std::int64_t kHour = 3'600'000;

inline Timestamp at(std::int64_t millis) { return *Timestamp::from_millis(millis); }
inline Timestamp at_second(std::int64_t seconds) { return at(seconds * 1000); }
inline Money usd(std::int64_t minor_units) { return {minor_units, *Currency::parse("USD")}; }

class FixedClock final : public app::Clock {
 public:
  Timestamp now() const override { return at(kNow); }
};

/// An answer that Stripe remembers for the key: it will give no other.
inline HttpReply remembered_fault() {
  HttpReply reply;
  reply.status = 500;
  reply.replayed = true;
  return reply;
}

class StripeTest : public testing::Test {
 protected:
  explicit StripeTest(int max_attempts = 2) {
    StripeOptions options;
    options.retry.max_attempts = max_attempts;
    options.wait = [](Millis) { return true; };
    auto transport = std::make_unique<ScriptedTransport>();
    transport_ = transport.get();
    stripe_ = std::make_unique<Stripe>(std::move(options), std::move(transport), clock_);
  }
  ScriptedTransport& answers() { return *transport_; }
  const HttpRequest& sent(std::size_t i = 0) const { return transport_->requests.at(i); }
  std::size_t calls() const { return transport_->requests.size(); }
  /// "POST /v1/customers key" of a request; without a key where none was sent.
  std::string line(std::size_t i = 0) const {
    const std::string key = header_of(sent(i), "Idempotency-Key");
    return sent(i).method + ' ' + sent(i).path + (key.empty() ? "" : ' ' + key);
  }

  FixedClock clock_;
  ScriptedTransport* transport_ = nullptr;
  std::unique_ptr<Stripe> stripe_;
  app::ProviderCredentials as_{Secret("sk_test_1"), ""};
};

/// What a lost answer, an odd one and a page in HTML have in common.
template <class Answer>
void expect_unavailable(const Answer& answer, const std::string& about = {}) {
  ASSERT_FALSE(answer) << about;
  EXPECT_EQ(answer.error().code, ErrorCode::kPaymentProviderUnavailable) << about;
}

/// That Stripe certainly did nothing, and why.
template <class Answer>
void expect_refused(const Answer& answer, const std::string& provider_code) {
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kPaymentProviderRefused);
  EXPECT_EQ(detail_of(answer.error(), "provider_code"), provider_code);
}

template <class Answer>
void expect_declined(const Answer& answer, const std::string& decline_code) {
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kPaymentFailed);
  EXPECT_EQ(detail_of(answer.error(), "decline_code"), decline_code);
}

}  // namespace purser::stripe
