#include "app/webhook_signature.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "crypto/crypto.hpp"

namespace purser::app {
namespace {

// Source: the example of the Standard Webhooks specification's reference libraries.
const Secret kSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
constexpr std::string_view kId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::string_view kBody = R"({"test": 2432232314})";
constexpr std::string_view kSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

Timestamp at(std::int64_t millis) { return *Timestamp::from_millis(millis); }

TEST(WebhookSignature, IsThatOfTheSpecification) {
  const std::vector<Secret> one = {kSecret};
  EXPECT_EQ(*webhook_signature(one, kId, at(1'614'265'330'999), kBody), kSignature);
  EXPECT_NE(*webhook_signature(one, kId, at(1'614'265'331'000), kBody), kSignature);
}

TEST(WebhookSignature, EverySecretSigns) {
  const std::vector<Secret> two = {new_webhook_secret(), kSecret};
  const std::string signatures = *webhook_signature(two, kId, at(1'614'265'330'000), kBody);
  ASSERT_EQ(signatures.size(), 2 * kSignature.size() + 1);
  EXPECT_EQ(signatures.substr(kSignature.size()), " " + std::string(kSignature));
}

TEST(WebhookSignature, ANewSecretHasThirtyTwoBytesOfItsOwn) {
  const Secret secret = new_webhook_secret();
  ASSERT_TRUE(secret.reveal().starts_with("whsec_"));
  EXPECT_EQ(crypto::from_base64(secret.reveal().substr(6))->size(), 32U);
  EXPECT_NE(new_webhook_secret().reveal(), secret.reveal());
}

TEST(WebhookSignature, WhatIsNoSecretSignsNothing) {
  for (const char* text : {"", "whsec", "whsec_%%", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}) {
    const std::vector<Secret> one = {Secret(text)};
    EXPECT_FALSE(webhook_signature(one, kId, at(0), kBody)) << text;
  }
}

}  // namespace
}  // namespace purser::app
