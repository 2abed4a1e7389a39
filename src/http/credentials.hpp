#pragma once

#include <string_view>

#include "app/access.hpp"
#include "net/server.hpp"

namespace purser::http {

/// The prefixes under which each of our headers may be written. The first is ours, the others are
/// those of Stack Auth's protocol; of several the first one counts.
inline constexpr std::string_view kHeaderPrefixes[] = {"x-purser-", "x-stack-", "x-hexclave-"};

/// What a request's headers say about who sends it. Empty means absent.
app::Credentials read_credentials(const net::Request& request);

/// Is the root key in `x-purser-root-key` the one with this SHA-256? In constant time.
bool has_root_key(const net::Request& request, const crypto::Digest& root_key_hash);

}  // namespace purser::http
