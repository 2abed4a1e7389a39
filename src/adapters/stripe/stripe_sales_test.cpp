// The provider's calls for a sale.

#include "adapters/stripe/stripe_fixture.hpp"

namespace purser::stripe {
namespace {

using SessionStatus = app::RemoteCheckoutSession::Status;

std::string session_json(const std::string& id, const std::string& reference,
                         std::int64_t created = kNow / 1000) {
  return R"({"id":")" + id + R"(","object":"checkout.session","status":"open","payment_status":)" +
         R"("unpaid","livemode":false,"payment_intent":null,"customer":"cus_1","url":"https://x/",)" +
         R"("amount_total":1000,"currency":"usd","client_reference_id":")" + reference +
         R"(","created":)" + std::to_string(created) + "}";
}

class StripeSalesTest : public StripeTest {
 protected:
  static app::NewCheckoutSession order(Timestamp asked_at = {}) {
    app::NewCheckoutSession session;
    session.customer = "cus_1";
    session.price = "price_1";
    session.quantity = 2;
    session.success_url = "https://a.example/ok";
    session.cancel_url = "https://a.example/no";
    session.reference = "co-1";
    session.asked_at = asked_at;
    return session;
  }
};

TEST_F(StripeSalesTest, ACustomerCarriesOnlyWhatItHas) {
  answers().then(200, kCustomerSample).then(200, kCustomerSample);
  app::NewRemoteCustomer customer;
  customer.display_name = "Ada & Co";
  customer.email = "";
  customer.metadata = {{"purser_customer", "user/é"}};
  EXPECT_EQ(*stripe_->create_customer(as_, customer, "k"), "cus_1");
  EXPECT_EQ(line(), "POST /v1/customers k");
  EXPECT_EQ(sent().body, "name=Ada%20%26%20Co&metadata[purser_customer]=user%2F%C3%A9");
  customer.email = "ada@example.com";
  customer.metadata.clear();
  ASSERT_TRUE(stripe_->create_customer(as_, customer, "k"));
  EXPECT_EQ(sent(1).body, "name=Ada%20%26%20Co&email=ada%40example.com");
}

TEST_F(StripeSalesTest, ProductsAndPricesAreSentInMinorUnits) {
  answers()
      .then(200, R"({"id":"prod_1","object":"product"})")
      .then(200, R"({"id":"price_1","object":"price"})");
  EXPECT_EQ(*stripe_->create_product(as_, "Credits", "credits@3", "k1"), "prod_1");
  EXPECT_EQ(line(0), "POST /v1/products k1");
  EXPECT_EQ(sent().body, "name=Credits&metadata[purser_product]=credits%403");
  app::NewRemotePrice price{"prod_1", Money(1500, *Currency::parse("JPY")), {}, "credits@3/one"};
  EXPECT_EQ(*stripe_->create_price(as_, price, "k2"), "price_1");
  EXPECT_EQ(line(1), "POST /v1/prices k2");
  EXPECT_EQ(
      sent(1).body,
      "product=prod_1&unit_amount=1500&currency=jpy&metadata[purser_price]=credits%403%2Fone");
}

TEST_F(StripeSalesTest, APriceWithAnIntervalRecurs) {
  answers().then(200, R"({"id":"price_1","object":"price"})");
  app::NewRemotePrice price{"prod_1", usd(900), CalendarInterval{IntervalUnit::kWeek, 2}, "p@1/w"};
  ASSERT_TRUE(stripe_->create_price(as_, price, "k"));
  EXPECT_EQ(sent().body,
            "product=prod_1&unit_amount=900&currency=usd&recurring[interval]=week&"
            "recurring[interval_count]=2&metadata[purser_price]=p%401%2Fw");
}

TEST_F(StripeSalesTest, AnObjectWithoutIdIsNone) {
  answers().then(200, R"({"object":"price"})");
  expect_unavailable(stripe_->create_price(as_, {"prod_1", usd(1), {}, "r"}, "k"));
}

