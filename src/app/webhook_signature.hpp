#pragma once

#include <span>
#include <string>
#include <string_view>

#include "types/result.hpp"
#include "types/secret.hpp"
#include "types/timestamp.hpp"

namespace purser::app {

/// A new secret: "whsec_" and 32 random bytes in base64.
Secret new_webhook_secret();

/// The header webhook-signature: "v1," and the base64 of the HMAC-SHA256 of id, timestamp in
/// seconds and body, for each secret, separated by spaces. Errors: kInternalError for a secret that
/// is none. Source: the Standard Webhooks specification, "Signature scheme".
Result<std::string> webhook_signature(std::span<const Secret> secrets, std::string_view id,
                                      Timestamp at, std::string_view body);

}  // namespace purser::app
