#include "app/webhook_signature.hpp"

#include "crypto/crypto.hpp"

namespace purser::app {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::size_t kSecretBytes = 32;

}  // namespace

Secret new_webhook_secret() {
  return Secret(std::string(kPrefix) + crypto::to_base64(crypto::random_bytes(kSecretBytes)));
}

Result<std::string> webhook_signature(std::span<const Secret> secrets, std::string_view id,
                                      Timestamp at, std::string_view body) {
  std::string content(id);
  content.append(".").append(std::to_string(at.millis() / 1000)).append(".").append(body);
  std::string signatures;
  for (const Secret& secret : secrets) {
    const std::string_view text = secret.reveal();
    const auto key =
        text.starts_with(kPrefix) ? crypto::from_base64(text.substr(kPrefix.size())) : std::nullopt;
    if (!key) return Error::internal("a webhook secret is not in its form");
    const crypto::Digest mac = crypto::hmac_sha256(*key, content);
    const std::string_view bytes(reinterpret_cast<const char*>(mac.data()), mac.size());
    if (!signatures.empty()) signatures += ' ';
    signatures += "v1," + crypto::to_base64(bytes);
  }
  return signatures;
}

}  // namespace purser::app
