#include "adapters/sqlite/sharded_cache.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "adapters/sqlite/shared_state.hpp"
#include "codec/account_codec.hpp"

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

TEST(ShardedCache, AnAccountThatIsUnpinnedStays) {
  AccountCache cache(100);
  cache.publish({7, 3}, account(9), true);
  cache.unpin({7, 3}, cache.pinned({7, 3})->stamp);
  EXPECT_FALSE(cache.pinned({7, 3}));
  EXPECT_EQ(cache.find(AccountKey{7, 3}).value, account(9));
  cache.publish({7, 3}, account(10), true);
  EXPECT_EQ(cache.find(AccountKey{7, 3}).value, account(10));
  EXPECT_EQ(cache.size(), 1U);
}

TEST(ShardedCache, KeepsLongAccountsAndLargeNumbers) {
  AccountCache cache(100'000);
  const AccountKey key{std::numeric_limits<std::int64_t>::max(), 1'000'000'007};
  const StoredAccount value{std::string(900, '\0') + "end",
                            std::numeric_limits<std::int64_t>::max()};
  cache.publish(key, value, false);
  EXPECT_EQ(cache.find(key).value, value);
  EXPECT_EQ(cache.find(AccountKey{key.customer - 1, key.item}).value, std::nullopt);
}

TEST(ShardedCache, GivesTheBytesOfAnAccountBackWhateverTheyAre) {
  using namespace std::string_literals;
  for (const std::string& blob :
       {""s, "\1"s, "\1\1\0"s, "\1\1\0\0"s, "\1\1\0\0\0"s, "\1\1\0\7\0\0"s, "\1\1\0\xff\x7f\0\0"s,
        "\1\1\1\7\0\0"s, "\1\2\0\7\0\0"s, "\1\1\0\7\0\1"s, "\0\0"s}) {
    for (const std::int64_t line : {std::int64_t{0}, std::int64_t{1}, std::int64_t{1} << 53}) {
      const StoredAccount value{blob, line};
      EXPECT_EQ(AccountTraits::unpack(AccountTraits::pack(value)), value);
    }
  }
  domain::ItemAccount usual;
  usual.lots.push_back({*Quantity::of(1'000'000'000), std::nullopt, {}, false});
  const StoredAccount value{codec::encode_account(usual), 1'000'000};
  EXPECT_EQ(AccountTraits::pack(value).size(), 3U + 5U) << "the codec changed: see kBegin, kEnd";
}

TEST(ShardedCache, ValuesLoadedTogetherAreRefusedWhereSomethingWasPublished) {
  AccountCache cache(1000);
  const auto loaded_at = cache.generations();
  cache.publish({1, 1}, account(6), true);
  cache.erase(AccountKey{1, 1});
  EXPECT_EQ(cache.offer({1, 1}, account(5), loaded_at), std::nullopt);
  int kept = 0;
  EXPECT_FALSE(cache.keep_loaded({1, 1}, account(5), loaded_at));
  for (std::int64_t i = 2; i < 102; ++i) {
    const bool is_kept = cache.keep_loaded({i, 1}, account(i), loaded_at);
    EXPECT_EQ(cache.find(AccountKey{i, 1}).value.has_value(), is_kept);
    EXPECT_FALSE(cache.keep_loaded({i, 1}, account(0), loaded_at)) << "there is one, or it is late";
    kept += is_kept ? 1 : 0;
  }
  EXPECT_GT(kept, 50) << "only one shard of many was published to";
  EXPECT_LT(kept, 100);
}

TEST(ShardedCache, SaysWhetherItHasRoom) {
  AccountCache cache(1000);
  EXPECT_TRUE(cache.has_room());
  cache.publish({1, 1}, account(1), false);
  EXPECT_TRUE(cache.has_room());
  for (std::int64_t i = 0; i < 5000; ++i) cache.publish({i, 1}, account(i), false);
  EXPECT_FALSE(cache.has_room());
}

TEST(ShardedCache, TellsCustomersApart) {
  CustomerCache cache(1000);
  const std::string long_name(128, 'n');
  const CustomerNameView names[] = {{1, CustomerType::kUser, "a"},
                                    {1, CustomerType::kTeam, "a"},
                                    {2, CustomerType::kUser, "a"},
                                    {1, CustomerType::kUser, "ab"},
                                    {1, CustomerType::kUser, long_name}};
  std::int64_t id = 0;
  for (const CustomerNameView& name : names) {
    const auto found = cache.find(name);
    ASSERT_FALSE(found.value);
    ++id;
    ASSERT_TRUE(cache.offer(name, CustomerRow{id, id == 2}, found.generation));
  }
  id = 0;
  for (const CustomerNameView& name : names) {
    const auto found = cache.find(name);
    ASSERT_TRUE(found.value);
    EXPECT_EQ(found.value->id, ++id);
    EXPECT_EQ(found.value->deleted, id == 2);
  }
  cache.erase(CustomerName{1, CustomerType::kTeam, "a"});
  EXPECT_FALSE(cache.find(names[1]).value);
  EXPECT_TRUE(cache.find(names[0]).value);
}

// Two threads read through the cache while one publishes: nobody may see a value go back. The
// "database" is written before a value is unpinned, as the store does it.
TEST(ShardedCache, ReadersNeverGoBack) {
  constexpr std::int64_t kKeys = 64;
  AccountCache cache(16);
  std::vector<std::atomic<std::int64_t>> stored(kKeys);
  std::vector<std::atomic<std::int64_t>> committed(kKeys);
  std::atomic<bool> done{false};
  const auto read = [&] {
    for (std::int64_t i = 0; !done.load(); i = (i + 7) % kKeys) {
      const auto at = static_cast<std::size_t>(i);
      const std::int64_t before = committed[at].load();
      std::optional<StoredAccount> got;
      while (!got) {
        const auto found = cache.find(AccountKey{i, 1});
        got = found.value;
        if (!got) got = cache.offer(AccountKey{i, 1}, account(stored[at].load()), found.generation);
      }
      ASSERT_GE(got->last_entry, before);
    }
  };
  std::thread one(read);
  std::thread two(read);
  std::mt19937_64 random(5);
  for (std::int64_t line = 1; line < 40'000; ++line) {
    const auto key = static_cast<std::int64_t>(random() % kKeys);
    const auto at = static_cast<std::size_t>(key);
    cache.publish({key, 1}, account(line), true);
    committed[at].store(line);
    const auto other = static_cast<std::int64_t>(random() % kKeys);
    if (const auto pinned = cache.pinned({other, 1})) {
      stored[static_cast<std::size_t>(other)].store(pinned->value.last_entry);
      cache.unpin({other, 1}, pinned->stamp);
    }
  }
  done.store(true);
  one.join();
  two.join();
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
