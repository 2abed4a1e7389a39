#include <gtest/gtest.h>

#include "purser/purser.hpp"
#include "sdk/codec.hpp"
#include "sdk/scripted_transport.hpp"

// Subscriptions and billing: what is sent, and what is made of the answers.

namespace purser::sdk {
namespace {

constexpr const char* kSubscription =
    R"({"subscription":{"id":"pur_1","product_id":"pro","price_id":"monthly","quantity":3,)"
    R"("status":"active","current_period_start":"2026-01-31T00:00:00.000Z",)"
    R"("current_period_end":"2026-02-28T00:00:00.000Z","trial_end":null,)"
    R"("cancel_at_period_end":true,"is_cancelable":true,"ended_at":null,)"
    R"("pending_switch":{"product_id":"free","price_id":"none","quantity":1,)"
    R"("at":"2026-02-28T00:00:00.000Z"}}})";

class BillingTest : public ::testing::Test {
 protected:
  ServerApp server() {
    ServerOptions options;
    options.base_url = "http://purser.test";
    options.project_id = "p1";
    options.secret_server_key = "ssk_1";
    options.super_secret_admin_key = "sak_1";
    options.transport = transport_;
    options.retry.initial_backoff = std::chrono::milliseconds(0);
    return ServerApp(options);
  }
  std::string line(std::size_t number) const {
    const auto request = transport_->sent().at(number);
    return request.method + " " +
           request.url.substr(std::string("http://purser.test/api/v1").size());
  }
  std::string body(std::size_t number) const { return transport_->sent().at(number).body; }

