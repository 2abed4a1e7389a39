#include "adapters/sqlite/sharded_cache.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "adapters/sqlite/shared_state.hpp"

namespace purser::sqlite {
namespace {

StoredAccount account(std::int64_t line) { return {"blob" + std::to_string(line), line}; }

TEST(ShardedCache, KeepsWhatIsOffered) {
  AccountCache cache(100);
  const auto found = cache.find(AccountKey{1, 1});
  ASSERT_FALSE(found.value);
  EXPECT_EQ(cache.offer({1, 1}, account(5), found.generation), account(5));
  EXPECT_EQ(cache.find(AccountKey{1, 1}).value, account(5));
}

TEST(ShardedCache, APublishedValueBeatsAnOffer) {
  AccountCache cache(100);
  const auto found = cache.find(AccountKey{1, 1});
  cache.publish({1, 1}, account(6), true);
  EXPECT_EQ(cache.offer({1, 1}, account(5), found.generation), account(6));
}

TEST(ShardedCache, AnOfferThatMayBeOutOfDateIsRefused) {
  AccountCache cache(1);
  const auto found = cache.find(AccountKey{1, 1});
  cache.publish({1, 1}, account(6), true);
  // Written behind, let go, and driven out by others.
  cache.unpin({1, 1}, cache.pinned({1, 1})->stamp);
  for (std::int64_t i = 2; i < 5000; ++i) cache.publish({i, 1}, account(i), false);
  ASSERT_FALSE(cache.find(AccountKey{1, 1}).value);
  EXPECT_EQ(cache.offer({1, 1}, account(5), found.generation), std::nullopt);
}

TEST(ShardedCache, WhatIsPinnedIsNeverEvicted) {
  AccountCache cache(10);
  for (std::int64_t i = 0; i < 1000; ++i) cache.publish({i, 1}, account(i), true);
  EXPECT_EQ(cache.size(), 1000U);
  for (std::int64_t i = 0; i < 1000; ++i) ASSERT_EQ(cache.find(AccountKey{i, 1}).value, account(i));
  EXPECT_EQ(cache.pinned_keys().size(), 1000U);
}

TEST(ShardedCache, ANewerValueKeepsItsPinWhenTheOlderOneIsLetGo) {
  AccountCache cache(10);
  cache.publish({1, 1}, account(1), true);
  const auto stamp = cache.pinned({1, 1})->stamp;
  cache.publish({1, 1}, account(2), true);
  cache.unpin({1, 1}, stamp);
  ASSERT_TRUE(cache.pinned({1, 1}));
  EXPECT_EQ(cache.pinned({1, 1})->value, account(2));
}

TEST(ShardedCache, StaysBoundedWhenNothingIsPinned) {
  AccountCache cache(1000);
  for (std::int64_t i = 0; i < 100'000; ++i) cache.publish({i, 1}, account(i), false);
  EXPECT_LT(cache.size(), 2500U);
}

TEST(ShardedCache, EqualsAMapUnderRandomUse) {
  std::mt19937_64 random(3);
  AccountCache cache(50);
  std::map<std::int64_t, StoredAccount> pinned;
  std::map<std::int64_t, StoredAccount> latest;
  for (std::int64_t i = 1; i < 60'000; ++i) {
    const auto key = static_cast<std::int64_t>(random() % 400);
    switch (random() % 5) {
      case 0:
        cache.publish({key, 1}, account(i), true);
        pinned[key] = latest[key] = account(i);
        break;
      case 1:
        cache.publish({key, 1}, account(i), false);
        pinned.erase(key);
        latest[key] = account(i);
        break;
      case 2:
        cache.erase(AccountKey{key, 1});
        pinned.erase(key);
        latest.erase(key);
        break;
      case 3:
        if (const auto held = cache.pinned({key, 1})) {
          ASSERT_EQ(held->value, pinned.at(key));
          cache.unpin({key, 1}, held->stamp);
          pinned.erase(key);
        }
        break;
      default: {
        const auto found = cache.find(AccountKey{key, 1}).value;
        if (found) {
          ASSERT_EQ(*found, latest.at(key));
        } else {
          ASSERT_FALSE(pinned.contains(key));
        }
      }
    }
  }
  std::set<std::int64_t> keys;
  for (const AccountKey& key : cache.pinned_keys()) keys.insert(key.customer);
  std::set<std::int64_t> expected;
  for (const auto& [key, value] : pinned) expected.insert(key);
  EXPECT_EQ(keys, expected);
}

}  // namespace
}  // namespace purser::sqlite
