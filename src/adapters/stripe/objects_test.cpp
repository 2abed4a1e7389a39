#include "adapters/stripe/objects.hpp"

#include <gtest/gtest.h>

namespace purser::stripe {
namespace {

using SessionStatus = app::RemoteCheckoutSession::Status;

// A checkout session with these members added to the ones it needs; a later member of the same name
// is impossible (duplicate keys are no JSON for us), so each test gives all that it is about.
Result<app::RemoteCheckoutSession> read(const std::string& members) {
  const auto value = json::parse(R"({"id":"cs_1","object":"checkout.session",)" + members + "}");
  EXPECT_TRUE(value) << members;
  return read_checkout_session(*value);
}

TEST(CheckoutSession, ReadsAPaidOne) {
  const auto session =
      read(R"("status":"complete","payment_status":"paid","livemode":true,"url":null,)"
           R"("payment_intent":"pi_1","customer":{"id":"cus_1","object":"customer"},)"
           R"("amount_total":1500,"currency":"kwd","client_reference_id":null)");
  ASSERT_TRUE(session);
  EXPECT_EQ(session->status, SessionStatus::kComplete);
  EXPECT_TRUE(session->paid);
  EXPECT_TRUE(session->livemode);
  EXPECT_EQ(session->url, "");
  EXPECT_EQ(session->payment_ref, "pi_1");
  EXPECT_EQ(session->customer, "cus_1");
  EXPECT_EQ(session->reference, "");
  EXPECT_EQ(session->amount_total, Money(1500, *Currency::parse("KWD")));
}

TEST(CheckoutSession, CompletedButUnpaidIsNotPaid) {
  const auto session = read(R"("status":"complete","payment_status":"unpaid","livemode":false)");
  ASSERT_TRUE(session);
  EXPECT_FALSE(session->paid);
  EXPECT_EQ(session->amount_total, std::nullopt);
}

TEST(CheckoutSession, NothingToPayIsPaidOnceItIsComplete) {
  const std::string rest = R"(,"payment_status":"no_payment_required","livemode":false)";
  EXPECT_TRUE(read(R"("status":"complete")" + rest)->paid);
  EXPECT_FALSE(read(R"("status":"open")" + rest)->paid);
}

TEST(CheckoutSession, WhatIsOddSaysNothing) {
  const std::string good = R"("status":"open","payment_status":"unpaid","livemode":false)";
  for (const std::string& members :
       {std::string(R"("status":"open")"),
        std::string(R"("status":"open","payment_status":"unpaid")"),
        std::string(R"("status":"new","payment_status":"unpaid","livemode":false)"),
        std::string(R"("status":"open","payment_status":"maybe","livemode":false)"),
        std::string(R"("status":"open","payment_status":"unpaid","livemode":"no")"),
        good + R"(,"amount_total":"10","currency":"usd")", good + R"(,"amount_total":10)",
        good + R"(,"amount_total":10.5,"currency":"usd")",
        good + R"(,"amount_total":-1,"currency":"usd")",
        good + R"(,"amount_total":1,"currency":"zzz")", good + R"(,"payment_intent":7)",
        good + R"(,"customer":{})"}) {
    const auto session = read(members);
    ASSERT_FALSE(session) << members;
    EXPECT_EQ(session.error().code, ErrorCode::kPaymentProviderUnavailable);
  }
  EXPECT_FALSE(read_checkout_session(*json::parse(R"({"id":"cs_1","object":"customer"})")));
}

TEST(ReadId, NeedsAnIdOfReasonableLength) {
  EXPECT_EQ(*read_id(*json::parse(R"({"id":"x"})")), "x");
  EXPECT_FALSE(read_id(*json::parse(R"({"id":""})")));
  EXPECT_FALSE(read_id(*json::parse(R"({"id":1})")));
  EXPECT_FALSE(read_id(*json::parse(R"({"id":")" + std::string(256, 'x') + "\"}")));
}

TEST(WebhookEndpoint, NeedsItsSecret) {
  EXPECT_FALSE(read_webhook_endpoint(*json::parse(R"({"id":"we_1"})")));
  EXPECT_FALSE(read_webhook_endpoint(*json::parse(R"({"id":"we_1","secret":""})")));
}

TEST(Event, ReadsTheEnvelope) {
  const auto event =
      read_event(R"({"id":"evt_1","object":"event","type":"balance.available","livemode":true,)"
                 R"("data":{"object":{"object":"balance"}}})");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->object_id, "");
  EXPECT_EQ(event->account, "");
  EXPECT_TRUE(event->livemode);
}

TEST(Event, AnythingElseIsNoEvent) {
  for (
      const char* text :
      {"", "null", "[]", "{}", R"({"object":"event"})", R"({"id":"evt_1","object":"event"})",
       R"({"id":"evt_1","object":"event","type":"x"})",
       R"({"id":"evt_1","object":"event","type":"x","livemode":false})",
       R"({"id":"evt_1","object":"event","type":"x","livemode":false,"data":{}})",
       R"({"id":"evt_1","object":"event","type":"x","livemode":false,"data":{"object":[]}})",
       R"({"id":"evt_1","object":"event","type":"x","livemode":0,"data":{"object":{}}})",
       R"({"id":"","object":"event","type":"x","livemode":false,"data":{"object":{}}})",
       R"({"id":"evt_1","object":"v2.core.event","type":"x","livemode":false,"data":{"object":{}}})",
       R"({"id":"evt_1","id":"evt_2","object":"event","type":"x","livemode":false,"data":{"object":{}}})"}) {
    const auto event = read_event(text);
    ASSERT_FALSE(event) << text;
    EXPECT_EQ(event.error().code, ErrorCode::kBodyParsingError) << text;
  }
}

}  // namespace
}  // namespace purser::stripe