TEST_F(StripeSalesTest, ACheckoutSessionIsMadeAndRead) {
  answers().then(200, session_json("cs_1", "co-1"));
  const auto session = stripe_->create_checkout_session(as_, order(), "k");
  ASSERT_TRUE(session);
  EXPECT_EQ(session->id, "cs_1");
  EXPECT_EQ(session->url, "https://x/");
  EXPECT_EQ(session->status, SessionStatus::kOpen);
  EXPECT_FALSE(session->paid);
  EXPECT_EQ(session->amount_total, usd(1000));
  EXPECT_EQ(session->reference, "co-1");
  EXPECT_EQ(line(), "POST /v1/checkout/sessions k");
  EXPECT_EQ(sent().body,
            "mode=payment&customer=cus_1&line_items[0][price]=price_1&line_items[0][quantity]=2&"
            "success_url=https%3A%2F%2Fa.example%2Fok&cancel_url=https%3A%2F%2Fa.example%2Fno&"
            "client_reference_id=co-1&metadata[purser_checkout]=co-1&"
            "payment_intent_data[metadata][purser_checkout]=co-1");
}

TEST_F(StripeSalesTest, AnEmbeddedSessionHasASecretAndOneWayBack) {
  std::string answer = session_json("cs_1", "co-1");
  const std::size_t url = answer.find(R"("url":"https://x/")");
  ASSERT_NE(url, std::string::npos) << answer;
  answer.replace(url, 18, R"("url":null,"client_secret":"cs_1_secret_2")");
  answers().then(200, answer);
  auto wanted = order();
  wanted.is_embedded = true;
  const auto session = stripe_->create_checkout_session(as_, wanted, "k");
  ASSERT_TRUE(session);
  EXPECT_EQ(session->client_secret.reveal(), "cs_1_secret_2");
  EXPECT_EQ(session->url, "");
  EXPECT_EQ(sent().body,
            "mode=payment&customer=cus_1&line_items[0][price]=price_1&line_items[0][quantity]=2&"
            "ui_mode=embedded&return_url=https%3A%2F%2Fa.example%2Fok&"
            "client_reference_id=co-1&metadata[purser_checkout]=co-1&"
            "payment_intent_data[metadata][purser_checkout]=co-1");
}

TEST_F(StripeSalesTest, ASubscriptionsSessionNamesItsCheckoutAndTrial) {
  for (int i = 0; i < 3; ++i) answers().then(200, session_json("cs_1", "co-1"));
  auto session = order();
  session.is_subscription = true;
  ASSERT_TRUE(stripe_->create_checkout_session(as_, session, "k"));
  const std::string plain =
      "mode=subscription&customer=cus_1&line_items[0][price]=price_1&line_items[0][quantity]=2&"
      "success_url=https%3A%2F%2Fa.example%2Fok&cancel_url=https%3A%2F%2Fa.example%2Fno&"
      "client_reference_id=co-1&metadata[purser_checkout]=co-1&"
      "subscription_data[metadata][purser_checkout]=co-1";
  EXPECT_EQ(sent(0).body, plain);
  session.trial_end = at(kNow + 72 * kHour + 999);
  ASSERT_TRUE(stripe_->create_checkout_session(as_, session, "k"));
  EXPECT_EQ(sent(1).body, plain + "&subscription_data[trial_end]=1700259200");
  session.trial_end.reset();
  session.trial_days = 14;
  ASSERT_TRUE(stripe_->create_checkout_session(as_, session, "k"));
  EXPECT_EQ(sent(2).body, plain + "&subscription_data[trial_period_days]=14");
}

TEST_F(StripeSalesTest, AYoungCheckoutTrustsItsKey) {
  answers().then(200, session_json("cs_1", "co-1"));
  ASSERT_TRUE(stripe_->create_checkout_session(as_, order(at(kNow - 22 * kHour)), "k"));
  EXPECT_EQ(sent().method, "POST");
}

TEST_F(StripeSalesTest, AnOldCheckoutIsLookedUpBeforeItIsMadeAgain) {
  answers()
      .then(200, list_of(session_json("cs_9", "co-9"), true))
      .then(200, list_of(session_json("cs_2", "co-2") + "," + session_json("cs_1", "co-1"), true));
  const auto found = stripe_->create_checkout_session(as_, order(at(kNow - 24 * kHour)), "k");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, "cs_1");
  EXPECT_EQ(line(0), "GET /v1/checkout/sessions?customer=cus_1&limit=100");
  EXPECT_EQ(line(1), "GET /v1/checkout/sessions?customer=cus_1&limit=100&starting_after=cs_9");
  EXPECT_EQ(calls(), 2U);
}

