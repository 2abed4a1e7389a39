// The provider's calls about money that goes back.

#include "adapters/stripe/stripe_fixture.hpp"

namespace purser::stripe {
namespace {

using RefundStatus = app::RemoteRefund::Status;

const std::string kMake = "POST /v1/refunds k";
const std::string kList = "GET /v1/refunds?payment_intent=pi_1&limit=100";

app::NewRefund refund(std::optional<Money> amount = usd(500), Timestamp asked_at = {}) {
  app::NewRefund out;
  out.payment_ref = "pi_1";
  out.amount = amount;
  out.reference = "rf-1";
  out.asked_at = asked_at;
  return out;
}

// Somebody else's refund of the same payment.
std::string other_refund(const std::string& id) {
  return edited(edited(kRefundSample, "id", '"' + id + '"'), "metadata", "{}");
}

TEST_F(StripeTest, ARefundIsMadeUnderItsReference) {
  answers().then(NoReply{"timed out"}).then(200, kRefundSample).then(200, kRefundSample);
  auto order = refund();
  order.reason = "duplicate";
  const auto made = stripe_->create_refund(as_, order, "k");
  ASSERT_TRUE(made) << made.error().log.for_log();
  EXPECT_EQ(made->id, "re_1");
  EXPECT_EQ(made->status, RefundStatus::kSucceeded);
  EXPECT_EQ(line(0), kMake);
  EXPECT_EQ(line(1), kMake);
  EXPECT_EQ(sent(1).body,
            "payment_intent=pi_1&amount=500&reason=duplicate&metadata[purser_refund]=rf-1");
  ASSERT_TRUE(stripe_->create_refund(as_, refund(std::nullopt), "k"));
  EXPECT_EQ(sent(2).body, "payment_intent=pi_1&metadata[purser_refund]=rf-1");
}

TEST_F(StripeTest, ARefundThatFailsIsToldAsItIs) {
  answers().then(200, edited(kRefundSample, "status", R"("failed")"));
  const auto made = stripe_->create_refund(as_, refund(), "k");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->status, RefundStatus::kFailed);
  EXPECT_EQ(made->failure_reason, "failed");
}

TEST_F(StripeTest, ARefundOfMoreThanIsLeftIsRefused) {
  answers()
      .then(400, refusal("charge_already_refunded"))
      .then(402, refusal("balance_insufficient"))
      .then(404, refusal("resource_missing"));
  expect_refused(stripe_->create_refund(as_, refund(), "k"), "charge_already_refunded");
  expect_refused(stripe_->create_refund(as_, refund(), "k"), "balance_insufficient");
  expect_refused(stripe_->create_refund(as_, refund(), "k"), "resource_missing");
}

TEST_F(StripeTest, AnOldRefundIsLookedUpFirst) {
  const auto old = refund(usd(500), at(kNow - 24 * kHour));
  answers()
      .then(200, list_of(other_refund("re_9"), true))
      .then(200, list_of(other_refund("re_8") + ',' + kRefundSample));
  EXPECT_EQ(stripe_->create_refund(as_, old, "k")->id, "re_1");
  EXPECT_EQ(line(0), kList);
  EXPECT_EQ(line(1), kList + "&starting_after=re_9");
  EXPECT_EQ(calls(), 2U);
  answers().then(200, list_of(other_refund("re_9"))).then(200, kRefundSample);
  EXPECT_EQ(stripe_->create_refund(as_, old, "k")->id, "re_1");
  EXPECT_EQ(line(2), kList);
  EXPECT_EQ(line(3), kMake);
}

TEST_F(StripeTest, AYoungRefundTrustsItsKey) {
  answers().then(200, kRefundSample);
  ASSERT_TRUE(stripe_->create_refund(as_, refund(usd(500), at(kNow - 22 * kHour)), "k"));
  EXPECT_EQ(line(0), kMake);
}

TEST_F(StripeTest, ARefundOfASpentKeyIsLookedUpFirst) {
  answers()
      .then(remembered_fault())
      .then(200, list_of(kRefundSample))
      .then(remembered_fault())
      .then(200, list_of(""))
      .then(200, kRefundSample);
  ASSERT_TRUE(stripe_->create_refund(as_, refund(), "k"));
  EXPECT_EQ(line(1), kList);
  ASSERT_TRUE(stripe_->create_refund(as_, refund(), "k"));
  EXPECT_EQ(line(4), kMake + "-2");
}

TEST_F(StripeTest, ALookUpOfARefundThatFailsGivesNothingBack) {
  const auto old = refund(usd(500), at(kNow - 24 * kHour));
  answers().then(500, "").then(500, "").then(200, R"({"object":"list","data":{}})");
  expect_unavailable(stripe_->create_refund(as_, old, "k"));
  expect_unavailable(stripe_->create_refund(as_, old, "k"));
  for (std::size_t i = 0; i < calls(); ++i) EXPECT_EQ(sent(i).method, "GET");
}

TEST_F(StripeTest, ARefundThatWasNotAskedForIsNoAnswer) {
  answers()
      .then(200, edited(kRefundSample, "amount", "499"))
      .then(200, edited(kRefundSample, "currency", R"("eur")"))
      .then(200, edited(kRefundSample, "payment_intent", R"("pi_2")"))
      .then(200, edited(kRefundSample, "status", R"("odd")"));
  for (int i = 0; i < 4; ++i) expect_unavailable(stripe_->create_refund(as_, refund(), "k"));
}

TEST_F(StripeTest, RefundsOfAPaymentComeOldestFirst) {
  answers()
      .then(200, list_of(other_refund("re_3") + ',' + other_refund("re_2"), true))
      .then(200, list_of(kRefundSample))
      .then(200, list_of(""));
  const auto refunds = stripe_->refunds_of(as_, "pi_1");
  ASSERT_TRUE(refunds) << refunds.error().log.for_log();
  ASSERT_EQ(refunds->size(), 3U);
  EXPECT_EQ((*refunds)[0].id, "re_1");
  EXPECT_EQ((*refunds)[0].reference, "rf-1");
  EXPECT_EQ((*refunds)[2].id, "re_3");
  EXPECT_EQ(line(0), kList);
  EXPECT_EQ(line(1), kList + "&starting_after=re_2");
  EXPECT_TRUE(stripe_->refunds_of(as_, "pi_1")->empty());
}

TEST_F(StripeTest, RefundsThatAreOddAreNoAnswer) {
  answers()
      .then(200, list_of(edited(kRefundSample, "payment_intent", R"("pi_2")")))
      .then(200, list_of(R"({"object":"refund"})", true))
      .then(200, list_of("null"));
  for (int i = 0; i < 3; ++i) expect_unavailable(stripe_->refunds_of(as_, "pi_1"));
  for (int i = 0; i < 30; ++i) answers().then(200, list_of(kRefundSample, true));
  const std::size_t before = calls();
  expect_unavailable(stripe_->refunds_of(as_, "pi_1"));
  EXPECT_EQ(calls() - before, 20U);
}

TEST_F(StripeTest, ADisputeIsRead) {
  answers()
      .then(200, kDisputeSample)
      .then(200, edited(kDisputeSample, "id", R"("dp_2")"))
      .then(404, refusal("resource_missing"));
  EXPECT_EQ(stripe_->dispute(as_, "dp_1")->state, app::DisputeState::kOpen);
  EXPECT_EQ(line(), "GET /v1/disputes/dp_1");
  expect_unavailable(stripe_->dispute(as_, "dp_1"));
  expect_refused(stripe_->dispute(as_, "dp_1"), "resource_missing");
}

}  // namespace
}  // namespace purser::stripe
