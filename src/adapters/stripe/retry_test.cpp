#include "adapters/stripe/retry.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace purser::stripe {
namespace {

Outcome outcome_of(int status, const std::string& body) {
  HttpReply reply;
  reply.status = status;
  reply.body = body;
  return read_reply(reply).outcome;
}

const std::string kObject = R"({"id":"cus_1","object":"customer"})";
const std::string kError = R"({"error":{"type":"invalid_request_error","message":"No"}})";

TEST(ReadReply, TheStatusAndTheShapeDecide) {
  EXPECT_EQ(outcome_of(200, kObject), Outcome::kDone);
  EXPECT_EQ(outcome_of(201, kObject), Outcome::kDone);
  for (const int status : {400, 401, 402, 403, 404}) {
    EXPECT_EQ(outcome_of(status, kError), Outcome::kRefused) << status;
  }
  EXPECT_EQ(outcome_of(409, kError), Outcome::kBusy);
  EXPECT_EQ(outcome_of(429, kError), Outcome::kBusy);
  EXPECT_EQ(outcome_of(429, "<html>"), Outcome::kBusy);
  for (const int status : {100, 204, 301, 302, 304, 500, 502, 503, 504, 0, 999}) {
    EXPECT_EQ(outcome_of(status, kError), Outcome::kUnknown) << status;
  }
}

TEST(ReadReply, WhatStripeWouldNotSayMeansNothing) {
  for (const char* body : {"", "null", "[]", "{}", "\"ok\"", R"({"object":""})", R"({"object":7})",
                           R"({"id":"cus_1","object":"customer")", "<html>200</html>",
                           R"({"object":"customer","object":"customer"})"}) {
    EXPECT_EQ(outcome_of(200, body), Outcome::kUnknown) << body;
  }
  for (const char* body : {"", "{}", R"({"error":"no"})", R"({"error":{}})", "<h1>403</h1>"}) {
    EXPECT_EQ(outcome_of(403, body), Outcome::kUnknown) << body;
  }
}

TEST(WorthRetrying, StripesAdviceCountsFirst) {
  EXPECT_FALSE(worth_retrying(Outcome::kRefused, std::nullopt));
  EXPECT_TRUE(worth_retrying(Outcome::kRefused, true));
  EXPECT_TRUE(worth_retrying(Outcome::kBusy, std::nullopt));
  EXPECT_FALSE(worth_retrying(Outcome::kBusy, false));
  EXPECT_TRUE(worth_retrying(Outcome::kUnknown, std::nullopt));
  EXPECT_FALSE(worth_retrying(Outcome::kUnknown, false));
  EXPECT_FALSE(worth_retrying(Outcome::kDone, true));
}

TEST(DelayAfter, DoublesUpToTheCapAndSpreads) {
  const RetryPolicy policy;
  EXPECT_EQ(delay_after(policy, 1, std::nullopt, 0).count, 250);
  EXPECT_EQ(delay_after(policy, 1, std::nullopt, 65'535).count, 500);
  EXPECT_EQ(delay_after(policy, 2, std::nullopt, 65'535).count, 1000);
  EXPECT_EQ(delay_after(policy, 5, std::nullopt, 65'535).count, 8000);
  EXPECT_EQ(delay_after(policy, 1000, std::nullopt, 65'535).count, 8000);
}

TEST(DelayAfter, NeverComesBackBeforeRetryAfter) {
  const RetryPolicy policy;
  EXPECT_EQ(delay_after(policy, 1, 20, 0).count, 20'000);
  EXPECT_EQ(delay_after(policy, 1, 0, 0).count, 250);
  EXPECT_EQ(delay_after(policy, 1, INT64_MAX, 0).count, 86'400'000);
}

TEST(DelayAfter, StaysInItsBounds) {
  EXPECT_TRUE(rc::check([](std::uint16_t random) {
    RetryPolicy policy;
    policy.base_delay = {*rc::gen::inRange<std::int64_t>(0, 10'000)};
    policy.max_delay = {*rc::gen::inRange<std::int64_t>(0, 60'000)};
    const int attempt = *rc::gen::inRange(1, 100);
    const Millis delay = delay_after(policy, attempt, std::nullopt, random);
    RC_ASSERT(delay.count >= 0);
    RC_ASSERT(delay.count <= policy.max_delay.count);
  }));
}

}  // namespace
}  // namespace purser::stripe
