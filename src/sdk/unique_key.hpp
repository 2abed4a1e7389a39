#pragma once

#include <cstdint>
#include <string>

namespace purser::sdk {

/// A new UUIDv7 (RFC 9562 section 5.7): 48 bits of milliseconds since 1970, then 74 random bits.
/// Ordered by time, so that the server's index of idempotency keys grows at its end. Thread-safe.
std::string make_unique_key();

/// 32 random bits from the operating system. Thread-safe.
std::uint32_t random_bits();

}  // namespace purser::sdk
