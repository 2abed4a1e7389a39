#include "adapters/jwks/token_cache.hpp"

#include <gtest/gtest.h>

namespace purser::jwks {
namespace {

Timestamp at(std::int64_t seconds) { return *Timestamp::from_millis(seconds * 1000); }

class TokenCacheTest : public testing::Test {
 protected:
  void insert(const std::string& token, std::int64_t expires = 1000, std::int64_t until = 1000) {
    app::TokenClaims claims;
    claims.subject = token;
    claims.expires_at = at(expires);
    cache_.insert(project_, token, claims, at(until), cache_.epoch());
  }
  bool has(const std::string& token, std::int64_t now = 0) {
    const auto found = cache_.find(project_, token, at(now));
    if (found) {
      EXPECT_EQ(found->subject, token);
    }
    return found.has_value();
  }

  const ProjectId project_{"p"};
  TokenCache cache_{3};
};

TEST_F(TokenCacheTest, ForgetsTheLeastRecentlyUsedFirst) {
  for (const char* token : {"a", "b", "c"}) insert(token);
  EXPECT_TRUE(has("a"));
  insert("d");
  EXPECT_FALSE(has("b"));
  EXPECT_TRUE(has("a"));
  EXPECT_TRUE(has("c"));
  EXPECT_TRUE(has("d"));
  EXPECT_EQ(cache_.size(), 3U);
}

TEST_F(TokenCacheTest, EndsWithTheExpiryOrEarlier) {
  insert("a", 100, 1000);
  insert("b", 1000, 100);
  EXPECT_TRUE(has("a", 99));
  EXPECT_TRUE(has("b", 99));
  EXPECT_FALSE(has("a", 100));
  EXPECT_FALSE(has("b", 100));
  EXPECT_EQ(cache_.size(), 0U);
}

TEST_F(TokenCacheTest, TheSameTokenIsOneEntry) {
  insert("a", 10);
  insert("a", 20);
  EXPECT_EQ(cache_.size(), 1U);
  EXPECT_TRUE(has("a", 15));
}

TEST_F(TokenCacheTest, ProjectAndTokenDoNotRunIntoOneAnother) {
  app::TokenClaims claims;
  claims.expires_at = at(100);
  cache_.insert(ProjectId("p1"), "2a", claims, at(100), cache_.epoch());
  EXPECT_FALSE(cache_.find(ProjectId("p12"), "a", at(0)));
  EXPECT_FALSE(cache_.find(ProjectId("p"), "12a", at(0)));
}

TEST_F(TokenCacheTest, WhatWasVerifiedBeforeAForgettingIsNotRemembered) {
  const std::uint64_t before = cache_.epoch();
  cache_.forget(project_);
  app::TokenClaims claims;
  claims.expires_at = at(100);
  cache_.insert(project_, "a", claims, at(100), before);
  EXPECT_FALSE(has("a"));
}

TEST_F(TokenCacheTest, ForgetsOneProject) {
  insert("a");
  app::TokenClaims claims;
  claims.expires_at = at(100);
  cache_.insert(ProjectId("q"), "b", claims, at(100), cache_.epoch());
  cache_.forget(project_);
  EXPECT_FALSE(has("a"));
  EXPECT_TRUE(cache_.find(ProjectId("q"), "b", at(0)));
}

TEST(TokenCache, WithoutRoomRemembersNothing) {
  TokenCache none(0);
  app::TokenClaims claims;
  claims.expires_at = at(100);
  none.insert(ProjectId("p"), "a", claims, at(100), none.epoch());
  EXPECT_FALSE(none.find(ProjectId("p"), "a", at(0)));
}

}  // namespace
}  // namespace purser::jwks
