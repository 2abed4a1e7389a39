#include "adapters/stripe/stripe.hpp"

#include <gtest/gtest.h>

#include "adapters/stripe/scripted_transport.hpp"
#include "adapters/stripe/signature.hpp"

namespace purser::stripe {
namespace {

using SessionStatus = app::RemoteCheckoutSession::Status;

constexpr std::int64_t kNow = 1'700'000'000'000;
constexpr std::int64_t kHour = 3'600'000;

class FixedClock final : public app::Clock {
 public:
  Timestamp now() const override { return *Timestamp::from_millis(kNow); }
};

std::string session_json(const std::string& id, const std::string& reference,
                         std::int64_t created = kNow / 1000) {
  return R"({"id":")" + id + R"(","object":"checkout.session","status":"open","payment_status":)" +
         R"("unpaid","livemode":false,"payment_intent":null,"customer":"cus_1","url":"https://x/",)" +
         R"("amount_total":1000,"currency":"usd","client_reference_id":")" + reference +
         R"(","created":)" + std::to_string(created) + "}";
}

std::string list_json(const std::string& rows, bool has_more) {
  return R"({"object":"list","data":[)" + rows + R"(],"has_more":)" +
         (has_more ? "true" : "false") + "}";
}

class StripeTest : public testing::Test {
 protected:
  StripeTest() {
    StripeOptions options;
    options.retry.max_attempts = 1;
    auto transport = std::make_unique<ScriptedTransport>();
    transport_ = transport.get();
    stripe_ = std::make_unique<Stripe>(std::move(options), std::move(transport), clock_);
  }
  app::NewCheckoutSession order() const {
    app::NewCheckoutSession session;
    session.customer = "cus_1";
    session.price = "price_1";
    session.quantity = 2;
    session.success_url = "https://a.example/ok";
    session.cancel_url = "https://a.example/no";
    session.reference = "co-1";
    return session;
  }
  const HttpRequest& sent(std::size_t i = 0) const { return transport_->requests.at(i); }

  FixedClock clock_;
  ScriptedTransport* transport_ = nullptr;
  std::unique_ptr<Stripe> stripe_;
  app::ProviderCredentials as_{Secret("sk_test_1"), ""};
};

TEST_F(StripeTest, TheAccountTellsItsIdAndTheKeyItsMode) {
  transport_->then(200, R"({"id":"acct_1","object":"account"})")
      .then(200, R"({"id":"acct_1","object":"account"})");
  auto account = stripe_->account(as_);
  ASSERT_TRUE(account);
  EXPECT_EQ(account->id, "acct_1");
  EXPECT_FALSE(account->livemode);
  as_.secret_key = Secret("rk_live_1");
  EXPECT_TRUE(stripe_->account(as_)->livemode);
  EXPECT_EQ(sent().path, "/v1/account");
}

TEST_F(StripeTest, ACustomerCarriesOnlyWhatItHas) {
  transport_->then(200, R"({"id":"cus_1","object":"customer"})");
  app::NewRemoteCustomer customer;
  customer.display_name = "Ada & Co";
  customer.email = "";
  customer.metadata = {{"purser_customer", "user/é"}};
  EXPECT_EQ(*stripe_->create_customer(as_, customer, "k"), "cus_1");
  EXPECT_EQ(sent().body, "name=Ada%20%26%20Co&metadata[purser_customer]=user%2F%C3%A9");
}

TEST_F(StripeTest, ProductsAndPricesAreSentInMinorUnits) {
  transport_->then(200, R"({"id":"prod_1","object":"product"})")
      .then(200, R"({"id":"price_1","object":"price"})");
  EXPECT_EQ(*stripe_->create_product(as_, "Credits", "credits@3", "k1"), "prod_1");
  EXPECT_EQ(sent().body, "name=Credits&metadata[purser_product]=credits%403");
  const Money price(1500, *Currency::parse("JPY"));
  EXPECT_EQ(*stripe_->create_price(as_, "prod_1", price, "credits@3/one", "k2"), "price_1");
  EXPECT_EQ(
      sent(1).body,
      "product=prod_1&unit_amount=1500&currency=jpy&metadata[purser_price]=credits%403%2Fone");
  EXPECT_EQ(header_of(sent(1), "Idempotency-Key"), "k2");
}

