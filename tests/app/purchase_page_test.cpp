// The page on which the buyer chooses price and quantity, and the page that buyers come back to.

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/app/sales_world.hpp"

namespace purser::app::testing {
namespace {

using Fault = FakeProvider::Fault;

const std::string kPage = "https://purser.test/purchase/";

std::string code_of(const std::string& url) {
  EXPECT_TRUE(url.starts_with(kPage)) << url;
  return url.substr(kPage.size());
}
std::string session_of(const std::string& url) {
  const std::string prefix = "https://pay.test/";
  EXPECT_TRUE(url.starts_with(prefix)) << url;
  return url.substr(prefix.size());
}

class PageTest : public ::testing::Test {
 protected:
  /// A checkout of "pro", which has two prices; answers its page's code.
  std::string open_page(const std::string& key = "") {
    return code_of(world.answer(world.order("pro"), key));
  }
  std::string choose(const std::string& code, const std::string& price, std::int64_t quantity = 1) {
    const auto url = world.sales->choose(code, PriceId(price), *Quantity::of(quantity));
    return url ? *url : std::string(error_row(url.error().code).name);
  }
  Checkout checkout(const std::string& code) {
    return **world.store->view()->checkout_by_code(crypto::sha256(code));
  }
  DonePage::State done(const std::string& code) {
    return world.sales->done_page(world.project, checkout(code).id)->state;
  }
  SalesWorld world;
};

TEST_F(PageTest, ShowsWhatThereIsToChooseAndNothingIsMadeAtTheProviderYet) {
  const std::string code = open_page();
  EXPECT_EQ(code.size(), world.project.str().size() + 49);
  EXPECT_EQ(code.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), std::string::npos);
  const auto page = world.sales->purchase_page(code);
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->seller, "Shop");
  EXPECT_EQ(page->checkout.product.display_name, "The pro");
  ASSERT_EQ(page->prices.size(), 2U);
  EXPECT_EQ(page->prices[0].id.str(), "monthly");
  EXPECT_EQ(page->prices[1].id.str(), "yearly");
  EXPECT_FALSE(page->stackable);
  EXPECT_EQ(world.provider.calls("create_customer"), 0);
  EXPECT_EQ(done(code), DonePage::State::kPending);
}

TEST_F(PageTest, OfAClientHidesServerOnlyPricesAndRefusesThem) {
  domain::Catalog catalog = make_catalog();
  catalog.products["pro"].prices.push_back(recurring("z-internal", 1, kMonthly));
  catalog.products["pro"].prices.back().server_only = true;
  world.put_catalog(catalog);
  NewCheckout order = world.order("pro");
  order.from_client = true;
  const std::string code = code_of(world.answer(order));
  EXPECT_EQ(world.sales->purchase_page(code)->prices.size(), 2U);
  EXPECT_EQ(choose(code, "z-internal"), "PRICE_NOT_FOUND");
  const std::string servers = open_page();
  EXPECT_EQ(world.sales->purchase_page(servers)->prices.size(), 3U);
}

TEST_F(PageTest, TheCodeIsKeptAsADigestOnlyAndAnsweredAgainUnderItsKey) {
  const std::string url = world.answer(world.order("pro"), "key");
  const std::string code = code_of(url);
  const Checkout kept = checkout(code);
  EXPECT_EQ(kept.state, CheckoutState::kChoosing);
  EXPECT_EQ(kept.url, "");
  EXPECT_EQ(world.answer(world.order("pro"), "key"), url);
  world.reopen();
  EXPECT_EQ(world.answer(world.order("pro"), "key"), url);
  EXPECT_TRUE(world.sales->purchase_page(code).has_value());
}

TEST_F(PageTest, UnknownUsedUpAndOldCodesAreNotFound) {
  const auto not_found = [&](const std::string& code) {
    const auto page = world.sales->purchase_page(code);
    return !page && page.error().code == ErrorCode::kPurchaseCodeNotFound &&
           choose(code, "monthly") == "VERIFICATION_CODE_NOT_FOUND";
  };
  EXPECT_TRUE(not_found(""));
  EXPECT_TRUE(not_found(std::string(43, 'A')));
  const std::string used = open_page();
  world.buy(session_of(choose(used, "monthly")));
  EXPECT_TRUE(not_found(used));
  EXPECT_EQ(done(used), DonePage::State::kGranted);
  world.add_user("bob");
  const std::string old = code_of(world.answer(world.order("pro", "bob")));
  world.advance({24 * kHour.count - 1});
  EXPECT_FALSE(not_found(old));
  world.advance({1});
  EXPECT_TRUE(not_found(old));
  EXPECT_EQ(done(old), DonePage::State::kExpired);
}

