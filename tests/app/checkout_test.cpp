#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "app/remote_objects.hpp"
#include "tests/app/world.hpp"

namespace purser::app::testing {
namespace {

using Fault = FakeProvider::Fault;

constexpr const char* kCalls[] = {"account", "create_customer", "create_product", "create_price",
                                  "create_checkout_session"};

TEST(Checkout, AnswersTheSessionsUrlForWhatIsSold) {
  World world;
  NewCheckout order = world.order("pack");
  order.quantity = *Quantity::of(3);
  order.return_url = "https://app.example.com/thanks";
  const auto reply = world.checkout(order);
  ASSERT_TRUE(reply.has_value());
  const auto sessions = world.provider.sessions();
  ASSERT_EQ(sessions.size(), 1U);
  EXPECT_EQ(reply->reply.body, sessions[0].remote.url);
  EXPECT_EQ(sessions[0].asked.success_url, "https://app.example.com/thanks");
  EXPECT_EQ(sessions[0].asked.cancel_url, "https://app.example.com/thanks");
  EXPECT_EQ(sessions[0].asked.quantity, 3);
  EXPECT_EQ(world.provider.price_of(sessions[0]).amount.to_decimal(), "10.00");
  const Checkout checkout = world.checkout_of(sessions[0].remote.id);
  EXPECT_EQ(checkout.state, CheckoutState::kOpen);
  EXPECT_EQ(checkout.id.str(), sessions[0].asked.reference);
  EXPECT_EQ(checkout.total.to_decimal(), "30.00");
  EXPECT_EQ(checkout.account_id, "acct_1");
  EXPECT_EQ(world.quantity(world.user(), "credits"), 0) << "no access before money";
}

TEST(Checkout, WithoutAReturnUrlTheBuyerComesBackToAPageOfOurs) {
  World world;
  world.open_session("pack");
  const auto session = world.provider.sessions()[0];
  const std::string done = "https://purser.test/checkout/done?project=shop&checkout=" +
                           world.checkout_of(session.remote.id).id.str();
  EXPECT_EQ(session.asked.success_url, done);
  EXPECT_EQ(session.asked.cancel_url, done);
}

TEST(Checkout, ReusesCustomerProductAndPrice) {
  World world;
  world.open_session("pack");
  world.open_session("pack");
  world.open_session("license");
  world.add_user("bob");
  world.open_session("pack", "bob");
  EXPECT_EQ(world.provider.customers(), 2U);
  EXPECT_EQ(world.provider.products(), 2U);
  EXPECT_EQ(world.provider.prices(), 2U);
  EXPECT_EQ(world.provider.sessions().size(), 4U);
  EXPECT_EQ(world.provider.calls("account"), 1);
}

TEST(Checkout, CustomCustomersBuyLikeTheOthers) {
  World world;
  NewCheckout order;
  order.customer = world.custom("acme/é 1");
  order.product = ProductId("calls-pack");
  const auto reply = world.checkout(order);
  ASSERT_TRUE(reply.has_value());
  const std::string session = world.provider.sessions()[0].remote.id;
  world.provider.pay(session);
  ASSERT_TRUE(world.sales->settle(world.project, session).has_value());
  EXPECT_EQ(world.quantity(order.customer, "calls"), 50);
}

TEST(Checkout, AnInlineProductIsItsOwnProductAtTheProvider) {
  World world;
  domain::Product product = *make_catalog().find_product(ProductId("license"));
  product.id = ProductId();
  product.display_name = "Only for you";
  NewCheckout order = world.order("");
  order.product = product;
  ASSERT_TRUE(world.checkout(order).has_value());
  ASSERT_TRUE(world.checkout(order).has_value());
  EXPECT_EQ(world.provider.products(), 2U);
  for (const auto& session : world.provider.sessions()) {
    world.provider.pay(session.remote.id);
    ASSERT_TRUE(world.sales->settle(world.project, session.remote.id).has_value());
  }
  EXPECT_EQ(world.owned(world.user()).size(), 2U) << "inline purchases never fold";
}

// --- faults ---

class LostAnswer : public ::testing::TestWithParam<std::tuple<const char*, bool>> {};

// Whatever call loses its answer, and whether the process survives or not: the same key resumes,
// and there is one customer, one product, one price, one session, one grant.
TEST_P(LostAnswer, IsResumedBySameKeyAndMakesNothingTwice) {
  const std::string lost = std::get<0>(GetParam());
  const bool crash = std::get<1>(GetParam());
  World world;
  int failures = 2;
  world.provider.plan = [&](const std::string& call) {
    return call == lost && failures-- > 0 ? Fault::kLoseAnswer : Fault::kNone;
  };
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto failed = world.checkout(world.order("pack"), "key-1");
    ASSERT_FALSE(failed.has_value());
    EXPECT_EQ(failed.error().code, ErrorCode::kPaymentProviderUnavailable);
    if (crash) world.reopen();
  }
  const auto reply = world.checkout(world.order("pack"), "key-1");
  ASSERT_TRUE(reply.has_value());
  EXPECT_FALSE(reply->replayed);
  EXPECT_EQ(world.provider.customers(), 1U);
  EXPECT_EQ(world.provider.products(), 1U);
  EXPECT_EQ(world.provider.prices(), 1U);
  ASSERT_EQ(world.provider.sessions().size(), 1U);
  const auto replay = world.checkout(world.order("pack"), "key-1");
  ASSERT_TRUE(replay.has_value());
  EXPECT_TRUE(replay->replayed);
  EXPECT_EQ(replay->reply.body, reply->reply.body);
  world.provider.pay(world.provider.sessions()[0].remote.id);
  world.advance({60'000});
  world.work_off();
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
  EXPECT_EQ(world.quantity(world.user(), "credits"), 1000);
  EXPECT_EQ(world.verify(), std::vector<std::string>());
}

INSTANTIATE_TEST_SUITE_P(EveryCall, LostAnswer,
                         ::testing::Combine(::testing::ValuesIn(kCalls), ::testing::Bool()));

TEST(CheckoutFaults, NothingIsSoldWhileTheProviderIsDown) {
  World world;
  world.provider.plan = [](const std::string&) { return Fault::kUnavailable; };
  const auto reply = world.checkout(world.order("pack"));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().code, ErrorCode::kPaymentProviderUnavailable);
  EXPECT_TRUE(world.provider.sessions().empty());
  EXPECT_TRUE(world.owned(world.user()).empty());
}

TEST(CheckoutFaults, APriceEditDuringTheCheckoutDoesNotChangeWhatIsSold) {
  World world;
  bool down = true;
  world.provider.plan = [&](const std::string& call) {
    return down && call == "create_price" ? Fault::kUnavailable : Fault::kNone;
  };
  ASSERT_FALSE(world.checkout(world.order("pack"), "key-1").has_value());
  domain::Catalog catalog = make_catalog();
  catalog.products["pack"].prices[0].amount = Money(9999, *Currency::parse("USD"));
  catalog.products["pack"].included_items[0].quantity = *Quantity::of(1);
  world.put_catalog(catalog);
  down = false;
  ASSERT_TRUE(world.checkout(world.order("pack"), "key-1").has_value());
  const auto session = world.provider.sessions().at(0);
  EXPECT_EQ(session.remote.amount_total->to_decimal(), "10.00");
  world.provider.pay(session.remote.id);
  ASSERT_TRUE(world.sales->settle(world.project, session.remote.id).has_value());
  EXPECT_EQ(world.quantity(world.user(), "credits"), 1000);
  // The next one is sold under the new version.
  world.open_session("pack");
  EXPECT_EQ(world.provider.prices(), 2U);
}

TEST(CheckoutFaults, WhatTheProviderLostIsMadeAnewOnce) {
  World world;
  world.open_session("pack");
  world.provider.delete_customer(world.provider.sessions()[0].asked.customer);
  world.open_session("pack");
  EXPECT_EQ(world.provider.customers(), 1U);
  EXPECT_EQ(world.provider.prices(), 1U) << "the price was not the missing one";
  const auto sessions = world.provider.sessions();
  EXPECT_NE(sessions[0].asked.customer, sessions[1].asked.customer);
  world.provider.delete_price(sessions[1].asked.price);
  world.open_session("pack");
  EXPECT_EQ(world.provider.sessions().size(), 3U);
  EXPECT_EQ(world.provider.customers(), 1U);
}

TEST(CheckoutFaults, ANewNameBetweenTwoAttemptsDoesNotBlockTheSale) {
  World world;
  bool lose = true;
  world.provider.plan = [&](const std::string& call) {
    return lose && call == "create_customer" ? Fault::kLoseAnswer : Fault::kNone;
  };
  ASSERT_FALSE(world.checkout(world.order("pack"), "key-1").has_value());
  lose = false;
  ASSERT_TRUE(world
                  .write<User>([&](StoreBatch& batch, AfterCommit&) {
                    return world.people.update_user(batch, world.project, UserId("alice"),
                                                    {"Alicia", std::nullopt});
                  })
                  .has_value());
  EXPECT_TRUE(world.checkout(world.order("pack"), "key-1").has_value());
  EXPECT_EQ(world.provider.sessions().size(), 1U);
}

// --- concurrency and idempotency ---

TEST(CheckoutConcurrency, AHundredFirstCheckoutsMakeOneCustomer) {
  World world;
  std::atomic<int> sold{0};
  std::vector<std::thread> threads;
  threads.reserve(100);
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&, i] {
      const auto reply = world.checkout(world.order("pack"), "key-" + std::to_string(i));
      if (reply && reply->reply.status == 200) ++sold;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sold, 100);
  EXPECT_EQ(world.provider.customers(), 1U);
  EXPECT_EQ(world.provider.products(), 1U);
  EXPECT_EQ(world.provider.prices(), 1U);
  EXPECT_EQ(world.provider.sessions().size(), 100U);
}

TEST(CheckoutConcurrency, OneKeyAHundredTimesAtOnceMakesOneSession) {
  World world;
  std::mutex mutex;
  std::set<std::string> urls;
  int in_use = 0;
  int others = 0;
  std::vector<std::thread> threads;
  threads.reserve(100);
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&] {
      const auto reply = world.checkout(world.order("pack"), "key");
      std::lock_guard lock(mutex);
      if (reply) {
        urls.insert(reply->reply.body);
      } else if (reply.error().code == ErrorCode::kIdempotencyKeyInUse) {
        ++in_use;
      } else {
        ++others;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(urls.size(), 1U);
  EXPECT_EQ(others, 0);
  EXPECT_EQ(world.provider.sessions().size(), 1U);
}

TEST(CheckoutIdempotency, AnotherBodyUnderTheKeyIsAMismatch) {
  World world;
  ASSERT_TRUE(world.checkout(world.order("pack"), "key").has_value());
  const auto other = world.sales->checkout(
      world.context(), IdempotencyScope{world.project, "key", crypto::sha256("x")},
      world.order("pack"), [](const auto&) { return StoredReply{}; });
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, ErrorCode::kIdempotencyKeyMismatch);
}

// --- test mode ---

TEST(CheckoutTestMode, CompletesAtOnceWithoutTheProviderAndSaysSo) {
  World world;
  SettingsChange change;
  change.test_mode = true;
  world.settings(change);
  const auto reply = world.checkout(world.order("pack"), "key");
  ASSERT_TRUE(reply.has_value());
  const std::string done = "https://purser.test/checkout/done?project=shop&checkout=";
  EXPECT_TRUE(reply->reply.body.starts_with(done)) << reply->reply.body;
  const auto replay = world.checkout(world.order("pack"), "key");
  EXPECT_TRUE(replay->replayed);
  const auto owned = world.owned(world.user());
  ASSERT_EQ(owned.size(), 1U);
  EXPECT_EQ(owned[0].origin, domain::PurchaseOrigin::kTestMode);
  EXPECT_EQ(owned[0].payment_ref, "");
  EXPECT_EQ(world.quantity(world.user(), "credits"), 1000);
  EXPECT_EQ(world.provider.calls("account"), 0);
  EXPECT_EQ(world.verify(), std::vector<std::string>());
}

}  // namespace
}  // namespace purser::app::testing
