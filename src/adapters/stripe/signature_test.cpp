#include "adapters/stripe/signature.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "crypto/crypto.hpp"

namespace purser::stripe {
namespace {

constexpr std::int64_t kSeconds = 1'700'000'000;
const std::string kBody = R"({"id":"evt_1","object":"event"})";

Timestamp at(std::int64_t seconds) { return *Timestamp::from_millis(seconds * 1000); }
std::vector<Secret> one(const std::string& text) { return {Secret(text)}; }

// The published recipe, written out again: hex HMAC-SHA256 of timestamp + '.' + body.
std::string v1(const std::string& timestamp, const std::string& body, const std::string& secret) {
  return crypto::to_hex(crypto::hmac_sha256(secret, timestamp + "." + body));
}

bool accepted(const std::string& header, const std::string& body = kBody,
              const std::vector<Secret>& secrets = one("whsec_a"), Timestamp now = at(kSeconds)) {
  const Status status = verify_signature(body, header, secrets, now);
  if (!status) {
    EXPECT_EQ(status.error().code, ErrorCode::kWebhookSignatureInvalid);
  }
  return status.has_value();
}

std::string header(std::int64_t seconds = kSeconds, const std::string& secret = "whsec_a") {
  const std::string t = std::to_string(seconds);
  return "t=" + t + ",v1=" + v1(t, kBody, secret);
}

// Computed apart from this code: printf '1700000000.{"id":"evt_1","object":"event"}' |
// openssl dgst -sha256 -hmac whsec_a
TEST(Signature, MatchesAnIndependentComputation) {
  EXPECT_TRUE(
      accepted("t=1700000000,v1=df87fbe58f040d9c8b0a699dde357e2fdaaf72826b77a63b875a907f851d0b0d"));
}

TEST(Signature, AcceptsWhatSignMakes) {
  EXPECT_TRUE(accepted(sign(kBody, Secret("whsec_a"), at(kSeconds))));
}

TEST(Signature, AcceptsAnyMatchingV1AndIgnoresOtherSchemes) {
  const std::string good = v1("1700000000", kBody, "whsec_a");
  const std::string bad(64, '0');
  EXPECT_TRUE(accepted("t=1700000000,v1=" + bad + ",v1=" + good));
  EXPECT_TRUE(accepted("t=1700000000,v1=" + good + ",v1=" + bad + ",v0=" + bad));
  EXPECT_TRUE(accepted("v0=x,v1=" + good + ",t=1700000000,v2=y"));
}

TEST(Signature, V0AloneIsNoSignature) {
  EXPECT_FALSE(accepted("t=1700000000,v0=" + v1("1700000000", kBody, "whsec_a")));
}

TEST(Signature, AnyOfSeveralSecretsVerifiesDuringARotation) {
  std::vector<Secret> both;
  both.emplace_back("whsec_old");
  both.emplace_back("whsec_new");
  EXPECT_TRUE(accepted(header(kSeconds, "whsec_old"), kBody, both));
  EXPECT_TRUE(accepted(header(kSeconds, "whsec_new"), kBody, both));
  EXPECT_FALSE(accepted(header(kSeconds, "whsec_other"), kBody, both));
}

TEST(Signature, NoSecretAndAnEmptySecretVerifyNothing) {
  EXPECT_FALSE(accepted(header(), kBody, {}));
  EXPECT_FALSE(accepted(header(kSeconds, ""), kBody, one("")));
}

TEST(Signature, TheToleranceIsThreeHundredSecondsBothWays) {
  EXPECT_TRUE(accepted(header(), kBody, one("whsec_a"), at(kSeconds + 300)));
  EXPECT_TRUE(accepted(header(), kBody, one("whsec_a"), at(kSeconds - 300)));
  EXPECT_FALSE(accepted(header(), kBody, one("whsec_a"), at(kSeconds + 301)));
  EXPECT_FALSE(accepted(header(), kBody, one("whsec_a"), at(kSeconds - 301)));
}

TEST(Signature, RefusesHeadersThatAreNotWellFormed) {
  const std::string good = v1("1700000000", kBody, "whsec_a");
  for (const std::string& text : {std::string(),
                                  std::string(","),
                                  std::string("t="),
                                  std::string("t=1700000000"),
                                  "v1=" + good,
                                  "t=,v1=" + good,
                                  "t=1700000000,t=1700000000,v1=" + good,
                                  "t= 1700000000,v1=" + good,
                                  "t=+1700000000,v1=" + good,
                                  "t=1700000000 ,v1=" + good,
                                  "t=01700000000,v1=" + good,
                                  "t=9999999999999,v1=" + good,
                                  "t=1.7e9,v1=" + good,
                                  "t=1700000000;v1=" + good,
                                  "T=1700000000,V1=" + good,
                                  "t=1700000000,v1= " + good,
                                  "t=1700000000,v1=" + good + "0",
                                  "t=1700000000,v1=" + good.substr(1),
                                  std::string("t=1700000000,v1="),
                                  std::string(5000, 'a') + ",t=1700000000,v1=" + good}) {
    EXPECT_FALSE(accepted(text)) << text;
  }
}

TEST(Signature, RefusesAFloodOfSignatures) {
  std::string text = "t=1700000000";
  for (int i = 0; i < 17; ++i) text += ",v1=0";
  EXPECT_FALSE(accepted(text + ",v1=" + v1("1700000000", kBody, "whsec_a")));
}

TEST(Signature, TheMessageDoesNotSayWhatWasWrong) {
  const Status old = verify_signature(kBody, header(), one("whsec_a"), at(kSeconds + 1000));
  const Status forged = verify_signature(kBody, header(), one("whsec_b"), at(kSeconds));
  EXPECT_EQ(old.error().message, forged.error().message);
  EXPECT_NE(old.error().log.for_log(), forged.error().log.for_log());
}

TEST(SignatureProperty, EveryBodyAndSecretSignedIsAccepted) {
  EXPECT_TRUE(rc::check([](const std::string& body, const std::string& secret) {
    RC_PRE(!secret.empty());
    const auto now = at(*rc::gen::inRange<std::int64_t>(1000, 4'000'000'000));
    RC_ASSERT(verify_signature(body, sign(body, Secret(secret), now), one(secret), now));
  }));
}

TEST(SignatureProperty, EveryTamperingIsRefused) {
  EXPECT_TRUE(rc::check([](const std::string& secret, const std::string& body) {
    RC_PRE(!secret.empty());
    const auto now = at(kSeconds);
    const std::string signed_header = sign(body, Secret(secret), now);
    // One byte of the body changed, added or taken.
    std::string other = body;
    const auto place = static_cast<std::size_t>(*rc::gen::inRange<int>(0, 1000));
    const int kind = *rc::gen::inRange(0, 3);
    if (kind == 0 || body.empty()) {
      other.insert(place % (body.size() + 1), 1, *rc::gen::arbitrary<char>());
    } else if (kind == 1) {
      other[place % body.size()] =
          static_cast<char>(other[place % body.size()] ^ *rc::gen::inRange(1, 256));
    } else {
      other.erase(place % body.size(), 1);
    }
    RC_ASSERT(!verify_signature(other, signed_header, one(secret), now));
    RC_ASSERT(!verify_signature(body, signed_header, one(secret + "x"), now));
    // One character of the header changed: another time, another signature, or no header at all.
    std::string changed = signed_header;
    char& c = changed[place % changed.size()];
    c = static_cast<char>(c ^ *rc::gen::inRange(1, 256));
    RC_ASSERT(!verify_signature(body, changed, one(secret), now));
  }));
}

}  // namespace
}  // namespace purser::stripe
