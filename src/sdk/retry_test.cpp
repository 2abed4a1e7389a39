#include "sdk/retry.hpp"

#include <gtest/gtest.h>

namespace purser::sdk {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kPlenty{60'000};

AttemptOutcome answered(int status, std::string_view code = "") {
  AttemptOutcome outcome;
  outcome.answered = true;
  outcome.status = status;
  outcome.known_error = code;
  outcome.remaining = kPlenty;
  return outcome;
}

struct Row {
  const char* what;
  AttemptOutcome outcome;
  bool retried;
};

TEST(RetryTest, EveryOutcomeIsFinalOrRetriedAsTheTableSays) {
  AttemptOutcome silence;
  silence.remaining = kPlenty;
  const Row rows[] = {
      {"no answer", silence, true},
      {"key in use", answered(409, "IDEMPOTENCY_KEY_IN_USE"), true},
      {"another conflict", answered(409, "ALREADY_EXISTS"), false},
      {"a conflict without a code", answered(409), false},
      {"request timeout", answered(408, "REQUEST_TIMEOUT"), true},
      {"rate limited", answered(429, "RATE_LIMITED"), true},
      {"overloaded", answered(503, "OVERLOADED"), true},
      {"draining", answered(503, "SHUTTING_DOWN"), true},
      {"Stripe out of reach", answered(503, "PAYMENT_PROVIDER_UNAVAILABLE"), true},
      {"a proxy's 503", answered(503), true},
      {"a proxy's 502", answered(502), true},
      {"a proxy's 504", answered(504), true},
      {"Stripe refused", answered(502, "PAYMENT_PROVIDER_REFUSED"), false},
      {"defect", answered(500, "INTERNAL_ERROR"), false},
      {"bad request", answered(400, "SCHEMA_ERROR"), false},
      {"wrong key", answered(401, "INVALID_SECRET_SERVER_KEY"), false},
      {"expired token", answered(401, "ACCESS_TOKEN_EXPIRED"), false},
      {"not found", answered(404, "ITEM_NOT_FOUND"), false},
      {"key mismatch", answered(422, "IDEMPOTENCY_KEY_MISMATCH"), false},
      {"not implemented", answered(501, "NOT_IMPLEMENTED"), false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(decide_retry(row.outcome, RetryOptions{}, 0).has_value(), row.retried) << row.what;
  }
}

TEST(RetryTest, BackoffDoublesUpToItsCapWithAHalfOfJitter) {
  RetryOptions options;
  options.max_retries = 100;
  options.initial_backoff = milliseconds(100);
  options.max_backoff = milliseconds(1'000);
  const milliseconds spans[] = {milliseconds(100), milliseconds(200),   milliseconds(400),
                                milliseconds(800), milliseconds(1'000), milliseconds(1'000)};
  for (int i = 0; i < 6; ++i) {
    auto outcome = answered(503);
    outcome.retries_done = i;
    for (const std::uint32_t random : {0U, 1U, 77U, 12'345'678U, 0xFFFFFFFFU}) {
      const auto wait = decide_retry(outcome, options, random);
      ASSERT_TRUE(wait.has_value());
      EXPECT_GE(*wait, spans[i] / 2) << i << " " << random;
      EXPECT_LE(*wait, spans[i]) << i << " " << random;
    }
  }
  auto late = answered(503);
  late.retries_done = 99;
  EXPECT_LE(*decide_retry(late, options, 5), milliseconds(1'000));
}

TEST(RetryTest, JitterSpreads) {
  const auto outcome = answered(503);
  EXPECT_NE(decide_retry(outcome, RetryOptions{}, 0), decide_retry(outcome, RetryOptions{}, 49));
}

TEST(RetryTest, RetryAfterIsHonoured) {
  auto outcome = answered(429, "RATE_LIMITED");
  outcome.retry_after = seconds(7);
  EXPECT_EQ(decide_retry(outcome, RetryOptions{}, 0), milliseconds(7'000));
}

TEST(RetryTest, GivesUpAfterTheLastRetry) {
  RetryOptions options;
  options.max_retries = 2;
  auto outcome = answered(503);
  outcome.retries_done = 1;
  EXPECT_TRUE(decide_retry(outcome, options, 0).has_value());
  outcome.retries_done = 2;
  EXPECT_FALSE(decide_retry(outcome, options, 0).has_value());
  options.max_retries = 0;
  outcome.retries_done = 0;
  EXPECT_FALSE(decide_retry(outcome, options, 0).has_value());
}

TEST(RetryTest, GivesUpWhenTheWaitReachesTheDeadline) {
  auto outcome = answered(429);
  outcome.retry_after = seconds(7);
  outcome.remaining = milliseconds(7'000);
  EXPECT_FALSE(decide_retry(outcome, RetryOptions{}, 0).has_value());
  outcome.remaining = milliseconds(7'001);
  EXPECT_TRUE(decide_retry(outcome, RetryOptions{}, 0).has_value());
}

TEST(RetryTest, ReadsRetryAfter) {
  EXPECT_EQ(parse_retry_after("0"), seconds(0));
  EXPECT_EQ(parse_retry_after("12"), seconds(12));
  EXPECT_EQ(parse_retry_after("999999999"), seconds(86'400));
  for (const char* text :
       {"", "-1", "1.5", " 1", "1 ", "Wed, 21 Oct 2026 07:28:00 GMT", "99999999999999999999"}) {
    EXPECT_FALSE(parse_retry_after(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace purser::sdk