TEST_F(StripeTest, ACheckoutSessionIsMadeAndRead) {
  transport_->then(200, session_json("cs_1", "co-1"));
  const auto session = stripe_->create_checkout_session(as_, order(), "k");
  ASSERT_TRUE(session);
  EXPECT_EQ(session->id, "cs_1");
  EXPECT_EQ(session->url, "https://x/");
  EXPECT_EQ(session->status, SessionStatus::kOpen);
  EXPECT_FALSE(session->paid);
  EXPECT_EQ(session->amount_total, Money(1000, *Currency::parse("USD")));
  EXPECT_EQ(session->reference, "co-1");
  EXPECT_EQ(sent().path, "/v1/checkout/sessions");
  EXPECT_EQ(sent().body,
            "mode=payment&customer=cus_1&line_items[0][price]=price_1&line_items[0][quantity]=2&"
            "success_url=https%3A%2F%2Fa.example%2Fok&cancel_url=https%3A%2F%2Fa.example%2Fno&"
            "client_reference_id=co-1&metadata[purser_checkout]=co-1&"
            "payment_intent_data[metadata][purser_checkout]=co-1");
}

TEST_F(StripeTest, AYoungCheckoutTrustsItsKey) {
  transport_->then(200, session_json("cs_1", "co-1"));
  auto session = order();
  session.asked_at = *Timestamp::from_millis(kNow - 22 * kHour);
  ASSERT_TRUE(stripe_->create_checkout_session(as_, session, "k"));
  EXPECT_EQ(sent().method, "POST");
}

TEST_F(StripeTest, AnOldCheckoutIsLookedUpBeforeItIsMadeAgain) {
  transport_->then(200, list_json(session_json("cs_9", "co-9"), true))
      .then(200,
            list_json(session_json("cs_2", "co-2") + "," + session_json("cs_1", "co-1"), true));
  auto session = order();
  session.asked_at = *Timestamp::from_millis(kNow - 24 * kHour);
  const auto found = stripe_->create_checkout_session(as_, session, "k");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, "cs_1");
  EXPECT_EQ(sent(0).path, "/v1/checkout/sessions?customer=cus_1&limit=100");
  EXPECT_EQ(sent(1).path, "/v1/checkout/sessions?customer=cus_1&limit=100&starting_after=cs_9");
  EXPECT_EQ(transport_->requests.size(), 2U);
}

TEST_F(StripeTest, AnOldCheckoutThatStripeNeverSawIsMade) {
  const std::int64_t before = kNow / 1000 - 30 * 3600;
  transport_->then(200, list_json(session_json("cs_9", "co-9", before), true))
      .then(200, session_json("cs_1", "co-1"));
  auto session = order();
  session.asked_at = *Timestamp::from_millis(kNow - 24 * kHour);
  ASSERT_TRUE(stripe_->create_checkout_session(as_, session, "k"));
  EXPECT_EQ(transport_->requests.size(), 2U);  // older pages cannot hold it
  EXPECT_EQ(sent(1).method, "POST");
}

HttpReply remembered_fault() {
  HttpReply reply;
  reply.status = 500;
  reply.replayed = true;
  return reply;
}

TEST_F(StripeTest, AKeyThatIsSpentIsFollowedByTheNext) {
  transport_->then(remembered_fault())
      .then(remembered_fault())
      .then(200, R"({"id":"prod_1","object":"product"})");
  EXPECT_EQ(*stripe_->create_product(as_, "Credits", "credits@1", "k"), "prod_1");
  EXPECT_EQ(header_of(sent(0), "Idempotency-Key"), "k");
  EXPECT_EQ(header_of(sent(1), "Idempotency-Key"), "k-2");
  EXPECT_EQ(header_of(sent(2), "Idempotency-Key"), "k-3");
}

TEST_F(StripeTest, SpentKeysComeToAnEnd) {
  for (int i = 0; i < 10; ++i) transport_->then(remembered_fault());
  EXPECT_EQ(stripe_->create_product(as_, "Credits", "credits@1", "k").error().code,
            ErrorCode::kPaymentProviderUnavailable);
  EXPECT_EQ(transport_->requests.size(), 4U);
}

