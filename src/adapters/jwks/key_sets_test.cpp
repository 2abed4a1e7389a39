#include "adapters/jwks/key_sets.hpp"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "adapters/jwks/fake_fetch.hpp"
#include "adapters/jwks/test_issuer.hpp"

namespace purser::jwks {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;
const std::string kUrl = "https://issuer.example/jwks";

Timestamp at(std::int64_t seconds) { return *Timestamp::from_millis(seconds * 1000); }
std::string document(const std::string& jwks) { return R"({"keys":[)" + jwks + "]}"; }

class KeySetsTest : public testing::Test {
 protected:
  KeySetsTest() { fetch_.documents[kUrl] = document(first_.public_jwk); }
  bool knows(const std::string& kid, std::int64_t now = kNow, const std::string& url = kUrl) {
    return sets_.find(url, kid, Algorithm::kEs256, at(now)).has_value();
  }

  const NewKeyPair first_ = *make_key_pair();
  const NewKeyPair second_ = *make_key_pair();
  FakeFetch fetch_;
  KeySets sets_{fetch_};
};

TEST_F(KeySetsTest, AKnownKeyIsFetchedOnce) {
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(knows(first_.kid, kNow + i));
  EXPECT_EQ(fetch_.count, 1);
}

TEST_F(KeySetsTest, AFloodOfUnknownKidsCausesOneFetchAMinute) {
  for (int second = 0; second < 180; ++second) {
    for (int i = 0; i < 10; ++i) {
      EXPECT_FALSE(knows("kid-" + std::to_string(second * 10 + i), kNow + second));
    }
  }
  EXPECT_EQ(fetch_.count, 3);
}

TEST_F(KeySetsTest, AFailedFetchCountsAsTheMinutesOne) {
  fetch_.documents.clear();
  for (int second = 0; second < 60; ++second) EXPECT_FALSE(knows(first_.kid, kNow + second));
  EXPECT_EQ(fetch_.count, 1);
  fetch_.documents[kUrl] = document(first_.public_jwk);
  EXPECT_TRUE(knows(first_.kid, kNow + 60));
}

TEST_F(KeySetsTest, ARotatedKeyIsFoundAfterItsTokenArrives) {
  EXPECT_TRUE(knows(first_.kid));
  fetch_.documents[kUrl] = document(first_.public_jwk + ',' + second_.public_jwk);
  EXPECT_FALSE(knows(second_.kid, kNow + 59));
  EXPECT_TRUE(knows(second_.kid, kNow + 60));
  EXPECT_TRUE(knows(first_.kid, kNow + 61));
}

TEST_F(KeySetsTest, KnownKeysSurviveTheIssuersOutage) {
  EXPECT_TRUE(knows(first_.kid));
  for (const char* broken : {"", "<html>", "{}", R"({"keys":7})", R"({"keys":[]})",
                             R"({"keys":[{"kty":"oct","k":"AA"}]})"}) {
    fetch_.documents[kUrl] = broken;
    for (int hours = 1; hours < 100; ++hours) {
      EXPECT_TRUE(knows(first_.kid, kNow + hours * 3601)) << broken;
    }
  }
  fetch_.documents.clear();
  EXPECT_TRUE(knows(first_.kid, kNow + 1'000'000));
}

TEST_F(KeySetsTest, AnOldSetIsFetchedAgainAndWithdrawnKeysGo) {
  EXPECT_TRUE(knows(first_.kid));
  fetch_.documents[kUrl] = document(second_.public_jwk);
  EXPECT_TRUE(knows(first_.kid, kNow + 3600));
  EXPECT_FALSE(knows(first_.kid, kNow + 3601));
  EXPECT_EQ(fetch_.count, 2);
}

TEST_F(KeySetsTest, AClockThatGoesBackHoldsNothingUpForLong) {
  EXPECT_FALSE(knows("unknown", kNow));
  EXPECT_FALSE(knows("unknown", kNow - 100'000));
  EXPECT_FALSE(knows("unknown", kNow - 100'000 + 59));
  EXPECT_EQ(fetch_.count, 1);
  EXPECT_FALSE(knows("unknown", kNow - 100'000 + 60));
  EXPECT_EQ(fetch_.count, 2);
}

TEST_F(KeySetsTest, WithoutAKidOnlyASingleKeyIsMeant) {
  EXPECT_TRUE(knows(""));
  fetch_.documents[kUrl] = document(first_.public_jwk + ',' + second_.public_jwk);
  EXPECT_FALSE(knows("", kNow + 3601));
}

TEST_F(KeySetsTest, EveryIssuerHasItsOwnMinute) {
  EXPECT_FALSE(knows("x", kNow, "https://a.example/"));
  EXPECT_FALSE(knows("x", kNow, "https://b.example/"));
  EXPECT_EQ(fetch_.count, 2);
}

TEST_F(KeySetsTest, ManySetsAreBounded) {
  for (int i = 0; i < 2500; ++i) {
    EXPECT_FALSE(knows("x", kNow, "https://" + std::to_string(i) + ".example/"));
  }
  EXPECT_TRUE(knows(first_.kid));
}

// Many first tokens at once: one of them fetches, all of them get its result.
TEST_F(KeySetsTest, CallersWaitForTheOneFetchThatRuns) {
  std::promise<void> go;
  fetch_.before_answer = [future = go.get_future().share()] { future.wait(); };
  std::vector<std::future<bool>> callers;
  for (int i = 0; i < 8; ++i) {
    callers.push_back(std::async(std::launch::async, [&] { return knows(first_.kid); }));
  }
  go.set_value();
  for (auto& caller : callers) EXPECT_TRUE(caller.get());
  EXPECT_EQ(fetch_.count, 1);
}

TEST(ParseKeySet, RefusesWhatIsTooLarge) {
  const std::string jwk = make_key_pair()->public_jwk;
  std::string many = jwk;
  for (int i = 1; i < 100; ++i) many += ',' + jwk;
  EXPECT_EQ(parse_key_set(document(many))->size(), 100U);
  EXPECT_FALSE(parse_key_set(document(many + ',' + jwk)));
}

TEST(ParseKeySet, SkipsWhatItCannotUse) {
  const std::string jwk = make_key_pair()->public_jwk;
  EXPECT_EQ(parse_key_set(document(R"({"kty":"OKP"},7,null,)" + jwk))->size(), 1U);
}

}  // namespace
}  // namespace purser::jwks
