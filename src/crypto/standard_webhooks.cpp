#include "crypto/standard_webhooks.hpp"

namespace purser::crypto {

std::optional<std::string> webhook_key(std::string_view secret) {
  if (!secret.starts_with(kWebhookSecretPrefix)) return std::nullopt;
  return from_base64(secret.substr(kWebhookSecretPrefix.size()));
}

std::string webhook_content(std::string_view id, std::string_view timestamp,
                            std::string_view body) {
  std::string content(id);
  content.append(".").append(timestamp).append(".").append(body);
  return content;
}

std::string webhook_mac(std::string_view key, std::string_view content) {
  const Digest mac = hmac_sha256(key, content);
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

}  // namespace purser::crypto