TEST_F(StripeTest, ASessionOfASpentKeyIsLookedUpFirst) {
  transport_->then(remembered_fault())
      .then(200, list_json(session_json("cs_1", "co-1"), false))
      .then(remembered_fault())
      .then(200, list_json("", false))
      .then(200, session_json("cs_2", "co-1"));
  EXPECT_EQ(stripe_->create_checkout_session(as_, order(), "k")->id, "cs_1");
  EXPECT_EQ(sent(1).method, "GET");
  EXPECT_EQ(stripe_->create_checkout_session(as_, order(), "k")->id, "cs_2");
  EXPECT_EQ(header_of(sent(4), "Idempotency-Key"), "k-2");
}

TEST_F(StripeTest, ASecondWebhookEndpointIsNotMade) {
  transport_->then(remembered_fault());
  EXPECT_FALSE(stripe_->create_webhook_endpoint(as_, "https://p.example/hook", "k"));
  EXPECT_EQ(transport_->requests.size(), 1U);
}

TEST_F(StripeTest, ALookUpThatFailsMakesNothing) {
  transport_->then(500, "");
  auto session = order();
  session.asked_at = *Timestamp::from_millis(kNow - 24 * kHour);
  EXPECT_EQ(stripe_->create_checkout_session(as_, session, "k").error().code,
            ErrorCode::kPaymentProviderUnavailable);
  EXPECT_EQ(transport_->requests.size(), 1U);
}

TEST_F(StripeTest, AnIdNeverBecomesAnotherRoute) {
  EXPECT_EQ(stripe_->checkout_session(as_, "").error().code, ErrorCode::kInternalError);
  transport_->then(200, session_json("cs_other", "co-1"));
  EXPECT_EQ(stripe_->checkout_session(as_, "cs/../x?y").error().code,
            ErrorCode::kPaymentProviderUnavailable);  // not the session that was asked for
  EXPECT_EQ(sent().path, "/v1/checkout/sessions/cs%2F..%2Fx%3Fy");
}

TEST_F(StripeTest, ARefundIsDoneWhenTheMoneyIsOnItsWay) {
  for (const char* status : {"succeeded", "pending", "requires_action"}) {
    transport_->then(200,
                     std::string(R"({"id":"re_1","object":"refund","status":")") + status + "\"}");
    EXPECT_TRUE(stripe_->refund_payment(as_, "pi_1", "k")) << status;
  }
  EXPECT_EQ(sent().body, "payment_intent=pi_1");
}

TEST_F(StripeTest, ARefundThatWasMadeBeforeIsDone) {
  transport_->then(400, R"({"error":{"type":"invalid_request_error",)"
                        R"("code":"charge_already_refunded","message":"Already."}})");
  EXPECT_TRUE(stripe_->refund_payment(as_, "pi_1", "k"));
}

TEST_F(StripeTest, ARefundThatFailedIsNotDone) {
  transport_
      ->then(200, R"({"id":"re_1","object":"refund","status":"failed",)"
                  R"("failure_reason":"lost_or_stolen_card"})")
      .then(200, R"({"id":"re_1","object":"refund","status":"odd"})")
      .then(404, R"({"error":{"type":"invalid_request_error","code":"resource_missing"}})");
  const auto failed = stripe_->refund_payment(as_, "pi_1", "k");
  EXPECT_EQ(failed.error().code, ErrorCode::kPaymentProviderRefused);
  EXPECT_EQ(detail_of(failed.error(), "provider_code"), "lost_or_stolen_card");
  EXPECT_EQ(stripe_->refund_payment(as_, "pi_1", "k").error().code,
            ErrorCode::kPaymentProviderUnavailable);
  EXPECT_EQ(stripe_->refund_payment(as_, "pi_1", "k").error().code,
            ErrorCode::kPaymentProviderRefused);
}

TEST_F(StripeTest, AWebhookEndpointAsksForWhatIsHandled) {
  transport_->then(200, R"({"id":"we_1","object":"webhook_endpoint","secret":"whsec_1"})");
  const auto endpoint = stripe_->create_webhook_endpoint(as_, "https://p.example/hook", "k");
  ASSERT_TRUE(endpoint);
  EXPECT_EQ(endpoint->id, "we_1");
  EXPECT_EQ(endpoint->secret.reveal(), "whsec_1");
  EXPECT_NE(sent().body.find("enabled_events[0]=checkout.session.completed"), std::string::npos);
  EXPECT_NE(sent().body.find("api_version=2024-06-20"), std::string::npos);
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
