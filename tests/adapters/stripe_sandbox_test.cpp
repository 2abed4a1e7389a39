// The Stripe adapter against the sandbox: a sale as it runs in production, and what becomes of it
// when answers are lost, refused or wrong.

#include "tests/adapters/stripe_sandbox.hpp"

#include <future>

namespace purser::stripe {
namespace {

using SessionStatus = app::RemoteCheckoutSession::Status;

TEST_F(StripeSandboxTest, ASaleFromTheFirstCallToTheRefund) {
  const auto account = stripe_->account(as_);
  ASSERT_TRUE(account) << account.error().log.for_log();
  EXPECT_TRUE(account->id.starts_with("acct_"));
  EXPECT_FALSE(account->livemode);

  const auto made = stripe_->create_checkout_session(as_, order(), "session-1");
  ASSERT_TRUE(made) << made.error().log.for_log();
  EXPECT_EQ(made->status, SessionStatus::kOpen);
  EXPECT_FALSE(made->paid);
  EXPECT_EQ(made->amount_total, usd(2000));
  EXPECT_EQ(made->reference, "checkout-1");

  pay(*made, "4000000000000002");
  const auto declined = stripe_->checkout_session(as_, made->id);
  EXPECT_EQ(declined->status, SessionStatus::kOpen);
  EXPECT_FALSE(declined->paid);

  pay(*made, "4242424242424242");
  const auto paid = stripe_->checkout_session(as_, made->id);
  ASSERT_TRUE(paid);
  EXPECT_EQ(paid->status, SessionStatus::kComplete);
  EXPECT_TRUE(paid->paid);
  EXPECT_TRUE(paid->payment_ref.starts_with("pi_"));
  EXPECT_EQ(paid->customer, made->customer);

  app::NewRefund refund;
  refund.payment_ref = paid->payment_ref;
  refund.reference = "refund-1";
  const auto refunded = stripe_->create_refund(as_, refund, "refund-1");
  ASSERT_TRUE(refunded) << refunded.error().log.for_log();
  EXPECT_EQ(refunded->amount, usd(2000));
  EXPECT_EQ(stripe_->create_refund(as_, refund, "refund-1")->id, refunded->id);  // the same again
  EXPECT_EQ(books("refunds").size(), 1U);
}

TEST_F(StripeSandboxTest, AnAnswerThatIsLostMakesNothingTwice) {
  const auto session = order();
  for (const char* kind : {"drop", "409", "429"}) fault(kind, "/v1/checkout/sessions");
  const auto made = stripe_->create_checkout_session(as_, session, "session-1");
  ASSERT_TRUE(made) << made.error().log.for_log();
  EXPECT_EQ(books("checkout_sessions").size(), 1U);
}

TEST_F(StripeSandboxTest, AFaultThatIsRememberedBlocksNobody) {
  fault("500", "/v1/customers");
  fault("500_after", "/v1/products");
  const auto session = order();
  fault("500", "/v1/checkout/sessions");
  ASSERT_TRUE(stripe_->create_checkout_session(as_, session, "session-1"));
  EXPECT_EQ(books("checkout_sessions").size(), 1U);
  // Resumed after a crash: the spent key, the next one, the same session.
  ASSERT_TRUE(stripe_->create_checkout_session(as_, session, "session-1"));
  EXPECT_EQ(books("checkout_sessions").size(), 1U);
}

TEST_F(StripeSandboxTest, WhatWasDoneBeforeARememberedFaultIsFound) {
  const auto session = order();
  fault("500_after", "/v1/checkout/sessions");
  const auto made = stripe_->create_checkout_session(as_, session, "session-1");
  ASSERT_TRUE(made) << made.error().log.for_log();
  EXPECT_EQ(books("checkout_sessions").size(), 1U);

  pay(*made, "4242424242424242");
  app::NewRefund refund;
  refund.payment_ref = stripe_->checkout_session(as_, made->id)->payment_ref;
  refund.reference = "refund-1";
  fault("500_after", "/v1/refunds");
  ASSERT_TRUE(stripe_->create_refund(as_, refund, "refund-1"));
  EXPECT_EQ(books("refunds").size(), 1U);
}

TEST_F(StripeSandboxTest, AnOutageIsUnavailableAndResumesUnderTheSameKey) {
  const auto session = order();
  fault("429", "/v1/checkout/sessions", "100");
  const auto failed = stripe_->create_checkout_session(as_, session, "session-1");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::kPaymentProviderUnavailable);
  EXPECT_EQ(waits_, 3);
  EXPECT_TRUE(books("checkout_sessions").empty());
  fetch(sandbox_->url() + "/_sandbox/faults", nullptr, "DELETE");
  EXPECT_TRUE(stripe_->create_checkout_session(as_, session, "session-1"));
}

TEST_F(StripeSandboxTest, ADayLaterTheSessionIsFoundAndNotMadeAgain) {
  const auto session = order();
  const auto made = stripe_->create_checkout_session(as_, session, "session-1");
  clock_.millis += kDay;
  // Under any key: by now Stripe may have forgotten the first one.
  const auto found = stripe_->create_checkout_session(as_, session, "session-of-another-day");
  ASSERT_TRUE(found) << found.error().log.for_log();
  EXPECT_EQ(found->id, made->id);
  EXPECT_EQ(books("checkout_sessions").size(), 1U);
}

TEST_F(StripeSandboxTest, AnOpenSessionIsClosedAndAClosedOneStaysSo) {
  const auto open = stripe_->create_checkout_session(as_, order(), "session-1");
  fault("drop", "/v1/checkout/sessions/");
  ASSERT_TRUE(stripe_->expire_checkout_session(as_, open->id, "expire-1"));
  EXPECT_EQ(stripe_->checkout_session(as_, open->id)->status, SessionStatus::kExpired);
  EXPECT_EQ(stripe_->checkout_session(as_, open->id)->url, "");
  EXPECT_TRUE(stripe_->expire_checkout_session(as_, open->id, "expire-2"));

  auto another = order();
  another.reference = "checkout-2";
  const auto paid = stripe_->create_checkout_session(as_, another, "session-2");
  pay(*paid, "4242424242424242");
  EXPECT_TRUE(stripe_->expire_checkout_session(as_, paid->id, "expire-3"));
  EXPECT_EQ(stripe_->checkout_session(as_, paid->id)->status, SessionStatus::kComplete);
  EXPECT_EQ(stripe_->expire_checkout_session(as_, "cs_none", "expire-4").error().code,
            ErrorCode::kPaymentProviderRefused);
}

TEST_F(StripeSandboxTest, RefusalsSayWhy) {
  auto session = order();
  session.price = "price_none";
  const auto refused = stripe_->create_checkout_session(as_, session, "session-1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kPaymentProviderRefused);
  EXPECT_EQ(std::get<std::string>(refused.error().details.at(0).second), "resource_missing");
  // The same key for something else.
  ASSERT_TRUE(stripe_->create_product(as_, "A", "a@1", "key-x"));
  const auto other = stripe_->create_product(as_, "B", "b@1", "key-x");
  EXPECT_EQ(std::get<std::string>(other.error().details.at(0).second), "idempotency_error");
  as_.secret_key = Secret("sk_nothing");
  EXPECT_EQ(stripe_->account(as_).error().code, ErrorCode::kPaymentProviderRefused);
}

TEST_F(StripeSandboxTest, AHundredFirstCallsMakeOneCustomer) {
  std::vector<std::future<std::vector<std::string>>> threads;
  for (int i = 0; i < 8; ++i) {
    threads.push_back(std::async(std::launch::async, [&] {
      std::vector<std::string> ids;
      for (int n = 0; n < 12; ++n) {
        app::NewRemoteCustomer customer;
        customer.display_name = "Ada";
        if (auto id = stripe_->create_customer(as_, customer, "customer-1")) ids.push_back(*id);
      }
      return ids;
    }));
  }
  for (auto& thread : threads) EXPECT_EQ(thread.get().size(), 12U);
  EXPECT_EQ(books("customers").size(), 1U);
}

TEST_F(StripeSandboxTest, AConnectedAccountIsAWorldOfItsOwn) {
  as_.connected_account = "acct_shop1";
  EXPECT_EQ(stripe_->account(as_)->id, "acct_shop1");
  const auto session = order();
  ASSERT_TRUE(stripe_->create_checkout_session(as_, session, "session-1"));
  as_.connected_account = "";
  EXPECT_EQ(stripe_->create_checkout_session(as_, session, "session-2").error().code,
            ErrorCode::kPaymentProviderRefused);
}

}  // namespace
}  // namespace purser::stripe
