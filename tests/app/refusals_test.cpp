// Every refusal of an order, through the checkout and through the grant: its code, and that nothing
// was sold, charged, granted or written.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/app/sales_world.hpp"

namespace purser::app::testing {
namespace {

struct Refusal {
  const char* name;
  const char* code;
  const char* product;
  const char* price;
  std::int64_t quantity;
  std::vector<const char*> owned;  ///< granted before
};
const Refusal kRefusals[] = {
    {"unknown_product", "PRODUCT_DOES_NOT_EXIST", "nothing", "", 1, {}},
    {"an_item", "PRODUCT_DOES_NOT_EXIST", "credits", "", 1, {}},
    {"customer_type", "PRODUCT_CUSTOMER_TYPE_DOES_NOT_MATCH", "calls-pack", "", 1, {}},
    {"unknown_price", "PRICE_NOT_FOUND", "pro", "weekly", 1, {}},
    {"price_of_another", "PRICE_NOT_FOUND", "plan", "yearly", 1, {}},
    {"quantity_zero", "SCHEMA_ERROR", "pack", "", 0, {}},
    {"quantity_negative", "SCHEMA_ERROR", "pack", "", -1, {}},
    {"not_stackable", "PRODUCT_NOT_STACKABLE", "free", "", 2, {}},
    {"owned_once", "PRODUCT_ALREADY_GRANTED", "license", "", 1, {"license"}},
    {"owned_subscription", "PRODUCT_ALREADY_GRANTED", "free", "", 1, {"free"}},
    {"add_on_without_base", "ADD_ON_REQUIRES_BASE", "extra", "", 1, {}},
    {"add_on_with_another_plan", "ADD_ON_REQUIRES_BASE", "extra", "", 1, {"free"}},
    {"line_taken_for_good", "PRODUCT_LINE_CONFLICT", "free", "", 1, {"lifetime"}},
    {"too_much", "QUANTITY_OUT_OF_RANGE", "pack", "", Quantity::kMax, {}},
};

class Refused : public ::testing::TestWithParam<Refusal> {};

TEST_P(Refused, ByTheCheckoutAndNothingHappened) {
  SalesWorld world;
  for (const char* product : GetParam().owned) ASSERT_TRUE(world.try_grant(product).has_value());
  const Picture before = picture_of(world);
  NewCheckout order = world.order(GetParam().product);
  if (*GetParam().price != '\0') order.price = PriceId(GetParam().price);
  order.quantity = *Quantity::of(GetParam().quantity);
  EXPECT_EQ(world.answer(order, "key"), GetParam().code);
  EXPECT_EQ(world.answer(order), GetParam().code) << "and without an idempotency key";
  EXPECT_EQ(picture_of(world), before);
  EXPECT_EQ(world.verify(), nothing());
}

TEST_P(Refused, ByTheGrantAndNothingHappened) {
  SalesWorld world;
  for (const char* product : GetParam().owned) ASSERT_TRUE(world.try_grant(product).has_value());
  const Picture before = picture_of(world);
  const auto refused = world.try_grant(GetParam().product, GetParam().price, GetParam().quantity);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(error_row(refused.error().code).name, GetParam().code);
  EXPECT_EQ(picture_of(world), before);
  EXPECT_EQ(world.verify(), nothing());
}

INSTANTIATE_TEST_SUITE_P(Orders, Refused, ::testing::ValuesIn(kRefusals),
                         [](const auto& refusal) { return refusal.param.name; });

TEST(RefusedCheckout, ForReasonsThatAGrantDoesNotHave) {
  SalesWorld world;
  const Picture before = picture_of(world);
  EXPECT_EQ(world.answer(world.order("gift")), "PRODUCT_HAS_NO_PRICE");
  EXPECT_EQ(world.answer(world.order("pack", "nobody")), "USER_NOT_FOUND");
  NewCheckout order = world.order("pack");
  order.customer = world.team("nobody");
  EXPECT_EQ(world.answer(order), "TEAM_NOT_FOUND");
  order = world.order("hidden");
  order.from_client = true;
  EXPECT_EQ(world.answer(order), "PRODUCT_DOES_NOT_EXIST");
  order = world.order("pack");
  order.product = *make_catalog().find_product(ProductId("license"));
  order.from_client = true;
  EXPECT_EQ(world.answer(order), "INSUFFICIENT_ACCESS_TYPE");
  for (const char* url : {"https://app.example.com@evil.com/", "//evil.com", "javascript:alert(1)",
                          "https://evil.com/", "https:\\\\app.example.com"}) {
    order = world.order("pro");
    order.return_url = url;
    EXPECT_EQ(world.answer(order), "REDIRECT_URL_NOT_WHITELISTED") << url;
  }
  EXPECT_EQ(picture_of(world), before);
  EXPECT_EQ(world.provider.calls("account"), 0);
}

TEST(RefusedCheckout, WhileNewPurchasesAreBlockedAlsoInTestMode) {
  SalesWorld world;
  world.block_purchases(true);
  const Picture before = picture_of(world);
  for (const char* product : {"pack", "plan", "pro"}) {
    EXPECT_EQ(world.answer(world.order(product)), "NEW_PURCHASES_BLOCKED");
  }
  EXPECT_EQ(picture_of(world), before);
  world.test_mode(true);
  const Picture in_test_mode = picture_of(world);
  EXPECT_EQ(world.answer(world.order("plan")), "NEW_PURCHASES_BLOCKED");
  EXPECT_EQ(picture_of(world), in_test_mode);
}

TEST(RefusedCheckout, OfAServerOnlyPriceByAClient) {
  SalesWorld world;
  domain::Catalog catalog = make_catalog();
  catalog.products["pro"].prices[1].server_only = true;
  world.put_catalog(catalog);
  NewCheckout order = world.order_at("pro", "yearly");
  order.from_client = true;
  EXPECT_EQ(world.answer(order), "PRICE_NOT_FOUND");
  order.price.reset();
  EXPECT_TRUE(world.answer(order).starts_with("https://pay.test/")) << "one price is left to it";
}

TEST(RefusedCheckout, OfAnInlineProductThatIsNotValid) {
  SalesWorld world;
  domain::Product product = *make_catalog().find_product(ProductId("license"));
  NewCheckout order = world.order("");
  for (const char* item : {"unknown", "seats"}) {
    product.included_items[0].item = ItemId(item);
    order.product = product;
    EXPECT_EQ(world.answer(order), "SCHEMA_ERROR") << item;
  }
  EXPECT_TRUE(world.provider.sessions().empty());
}

TEST(RefusedCheckout, WithoutAKeyAtTheProvider) {
  SalesWorld world;
  SettingsChange change;
  change.stripe_secret_key = Secret("");
  world.settings(change);
  for (const char* product : {"pack", "plan", "pro"}) {
    EXPECT_EQ(world.answer(world.order(product)), "PAYMENTS_NOT_CONFIGURED");
  }
}

TEST(RefusedCheckout, StaysRefusedUnderItsKeyEvenWhenItWouldWorkNow) {
  SalesWorld world;
  world.block_purchases(true);
  EXPECT_EQ(world.answer(world.order("plan"), "key"), "NEW_PURCHASES_BLOCKED");
  world.block_purchases(false);
  const auto again = world.checkout(world.order("plan"), "key");
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->reply.body, "NEW_PURCHASES_BLOCKED");
}

TEST(RefusedCheckout, ByTheProviderStaysRefusedUnderItsKey) {
  SalesWorld world;
  bool refuse = true;
  world.provider.plan = [&](const std::string& call) {
    return refuse && call == "create_checkout_session" ? FakeProvider::Fault::kRefuse
                                                       : FakeProvider::Fault::kNone;
  };
  EXPECT_EQ(world.answer(world.order("pack"), "key"), "PAYMENT_PROVIDER_REFUSED");
  refuse = false;
  const auto again = world.checkout(world.order("pack"), "key");
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->reply.body, "PAYMENT_PROVIDER_REFUSED");
  EXPECT_TRUE(world.provider.sessions().empty());
  EXPECT_EQ(world.checkout(world.order("pack"), "another key")->reply.status, 200);
}

TEST(RefusedGrant, OfAProductWithSeveralPricesAsksForOne) {
  SalesWorld world;
  const auto refused = world.try_grant("pro");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kSchemaError);
  EXPECT_NE(refused.error().message.find("monthly, yearly"), std::string::npos);
  EXPECT_TRUE(world.owned(world.user()).empty());
  EXPECT_TRUE(world.try_grant("pro", "yearly").has_value());
}

TEST(RefusedGrant, OfSomebodyWhoIsNotThere) {
  SalesWorld world;
  NewGrant wanted;
  wanted.customer = world.user("nobody");
  wanted.product = ProductId("pack");
  EXPECT_EQ(world.try_grant(wanted).error().code, ErrorCode::kUserNotFound);
}

}  // namespace
}  // namespace purser::app::testing
