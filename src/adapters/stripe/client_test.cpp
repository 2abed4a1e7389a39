#include "adapters/stripe/client.hpp"

#include <gtest/gtest.h>

#include "adapters/stripe/scripted_transport.hpp"

namespace purser::stripe {
namespace {

const std::string kCustomer = R"({"id":"cus_1","object":"customer"})";
const std::string kDeclined =
    R"({"error":{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds",)"
    R"("message":"Your card has insufficient funds.","param":"source"}})";

class ClientTest : public testing::Test {
 protected:
  Result<json::Value> post(const std::string& key = "key-1") {
    Post what{"/customers", {}, key, takes_money_};
    what.form.add({"name"}, "A");
    return client_.post(credentials_, what, spent_);
  }
  static HttpReply busy(std::optional<std::int64_t> retry_after,
                        std::optional<bool> should_retry = std::nullopt) {
    HttpReply reply;
    reply.status = 429;
    reply.body = R"({"error":{"type":"rate_limit_error"}})";
    reply.retry_after = retry_after;
    reply.should_retry = should_retry;
    return reply;
  }

  app::ProviderCredentials credentials_{Secret("sk_test_abc"), ""};
  ScriptedTransport transport_;
  std::vector<Millis> waits_;
  bool go_on_ = true;
  bool takes_money_ = false;
  bool spent_ = false;
  Client client_{transport_, RetryPolicy{}, "2024-06-20", [this](Millis delay) {
                   waits_.push_back(delay);
                   return go_on_;
                 }};
};

TEST_F(ClientTest, SendsWhatStripeNeeds) {
  transport_.then(200, kCustomer);
  credentials_.connected_account = "acct_7";
  const auto answer = post();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->string_at("id"), "cus_1");
  ASSERT_EQ(transport_.requests.size(), 1U);
  const HttpRequest& request = transport_.requests[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/v1/customers");
  EXPECT_EQ(request.body, "name=A");
  EXPECT_EQ(request.secret_key.reveal(), "sk_test_abc");
  EXPECT_EQ(header_of(request, "Idempotency-Key"), "key-1");
  EXPECT_EQ(header_of(request, "Stripe-Account"), "acct_7");
  EXPECT_EQ(header_of(request, "Stripe-Version"), "2024-06-20");
  EXPECT_EQ(header_of(request, "Content-Type"), "application/x-www-form-urlencoded");
  EXPECT_TRUE(waits_.empty());
}

TEST_F(ClientTest, AGetHasNeitherKeyNorAccountOfItsOwn) {
  transport_.then(200, kCustomer);
  ASSERT_TRUE(client_.get(credentials_, "/account"));
  EXPECT_EQ(transport_.requests[0].method, "GET");
  EXPECT_EQ(header_of(transport_.requests[0], "Idempotency-Key"), "");
  EXPECT_EQ(header_of(transport_.requests[0], "Stripe-Account"), "");
}

TEST_F(ClientTest, WhatIsUnknownIsAskedAgainUnderTheSameKey) {
  transport_.then(NoReply{"timed out"}).then(500, "{}").then(200, "{\"cut").then(200, kCustomer);
  ASSERT_TRUE(post("key-9"));
  ASSERT_EQ(transport_.requests.size(), 4U);
  for (const HttpRequest& request : transport_.requests) {
    EXPECT_EQ(header_of(request, "Idempotency-Key"), "key-9");
    EXPECT_EQ(request.body, "name=A");
  }
  ASSERT_EQ(waits_.size(), 3U);
  for (std::size_t i = 0; i < waits_.size(); ++i) {
    EXPECT_GE(waits_[i].count, 250 << i);
    EXPECT_LE(waits_[i].count, 500 << i);
  }
}

TEST_F(ClientTest, GivesUpAsUnavailableAfterTheLastAttempt) {
  for (int i = 0; i < 10; ++i) transport_.then(503, "");
  const auto answer = post();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kPaymentProviderUnavailable);
  EXPECT_EQ(transport_.requests.size(), 4U);
}

TEST_F(ClientTest, ARefusalIsToldAndNotRepeated) {
  transport_.then(402, kDeclined).then(200, kCustomer);
  const auto answer = post();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kPaymentProviderRefused);
  EXPECT_EQ(detail_of(answer.error(), "provider_code"), "card_declined");
  EXPECT_EQ(detail_of(answer.error(), "decline_code"), "insufficient_funds");
  EXPECT_EQ(detail_of(answer.error(), "provider_message"), "Your card has insufficient funds.");
  EXPECT_EQ(transport_.requests.size(), 1U);
}

TEST_F(ClientTest, WhereMoneyIsAskedForADeclineIsAFailedPayment) {
  takes_money_ = true;
  transport_.then(402, kDeclined)
      .then(402, R"({"error":{"type":"card_error","code":"authentication_required"}})")
      .then(402, R"({"error":{"type":"invalid_request_error"}})")
      .then(400, R"({"error":{"type":"card_error","code":"expired_card"}})")
      .then(400, R"({"error":{"type":"invalid_request_error","code":"resource_missing"}})");
  auto answer = post();
  EXPECT_EQ(answer.error().code, ErrorCode::kPaymentFailed);
  EXPECT_EQ(detail_of(answer.error(), "decline_code"), "insufficient_funds");
  EXPECT_EQ(detail_of(answer.error(), "provider_message"), "Your card has insufficient funds.");
  for (const char* why : {"authentication_required", "", "expired_card"}) {
    answer = post();
    EXPECT_EQ(answer.error().code, ErrorCode::kPaymentFailed);
    EXPECT_EQ(detail_of(answer.error(), "decline_code"), why);
  }
  EXPECT_EQ(post().error().code, ErrorCode::kPaymentProviderRefused);
}

