// Selling subscriptions: from the checkout to access, and what must match before anything is given.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/app/sales_world.hpp"

namespace purser::app::testing {
namespace {

using domain::SubscriptionStatus;

int count(const std::vector<std::string>& texts, const std::string& wanted) {
  return static_cast<int>(std::count(texts.begin(), texts.end(), wanted));
}

TEST(SubscriptionSale, FromTheCheckoutToAccess) {
  SalesWorld world;
  const std::string session = world.open_session("pro", "alice", "monthly");
  const auto asked = world.provider.sessions()[0].asked;
  EXPECT_TRUE(asked.is_subscription);
  EXPECT_FALSE(asked.trial_days.has_value());
  EXPECT_FALSE(asked.trial_end.has_value());
  EXPECT_EQ(world.provider.price(asked.price).interval, kMonthly);
  EXPECT_EQ(world.checkout_of(session).total, usd(3000));
  EXPECT_TRUE(world.listed().empty()) << "no access before money";
  world.advance(kMinute);
  const std::string payment = world.provider.pay(session);
  ASSERT_TRUE(world.deliver("evt_1", "checkout.session.completed", session).has_value());
  world.work_off();

  const auto owned = world.owned(world.user());
  ASSERT_EQ(owned.size(), 1U);
  const domain::Purchase& bought = owned[0];
  const RemoteSubscription remote =
      world.provider.subscription_now(world.subscription_of_session(session));
  EXPECT_EQ(bought.type, domain::PurchaseType::kSubscription);
  EXPECT_EQ(bought.origin, domain::PurchaseOrigin::kStripe);
  EXPECT_EQ(bought.payment_ref, payment);
  EXPECT_EQ(bought.anchor, remote.current_period_start);
  ASSERT_TRUE(bought.subscription.has_value());
  EXPECT_EQ(bought.subscription->status, SubscriptionStatus::kActive);
  EXPECT_EQ(bought.subscription->remote_ref, remote.id);
  EXPECT_EQ(bought.subscription->current_period_end, remote.current_period_end);
  EXPECT_EQ(bought.subscription->paid_through, remote.current_period_end);
  EXPECT_EQ(world.quantity(world.user(), "credits"), 500);
  EXPECT_EQ(world.quantity(world.user(), "storage"), 50);
  EXPECT_EQ(world.listed(), std::vector<std::string>{"pro"});
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kCompleted);
  EXPECT_EQ(world.checkout_of(session).purchase, bought.id);
  EXPECT_EQ(world.history(world.user()), "purchase");
  EXPECT_EQ(count(world.outbox_types(), "purchase.created"), 1);
  EXPECT_EQ(world.provider.charged(), 3000);
  EXPECT_EQ(world.verify(), nothing());
}

TEST(SubscriptionSale, RecordsTheFirstInvoiceAndAOneTimeSaleOneOfItsOwn) {
  SalesWorld world;
  world.subscribe("pro", "yearly");
  world.advance(kMinute);
  const std::string pack = world.open_session("pack");
  world.buy(pack);
  const auto invoices = world.invoices();
  ASSERT_EQ(invoices.size(), 2U);
  EXPECT_EQ(invoices[0].id, world.checkout_of(pack).purchase.str());
  EXPECT_EQ(invoices[0].status, InvoiceStatus::kPaid);
  EXPECT_EQ(invoices[0].total, usd(1000));
  EXPECT_EQ(invoices[0].amount_paid, 1000);
  EXPECT_FALSE(invoices[0].period_start.has_value());
  EXPECT_EQ(invoices[0].payment_ref, world.provider.payments()[1].id);
  EXPECT_TRUE(invoices[1].id.starts_with("in_"));
  EXPECT_EQ(invoices[1].total, usd(30000));
  EXPECT_EQ(invoices[1].amount_paid, 30000);
  EXPECT_EQ(invoices[1].payment_ref, world.provider.payments()[0].id);
  EXPECT_TRUE(invoices[1].period_end.has_value());
}

TEST(SubscriptionSale, AFreePlanIsSoldWithoutAPayment) {
  SalesWorld world;
  const domain::Purchase bought = world.subscribe("free");
  EXPECT_EQ(bought.subscription->status, SubscriptionStatus::kActive);
  EXPECT_TRUE(bought.payment_ref.starts_with("cs_")) << bought.payment_ref;
  EXPECT_EQ(world.quantity(world.user(), "credits"), 10);
  EXPECT_EQ(world.provider.charges(), 0);
  EXPECT_EQ(world.verify(), nothing());
}

TEST(SubscriptionSale, QuantitiesMultiplyThePrice) {
  SalesWorld world;
  world.sell_seats();
  const auto url = world.answer(world.order_at("seat", "monthly", 4));
  ASSERT_TRUE(url.starts_with("https://pay.test/"));
  world.buy(world.provider.sessions()[0].remote.id);
  world.buy(world.open_session("seat", "alice", "monthly"));
  const auto owned = world.owned(world.user());
  ASSERT_EQ(owned.size(), 2U) << "stackable: twice is two subscriptions";
  EXPECT_EQ(owned[0].quantity.value() + owned[1].quantity.value(), 5);
  EXPECT_EQ(world.provider.charged(), 5 * 700);
}

TEST(SubscriptionSale, AnInlineProductCanBeASubscription) {
  SalesWorld world;
  domain::Product product = *make_catalog().find_product(ProductId("plan"));
  product.id = ProductId();
  product.display_name = "Only for you";
  NewCheckout order = world.order("");
  order.product = product;
  ASSERT_TRUE(world.answer(order).starts_with("https://pay.test/"));
  ASSERT_TRUE(world.answer(order).starts_with("https://pay.test/"));
  for (const auto& session : world.provider.sessions()) world.buy(session.remote.id);
  const auto owned = world.owned(world.user());
  ASSERT_EQ(owned.size(), 2U) << "each its own";
  EXPECT_EQ(owned[0].catalog_version, 0);
  EXPECT_EQ(owned[0].type, domain::PurchaseType::kSubscription);
}

TEST(SubscriptionSale, ThePriceOfTheSnapshotHolds) {
  SalesWorld world;
  const std::string session = world.open_session("plan");
  domain::Catalog catalog = make_catalog();
  catalog.products["plan"].prices[0].amount = usd(5000);
  world.put_catalog(catalog);
  world.buy(session);
  ASSERT_EQ(world.owned(world.user()).size(), 1U);
  EXPECT_EQ(world.owned(world.user())[0].product.prices[0].amount, usd(900));
  EXPECT_EQ(world.provider.charged(), 900);
}

TEST(SubscriptionSale, CompletedButUnpaidWaitsForTheMoney) {
  SalesWorld world;
  const std::string session = world.open_session("plan");
  world.provider.pay(session, false);
  world.settle(session);
  EXPECT_TRUE(world.listed().empty());
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kOpen);
  world.buy(session);
  EXPECT_EQ(world.listed(), std::vector<std::string>{"plan"});
}

