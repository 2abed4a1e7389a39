#include "app/webhook_signature.hpp"

#include "crypto/standard_webhooks.hpp"

namespace purser::app {
namespace {

constexpr std::size_t kSecretBytes = 32;

}  // namespace

Secret new_webhook_secret() {
  return Secret(std::string(crypto::kWebhookSecretPrefix) +
                crypto::to_base64(crypto::random_bytes(kSecretBytes)));
}

Result<std::string> webhook_signature(std::span<const Secret> secrets, std::string_view id,
                                      Timestamp at, std::string_view body) {
  const std::string content = crypto::webhook_content(id, std::to_string(at.millis() / 1000), body);
  std::string signatures;
  for (const Secret& secret : secrets) {
    const auto key = crypto::webhook_key(secret.reveal());
    if (!key) return Error::internal("a webhook secret is not in its form");
    if (!signatures.empty()) signatures += ' ';
    signatures.append(crypto::kWebhookSignatureVersion);
    signatures += crypto::to_base64(crypto::webhook_mac(*key, content));
  }
  return signatures;
}

}  // namespace purser::app