TEST_F(ClientTest, ARemovalCarriesNoKey) {
  transport_.then(NoReply{"timed out"}).then(200, kCustomer).then(402, kDeclined);
  credentials_.connected_account = "acct_7";
  ASSERT_TRUE(client_.remove(credentials_, "/customers/cus_1?x=1"));
  ASSERT_EQ(transport_.requests.size(), 2U);
  EXPECT_EQ(transport_.requests[1].method, "DELETE");
  EXPECT_EQ(transport_.requests[1].path, "/v1/customers/cus_1?x=1");
  EXPECT_EQ(header_of(transport_.requests[1], "Idempotency-Key"), "");
  EXPECT_EQ(header_of(transport_.requests[1], "Stripe-Account"), "acct_7");
  EXPECT_EQ(client_.remove(credentials_, "/customers/cus_1").error().code,
            ErrorCode::kPaymentProviderRefused);
}

TEST_F(ClientTest, ARefusalWithoutACodeIsNamedByItsType) {
  transport_.then(400, R"({"error":{"type":"idempotency_error","message":"Other parameters."}})");
  const auto answer = post();
  EXPECT_EQ(detail_of(answer.error(), "provider_code"), "idempotency_error");
}

TEST_F(ClientTest, RetryAfterIsKeptTo) {
  transport_.then(busy(7)).then(200, kCustomer);
  ASSERT_TRUE(post());
  ASSERT_EQ(waits_.size(), 1U);
  EXPECT_EQ(waits_[0].count, 7000);
}

TEST_F(ClientTest, ARetryAfterBeyondTheBudgetIsNotWaitedFor) {
  transport_.then(busy(3600)).then(200, kCustomer);
  const auto answer = post();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kPaymentProviderUnavailable);
  EXPECT_TRUE(waits_.empty());
  EXPECT_EQ(transport_.requests.size(), 1U);
}

TEST_F(ClientTest, ManyWaitsStayInTheBudget) {
  transport_.then(busy(20)).then(busy(20)).then(busy(20)).then(200, kCustomer);
  ASSERT_FALSE(post());
  EXPECT_EQ(waits_.size(), 2U);  // 20 s + 20 s; a third wait would leave the 45 s
}

TEST_F(ClientTest, StripeShouldRetryIsHonoured) {
  transport_.then(busy(std::nullopt, false));
  EXPECT_EQ(post().error().code, ErrorCode::kPaymentProviderUnavailable);
  EXPECT_EQ(transport_.requests.size(), 1U);

  HttpReply passing;
  passing.status = 400;
  passing.body = kDeclined;
  passing.should_retry = true;
  transport_.then(passing).then(200, kCustomer);
  EXPECT_TRUE(post());
  EXPECT_EQ(transport_.requests.size(), 3U);
}

TEST_F(ClientTest, AFaultThatStripeRemembersIsNotAskedForAgain) {
  HttpReply remembered;
  remembered.status = 500;
  remembered.replayed = true;
  transport_.then(500, "").then(remembered).then(200, kCustomer);
  EXPECT_EQ(post().error().code, ErrorCode::kPaymentProviderUnavailable);
  EXPECT_TRUE(spent_);
  EXPECT_EQ(transport_.requests.size(), 2U);
}

TEST_F(ClientTest, AReplayedAnswerIsAnAnswer) {
  HttpReply replayed;
  replayed.status = 200;
  replayed.body = kCustomer;
  replayed.replayed = true;
  transport_.then(replayed);
  EXPECT_TRUE(post());
  EXPECT_FALSE(spent_);
}

TEST_F(ClientTest, AStoppingServerDoesNotTryAgain) {
  go_on_ = false;
  transport_.then(500, "").then(200, kCustomer);
  EXPECT_EQ(post().error().code, ErrorCode::kPaymentProviderUnavailable);
  EXPECT_EQ(transport_.requests.size(), 1U);
}

TEST_F(ClientTest, TheKeyIsInNoMessageAndNoLog) {
  transport_.then(401, R"({"error":{"type":"invalid_request_error",)"
                       R"("message":"Invalid API Key provided: sk_test_abc sk_test_abc"}})");
  const auto answer = post();
  EXPECT_EQ(detail_of(answer.error(), "provider_message"),
            "Invalid API Key provided: [redacted] [redacted]");
  EXPECT_EQ(answer.error().log.for_log().find("sk_test_abc"), std::string::npos);
  EXPECT_EQ(answer.error().message.find("sk_test_abc"), std::string::npos);
}

TEST_F(ClientTest, LongMessagesAreCutBetweenCharacters) {
  std::string long_text;
  for (int i = 0; i < 400; ++i) long_text += "é";
  transport_.then(400, R"({"error":{"type":"api_error","message":"x)" + long_text + "\"}}");
  EXPECT_EQ(detail_of(post().error(), "provider_message"), "x" + long_text.substr(0, 498));
}

TEST_F(ClientTest, TextThatWouldLeaveItsHeaderIsNeverSent) {
  for (const std::string& key : {std::string(), std::string("a\r\nX: y"), std::string(256, 'k'),
                                 std::string("a b"), std::string("\xc3\xa9")}) {
    EXPECT_EQ(post(key).error().code, ErrorCode::kInternalError) << key;
  }
  credentials_.connected_account = "acct_1\nX: y";
  EXPECT_EQ(post().error().code, ErrorCode::kInternalError);
  credentials_.connected_account.clear();
  credentials_.secret_key = Secret("");
  EXPECT_EQ(post().error().code, ErrorCode::kInternalError);
  credentials_.secret_key = Secret("sk\r\nHost: x");
  EXPECT_EQ(post().error().code, ErrorCode::kInternalError);
  EXPECT_TRUE(transport_.requests.empty());
}

}  // namespace
}  // namespace purser::stripe