  std::shared_ptr<ScriptedTransport> transport_ = std::make_shared<ScriptedTransport>();
};

TEST_F(BillingTest, SubscriptionsAreCanceledResumedAndSwitched) {
  for (int i = 0; i < 6; ++i) transport_->then(200, kSubscription);
  const auto team = server().team("t/1");
  EXPECT_EQ(team.get_subscription("pur_1").value().id, "pur_1");
  EXPECT_TRUE(team.cancel_subscription({.product_id = "pro"}).value().cancel_at_period_end);
  EXPECT_TRUE(
      team.cancel_subscription({.subscription_id = "pur_1", .immediately = true}).has_value());
  EXPECT_TRUE(team.resume_subscription("pur_1").has_value());
  EXPECT_TRUE(
      team.switch_subscription({.from_product_id = "pro", .to_product_id = "free"}).has_value());
  EXPECT_TRUE(team.switch_subscription({.from_product_id = "pro",
                                        .to_product_id = "max",
                                        .price_id = "yearly",
                                        .quantity = 2,
                                        .effective = SwitchTime::kPeriodEnd})
                  .has_value());
  EXPECT_EQ(line(0), "GET /customers/team/t%2F1/subscriptions/pur_1");
  EXPECT_EQ(line(1), "DELETE /customers/team/t%2F1/products/pro?immediately=false");
  EXPECT_EQ(line(2),
            "DELETE /customers/team/t%2F1/products/-?immediately=true&subscription_id=pur_1");
  EXPECT_EQ(line(3), "POST /customers/team/t%2F1/subscriptions/pur_1/resume");
  EXPECT_EQ(line(4), "POST /customers/team/t%2F1/switch-subscription");
  EXPECT_EQ(body(4), R"({"from_product_id":"pro","to_product_id":"free"})");
  EXPECT_EQ(body(5),
            R"({"from_product_id":"pro","to_product_id":"max","price_id":"yearly","quantity":2,)"
            R"("effective":"period_end"})");
  for (std::size_t i = 1; i < 6; ++i) {
    EXPECT_FALSE(header_of(transport_->sent()[i], "idempotency-key").empty()) << i;
  }
}

TEST_F(BillingTest, CancelingNeedsToKnowWhat) {
  const auto answer = server().user("u").cancel_subscription({});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(transport_->sent().empty());
}

TEST_F(BillingTest, ReadsASubscription) {
  transport_->then(200, kSubscription);
  const auto found = server().user("u").get_subscription("pur_1");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->product_id, "pro");
  EXPECT_EQ(found->quantity, 3);
  EXPECT_EQ(found->status, "active");
  EXPECT_EQ(found->current_period_end - found->current_period_start, std::chrono::days(28));
  EXPECT_FALSE(found->trial_end.has_value());
  EXPECT_FALSE(found->ended_at.has_value());
  ASSERT_TRUE(found->pending_switch.has_value());
  EXPECT_EQ(found->pending_switch->product_id, "free");
  EXPECT_EQ(found->pending_switch->at, found->current_period_end);
}

TEST_F(BillingTest, PreviewsASwitch) {
  transport_->then(
      200, R"({"effective":"now","due_now":1234,"next_renewal":5000,"currency":"USD",)"
           R"("next_renewal_at":"2026-02-28T00:00:00Z","lines":[{"description":"Unused time",)"
           R"("amount":-766,"is_proration":true,"period_start":"2026-02-10T00:00:00Z",)"
           R"("period_end":"2026-02-28T00:00:00Z"}]})");
  const auto preview =
      server().user("u").preview_switch({.from_product_id = "pro", .to_product_id = "max"});
  ASSERT_TRUE(preview.has_value());
  EXPECT_EQ(line(0), "POST /customers/user/u/switch-subscription/preview");
  EXPECT_EQ(preview->effective, SwitchTime::kNow);
  EXPECT_EQ(preview->due_now, 1234);
  EXPECT_EQ(preview->next_renewal, 5000);
  ASSERT_EQ(preview->lines.size(), 1U);
  EXPECT_EQ(preview->lines[0].amount, -766);
  EXPECT_TRUE(preview->lines[0].is_proration);
}

TEST_F(BillingTest, PreviewsASwitchOfAPlanThatNobodyPaysFor) {
  transport_->then(200, R"({"effective":"now","due_now":0,"next_renewal":null,"currency":"USD",)"
                        R"("next_renewal_at":"2026-02-28T00:00:00Z","lines":[]})");
  const auto preview =
      server().user("u").preview_switch({.from_product_id = "pro", .to_product_id = "max"});
  ASSERT_TRUE(preview.has_value());
  EXPECT_FALSE(preview->next_renewal.has_value());
}

TEST_F(BillingTest, BillingAndPaymentMethods) {
  constexpr const char* kCard =
      R"({"id":"pm_1","brand":"visa","last4":"4242","exp_month":12,"exp_year":2040})";
  transport_->then(200, R"({"has_customer":false,"default_payment_method":null})")
      .then(200, std::string(R"({"has_customer":true,"default_payment_method":)") + kCard + "}")
      .then(200, R"({"client_secret":"seti_secret","stripe_account_id":"acct_1"})")
      .then(200, std::string(R"({"default_payment_method":)") + kCard + "}")
      .then(200, R"({"default_payment_method":{"id":"pm_2","brand":null,"last4":null,)"
                 R"("exp_month":null,"exp_year":null}})");
  const auto user = server().user("u");
  const auto none = user.get_billing();
  ASSERT_TRUE(none.has_value());
  EXPECT_FALSE(none->has_customer);
  EXPECT_FALSE(none->default_payment_method.has_value());
  EXPECT_EQ(user.get_billing().value().default_payment_method.value().last4, "4242");
  const auto intent = user.create_payment_method_setup_intent();
  ASSERT_TRUE(intent.has_value());
  EXPECT_EQ(intent->client_secret, "seti_secret");
  EXPECT_EQ(intent->stripe_account_id, "acct_1");
  const auto card = user.set_default_payment_method_from_setup_intent("seti_1");
  ASSERT_TRUE(card.has_value());
  EXPECT_EQ(card->exp_year, 2040);
  const auto bare = user.set_default_payment_method_from_setup_intent("seti_2");
  ASSERT_TRUE(bare.has_value());
  EXPECT_EQ(bare->id, "pm_2");
  EXPECT_FALSE(bare->brand.has_value());
  EXPECT_FALSE(bare->exp_month.has_value());
  EXPECT_EQ(line(0), "GET /customers/user/u/billing");
  EXPECT_EQ(line(2), "POST /customers/user/u/payment-method-setup-intent");
  EXPECT_EQ(line(3), "POST /customers/user/u/default-payment-method");
  EXPECT_EQ(body(3), R"({"setup_intent_id":"seti_1"})");
}

TEST_F(BillingTest, InvoicesTransactionsAndRefunds) {
  transport_
      ->then(200, R"({"items":[{"id":"in_1","number":null,"purchase_id":"pur_1","currency":"USD",)"
                  R"("total":1000,"amount_paid":1000,"amount_refunded":200,"status":"paid",)"
                  R"("hosted_url":null,"period_start":null,"period_end":null,)"
                  R"("created_at":"2026-01-01T00:00:00Z"}],"pagination":{"next_cursor":"n"}})")
      .then(200, R"({"items":[{"id":"t1","kind":"cancel","purchase_id":"pur_1","product_id":null,)"
                 R"("amount":null,"currency":null,"created_at":"2026-01-01T00:00:00Z"}],)"
                 R"("pagination":{"next_cursor":null}})")
      .then(200, R"({"refund":{"id":"r1","purchase_id":"pur_1","amount":200,"currency":"USD",)"
                 R"("quantity":null,"status":"succeeded","reason":"duplicate",)"
                 R"("created_at":"2026-01-01T00:00:00Z"}})");
  const auto app = server();
  const auto invoices = app.user("u").list_invoices({.limit = 1});
  ASSERT_TRUE(invoices.has_value());
  EXPECT_EQ(invoices->items.at(0).amount_refunded, 200);
  EXPECT_EQ(invoices->next_cursor, "n");
  const auto transactions = app.user("u").list_transactions();
  ASSERT_TRUE(transactions.has_value());
  EXPECT_EQ(transactions->items.at(0).kind, "cancel");
  EXPECT_FALSE(transactions->items.at(0).amount.has_value());
  const auto refund = app.refund_purchase("pur/1", {.amount = 200, .reason = "duplicate"});
  ASSERT_TRUE(refund.has_value());
  EXPECT_EQ(refund->status, "succeeded");
  EXPECT_EQ(line(0), "GET /customers/user/u/invoices?limit=1");
  EXPECT_EQ(line(1), "GET /customers/user/u/transactions");
  EXPECT_EQ(line(2), "POST /purchases/pur%2F1/refund");
  EXPECT_EQ(body(2), R"({"amount":200,"reason":"duplicate"})");
  EXPECT_EQ(header_of(transport_->sent()[2], "x-purser-access-type"), "admin");
}

TEST_F(BillingTest, ADeclinedPaymentSaysWhy) {
  transport_->then(402, R"({"code":"PAYMENT_FAILED","error":"Your card was declined.",)"
                        R"("details":{"decline_code":"insufficient_funds"}})");
  const auto answer =
      server().user("u").switch_subscription({.from_product_id = "pro", .to_product_id = "max"});
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().code(), ErrorCode::kPaymentFailed);
  EXPECT_EQ(answer.error().detail("decline_code"), "insufficient_funds");
  EXPECT_EQ(transport_->sent().size(), 1U);
}