TEST(SubscriptionSale, AStatusWithoutAccessGrantsNothingYet) {
  for (const auto status : {SubscriptionStatus::kIncomplete, SubscriptionStatus::kUnpaid,
                            SubscriptionStatus::kPaused}) {
    SalesWorld world;
    const std::string session = world.open_session("plan");
    world.provider.pay(session);
    const std::string remote = world.subscription_of_session(session);
    world.provider.edit_subscription(remote, [&](auto& one) { one.status = status; });
    world.settle(session);
    EXPECT_TRUE(world.owned(world.user()).empty()) << to_string(status);
    EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kOpen) << to_string(status);
    world.provider.edit_subscription(remote,
                                     [&](auto& one) { one.status = SubscriptionStatus::kActive; });
    world.settle(session);
    EXPECT_EQ(world.listed().size(), 1U) << to_string(status);
  }
}

TEST(SubscriptionSale, HeardOfMonthsLateGrantsEachIntervalOnce) {
  SalesWorld world;
  const std::string session = world.open_session("pro", "alice", "monthly");
  const Timestamp sold = world.clock.now();
  world.provider.pay(session);
  const std::string remote = world.subscription_of_session(session);
  while (world.clock.now() <= nth_boundary(sold, kMonthly, 2)) {
    world.advance(kDay);
    world.provider.run();
  }
  world.settle(session);
  const auto owned = world.owned(world.user());
  ASSERT_EQ(owned.size(), 1U);
  EXPECT_EQ(owned[0].anchor, sold);
  EXPECT_EQ(owned[0].subscription->current_period_end,
            world.provider.subscription_now(remote).current_period_end);
  EXPECT_EQ(owned[0].payment_ref, world.provider.payments()[0].id) << "the first payment";
  int grants = 0;
  const ItemKey credits{world.user(), ItemId("credits")};
  const auto lines = world.store->view()->ledger(credits, std::nullopt, 100);
  ASSERT_TRUE(lines.has_value());
  for (const LedgerLine& line : *lines) {
    if (line.entry.change.is_positive()) ++grants;
  }
  EXPECT_EQ(grants, 3);
  EXPECT_EQ(world.quantity(world.user(), "credits"), 500);
  EXPECT_EQ(world.quantity(world.user(), "storage"), 50);
  EXPECT_EQ(world.history(world.user()), "purchase renewal renewal");
  EXPECT_EQ(world.invoices().size(), 3U);
  EXPECT_EQ(world.verify(), nothing());
}

