#include <gtest/gtest.h>

#include "adapters/stripe/objects.hpp"
#include "adapters/stripe/stripe_fixture.hpp"

namespace purser::stripe {
namespace {

using RefundStatus = app::RemoteRefund::Status;

struct Odd {
  const char* path;
  const char* value;
};

TEST(PaymentMethod, ReadsACard) {
  const auto read = read_payment_method(*json::parse(kPaymentMethodSample));
  ASSERT_TRUE(read) << read.error().log.for_log();
  EXPECT_EQ(read->id, "pm_1");
  EXPECT_EQ(read->brand, "visa");
  EXPECT_EQ(read->last4, "4242");
  EXPECT_EQ(read->exp_month, 12);
  EXPECT_EQ(read->exp_year, 2034);
}

TEST(PaymentMethod, WhatIsNoCardHasNoDetails) {
  const auto read = read_payment_method(
      *json::parse(R"({"id":"pm_2","object":"payment_method","type":"sepa_debit"})"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, "pm_2");
  EXPECT_EQ(read->brand + read->last4, "");
  EXPECT_EQ(read->exp_month, std::nullopt);
  EXPECT_EQ(read->exp_year, std::nullopt);
}

TEST(PaymentMethod, WhatIsOddSaysNothing) {
  for (const Odd& odd : std::initializer_list<Odd>{{"object", R"("card")"},
                                                   {"id", ""},
                                                   {"type", "1"},
                                                   {"card", ""},
                                                   {"card", R"("visa")"},
                                                   {"card.brand", "1"},
                                                   {"card.last4", R"("4242424242424242")"},
                                                   {"card.last4", "4242"},
                                                   {"card.exp_month", "0"},
                                                   {"card.exp_month", "13"},
                                                   {"card.exp_year", R"("2034")"},
                                                   {"card.exp_year", "10000"}}) {
    const std::string text = edited(kPaymentMethodSample, odd.path, odd.value);
    expect_unavailable(read_payment_method(*json::parse(text)), text);
  }
}

TEST(DefaultPaymentMethod, IsTheInvoiceSettings) {
  const auto read = read_default_payment_method(*json::parse(kCustomerSample));
  ASSERT_TRUE(read);
  ASSERT_TRUE(*read);
  EXPECT_EQ((*read)->last4, "4242");
}

TEST(DefaultPaymentMethod, ThereMayBeNone) {
  const std::string none =
      edited(kCustomerSample, "invoice_settings.default_payment_method", "null");
  EXPECT_EQ(*read_default_payment_method(*json::parse(none)), std::nullopt);
  EXPECT_EQ(*read_default_payment_method(
                *json::parse(R"({"id":"cus_1","object":"customer","deleted":true})")),
            std::nullopt);
}

TEST(DefaultPaymentMethod, WhatIsOddSaysNothing) {
  for (const Odd& odd :
       std::initializer_list<Odd>{{"object", R"("list")"},
                                  {"id", ""},
                                  {"invoice_settings", ""},
                                  {"invoice_settings", "null"},
                                  {"invoice_settings.default_payment_method", R"("pm_1")"}}) {
    const std::string text = edited(kCustomerSample, odd.path, odd.value);
    expect_unavailable(read_default_payment_method(*json::parse(text)), text);
  }
}

TEST(SetupIntent, ReadsWhatSucceededAndWhatNot) {
  auto read = read_setup_intent(*json::parse(kSetupIntentSample));
  ASSERT_TRUE(read) << read.error().log.for_log();
  EXPECT_EQ(read->id, "seti_1");
  EXPECT_TRUE(read->succeeded);
  EXPECT_EQ(read->client_secret.reveal(), "seti_1_secret_x");
  EXPECT_EQ(read->customer, "cus_1");
  EXPECT_EQ(read->payment_method, "pm_1");
  for (const char* status : {"requires_payment_method", "requires_confirmation", "requires_action",
                             "processing", "canceled"}) {
    std::string text = edited(kSetupIntentSample, "status", '"' + std::string(status) + '"');
    text = edited(text, "payment_method", "null");
    read = read_setup_intent(*json::parse(text));
    ASSERT_TRUE(read) << status;
    EXPECT_FALSE(read->succeeded);
    EXPECT_EQ(read->payment_method, "");
  }
}

TEST(SetupIntent, WhatIsOddSaysNothing) {
  for (const Odd& odd : std::initializer_list<Odd>{{"object", R"("payment_intent")"},
                                                   {"id", ""},
                                                   {"status", R"("done")"},
                                                   {"client_secret", "null"},
                                                   {"customer", "1"},
                                                   {"payment_method", "null"}}) {
    const std::string text = edited(kSetupIntentSample, odd.path, odd.value);
    expect_unavailable(read_setup_intent(*json::parse(text)), text);
  }
}

TEST(Refund, ReadsEveryStatus) {
  const auto read = read_refund(*json::parse(kRefundSample));
  ASSERT_TRUE(read) << read.error().log.for_log();
  EXPECT_EQ(read->id, "re_1");
  EXPECT_EQ(read->payment_ref, "pi_1");
  EXPECT_EQ(read->amount, usd(500));
  EXPECT_EQ(read->status, RefundStatus::kSucceeded);
  EXPECT_EQ(read->reference, "rf-1");
  EXPECT_EQ(read->failure_reason, "");
  EXPECT_EQ(read->created_at, at_second(1'700'000'000));
  const auto with_status = [](const char* status) {
    return *read_refund(*json::parse(edited(kRefundSample, "status", status)));
  };
  EXPECT_EQ(with_status(R"("pending")").status, RefundStatus::kPending);
  EXPECT_EQ(with_status(R"("requires_action")").status, RefundStatus::kPending);
  EXPECT_EQ(with_status(R"("failed")").status, RefundStatus::kFailed);
  EXPECT_EQ(with_status(R"("canceled")").status, RefundStatus::kFailed);
  EXPECT_EQ(with_status(R"("canceled")").failure_reason, "canceled");
}

TEST(Refund, OneThatFailedSaysWhy) {
  std::string text = edited(kRefundSample, "status", R"("failed")");
  text = edited(text, "failure_reason", R"("lost_or_stolen_card")");
  text = edited(text, "payment_intent", "null");
  const auto read = read_refund(*json::parse(edited(text, "metadata", "null")));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->failure_reason, "lost_or_stolen_card");
  EXPECT_EQ(read->payment_ref + read->reference, "");
}

TEST(Refund, WhatIsOddSaysNothing) {
  for (const Odd& odd : std::initializer_list<Odd>{{"object", R"("charge")"},
                                                   {"id", ""},
                                                   {"payment_intent", "1"},
                                                   {"amount", "-500"},
                                                   {"amount", "null"},
                                                   {"currency", "1"},
                                                   {"status", "null"},
                                                   {"status", R"("odd")"},
                                                   {"created", R"("x")"}}) {
    const std::string text = edited(kRefundSample, odd.path, odd.value);
    expect_unavailable(read_refund(*json::parse(text)), text);
  }
}

TEST(Dispute, ReadsEveryStatus) {
  const auto read = read_dispute(*json::parse(kDisputeSample));
  ASSERT_TRUE(read) << read.error().log.for_log();
  EXPECT_EQ(read->id, "dp_1");
  EXPECT_EQ(read->payment_ref, "pi_1");
  EXPECT_EQ(read->amount, usd(500));
  EXPECT_EQ(read->created_at, at_second(1'700'000'000));
  EXPECT_TRUE(read->livemode);
  using app::DisputeState;
  const std::pair<const char*, DisputeState> rows[] = {
      {R"("needs_response")", DisputeState::kOpen},
      {R"("under_review")", DisputeState::kOpen},
      {R"("warning_needs_response")", DisputeState::kOpen},
      {R"("warning_under_review")", DisputeState::kOpen},
      {R"("warning_closed")", DisputeState::kWon},
      {R"("won")", DisputeState::kWon},
      {R"("lost")", DisputeState::kLost}};
  for (const auto& [text, state] : rows) {
    EXPECT_EQ(read_dispute(*json::parse(edited(kDisputeSample, "status", text)))->state, state);
  }
}

TEST(Dispute, WhatIsOddSaysNothing) {
  for (const Odd& odd : std::initializer_list<Odd>{{"object", R"("refund")"},
                                                   {"id", ""},
                                                   {"amount", "-1"},
                                                   {"currency", R"("xx")"},
                                                   {"status", R"("odd")"},
                                                   {"status", "null"},
                                                   {"created", ""},
                                                   {"livemode", "null"}}) {
    const std::string text = edited(kDisputeSample, odd.path, odd.value);
    expect_unavailable(read_dispute(*json::parse(text)), text);
  }
}

}  // namespace
}  // namespace purser::stripe
