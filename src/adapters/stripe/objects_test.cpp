#include "adapters/stripe/objects.hpp"

#include <gtest/gtest.h>

#include "adapters/stripe/samples.hpp"

namespace purser::stripe {
namespace {

using SessionStatus = app::RemoteCheckoutSession::Status;

Result<app::RemoteCheckoutSession> session_with(std::string_view path, const std::string& value) {
  return read_checkout_session(*json::parse(edited(kSessionSample, path, value)));
}

TEST(CheckoutSession, ReadsAPaidOne) {
  const auto session = read_checkout_session(*json::parse(kSessionSample));
  ASSERT_TRUE(session) << session.error().log.for_log();
  EXPECT_EQ(session->id, "cs_1");
  EXPECT_EQ(session->status, SessionStatus::kComplete);
  EXPECT_TRUE(session->paid);
  EXPECT_TRUE(session->livemode);
  EXPECT_EQ(session->url, "");
  EXPECT_EQ(session->payment_ref, "pi_1");
  EXPECT_EQ(session->subscription, "");
  EXPECT_EQ(session->customer, "cus_1");
  EXPECT_EQ(session->reference, "");
  EXPECT_EQ(session->amount_total, Money(1500, *Currency::parse("KWD")));
}

TEST(CheckoutSession, ASubscriptionsNamesIt) {
  EXPECT_EQ(session_with("subscription", R"("sub_1")")->subscription, "sub_1");
  EXPECT_EQ(session_with("subscription", R"({"id":"sub_2"})")->subscription, "sub_2");
}

TEST(CheckoutSession, CompletedButUnpaidIsNotPaid) {
  EXPECT_FALSE(session_with("payment_status", R"("unpaid")")->paid);
  EXPECT_EQ(session_with("amount_total", "null")->amount_total, std::nullopt);
}

TEST(CheckoutSession, NothingToPayIsPaidOnceItIsComplete) {
  const std::string free = edited(kSessionSample, "payment_status", R"("no_payment_required")");
  EXPECT_TRUE(read_checkout_session(*json::parse(free))->paid);
  const std::string open = edited(free, "status", R"("open")");
  EXPECT_FALSE(read_checkout_session(*json::parse(open))->paid);
}

struct Odd {
  const char* path;
  const char* value;
};

TEST(CheckoutSession, WhatIsOddSaysNothing) {
  for (const Odd& odd : std::initializer_list<Odd>{{"object", R"("customer")"},
                                                   {"id", ""},
                                                   {"status", ""},
                                                   {"status", R"("new")"},
                                                   {"payment_status", "null"},
                                                   {"payment_status", R"("maybe")"},
                                                   {"livemode", R"("no")"},
                                                   {"livemode", ""},
                                                   {"amount_total", R"("10")"},
                                                   {"amount_total", "10.5"},
                                                   {"amount_total", "-1"},
                                                   {"currency", ""},
                                                   {"currency", R"("zzz")"},
                                                   {"payment_intent", "7"},
                                                   {"customer", "{}"},
                                                   {"subscription", "[]"},
                                                   {"url", R"("javascript:x")"},
                                                   {"client_reference_id", "1"}}) {
    const auto session = session_with(odd.path, odd.value);
    ASSERT_FALSE(session) << odd.path << ' ' << odd.value;
    EXPECT_EQ(session.error().code, ErrorCode::kPaymentProviderUnavailable);
  }
}

TEST(ReadId, NeedsAnIdOfReasonableLength) {
  EXPECT_EQ(*read_id(*json::parse(R"({"id":"x"})")), "x");
  EXPECT_FALSE(read_id(*json::parse(R"({"id":""})")));
  EXPECT_FALSE(read_id(*json::parse(R"({"id":1})")));
  EXPECT_FALSE(read_id(*json::parse("[]")));
  EXPECT_FALSE(read_id(*json::parse(R"({"id":")" + std::string(256, 'x') + "\"}")));
}

TEST(WebhookEndpoint, NeedsItsSecret) {
  EXPECT_FALSE(read_webhook_endpoint(*json::parse(R"({"id":"we_1"})")));
  EXPECT_FALSE(read_webhook_endpoint(*json::parse(R"({"id":"we_1","secret":""})")));
}

TEST(Account, TellsWhatItCanDo) {
  const auto account = read_account(*json::parse(kAccountSample));
  ASSERT_TRUE(account);
  EXPECT_EQ(account->id, "acct_1");
  EXPECT_TRUE(account->charges_enabled);
  EXPECT_FALSE(account->details_submitted);
  EXPECT_TRUE(account->payouts_enabled);
  for (const char* member :
       {"id", "object", "charges_enabled", "details_submitted", "payouts_enabled"}) {
    EXPECT_FALSE(read_account(*json::parse(edited(kAccountSample, member, "")))) << member;
  }
}

}  // namespace
}  // namespace purser::stripe
