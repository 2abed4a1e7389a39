// The Stripe-Signature header: nothing verifies but the right HMAC at the right time.

#include "adapters/stripe/signature.hpp"
#include "fuzz/fuzz.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using purser::Secret;
  using purser::Timestamp;
  constexpr std::string_view kBody = R"({"id":"evt_1","object":"event"})";
  const std::string_view header = purser::fuzz::text_of(data, size);
  const Timestamp now = *Timestamp::from_millis(1'700'000'000'000);
  const std::vector<Secret> secrets = {Secret("whsec_a"), Secret(""), Secret("whsec_b")};
  const auto status = purser::stripe::verify_signature(kBody, header, secrets, now);
  if (!status) {
    FUZZ_REQUIRE(status.error().code == purser::ErrorCode::kWebhookSignatureInvalid);
    return 0;
  }
  // Accepted: then one of the right signatures, of an instant in the tolerance, stands in it.
  bool found = false;
  for (const char* secret : {"whsec_a", "whsec_b"}) {
    for (std::int64_t second = -300; second <= 300 && !found; ++second) {
      const auto at = *Timestamp::from_millis(now.millis() + second * 1000);
      const std::string good = purser::stripe::sign(kBody, Secret(secret), at);
      found = header.find(good.substr(good.find("v1="))) != std::string_view::npos;
    }
  }
  FUZZ_REQUIRE(found);
  return 0;
}
