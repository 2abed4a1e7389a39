// The provider's calls about payment methods.

#include "adapters/stripe/stripe_fixture.hpp"

namespace purser::stripe {
namespace {

const std::string kLooseMethod = edited(kPaymentMethodSample, "customer", "null");

TEST_F(StripeTest, TheDefaultPaymentMethodIsTheInvoiceSettings) {
  answers()
      .then(200, kCustomerSample)
      .then(200, R"({"id":"cus_1","object":"customer","deleted":true})")
      .then(200, edited(kCustomerSample, "id", R"("cus_2")"));
  const auto method = stripe_->default_payment_method(as_, "cus_1");
  ASSERT_TRUE(method) << method.error().log.for_log();
  EXPECT_EQ((*method)->id, "pm_1");
  EXPECT_EQ(line(), "GET /v1/customers/cus_1?expand[]=invoice_settings.default_payment_method");
  EXPECT_EQ(*stripe_->default_payment_method(as_, "cus_1"), std::nullopt);
  expect_unavailable(stripe_->default_payment_method(as_, "cus_1"));
}

TEST_F(StripeTest, ADeletedCustomerHasNothingToExpand) {
  answers()
      .then(400, refusal("property_not_expandable"))
      .then(200, R"({"id":"cus_1","object":"customer","deleted":true})")
      .then(400, refusal("some_reason"))
      .then(200, kCustomerSample)
      .then(404, refusal("resource_missing"))
      .then(404, refusal("resource_missing"));
  EXPECT_EQ(*stripe_->default_payment_method(as_, "cus_1"), std::nullopt);
  EXPECT_EQ(line(1), "GET /v1/customers/cus_1");
  expect_refused(stripe_->default_payment_method(as_, "cus_1"), "some_reason");
  expect_refused(stripe_->default_payment_method(as_, "cus_1"), "resource_missing");
}

TEST_F(StripeTest, ASetupIntentIsForLaterPayments) {
  const std::string fresh =
      edited(edited(kSetupIntentSample, "status", R"("requires_payment_method")"), "payment_method",
             "null");
  answers()
      .then(NoReply{"reset"})
      .then(200, fresh)
      .then(200, edited(fresh, "customer", R"("cus_2")"));
  const auto intent = stripe_->create_setup_intent(as_, "cus_1", "k");
  ASSERT_TRUE(intent) << intent.error().log.for_log();
  EXPECT_EQ(intent->client_secret.reveal(), "seti_1_secret_x");
  EXPECT_FALSE(intent->succeeded);
  EXPECT_EQ(line(0), "POST /v1/setup_intents k");
  EXPECT_EQ(line(1), "POST /v1/setup_intents k");
  EXPECT_EQ(sent(1).body, "customer=cus_1&usage=off_session");
  expect_unavailable(stripe_->create_setup_intent(as_, "cus_1", "k"));
}

TEST_F(StripeTest, ASetupIntentIsRead) {
  answers().then(200, kSetupIntentSample).then(404, refusal("resource_missing"));
  EXPECT_EQ(stripe_->setup_intent(as_, "seti_1")->payment_method, "pm_1");
  EXPECT_EQ(line(), "GET /v1/setup_intents/seti_1");
  expect_refused(stripe_->setup_intent(as_, "seti_2"), "resource_missing");
}

TEST_F(StripeTest, AMethodThatIsAttachedBecomesTheDefault) {
  answers().then(200, kPaymentMethodSample).then(NoReply{"reset"}).then(200, kCustomerSample);
  const auto method = stripe_->set_default_payment_method(as_, "cus_1", "pm_1", "k");
  ASSERT_TRUE(method) << method.error().log.for_log();
  EXPECT_EQ(method->last4, "4242");
  EXPECT_EQ(line(0), "GET /v1/payment_methods/pm_1");
  EXPECT_EQ(line(1), "POST /v1/customers/cus_1 k");
  EXPECT_EQ(line(2), "POST /v1/customers/cus_1 k");
  EXPECT_EQ(sent(2).body, "invoice_settings[default_payment_method]=pm_1");
}

TEST_F(StripeTest, AMethodThatIsNotIsAttachedFirst) {
  answers().then(200, kLooseMethod).then(200, kPaymentMethodSample).then(200, kCustomerSample);
  ASSERT_TRUE(stripe_->set_default_payment_method(as_, "cus_1", "pm_1", "k"));
  EXPECT_EQ(line(1), "POST /v1/payment_methods/pm_1/attach k-attach");
  EXPECT_EQ(sent(1).body, "customer=cus_1");
  EXPECT_EQ(line(2), "POST /v1/customers/cus_1 k");
}

TEST_F(StripeTest, AMethodThatCannotBeAttachedIsNotTheDefault) {
  answers()
      .then(200, edited(kPaymentMethodSample, "customer", R"("cus_2")"))
      .then(400, refusal("payment_method_unexpected_state"))
      .then(200, kLooseMethod)
      .then(402, kDeclinedSample)
      .then(200, kLooseMethod)
      .then(200, edited(kPaymentMethodSample, "id", R"("pm_2")"));
  const auto set = [&] { return stripe_->set_default_payment_method(as_, "cus_1", "pm_1", "k"); };
  expect_refused(set(), "payment_method_unexpected_state");
  const auto declined = set();  // no money was asked for
  expect_refused(declined, "card_declined");
  EXPECT_EQ(detail_of(declined.error(), "decline_code"), "insufficient_funds");
  expect_unavailable(set());
  EXPECT_EQ(calls(), 6U);
}

TEST_F(StripeTest, ADefaultThatWasSetElsewhereIsNoAnswer) {
  answers().then(200, kPaymentMethodSample).then(200, edited(kCustomerSample, "id", R"("cus_2")"));
  expect_unavailable(stripe_->set_default_payment_method(as_, "cus_1", "pm_1", "k"));
}

TEST_F(StripeTest, ASubscriptionHasAMethodOfItsOwn) {
  answers()
      .then(200, kSubscriptionSample)
      .then(200, edited(kSubscriptionSample, "id", R"("sub_2")"));
  ASSERT_TRUE(stripe_->set_subscription_payment_method(as_, "sub_1", "pm_1", "k"));
  EXPECT_EQ(line(), "POST /v1/subscriptions/sub_1 k");
  EXPECT_EQ(sent().body, "default_payment_method=pm_1&expand[]=latest_invoice");
  expect_unavailable(stripe_->set_subscription_payment_method(as_, "sub_1", "pm_1", "k"));
}

}  // namespace
}  // namespace purser::stripe
