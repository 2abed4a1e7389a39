#include "adapters/sqlite/packed_map.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace purser::sqlite {
namespace {

/// A map with its hash: what a user of PackedMap does.
class Map {
 public:
  explicit Map(std::size_t bytes, PackedMap::Hash hash = &PackedMap::hash_of)
      : map_(bytes, hash), hash_(hash) {}

  std::optional<std::string> find(const std::string& key) {
    const auto found = map_.find(key, hash_(key));
    return found ? std::optional(std::string(*found)) : std::nullopt;
  }
  void put(const std::string& key, const std::string& value) { map_.put(key, value, hash_(key)); }
  void erase(const std::string& key) { map_.erase(key, hash_(key)); }
  PackedMap& operator*() { return map_; }

 private:
  PackedMap map_;
  PackedMap::Hash hash_;
};

std::size_t always_the_same(std::string_view) { return 0x0123456789abcdef; }
std::size_t one_of_four(std::string_view key) {
  return std::size_t{PackedMap::hash_of(key) & 3} << 8;
}

std::string name(std::uint64_t number) { return "customer-" + std::to_string(number); }

TEST(PackedMap, GivesWhatWasPut) {
  Map map(1000);
  map.put("a", "one");
  map.put("b", "");
  map.put("", "empty key");
  EXPECT_EQ(map.find("a"), "one");
  EXPECT_EQ(map.find("b"), "");
  EXPECT_EQ(map.find(""), "empty key");
  EXPECT_EQ(map.find("c"), std::nullopt);
  EXPECT_EQ((*map).size(), 3U);
}

TEST(PackedMap, ALaterValueReplacesTheEarlier) {
  Map map(1000);
  map.put("a", "one");
  map.put("a", "another, longer one");
  EXPECT_EQ(map.find("a"), "another, longer one");
  map.erase("a");
  EXPECT_EQ(map.find("a"), std::nullopt);
  EXPECT_EQ((*map).size(), 0U);
}

TEST(PackedMap, KeysOfOneHashAreToldApart) {
  Map map(10'000, &always_the_same);
  for (std::uint64_t i = 0; i < 100; ++i) map.put(name(i), std::to_string(i));
  for (std::uint64_t i = 0; i < 100; i += 3) map.erase(name(i));
  for (std::uint64_t i = 0; i < 100; ++i) {
    ASSERT_EQ(map.find(name(i)), i % 3 == 0 ? std::nullopt : std::optional(std::to_string(i)));
  }
  EXPECT_EQ(map.find("customer-"), std::nullopt);
}

TEST(PackedMap, StaysWithinItsBytes) {
  constexpr std::size_t kBytes = 10'000;
  Map map(kBytes);
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    map.put(name(i), "0123456789");
    ASSERT_LE((*map).bytes(), kBytes);
    ASSERT_EQ(map.find(name(i)), "0123456789") << "what was put last is there";
  }
  // 4 + 14 + 10 bytes a record: the ring is nearly full.
  EXPECT_GT((*map).size(), kBytes / 28 - 10);
}

TEST(PackedMap, TheOldestGoesUnlessItWasLookedAt) {
  Map map(10'000);
  map.put("looked at", "1");
  map.put("forgotten", "2");
  for (std::uint64_t i = 0; i < 3000; ++i) {
    map.put(name(i), "0123456789");
    ASSERT_EQ(map.find("looked at"), "1");
  }
  EXPECT_EQ(map.find("forgotten"), std::nullopt);
}

TEST(PackedMap, IsBoundedWhenAllWasLookedAt) {
  constexpr std::size_t kBytes = 2'000;
  Map map(kBytes);
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    map.put(name(i), "0123456789");
    for (std::uint64_t j = i < 80 ? 0 : i - 80; j <= i; ++j) static_cast<void>(map.find(name(j)));
    ASSERT_LE((*map).bytes(), kBytes);
  }
}

TEST(PackedMap, WhatDoesNotFitIsNotKept) {
  Map map(100);
  map.put("a", "one");
  map.put("a", std::string(200, 'x'));
  EXPECT_EQ(map.find("a"), std::nullopt) << "the old value must not stay";
  map.put(std::string(2000, 'k'), "v");
  EXPECT_EQ(map.find(std::string(2000, 'k')), std::nullopt);
  Map large(10'000'000);
  large.put("a", std::string((1U << 20) - 1, 'x'));
  EXPECT_EQ(large.find("a")->size(), (1U << 20) - 1);
  large.put("a", std::string(1U << 20, 'x'));
  EXPECT_EQ(large.find("a"), std::nullopt);
}

TEST(PackedMap, AsManyRecordsFitAsPromised) {
  Map map(64);
  for (std::uint64_t i = 0; i < 8; ++i) map.put(std::string(1, static_cast<char>('a' + i)), "123");
  EXPECT_EQ((*map).size(), 8U);
  map.put("z", "123");
  EXPECT_EQ((*map).size(), 8U);
  EXPECT_EQ(map.find("a"), std::nullopt);
  EXPECT_EQ(map.find("z"), "123");
}

/// Whatever it still knows must be what was put last; what was erased must be gone.
void compare_with_a_map(std::size_t bytes, PackedMap::Hash hash, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Map map(bytes, hash);
  std::map<std::string, std::string> model;
  std::size_t hits = 0;
  for (int i = 0; i < 40'000; ++i) {
    const std::string key = name(random() % 200);
    switch (random() % 4) {
      case 0:
        map.erase(key);
        model.erase(key);
        break;
      case 1:
        model[key] = std::string(random() % 40, static_cast<char>('a' + random() % 26));
        map.put(key, model[key]);
        break;
      default: {
        const auto found = map.find(key);
        if (!found) break;
        ++hits;
        ASSERT_TRUE(model.contains(key));
        ASSERT_EQ(*found, model[key]);
      }
    }
    ASSERT_LE((*map).size(), model.size());
    ASSERT_LE((*map).bytes(), bytes);
  }
  EXPECT_GT(hits, 100U);
}

TEST(PackedMap, EqualsAMapUnderRandomUse) {
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    compare_with_a_map(400, &PackedMap::hash_of, seed);
    compare_with_a_map(3'000, &PackedMap::hash_of, seed);
    compare_with_a_map(3'000, &one_of_four, seed);
    compare_with_a_map(100'000, &PackedMap::hash_of, seed);
  }
}

}  // namespace
}  // namespace purser::sqlite