TEST(SubscriptionSale, ATrialHeardOfAfterItsEndIsSoldWithThePeriodThatFollowed) {
  SalesWorld world;
  const std::string session = world.open_session("trial-small");
  const Timestamp sold = world.clock.now();
  world.provider.pay(session);
  world.advance({15 * kDay.count});
  world.provider.run();
  world.settle(session);
  const auto owned = world.owned(world.user());
  ASSERT_EQ(owned.size(), 1U);
  EXPECT_EQ(owned[0].subscription->status, SubscriptionStatus::kActive);
  EXPECT_EQ(owned[0].anchor, sold);
  EXPECT_EQ(world.history(world.user()), "purchase renewal");
  EXPECT_EQ(world.quantity(world.user(), "credits"), 150);
  EXPECT_EQ(world.invoices().size(), 2U);
  EXPECT_TRUE(world.store->view()->trial_used(world.user(), "line:trials").value_or(false));
  EXPECT_EQ(world.verify(), nothing());
}

TEST(SubscriptionSale, APeriodThatIsNotPaidYetWaitsAlsoWhenTheSaleIsHeardOfLate) {
  SalesWorld world;
  const std::string session = world.open_session("pro", "alice", "monthly");
  const Timestamp sold = world.clock.now();
  world.provider.pay(session);
  const std::string remote = world.subscription_of_session(session);
  world.advance(nth_boundary(sold, kMonthly, 1) - sold);
  world.provider.begin_period(remote);
  world.settle(session);
  EXPECT_EQ(world.history(world.user()), "purchase");
  EXPECT_EQ(world.owned(world.user())[0].subscription->paid_through,
            nth_boundary(sold, kMonthly, 1));
  EXPECT_EQ(world.listed(), std::vector<std::string>{"pro"}) << "within the grace";
  world.provider.recover(remote);
  ASSERT_TRUE(world.subscriptions->sync(world.project, remote).has_value());
  EXPECT_EQ(world.history(world.user()), "purchase renewal");
  EXPECT_EQ(world.quantity(world.user(), "credits"), 500);
  EXPECT_EQ(world.verify(), nothing());
}