TEST_F(PageTest, AChoiceSellsWhatWasChosen) {
  const std::string code = open_page();
  const std::string session = session_of(choose(code, "yearly"));
  const Checkout chosen = checkout(code);
  EXPECT_EQ(chosen.price.str(), "yearly");
  EXPECT_EQ(chosen.total, usd(30000));
  EXPECT_TRUE(chosen.is_subscription);
  world.buy(session);
  const auto owned = world.owned(world.user());
  ASSERT_EQ(owned.size(), 1U);
  EXPECT_EQ(owned[0].price->str(), "yearly");
  EXPECT_EQ(owned[0].subscription->current_period_end,
            nth_boundary(owned[0].subscription->current_period_start, kYearly, 1));
  EXPECT_EQ(world.verify(), nothing());
}

TEST_F(PageTest, LetsTheBuyerChooseTheQuantityOfAStackableProduct) {
  world.sell_seats();
  NewCheckout order = world.order("seat");
  order.quantity = *Quantity::of(2);
  const std::string code = code_of(world.answer(order));
  EXPECT_TRUE(world.sales->purchase_page(code)->stackable);
  EXPECT_EQ(world.sales->purchase_page(code)->checkout.quantity.value(), 2);
  world.buy(session_of(choose(code, "yearly", 3)));
  ASSERT_EQ(world.owned(world.user()).size(), 1U);
  EXPECT_EQ(world.owned(world.user())[0].quantity.value(), 3);
  EXPECT_EQ(checkout(code).total, usd(21000));
}

TEST_F(PageTest, RefusesWhatAnOrderMayNotBeAndStaysOpen) {
  const std::string code = open_page();
  EXPECT_EQ(choose(code, "weekly"), "PRICE_NOT_FOUND");
  EXPECT_EQ(choose(code, ""), "PRICE_NOT_FOUND");
  EXPECT_EQ(choose(code, "monthly", 2), "PRODUCT_NOT_STACKABLE");
  EXPECT_EQ(choose(code, "monthly", 0), "SCHEMA_ERROR");
  world.block_purchases(true);
  EXPECT_EQ(choose(code, "monthly"), "NEW_PURCHASES_BLOCKED");
  world.block_purchases(false);
  world.grant("lifetime");
  EXPECT_EQ(choose(code, "monthly"), "PRODUCT_LINE_CONFLICT");
  EXPECT_EQ(world.provider.calls("create_customer"), 0);
  EXPECT_EQ(checkout(code).state, CheckoutState::kChoosing);
}

TEST_F(PageTest, OfADeletedCustomerSellsNothing) {
  const std::string code = open_page();
  world.delete_user("alice");
  EXPECT_EQ(choose(code, "monthly"), "USER_NOT_FOUND");
  EXPECT_TRUE(world.provider.sessions().empty());
}

TEST_F(PageTest, TheSameChoiceAgainAnswersTheSameSession) {
  const std::string code = open_page();
  const std::string url = choose(code, "monthly");
  EXPECT_EQ(choose(code, "monthly"), url);
  world.reopen();
  EXPECT_EQ(choose(code, "monthly"), url);
  EXPECT_EQ(world.provider.sessions().size(), 1U);
}

TEST_F(PageTest, AnotherChoiceClosesTheSessionBeforeItFirst) {
  const std::string code = open_page();
  const std::string first = session_of(choose(code, "monthly"));
  const std::string second = session_of(choose(code, "yearly"));
  EXPECT_NE(first, second);
  const auto status = [&](const std::string& id) { return world.session(id).remote.status; };
  EXPECT_EQ(status(first), RemoteCheckoutSession::Status::kExpired);
  EXPECT_EQ(status(second), RemoteCheckoutSession::Status::kOpen);
  // The event about the first one comes late and closes nothing.
  ASSERT_TRUE(world.sales->settle(world.project, first).has_value());
  EXPECT_EQ(checkout(code).state, CheckoutState::kOpen);
  // And back again: a session of its own, not the closed one.
  const std::string third = session_of(choose(code, "monthly"));
  EXPECT_EQ(status(third), RemoteCheckoutSession::Status::kOpen);
  EXPECT_EQ(world.provider.sessions().size(), 3U);
  world.buy(third);
  EXPECT_EQ(world.owned(world.user())[0].price->str(), "monthly");
  EXPECT_EQ(done(code), DonePage::State::kGranted);
}

TEST_F(PageTest, AnotherChoiceAfterPayingSettlesWhatWasPaid) {
  const std::string code = open_page();
  const std::string session = session_of(choose(code, "monthly"));
  world.provider.pay(session);
  EXPECT_EQ(choose(code, "yearly"),
            "https://purser.test/checkout/done?project=shop&checkout=" + checkout(code).id.str());
  ASSERT_EQ(world.owned(world.user()).size(), 1U);
  EXPECT_EQ(world.owned(world.user())[0].price->str(), "monthly");
  EXPECT_EQ(world.provider.sessions().size(), 1U);
  EXPECT_EQ(world.provider.refunds().size(), 0U);
}

