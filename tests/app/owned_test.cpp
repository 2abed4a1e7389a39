#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/app/world.hpp"

namespace purser::app::testing {
namespace {

constexpr Millis kHour{3'600'000};

std::vector<std::string> nothing() { return {}; }

Result<domain::Purchase> grant(World& world, const std::string& product, std::int64_t quantity = 1,
                               const std::string& price = "") {
  NewGrant order;
  order.customer = world.user();
  order.product = ProductId(product);
  order.quantity = *Quantity::of(quantity);
  if (!price.empty()) order.price = PriceId(price);
  return world.write<domain::Purchase>([&](StoreBatch& batch, AfterCommit&) {
    return world.sales->grant(*world.context(), batch, order);
  });
}

TEST(Grant, GivesAProductWithAndWithoutAPrice) {
  World world;
  const auto gift = grant(world, "gift");
  ASSERT_TRUE(gift.has_value());
  EXPECT_EQ(gift->origin, domain::PurchaseOrigin::kGranted);
  EXPECT_FALSE(gift->price.has_value());
  ASSERT_TRUE(grant(world, "pack", 2).has_value());
  ASSERT_TRUE(grant(world, "pack", 1).has_value()) << "stackable: again is more";
  EXPECT_EQ(world.quantity(world.user(), "credits"), 3007);
  EXPECT_TRUE(grant(world, "hidden").has_value()) << "the server may give server_only products";
  EXPECT_EQ(grant(world, "gift").error().code, ErrorCode::kProductAlreadyGranted);
  EXPECT_EQ(grant(world, "gift", 2).error().code, ErrorCode::kProductNotStackable);
  EXPECT_EQ(grant(world, "plan").error().code, ErrorCode::kNotImplemented);
  EXPECT_EQ(grant(world, "multi").error().code, ErrorCode::kNotImplemented);
  EXPECT_TRUE(grant(world, "multi", 1, "eu").has_value());
  EXPECT_EQ(world.verify(), nothing());
}

TEST(Grant, ARepeatedItemComesAgainOnTime) {
  World world;
  ASSERT_TRUE(grant(world, "daily").has_value());
  EXPECT_EQ(world.quantity(world.user(), "days"), 10);
  world.advance({3 * 24 * kHour.count});
  EXPECT_EQ(world.quantity(world.user(), "days"), 40) << "three days late, each day once";
  world.reopen();
  EXPECT_EQ(world.quantity(world.user(), "days"), 40);
  EXPECT_EQ(world.verify(), nothing());
}

TEST(Grant, OnceOnlyProductsCollideWithAPendingPayment) {
  World world;
  const std::string session = world.open_session("license");
  ASSERT_TRUE(grant(world, "license").has_value());
  world.provider.pay(session);
  ASSERT_TRUE(world.sales->settle(world.project, session).has_value());
  world.work_off();
  EXPECT_EQ(world.owned(world.user()).size(), 1U);
  EXPECT_EQ(world.provider.refunds().size(), 1U);
}

TEST(Owned, PagesNeverSplitAProductAndClientsDoNotSeeServerOnlyOnes) {
  World world;
  for (const char* product : {"pack", "gift", "hidden", "pack", "license", "pack"}) {
    ASSERT_TRUE(grant(world, product).has_value());
  }
  const auto ids = [](const OwnedPage& page) {
    std::vector<std::string> all;
    for (const auto& purchase : page.items) all.push_back(purchase.product.id.str());
    return all;
  };
  const auto page = [&](const std::string& after, int limit, bool from_client) {
    return *world.sales->owned(*world.context(), world.user(), after, limit, from_client);
  };
  const OwnedPage all = page("", 100, false);
  EXPECT_EQ(ids(all),
            (std::vector<std::string>{"gift", "hidden", "license", "pack", "pack", "pack"}));
  EXPECT_FALSE(all.next_after.has_value());
  const OwnedPage first = page("", 1, true);
  EXPECT_EQ(ids(first), std::vector<std::string>{"gift"});
  const OwnedPage second = page(*first.next_after, 1, true);
  EXPECT_EQ(ids(second), std::vector<std::string>{"license"}) << "hidden is not there";
  const OwnedPage third = page(*second.next_after, 1, true);
  EXPECT_EQ(ids(third), (std::vector<std::string>{"pack", "pack", "pack"}));
  EXPECT_FALSE(third.next_after.has_value()) << "a full last page has no next one";
  CustomerKey other = world.user();
  other.project = ProjectId("other");
  EXPECT_EQ(world.sales->owned(*world.context(), other, "", 10, false).error().code,
            ErrorCode::kUserNotFound);
}

}  // namespace
}  // namespace purser::app::testing