TEST(SubscriptionSale, HeardOfWhenItsGraceHasRunOutItWaitsForTheNextPayment) {
  SalesWorld world;
  const std::string session = world.open_session("pro", "alice", "monthly");
  const Timestamp sold = world.clock.now();
  world.provider.pay(session);
  const std::string remote = world.subscription_of_session(session);
  world.advance(nth_boundary(sold, kMonthly, 1) - sold);
  world.provider.fail_renewal(remote);
  world.advance({10 * kDay.count});
  world.settle(session);
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kCompleted) << "it was paid";
  EXPECT_EQ(world.history(world.user()), "purchase");
  EXPECT_TRUE(world.listed().empty()) << "no access without money";
  EXPECT_EQ(world.quantity(world.user(), "storage"), 0);
  world.provider.recover(remote);
  ASSERT_TRUE(world.subscriptions->sync(world.project, remote).has_value());
  EXPECT_EQ(world.listed(), std::vector<std::string>{"pro"});
  EXPECT_EQ(world.quantity(world.user(), "credits"), 500);
  EXPECT_EQ(world.verify(), nothing());
}

TEST(SubscriptionSale, HeardOfWhenItIsOverItIsSoldAndEnded) {
  SalesWorld world;
  const domain::Purchase old = world.subscribe("free");
  const std::string session = world.open_session("pro", "alice", "monthly");
  const Timestamp sold = world.clock.now();
  world.provider.pay(session);
  const std::string remote = world.subscription_of_session(session);
  world.advance(nth_boundary(sold, kMonthly, 1) - sold);
  world.provider.renew(remote);
  world.provider.end(remote);
  world.settle(session);
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kCompleted);
  EXPECT_EQ(world.purchase(world.checkout_of(session).purchase).status,
            domain::PurchaseStatus::kEnded);
  EXPECT_EQ(world.listed(), std::vector<std::string>{"free"}) << "what is over replaces nothing";
  EXPECT_EQ(world.invoices().size(), 3U) << "each payment can be refunded or disputed";
  EXPECT_EQ(world.quantity(world.user(), "storage"), 0);
  EXPECT_EQ(count(world.outbox_types(), "checkout.alarm"), 0);
  EXPECT_EQ(world.verify(), nothing());
}

TEST(SubscriptionSale, TwoEventsAboutOnePaymentAndParallelSettlementsGrantOnce) {
  SalesWorld world;
  const std::string session = world.open_session("pro", "alice", "monthly");
  world.provider.pay(session);
  const std::string remote = world.subscription_of_session(session);
  ASSERT_TRUE(world.deliver("evt_1", "checkout.session.completed", session).has_value());
  ASSERT_TRUE(world.deliver("evt_2", "customer.subscription.created", remote).has_value());
  ASSERT_TRUE(world.deliver("evt_3", "invoice.paid", "in_x", "", false, remote).has_value());
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) threads.emplace_back([&] { world.settle(session); });
  for (std::thread& thread : threads) thread.join();
  world.work_off();
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
  EXPECT_EQ(world.quantity(world.user(), "credits"), 500);
  EXPECT_EQ(world.history(world.user()), "purchase");
  EXPECT_EQ(world.invoices().size(), 1U);
  EXPECT_EQ(world.verify(), nothing());
}

TEST(SubscriptionSale, IsSettledByTheCheckoutThatItsObjectsName) {
  SalesWorld world;
  const std::string session = world.open_session("plan");
  world.provider.pay(session);
  const auto remote = world.provider.subscription_now(world.subscription_of_session(session));
  ASSERT_TRUE(world.sales->settle_checkout(world.project, CheckoutId(remote.reference)));
  EXPECT_EQ(world.listed(), std::vector<std::string>{"plan"});
  EXPECT_TRUE(world.sales->settle_checkout(world.project, CheckoutId("unknown")));
}

