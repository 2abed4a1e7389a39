// The Stripe adapter against the sandbox: payment methods, refunds, disputes, accounts, webhooks.

#include <map>

#include "tests/adapters/stripe_sandbox.hpp"

namespace purser::stripe {
namespace {

using app::ProviderObject;
using RefundStatus = app::RemoteRefund::Status;

app::NewRefund refund_of(const std::string& payment, const std::string& reference,
                         std::optional<Money> amount = {}) {
  app::NewRefund refund;
  refund.payment_ref = payment;
  refund.amount = amount;
  refund.reference = reference;
  return refund;
}

class StripeBillingTest : public StripeSandboxTest {
 protected:
  // The customer confirms on the page that stands for Stripe's own form.
  void confirm(const app::RemoteSetupIntent& intent) {
    const FormFields card = {
        {"number", "5555555555554444"}, {"expiry", "11/31"}, {"cvc", "123"}, {"name", "Ada"}};
    fetch(sandbox_->url() + "/c/setup/" + intent.client_secret.reveal(), &card);
  }
};

TEST_F(StripeBillingTest, ACardIsSavedAndBecomesTheDefault) {
  const std::string ada = customer();
  EXPECT_EQ(*stripe_->default_payment_method(as_, ada), std::nullopt);
  fault("drop", "/v1/setup_intents");
  const auto intent = stripe_->create_setup_intent(as_, ada, "setup-1");
  ASSERT_TRUE(intent) << intent.error().log.for_log();
  EXPECT_FALSE(intent->succeeded);
  EXPECT_EQ(intent->payment_method, "");
  confirm(*intent);
  const auto confirmed = stripe_->setup_intent(as_, intent->id);
  ASSERT_TRUE(confirmed);
  EXPECT_TRUE(confirmed->succeeded);
  EXPECT_EQ(confirmed->customer, ada);
  EXPECT_EQ(*stripe_->default_payment_method(as_, ada), std::nullopt);

  fault("500_after", "/v1/customers/" + ada);
  const auto set =
      stripe_->set_default_payment_method(as_, ada, confirmed->payment_method, "default-1");
  ASSERT_TRUE(set) << set.error().log.for_log();
  const auto method = stripe_->default_payment_method(as_, ada);
  ASSERT_TRUE(method && *method);
  EXPECT_EQ((*method)->id, set->id);
  EXPECT_EQ((*method)->brand, "mastercard");
  EXPECT_EQ((*method)->last4, "4444");
  EXPECT_EQ((*method)->exp_month, 11);
  EXPECT_EQ((*method)->exp_year, 2031);
  EXPECT_EQ(stripe_->setup_intent(as_, "seti_none").error().code,
            ErrorCode::kPaymentProviderRefused);
}

TEST_F(StripeBillingTest, ALooseMethodIsAttachedAndAnothersIsRefused) {
  const FormFields card = {{"type", "card"}, {"card[token]", "tok_visa"}};
  const auto loose = json::parse(fetch(sandbox_->url() + "/v1/payment_methods", &card));
  const std::string id = loose->string_at("id").value_or("");
  const auto set = stripe_->set_default_payment_method(as_, customer(), id, "default-1");
  ASSERT_TRUE(set) << set.error().log.for_log();
  EXPECT_EQ(set->last4, "4242");
  EXPECT_EQ((*stripe_->default_payment_method(as_, customer()))->id, id);
  const std::string other = *stripe_->create_customer(as_, {"Bob", {}, {}}, "customer-2");
  EXPECT_EQ(stripe_->set_default_payment_method(as_, other, id, "default-2").error().code,
            ErrorCode::kPaymentProviderRefused);
}

TEST_F(StripeBillingTest, ADeletedCustomerHasNoDefault) {
  const std::string ada = customer();
  fetch(sandbox_->url() + "/v1/customers/" + ada, nullptr, "DELETE");
  const auto method = stripe_->default_payment_method(as_, ada);
  ASSERT_TRUE(method) << method.error().log.for_log();
  EXPECT_EQ(*method, std::nullopt);
}

TEST_F(StripeBillingTest, RefundsAddUpToWhatWasPaid) {
  const std::string payment = paid_order();
  fault("drop", "/v1/refunds");
  const auto part = stripe_->create_refund(as_, refund_of(payment, "rf-1", usd(700)), "rf-1");
  ASSERT_TRUE(part) << part.error().log.for_log();
  EXPECT_EQ(part->amount, usd(700));
  EXPECT_EQ(part->status, RefundStatus::kSucceeded);
  EXPECT_EQ(part->payment_ref, payment);
  pass(kHour);
  EXPECT_EQ(stripe_->create_refund(as_, refund_of(payment, "rf-2", usd(1301)), "rf-2").error().code,
            ErrorCode::kPaymentProviderRefused);
  auto rest = refund_of(payment, "rf-3");
  rest.reason = "requested_by_customer";
  EXPECT_EQ(stripe_->create_refund(as_, rest, "rf-3")->amount, usd(1300));
  const auto more = stripe_->create_refund(as_, refund_of(payment, "rf-4"), "rf-4");
  ASSERT_FALSE(more);
  EXPECT_EQ(detail_of(more.error(), "provider_code"), "charge_already_refunded");

  const auto all = stripe_->refunds_of(as_, payment);
  ASSERT_TRUE(all) << all.error().log.for_log();
  ASSERT_EQ(all->size(), 2U);
  EXPECT_EQ((*all)[0].id, part->id);
  EXPECT_EQ((*all)[0].reference, "rf-1");
  EXPECT_EQ((*all)[1].reference, "rf-3");
}

TEST_F(StripeBillingTest, ADayLaterARefundIsFoundAndNotMadeAgain) {
  const std::string payment = paid_order();
  auto refund = refund_of(payment, "rf-1", usd(500));
  refund.asked_at = clock_.now();
  const auto made = stripe_->create_refund(as_, refund, "rf-1");
  pass(kDay);
  const auto found = stripe_->create_refund(as_, refund, "another-key");
  ASSERT_TRUE(found) << found.error().log.for_log();
  EXPECT_EQ(found->id, made->id);
  EXPECT_EQ(books("refunds").size(), 1U);
}

TEST_F(StripeBillingTest, ARefundBeforeARememberedFaultIsFound) {
  const std::string payment = paid_order();
  fault("500_after", "/v1/refunds");
  EXPECT_TRUE(stripe_->create_refund(as_, refund_of(payment, "rf-1", usd(500)), "rf-1"));
  fault("500", "/v1/refunds");
  EXPECT_TRUE(stripe_->create_refund(as_, refund_of(payment, "rf-2", usd(400)), "rf-2"));
  EXPECT_EQ(books("refunds").size(), 2U);
}

TEST_F(StripeBillingTest, ADisputeIsWonOrLost) {
  const std::string payment = paid_order("4000000000000259");
  pass(kHour);
  const auto rows = books("disputes");
  ASSERT_EQ(rows.size(), 1U);
  const std::string id = rows[0].string_at("id").value_or("");
  auto dispute = stripe_->dispute(as_, id);
  ASSERT_TRUE(dispute) << dispute.error().log.for_log();
  EXPECT_EQ(dispute->payment_ref, payment);
  EXPECT_EQ(dispute->amount, usd(2000));
  EXPECT_EQ(dispute->state, app::DisputeState::kOpen);
  EXPECT_FALSE(dispute->livemode);
  const FormFields evidence = {{"evidence[uncategorized_text]", "winning_evidence"},
                               {"submit", "true"}};
  fetch(sandbox_->url() + "/v1/disputes/" + id, &evidence);
  EXPECT_EQ(stripe_->dispute(as_, id)->state, app::DisputeState::kWon);
  EXPECT_EQ(stripe_->dispute(as_, "dp_none").error().code, ErrorCode::kPaymentProviderRefused);
}

TEST_F(StripeBillingTest, AConnectedAccountIsOnboarded) {
  fault("drop", "/v1/accounts");
  const auto id = stripe_->create_connected_account(as_, {{"purser_project", "p1"}}, "account-1");
  ASSERT_TRUE(id) << id.error().log.for_log();
  EXPECT_EQ(*stripe_->create_connected_account(as_, {{"purser_project", "p1"}}, "account-1"), *id);
  const app::ProviderCredentials shop{as_.secret_key, *id};
  auto state = stripe_->account_state(shop);
  ASSERT_TRUE(state) << state.error().log.for_log();
  EXPECT_EQ(state->id, *id);
  EXPECT_FALSE(state->charges_enabled);
  EXPECT_FALSE(state->livemode);
  const auto link = stripe_->create_onboarding_link(as_, *id, "https://app.example/again",
                                                    "https://app.example/done");
  ASSERT_TRUE(link) << link.error().log.for_log();
  const auto another = stripe_->create_onboarding_link(as_, *id, "https://app.example/again",
                                                       "https://app.example/done");
  EXPECT_NE(*link, *another);
  const FormFields none;
  fetch(*another, &none);
  state = stripe_->account_state(shop);
  EXPECT_TRUE(state->charges_enabled);
  EXPECT_TRUE(state->details_submitted);
  EXPECT_TRUE(state->payouts_enabled);
}

// All that happens to a sale, a subscription, a refund and a dispute, as it is told.
TEST_F(StripeBillingTest, ItsWebhooksVerifyAndSayWhatTheyAreAbout) {
  Hook hook;
  const auto endpoint = stripe_->create_webhook_endpoint(as_, hook.url(), "endpoint-1");
  ASSERT_TRUE(endpoint) << endpoint.error().log.for_log();
  const std::vector<Secret> secrets = {endpoint->secret};
  const auto next = [&] {
    const net::Request delivery = hook.next();
    const std::string signature(delivery.header("stripe-signature"));
    auto event = stripe_->verify_event(delivery.body, signature, secrets, clock_.now());
    if (!event) ADD_FAILURE() << event.error().message;
    const std::vector<Secret> others = {Secret("whsec_other")};
    EXPECT_FALSE(stripe_->verify_event(delivery.body, signature, others, clock_.now()));
    EXPECT_FALSE(stripe_->verify_event(delivery.body + " ", signature, secrets, clock_.now()));
    EXPECT_FALSE(event->livemode);
    return *std::move(event);
  };
  std::map<std::string, app::ProviderEvent> seen;
  const auto until = [&](const std::string& type) {
    std::string last;
    while (last != type) {
      const app::ProviderEvent event = next();
      last = event.type;
      seen[last] = event;
    }
    return seen[type];
  };

  const std::string payment = paid_order("4000000000000259");
  EXPECT_EQ(until("checkout.session.completed").about, ProviderObject::kCheckoutSession);
  pass(1000);
  const auto disputed = until("charge.dispute.created");
  EXPECT_EQ(disputed.about, ProviderObject::kDispute);
  EXPECT_EQ(disputed.subject, books("disputes")[0].string_at("id"));

  auto order = subscription_order();
  order.reference = "checkout-2";
  const auto subscription = subscribed(order);
  const auto completed = until("checkout.session.completed");
  EXPECT_EQ(completed.subject, completed.object_id);
  for (const char* type : {"customer.subscription.created", "customer.subscription.updated",
                           "invoice.finalized", "invoice.paid"}) {
    EXPECT_EQ(seen[type].about, ProviderObject::kSubscription) << type;
    EXPECT_EQ(seen[type].subject, subscription.id) << type;
  }
  const std::string paid_by = subscription.latest_invoice->payment_ref;
  ASSERT_TRUE(stripe_->create_refund(as_, refund_of(paid_by, "rf-1", usd(500)), "rf-1"));
  const auto refunded = until("charge.refunded");
  EXPECT_EQ(refunded.about, ProviderObject::kPayment);
  EXPECT_EQ(refunded.subject, paid_by);
  ASSERT_TRUE(stripe_->end_subscription(as_, subscription.id, false, "end-1"));
  EXPECT_EQ(until("customer.subscription.deleted").subject, subscription.id);
}

}  // namespace
}  // namespace purser::stripe
