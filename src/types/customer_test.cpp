#include "types/customer.hpp"

#include <gtest/gtest.h>

#include <unordered_set>

namespace purser {
namespace {

TEST(CustomerType, TextRoundTrips) {
  for (const auto type : {CustomerType::kUser, CustomerType::kTeam, CustomerType::kCustom}) {
    EXPECT_EQ(parse_customer_type(to_string(type)), type);
  }
}

TEST(CustomerType, OtherTextsAreRefused) {
  for (const char* text : {"", "User", "users", "user ", "organization", "custom\n"}) {
    EXPECT_FALSE(parse_customer_type(text)) << text;
  }
}

TEST(CustomerKey, EveryPartCounts) {
  const CustomerKey a{ProjectId("p"), CustomerType::kUser, "x"};
  EXPECT_EQ(a, (CustomerKey{ProjectId("p"), CustomerType::kUser, "x"}));
  EXPECT_NE(a, (CustomerKey{ProjectId("q"), CustomerType::kUser, "x"}));
  EXPECT_NE(a, (CustomerKey{ProjectId("p"), CustomerType::kTeam, "x"}));
  EXPECT_NE(a, (CustomerKey{ProjectId("p"), CustomerType::kUser, "y"}));
}

TEST(CustomerKey, HashesOfManyKeysDoNotCollide) {
  std::unordered_set<std::size_t> hashes;
  for (const char* project : {"p", "q"}) {
    for (const auto type : {CustomerType::kUser, CustomerType::kTeam, CustomerType::kCustom}) {
      for (int i = 0; i < 1000; ++i) {
        const CustomerKey key{ProjectId(project), type, std::to_string(i)};
        hashes.insert(std::hash<CustomerKey>{}(key));
        hashes.insert(std::hash<ItemKey>{}({key, ItemId("credits")}));
      }
    }
  }
  EXPECT_EQ(hashes.size(), 2u * 3 * 1000 * 2);
}

TEST(CustomerKey, PartsThatSwapPlacesHashDifferently) {
  const std::hash<CustomerKey> hash;
  EXPECT_NE(hash({ProjectId("a"), CustomerType::kUser, "b"}),
            hash({ProjectId("b"), CustomerType::kUser, "a"}));
  EXPECT_NE(hash({ProjectId("a"), CustomerType::kUser, "a"}),
            hash({ProjectId("b"), CustomerType::kUser, "b"}));
}

}  // namespace
}  // namespace purser