TEST_F(PageTest, AnotherChoiceWhileASlowPaymentIsUnderWayWaitsForIt) {
  const std::string code = open_page();
  const std::string session = session_of(choose(code, "monthly"));
  world.provider.pay(session, false);
  EXPECT_TRUE(choose(code, "yearly").starts_with("https://purser.test/checkout/done"));
  EXPECT_EQ(world.provider.sessions().size(), 1U);
  EXPECT_EQ(checkout(code).state, CheckoutState::kOpen);
  EXPECT_TRUE(world.owned(world.user()).empty());
  EXPECT_EQ(done(code), DonePage::State::kPending);
}

TEST_F(PageTest, ASessionThatSomebodyClosedCanBeChosenAnew) {
  const std::string code = open_page();
  const std::string first = session_of(choose(code, "monthly"));
  world.provider.expire(first);
  const std::string second = session_of(choose(code, "monthly"));
  EXPECT_NE(first, second);
  world.provider.expire(second);
  ASSERT_TRUE(world.sales->settle(world.project, second).has_value());
  EXPECT_EQ(checkout(code).state, CheckoutState::kChoosing) << "the page is still open";
  world.buy(session_of(choose(code, "yearly")));
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
}

TEST_F(PageTest, ChoicesAtTheSameTimeSellOnce) {
  const std::string code = open_page();
  std::vector<std::thread> buyers;
  buyers.reserve(8);
  for (int i = 0; i < 8; ++i) {
    buyers.emplace_back([&, i] { (void)choose(code, i % 2 == 0 ? "monthly" : "yearly"); });
  }
  for (std::thread& buyer : buyers) buyer.join();
  // However they met: whoever pays whatever can still be paid, one thing is sold.
  (void)choose(code, "monthly");
  for (const auto& session : world.provider.sessions()) {
    if (session.remote.status != RemoteCheckoutSession::Status::kOpen) continue;
    if (session.remote.id != checkout(code).session_ref) continue;
    world.buy(session.remote.id);
  }
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
  EXPECT_EQ(checkout(code).state, CheckoutState::kCompleted);
  EXPECT_EQ(world.verify(), nothing());
}

TEST_F(PageTest, InTestModeTheChoiceCompletesThePurchase) {
  world.test_mode(true);
  const std::string code = open_page();
  EXPECT_TRUE(world.owned(world.user()).empty());
  EXPECT_EQ(choose(code, "yearly"),
            "https://purser.test/checkout/done?project=shop&checkout=" + checkout(code).id.str());
  ASSERT_EQ(world.owned(world.user()).size(), 1U);
  EXPECT_EQ(world.owned(world.user())[0].origin, domain::PurchaseOrigin::kTestMode);
  EXPECT_EQ(choose(code, "yearly"), "VERIFICATION_CODE_NOT_FOUND");
  EXPECT_EQ(world.provider.calls("account"), 0);
}

TEST_F(PageTest, AskingAgainAfterACrashBeforeTheAnswerGivesACodeThatWorks) {
  // The intention is there, its answer never was: as after a crash between the two.
  EXPECT_FALSE(
      world.engine
          ->start_operation(IdempotencyScope{world.project, "key", crypto::sha256("checkout")},
                            world.ids.unique_id())
          ->replay.has_value());
  world.reopen();
  const std::string code = open_page("key");
  EXPECT_TRUE(choose(code, "monthly").starts_with("https://pay.test/"));
}

TEST(DonePages, SaysWhatIsKnown) {
  SalesWorld world;
  const auto page = [&](const std::string& project, const CheckoutId& id) {
    return *world.sales->done_page(ProjectId(project), id);
  };
  EXPECT_EQ(page("other", CheckoutId("x")).state, DonePage::State::kUnknown);
  EXPECT_EQ(page("shop", CheckoutId("x")).state, DonePage::State::kUnknown);
  const std::string paid = world.open_session("pack");
  const CheckoutId id = world.checkout_of(paid).id;
  EXPECT_EQ(page("shop", id).state, DonePage::State::kPending);
  EXPECT_EQ(page("shop", id).product, "The pack");
  EXPECT_EQ(page("shop", id).seller, "Shop");
  world.provider.pay(paid);
  world.provider.plan = [](const std::string&) { return Fault::kUnavailable; };
  EXPECT_EQ(page("shop", id).state, DonePage::State::kPending) << "says what is known";
  world.provider.plan = nullptr;
  EXPECT_EQ(page("shop", id).state, DonePage::State::kGranted) << "faster than the event";
  EXPECT_EQ(world.quantity(world.user(), "credits"), 1000);
  const std::string left = world.open_session("pack");
  world.provider.expire(left);
  EXPECT_EQ(page("shop", world.checkout_of(left).id).state, DonePage::State::kExpired);
  const std::string twice = world.open_session("license");
  world.grant("license");
  world.provider.pay(twice);
  EXPECT_EQ(page("shop", world.checkout_of(twice).id).state, DonePage::State::kRefunded);
}

}  // namespace
}  // namespace purser::app::testing
