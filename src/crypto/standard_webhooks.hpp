#pragma once

// What signing a webhook and verifying it have in common. Source: the Standard Webhooks
// specification, "Signature scheme".

#include <optional>
#include <string>
#include <string_view>

#include "crypto/crypto.hpp"

namespace purser::crypto {

inline constexpr std::string_view kWebhookSecretPrefix = "whsec_";
inline constexpr std::string_view kWebhookSignatureVersion = "v1,";

/// The key in a secret ("whsec_" and base64); nothing when it is none.
std::optional<std::string> webhook_key(std::string_view secret);

/// What is signed: id, seconds since 1970, and the body as it is sent.
std::string webhook_content(std::string_view id, std::string_view timestamp, std::string_view body);

/// The bytes that a signature has behind its version, there in base64.
std::string webhook_mac(std::string_view key, std::string_view content);

}  // namespace purser::crypto
