#include "adapters/stripe/stripe.hpp"

#include "adapters/stripe/signature.hpp"
#include "adapters/stripe/stripe_fixture.hpp"

namespace purser::stripe {
namespace {

const std::string kProduct = R"({"id":"prod_1","object":"product"})";

TEST_F(StripeTest, ALostAnswerIsAskedForAgainUnderTheSameKey) {
  answers().then(NoReply{"timed out"}).then(200, kProduct);
  EXPECT_EQ(*stripe_->create_product(as_, "Credits", "credits@1", "k"), "prod_1");
  EXPECT_EQ(line(0), "POST /v1/products k");
  EXPECT_EQ(line(1), "POST /v1/products k");
  EXPECT_EQ(sent(0).body, sent(1).body);
}

TEST_F(StripeTest, AKeyThatIsSpentIsFollowedByTheNext) {
  answers().then(remembered_fault()).then(remembered_fault()).then(200, kProduct);
  EXPECT_EQ(*stripe_->create_product(as_, "Credits", "credits@1", "k"), "prod_1");
  EXPECT_EQ(line(0), "POST /v1/products k");
  EXPECT_EQ(line(1), "POST /v1/products k-2");
  EXPECT_EQ(line(2), "POST /v1/products k-3");
}

TEST_F(StripeTest, SpentKeysComeToAnEnd) {
  for (int i = 0; i < 10; ++i) answers().then(remembered_fault());
  expect_unavailable(stripe_->create_product(as_, "Credits", "credits@1", "k"));
  EXPECT_EQ(calls(), 4U);
}

TEST_F(StripeTest, ASecondWebhookEndpointIsNotMade) {
  answers().then(remembered_fault());
  expect_unavailable(stripe_->create_webhook_endpoint(as_, "https://p.example/hook", "k"));
  EXPECT_EQ(calls(), 1U);
}

TEST_F(StripeTest, AWebhookEndpointAsksForWhatIsHandled) {
  answers().then(200, R"({"id":"we_1","object":"webhook_endpoint","secret":"whsec_1"})");
  const auto endpoint = stripe_->create_webhook_endpoint(as_, "https://p.example/hook", "k");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->id, "we_1");
  EXPECT_EQ(endpoint->secret.reveal(), "whsec_1");
  EXPECT_EQ(line(), "POST /v1/webhook_endpoints k");
  EXPECT_TRUE(
      sent().body.starts_with("url=https%3A%2F%2Fp.example%2Fhook&api_version=2024-06-20&"
                              "enabled_events[0]=checkout.session.completed&"));
  for (const char* type : {"checkout.session.async_payment_succeeded",
                           "checkout.session.async_payment_failed",
                           "checkout.session.expired",
                           "customer.subscription.created",
                           "customer.subscription.updated",
                           "customer.subscription.deleted",
                           "customer.subscription.paused",
                           "customer.subscription.resumed",
                           "invoice.finalized",
                           "invoice.paid",
                           "invoice.payment_failed",
                           "invoice.payment_action_required",
                           "invoice.updated",
                           "invoice.voided",
                           "invoice.marked_uncollectible",
                           "charge.refunded",
                           "charge.refund.updated",
                           "refund.created",
                           "refund.updated",
                           "charge.dispute.created",
                           "charge.dispute.updated",
                           "charge.dispute.closed",
                           "charge.dispute.funds_withdrawn",
                           "charge.dispute.funds_reinstated",
                           "account.updated"}) {
    EXPECT_NE((sent().body + '&').find("]=" + std::string(type) + '&'), std::string::npos) << type;
  }
}

// Each event that is asked for must also be followed.
TEST_F(StripeTest, NothingIsAskedForInVain) {
  answers().then(200, R"({"id":"we_1","object":"webhook_endpoint","secret":"whsec_1"})");
  ASSERT_TRUE(stripe_->create_webhook_endpoint(as_, "https://p.example/hook", "k"));
  const std::string& body = sent().body;
  int count = 0;
  for (std::size_t from = body.find("enabled_events"); from != std::string::npos;
       from = body.find("enabled_events", from + 1)) {
    const std::size_t value = body.find('=', from) + 1;
    const std::string type = body.substr(value, body.find('&', value) - value);
    std::string event = R"({"id":"evt_1","object":"event","type":")";
    event += type;
    event += R"(","livemode":true,"data":{"object":{"id":"x_1","payment_intent":"pi_1"}}})";
    std::vector<Secret> secrets;
    secrets.emplace_back("whsec_1");
    const Timestamp now = clock_.now();
    const auto read = stripe_->verify_event(event, sign(event, secrets[0], now), secrets, now);
    ASSERT_TRUE(read) << type;
    EXPECT_NE(read->about, app::ProviderObject::kOther) << type;
    ++count;
  }
  EXPECT_EQ(count, 26);
}

TEST_F(StripeTest, AnIdNeverBecomesAnotherRoute) {
  EXPECT_EQ(stripe_->checkout_session(as_, "").error().code, ErrorCode::kInternalError);
  for (const std::string& id : {std::string("."), std::string(".."), std::string(256, 'x')}) {
    expect_refused(stripe_->setup_intent(as_, id), "resource_missing");
  }
  EXPECT_EQ(calls(), 0U);
  answers().then(200, edited(kSessionSample, "id", R"("cs_other")"));
  expect_unavailable(stripe_->checkout_session(as_, "cs/../x?y"));  // not what was asked for
  EXPECT_EQ(sent().path, "/v1/checkout/sessions/cs%2F..%2Fx%3Fy");
}

TEST_F(StripeTest, APageInHtmlSaysNothing) {
  answers().then(200, "<html>Welcome</html>").then(404, "<html>Not found</html>");
  expect_unavailable(stripe_->subscription(as_, "sub_1"));
  EXPECT_EQ(calls(), 2U);
}

TEST_F(StripeTest, AnEventIsReadOnlyOnceItsSignatureHolds) {
  const std::string body =
      R"({"id":"evt_1","object":"event","type":"checkout.session.completed","livemode":false,)"
      R"("account":"acct_2","data":{"object":{"id":"cs_1","object":"checkout.session"}}})";
  std::vector<Secret> secrets;
  secrets.emplace_back("whsec_1");
  const Timestamp now = clock_.now();
  const auto event = stripe_->verify_event(body, sign(body, secrets[0], now), secrets, now);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->id, "evt_1");
  EXPECT_EQ(event->type, "checkout.session.completed");
  EXPECT_EQ(event->object_id, "cs_1");
  EXPECT_EQ(event->about, app::ProviderObject::kCheckoutSession);
  EXPECT_EQ(event->subject, "cs_1");
  EXPECT_EQ(event->account, "acct_2");
  EXPECT_FALSE(event->livemode);
  EXPECT_EQ(
      stripe_->verify_event(body, sign(body + " ", secrets[0], now), secrets, now).error().code,
      ErrorCode::kWebhookSignatureInvalid);
  EXPECT_EQ(stripe_->verify_event("{}", sign("{}", secrets[0], now), secrets, now).error().code,
            ErrorCode::kBodyParsingError);
}

TEST_F(StripeTest, StoppingReachesTheTransport) {
  stripe_->stop();
  EXPECT_TRUE(transport_->stopped);
}

}  // namespace
}  // namespace purser::stripe
