#pragma once

// The few primitives that Purser needs, over OpenSSL 3. All functions are thread-safe.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "types/secret.hpp"

namespace purser::crypto {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::string_view data);
Digest hmac_sha256(std::string_view key, std::string_view data);

/// Cryptographically secure random bytes from the operating system.
std::string random_bytes(std::size_t count);

/// Compares without revealing through its running time where the two differ (lengths may be
/// revealed).
bool constant_time_equal(std::string_view a, std::string_view b);

std::string to_hex(std::string_view bytes);
std::string to_hex(const Digest& digest);
std::optional<std::string> from_hex(std::string_view text);
std::string to_base64url(std::string_view bytes);  ///< without padding; RFC 4648 section 5
std::optional<std::string> from_base64url(std::string_view text);
std::string to_base64(std::string_view bytes);  ///< with padding; RFC 4648 section 4
std::optional<std::string> from_base64(std::string_view text);

/// Authenticated encryption (AES-256-GCM, random nonce). `key` has 32 bytes; `context` is bound to
/// the ciphertext (e.g. "project-id/stripe_secret_key") so that sealed values cannot be swapped.
std::string seal(const Secret& key, std::string_view context, const Secret& plain);
/// Nothing when the key, the context or the ciphertext is not the one that was sealed.
std::optional<Secret> open(const Secret& key, std::string_view context, std::string_view sealed);

}  // namespace purser::crypto