TEST_F(StripeSalesTest, AnOldCheckoutThatStripeNeverSawIsMade) {
  const std::int64_t before = kNow / 1000 - 30 * 3600;
  answers()
      .then(200, list_of(session_json("cs_9", "co-9", before), true))
      .then(200, session_json("cs_1", "co-1"));
  ASSERT_TRUE(stripe_->create_checkout_session(as_, order(at(kNow - 24 * kHour)), "k"));
  EXPECT_EQ(calls(), 2U);  // older pages cannot hold it
  EXPECT_EQ(sent(1).method, "POST");
}

TEST_F(StripeSalesTest, ALookUpComesToAnEnd) {
  for (int i = 0; i < 30; ++i) answers().then(200, list_of(session_json("cs_9", "co-9"), true));
  expect_unavailable(stripe_->create_checkout_session(as_, order(at(kNow - 24 * kHour)), "k"));
  EXPECT_EQ(calls(), 20U);
}

TEST_F(StripeSalesTest, ASessionOfASpentKeyIsLookedUpFirst) {
  answers()
      .then(remembered_fault())
      .then(200, list_of(session_json("cs_1", "co-1")))
      .then(remembered_fault())
      .then(200, list_of(""))
      .then(200, session_json("cs_2", "co-1"));
  EXPECT_EQ(stripe_->create_checkout_session(as_, order(), "k")->id, "cs_1");
  EXPECT_EQ(sent(1).method, "GET");
  EXPECT_EQ(stripe_->create_checkout_session(as_, order(), "k")->id, "cs_2");
  EXPECT_EQ(line(4), "POST /v1/checkout/sessions k-2");
}

TEST_F(StripeSalesTest, ALookUpThatFailsMakesNothing) {
  answers().then(500, "").then(503, "").then(200, R"({"object":"list","data":7})");
  const auto old = order(at(kNow - 24 * kHour));
  expect_unavailable(stripe_->create_checkout_session(as_, old, "k"));
  expect_unavailable(stripe_->create_checkout_session(as_, old, "k"));
  EXPECT_EQ(calls(), 3U);
  for (std::size_t i = 0; i < calls(); ++i) EXPECT_EQ(sent(i).method, "GET");
}

TEST_F(StripeSalesTest, ADeclinedCheckoutIsNotOursToTell) {
  answers().then(402, kDeclinedSample);
  expect_refused(stripe_->create_checkout_session(as_, order(), "k"), "card_declined");
}

TEST_F(StripeSalesTest, AnOpenSessionIsClosed) {
  answers().then(NoReply{"reset"}).then(200, edited(kSessionSample, "status", R"("expired")"));
  ASSERT_TRUE(stripe_->expire_checkout_session(as_, "cs_1", "k"));
  EXPECT_EQ(line(0), "POST /v1/checkout/sessions/cs_1/expire k");
  EXPECT_EQ(line(1), "POST /v1/checkout/sessions/cs_1/expire k");
  EXPECT_EQ(sent().body, "");
}

TEST_F(StripeSalesTest, ASessionThatIsClosedAlreadyIsClosed) {
  answers()
      .then(400, refusal("parameter_invalid"))
      .then(200, kSessionSample)
      .then(400, refusal("parameter_invalid"))
      .then(200, session_json("cs_1", "co-1"))
      .then(404, refusal("resource_missing"))
      .then(404, refusal("resource_missing"));
  EXPECT_TRUE(stripe_->expire_checkout_session(as_, "cs_1", "k"));
  EXPECT_EQ(line(1), "GET /v1/checkout/sessions/cs_1");
  // Still open, or none: refused as Stripe said.
  expect_refused(stripe_->expire_checkout_session(as_, "cs_1", "k"), "parameter_invalid");
  expect_refused(stripe_->expire_checkout_session(as_, "cs_1", "k"), "resource_missing");
}

TEST_F(StripeSalesTest, WhetherASessionWasClosedMayBeUnknown) {
  answers().then(500, "").then(500, "");
  expect_unavailable(stripe_->expire_checkout_session(as_, "cs_1", "k"));
}

}  // namespace
}  // namespace purser::stripe
