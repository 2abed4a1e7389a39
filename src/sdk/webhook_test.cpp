#include "purser/webhook.hpp"

#include <gtest/gtest.h>

namespace purser::sdk {
namespace {

// The example of the Standard Webhooks specification's reference libraries: a signature that was
// not made by this code.
const std::string kSpecSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const std::vector<HttpHeader> kSpecHeaders = {
    {"Webhook-Id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
    {"Webhook-Timestamp", "1614265330"},
    {"Webhook-Signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}};
constexpr std::string_view kSpecBody = R"({"test": 2432232314})";

// Made with: printf '%s' "evt_42.1769860800.$body" | openssl dgst -sha256 -mac HMAC -macopt
// hexkey:… -binary | base64
const std::string kSecret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const std::string kOther = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
const std::string kSignature = "v1,dkCn6P0FZ1Ekhth/P5px2ibMIK3Ejkep5BMHC6RtlHg=";
constexpr std::string_view kBody =
    R"({"id":"evt_42","type":"team.created","timestamp":"2026-01-31T12:00:00.000Z",)"
    R"("project_id":"shop","data":{"customer_type":"team","customer_id":"crew"}})";
constexpr std::int64_t kAt = 1'769'860'800;

VerifyWebhookOptions at(std::int64_t seconds) {
  VerifyWebhookOptions options;
  options.now = Time(std::chrono::seconds(seconds));
  return options;
}

std::vector<HttpHeader> headers(const std::string& signature = kSignature,
                                const std::string& timestamp = "1769860800") {
  return {{"content-type", "application/json"},
          {"WEBHOOK-ID", "evt_42"},
          {"webhook-timestamp", timestamp},
          {"webhook-signature", signature}};
}

ErrorCode refusal(const Result<WebhookEvent>& result) {
  EXPECT_FALSE(result.has_value());
  return result ? ErrorCode::kUnknownError : result.error().code();
}

TEST(VerifyWebhook, ReadsAnEventThatIsSigned) {
  const auto event = verify_webhook({kSecret}, headers(), kBody, at(kAt + 299));
  ASSERT_TRUE(event) << event.error().message();
  EXPECT_EQ(event->id, "evt_42");
  EXPECT_EQ(event->type, "team.created");
  EXPECT_EQ(event->timestamp, Time(std::chrono::seconds(kAt)));
  EXPECT_EQ(event->project_id, "shop");
  EXPECT_EQ(event->data_json, R"({"customer_type":"team","customer_id":"crew"})");
}

// Signed as the specification's own libraries sign, though it is no event of ours.
TEST(VerifyWebhook, AgreesWithTheSpecificationsExample) {
  EXPECT_EQ(refusal(verify_webhook({kSpecSecret}, kSpecHeaders, kSpecBody, at(1'614'265'330))),
            ErrorCode::kMalformedAnswer);
  EXPECT_EQ(refusal(verify_webhook({kSpecSecret}, kSpecHeaders, R"({"test": 2432232315})",
                                   at(1'614'265'330))),
            ErrorCode::kWebhookSignatureInvalid);
}

TEST(VerifyWebhook, AnyOfTheSecretsAndAnyOfTheSignatures) {
  EXPECT_TRUE(verify_webhook({kOther, kSecret}, headers(), kBody, at(kAt)));
  EXPECT_TRUE(verify_webhook({kSecret}, headers("v1,AAAA v1a,x " + kSignature), kBody, at(kAt)));
}

TEST(VerifyWebhook, RefusesWhatIsNotSignedJustSo) {
  const auto refused = [](const std::vector<std::string>& secrets,
                          const std::vector<HttpHeader>& with, std::string_view body,
                          std::int64_t now) {
    return refusal(verify_webhook(secrets, with, body, at(now))) ==
           ErrorCode::kWebhookSignatureInvalid;
  };
  const std::string changed = std::string(kBody) + " ";
  EXPECT_TRUE(refused({kSecret}, headers(), changed, kAt));
  EXPECT_TRUE(refused({kOther}, headers(), kBody, kAt));
  EXPECT_TRUE(refused({kSecret}, headers("v2" + kSignature.substr(2)), kBody, kAt));
  EXPECT_TRUE(refused({kSecret}, headers("v1,"), kBody, kAt));
  EXPECT_TRUE(refused({kSecret}, headers("v1,not base64"), kBody, kAt));
  EXPECT_TRUE(refused({kSecret}, headers(kSignature, "1769860801"), kBody, kAt));
  EXPECT_TRUE(refused({kSecret}, headers(kSignature, "now"), kBody, kAt));
  EXPECT_TRUE(refused({kSecret}, headers(kSignature, "99999999999999999999"), kBody, kAt));
  EXPECT_TRUE(refused({kSecret}, headers(), kBody, kAt + 301));
  EXPECT_TRUE(refused({kSecret}, headers(), kBody, kAt - 301));
  for (std::size_t missing = 1; missing < 4; ++missing) {
    auto fewer = headers();
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(missing));
    EXPECT_TRUE(refused({kSecret}, fewer, kBody, kAt)) << missing;
  }
}

TEST(VerifyWebhook, ASecretThatIsNoneIsTheCallersMistake) {
  for (const std::vector<std::string>& secrets :
       {std::vector<std::string>{}, {""}, {"whsec_"}, {"whsec_%"}, {kSecret.substr(6)}}) {
    EXPECT_EQ(refusal(verify_webhook(secrets, headers(), kBody, at(kAt))),
              ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace purser::sdk