TEST(SubscriptionSale, OneSubscriptionNeverCountsForTwoCheckouts) {
  SalesWorld world;
  world.sell_seats();
  const std::string first = world.open_session("seat", "alice", "monthly");
  const std::string second = world.open_session("seat", "alice", "monthly");
  world.buy(first);
  world.provider.pay(second);
  const std::string counted = world.subscription_of_session(first);
  world.provider.edit(second, [&](auto& session) { session.subscription = counted; });
  world.settle(second);
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
  EXPECT_EQ(world.checkout_of(second).state, CheckoutState::kAlarmed);
}

// --- what runs must be what was sold ---

struct Difference {
  const char* name;
  std::function<void(RemoteSubscription&)> edit;
};
class SubscriptionMismatch : public ::testing::TestWithParam<Difference> {};

TEST_P(SubscriptionMismatch, IsAnAlarmAndGrantsNothing) {
  SalesWorld world;
  const std::string session = world.open_session("pro", "alice", "monthly");
  world.provider.pay(session);
  world.provider.edit_subscription(world.subscription_of_session(session), GetParam().edit);
  ASSERT_TRUE(world.deliver("evt_1", "checkout.session.completed", session).has_value());
  world.work_off();
  EXPECT_TRUE(world.owned(world.user()).empty());
  EXPECT_EQ(world.quantity(world.user(), "credits"), 0);
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kAlarmed);
  EXPECT_EQ(count(world.outbox_types(), "checkout.alarm"), 1);
  EXPECT_TRUE(world.provider.refunds().empty()) << "an operator looks first";
}

INSTANTIATE_TEST_SUITE_P(
    Everything, SubscriptionMismatch,
    ::testing::Values(Difference{"amount", [](auto& s) { s.unit_amount = usd(1); }},
                      Difference{
                          "currency",
                          [](auto& s) { s.unit_amount = Money(3000, *Currency::parse("JPY")); }},
                      Difference{"interval", [](auto& s) { s.interval = kYearly; }},
                      Difference{"no_interval", [](auto& s) { s.interval.reset(); }},
                      Difference{"quantity", [](auto& s) { s.quantity = 2; }},
                      Difference{"price", [](auto& s) { s.price = "price_other"; }},
                      Difference{"customer", [](auto& s) { s.customer = "cus_other"; }},
                      Difference{"livemode", [](auto& s) { s.livemode = true; }},
                      Difference{"reference", [](auto& s) { s.reference = "other"; }}),
    [](const auto& difference) { return difference.param.name; });

TEST(SubscriptionMismatchOfTheSession, IsAnAlarmAndGrantsNothing) {
  using Edit = std::function<void(RemoteCheckoutSession&)>;
  const std::vector<Edit> edits = {
      [](auto& s) { s.amount_total = usd(1); }, [](auto& s) { s.amount_total.reset(); },
      [](auto& s) { s.livemode = true; },       [](auto& s) { s.customer = "cus_other"; },
      [](auto& s) { s.subscription.clear(); },
  };
  for (const Edit& edit : edits) {
    SalesWorld world;
    const std::string session = world.open_session("plan");
    world.provider.pay(session);
    world.provider.edit(session, edit);
    world.settle(session);
    EXPECT_TRUE(world.owned(world.user()).empty());
    EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kAlarmed);
  }
}

TEST(SubscriptionMismatchOfAccount, IsAnAlarmWithoutAskingTheWrongAccount) {
  SalesWorld world;
  const std::string session = world.open_session("plan");
  world.provider.pay(session);
  SettingsChange change;
  change.stripe_secret_key = Secret("sk_test_2");
  world.settings(change);
  world.provider.account_id = "acct_2";
  world.settle(session);
  EXPECT_EQ(world.checkout_of(session).state, CheckoutState::kAlarmed);
  EXPECT_EQ(world.provider.calls("subscription"), 0);
  EXPECT_TRUE(world.owned(world.user()).empty());
}

}  // namespace
}  // namespace purser::app::testing
