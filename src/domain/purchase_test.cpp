#include "domain/purchase.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace purser::domain {
namespace {

constexpr CalendarInterval kMonthly{IntervalUnit::kMonth, 1};
const CustomerKey kUser{ProjectId("p"), CustomerType::kUser, "u"};

Quantity q(std::int64_t value) { return Quantity::of(value).value(); }
Money usd(std::int64_t cents) { return {cents, Currency::parse("usd").value()}; }

Product product(const char* id, const char* line = nullptr, std::vector<ProductId> bases = {}) {
  Product p;
  p.id = ProductId(id);
  p.display_name = id;
  if (line != nullptr) p.product_line = ProductLineId(line);
  p.is_add_on_to = std::move(bases);
  p.prices = {{PriceId("once"), usd(1000), {}, {}, false}};
  return p;
}

Purchase owns(Product p, PurchaseStatus status = PurchaseStatus::kActive) {
  Purchase purchase;
  purchase.id = PurchaseId("purchase-of-" + p.id.str());
  purchase.customer = kUser;
  purchase.product = std::move(p);
  purchase.quantity = q(1);
  purchase.status = status;
  return purchase;
}

std::optional<ErrorCode> refusal(const Status& status) {
  if (status) return std::nullopt;
  return status.error().code;
}

// Why a customer who owns these may not have one of `p`.
std::optional<ErrorCode> why_not(const Product& p, const std::vector<Purchase>& owned = {},
                                 std::int64_t quantity = 1) {
  return refusal(check_order({p, std::nullopt, q(quantity), kUser, false}, owned));
}

TEST(CheckOrder, AnythingElseIsFine) { EXPECT_EQ(why_not(product("a")), std::nullopt); }

TEST(CheckOrder, ServerOnlyProductsDoNotExistForClients) {
  Product secret = product("secret");
  secret.server_only = true;
  const Status refused = check_order({secret, {}, q(1), kUser, true}, {});
  ASSERT_FALSE(refused);
  const Error absent = product_does_not_exist(ProductId("secret"));
  EXPECT_EQ(refused.error().code, ErrorCode::kProductDoesNotExist);
  EXPECT_EQ(refused.error().message, absent.message);
  EXPECT_EQ(refused.error().details, absent.details);
  EXPECT_EQ(why_not(secret), std::nullopt);
}

TEST(CheckOrder, ProductsAreForOneTypeOfCustomer) {
  Product team = product("a");
  team.customer_type = CustomerType::kTeam;
  EXPECT_EQ(why_not(team), ErrorCode::kProductCustomerTypeDoesNotMatch);
}

TEST(CheckOrder, ThePriceMustExistForTheCaller) {
  Product p = product("a");
  p.prices.push_back({PriceId("secret"), usd(1), {}, {}, true});
  const auto with = [&](const char* price, bool from_client) {
    return refusal(check_order({p, PriceId(price), q(1), kUser, from_client}, {}));
  };
  EXPECT_EQ(with("once", true), std::nullopt);
  EXPECT_EQ(with("yearly", false), ErrorCode::kPriceNotFound);
  EXPECT_EQ(with("secret", true), ErrorCode::kPriceNotFound);
  EXPECT_EQ(with("secret", false), std::nullopt);
}

TEST(CheckOrder, OnlyStackableProductsHaveAQuantity) {
  Product p = product("a");
  EXPECT_EQ(why_not(p, {}, 2), ErrorCode::kProductNotStackable);
  EXPECT_EQ(why_not(p, {}, 0), ErrorCode::kSchemaError);
  p.stackable = true;
  EXPECT_EQ(why_not(p, {}, 2), std::nullopt);
  EXPECT_EQ(why_not(p, {}, -2), ErrorCode::kSchemaError);
}

TEST(CheckOrder, WhatIsOwnedIsNotSoldAgainUnlessStackable) {
  Product p = product("a");
  EXPECT_EQ(why_not(p, {owns(p)}), ErrorCode::kProductAlreadyGranted);
  EXPECT_EQ(why_not(p, {owns(p, PurchaseStatus::kRefunded)}), std::nullopt);
  EXPECT_EQ(why_not(p, {owns(p, PurchaseStatus::kEnded)}), std::nullopt);
  EXPECT_EQ(why_not(p, {owns(product("b"))}), std::nullopt);
  p.stackable = true;
  EXPECT_EQ(why_not(p, {owns(p)}), std::nullopt);
}

TEST(CheckOrder, InlineProductsAreEachTheirOwn) {
  const Product p = product("");
  EXPECT_EQ(why_not(p, {owns(p)}), std::nullopt);
}

TEST(CheckOrder, AddOnsNeedOneOfTheirBases) {
  const Product extra = product("extra", nullptr, {ProductId("pro"), ProductId("max")});
  EXPECT_EQ(why_not(extra), ErrorCode::kAddOnRequiresBase);
  EXPECT_EQ(why_not(extra, {owns(product("other"))}), ErrorCode::kAddOnRequiresBase);
  EXPECT_EQ(why_not(extra, {owns(product("max"), PurchaseStatus::kEnded)}),
            ErrorCode::kAddOnRequiresBase);
  EXPECT_EQ(why_not(extra, {owns(product("max"))}), std::nullopt);
}

TEST(CheckOrder, AProductLineHoldsOneProduct) {
  const Product pro = product("pro", "plans");
  EXPECT_EQ(why_not(pro, {owns(product("free", "plans"))}), ErrorCode::kProductLineConflict);
  EXPECT_EQ(why_not(pro, {owns(product("free", "other"))}), std::nullopt);
  EXPECT_EQ(why_not(pro, {owns(product("free"))}), std::nullopt);
  EXPECT_EQ(why_not(pro, {owns(product("free", "plans"), PurchaseStatus::kEnded)}), std::nullopt);
  EXPECT_EQ(why_not(product("single"), {owns(product("single2"))}), std::nullopt);
}

TEST(CheckOrder, MoreOfAStackableProductOfALineIsNoConflict) {
  Product seats = product("seats", "plans");
  seats.stackable = true;
  EXPECT_EQ(why_not(seats, {owns(seats)}, 3), std::nullopt);
}

TEST(CheckOrder, AddOnsNeitherTakeNorNeedAPlaceInTheirLine) {
  const Product pro = product("pro", "plans");
  const Product extra = product("extra", "plans", {ProductId("pro")});
  const Product more = product("more", "plans", {ProductId("pro")});
  EXPECT_EQ(why_not(extra, {owns(pro)}), std::nullopt);
  EXPECT_EQ(why_not(more, {owns(pro), owns(extra)}), std::nullopt);
  EXPECT_EQ(why_not(product("max", "plans"), {owns(extra)}), std::nullopt);
}

// One order that breaks every rule; mending them one by one shows the order of the checks.
TEST(CheckOrder, TheChecksStandInTheirDocumentedOrder) {
  Product p = product("a", "plans", {ProductId("base")});
  p.server_only = true;
  p.customer_type = CustomerType::kTeam;
  Order order{p, PriceId("none"), q(2), kUser, true};
  std::vector<Purchase> owned = {owns(product("a", "plans")), owns(product("b", "plans"))};
  const auto reason = [&] { return refusal(check_order(order, owned)); };
  EXPECT_EQ(reason(), ErrorCode::kProductDoesNotExist);
  p.server_only = false;
  EXPECT_EQ(reason(), ErrorCode::kProductCustomerTypeDoesNotMatch);
  p.customer_type = CustomerType::kUser;
  EXPECT_EQ(reason(), ErrorCode::kPriceNotFound);
  order.price = PriceId("once");
  EXPECT_EQ(reason(), ErrorCode::kProductNotStackable);
  order.quantity = q(1);
  EXPECT_EQ(reason(), ErrorCode::kProductAlreadyGranted);
  owned.erase(owned.begin());
  EXPECT_EQ(reason(), ErrorCode::kAddOnRequiresBase);
  p.is_add_on_to.clear();
  EXPECT_EQ(reason(), ErrorCode::kProductLineConflict);
  owned.clear();
  EXPECT_EQ(reason(), std::nullopt);
}

TEST(ChoosePrice, TheNamedOneElseTheOnlyOne) {
  Product p = product("a");
  EXPECT_EQ((*choose_price(p, {}, true))->id, PriceId("once"));
  p.prices.push_back({PriceId("monthly"), usd(100), kMonthly, {}, false});
  EXPECT_EQ(*choose_price(p, {}, true), std::nullopt);
  EXPECT_EQ((*choose_price(p, PriceId("monthly"), true))->amount, usd(100));
  EXPECT_EQ(choose_price(p, PriceId("x"), true).error().code, ErrorCode::kPriceNotFound);
}

TEST(ChoosePrice, ClientsDoNotSeeServerOnlyPrices) {
  Product p = product("a");
  p.prices.push_back({PriceId("secret"), usd(1), {}, {}, true});
  EXPECT_EQ((*choose_price(p, {}, true))->id, PriceId("once"));
  EXPECT_EQ(*choose_price(p, {}, false), std::nullopt);
  EXPECT_FALSE(choose_price(p, PriceId("secret"), true));
  p.prices.erase(p.prices.begin());
  EXPECT_EQ(choose_price(p, {}, true).error().code, ErrorCode::kProductHasNoPrice);
}

TEST(ChoosePrice, AProductWithoutPricesCannotBeBought) {
  Product p = product("a");
  p.prices.clear();
  EXPECT_EQ(choose_price(p, {}, false).error().code, ErrorCode::kProductHasNoPrice);
}

TEST(PurchaseKind, FollowsFromThePrice) {
  EXPECT_EQ(purchase_type(std::nullopt), PurchaseType::kOneTime);
  EXPECT_EQ(purchase_type(Price{PriceId("a"), usd(1), {}, {}, false}), PurchaseType::kOneTime);
  EXPECT_EQ(purchase_type(Price{PriceId("a"), usd(1), kMonthly, {}, false}),
            PurchaseType::kSubscription);
}

TEST(Total, IsPriceTimesQuantityAndNeverWraps) {
  const Price price{PriceId("a"), usd(999), {}, {}, false};
  EXPECT_EQ(*total(price, q(3)), usd(2997));
  EXPECT_EQ(total(price, q(Quantity::kMax)).value().minor_units(), 999 * Quantity::kMax);
  const Price dear{PriceId("a"), usd(kMaxPriceMinorUnits), {}, {}, false};
  EXPECT_EQ(total(dear, q(Quantity::kMax)).error().code, ErrorCode::kQuantityOutOfRange);
}

TEST(InitialGrants, MultiplyByTheQuantityInItemOrder) {
  Product p = product("a");
  p.stackable = true;
  p.included_items = {{ItemId("b"), q(5), kMonthly, Expiry::kWhenRepeated},
                      {ItemId("a"), q(7), {}, Expiry::kNever}};
  Purchase purchase = owns(p);
  purchase.quantity = q(3);
  purchase.created_at = Timestamp::from_millis(1000).value();
  purchase.anchor = Timestamp::from_millis(2000).value();
  const auto grants = initial_grants(purchase, Millis{0}).value();
  ASSERT_EQ(grants.size(), 2u);
  EXPECT_EQ(grants[0].item, ItemId("a"));
  EXPECT_EQ(grants[0].grant.quantity, q(21));
  EXPECT_EQ(grants[0].grant.source, purchase.id);
  EXPECT_EQ(grants[1].grant.quantity, q(15));
  EXPECT_EQ(grants[1].grant.repeat, kMonthly);
  EXPECT_EQ(grants[1].grant.expires, Expiry::kWhenRepeated);
  EXPECT_EQ(grants[1].grant.anchor, purchase.anchor);
  purchase.quantity = q(Quantity::kMax);
  EXPECT_EQ(initial_grants(purchase, Millis{0}).error().code, ErrorCode::kQuantityOutOfRange);
}

TEST(PurchaseWords, RoundTrip) {
  for (const auto type : {PurchaseType::kOneTime, PurchaseType::kSubscription}) {
    EXPECT_EQ(parse_purchase_type(to_string(type)), type);
  }
  for (const auto status :
       {PurchaseStatus::kActive, PurchaseStatus::kRefunded, PurchaseStatus::kEnded}) {
    EXPECT_EQ(parse_purchase_status(to_string(status)), status);
  }
  for (const auto origin :
       {PurchaseOrigin::kStripe, PurchaseOrigin::kTestMode, PurchaseOrigin::kGranted}) {
    EXPECT_EQ(parse_purchase_origin(to_string(origin)), origin);
  }
  EXPECT_FALSE(parse_purchase_type("one-time"));
  EXPECT_FALSE(parse_purchase_status(""));
  EXPECT_FALSE(parse_purchase_origin("Stripe"));
}

}  // namespace
}  // namespace purser::domain