TEST(SdkBillingCodecTest, AnswersWithoutTheirPartAreMalformed) {
  const json::Value empty = json::parse("{}").value();
  EXPECT_EQ(codec::read_subscription_reply(empty).error().code(), ErrorCode::kMalformedAnswer);
  EXPECT_EQ(codec::read_refund(empty).error().code(), ErrorCode::kMalformedAnswer);
  EXPECT_EQ(codec::read_default_payment_method(empty).error().code(), ErrorCode::kMalformedAnswer);
  EXPECT_EQ(codec::read_billing(empty).error().code(), ErrorCode::kMalformedAnswer);
  EXPECT_EQ(codec::read_invoice(empty).error().code(), ErrorCode::kMalformedAnswer);
  EXPECT_EQ(codec::read_transaction(empty).error().code(), ErrorCode::kMalformedAnswer);
  EXPECT_EQ(codec::read_switch_preview(empty).error().code(), ErrorCode::kMalformedAnswer);
}

TEST(SdkBillingCodecTest, InlineProductsMaySayTheirType) {
  CheckoutOptions options;
  InlineProduct product;
  product.display_name = "Support";
  product.type = ProductType::kSubscription;
  product.prices = {{900, "EUR", IntervalUnit::kMonth}};
  options.product = product;
  EXPECT_NE(codec::write_checkout(options).find(R"("type":"subscription")"), std::string::npos);
}

}  // namespace
}  // namespace purser::sdk
