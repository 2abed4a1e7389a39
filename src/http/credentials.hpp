#pragma once

#include <string_view>

#include "app/access.hpp"
#include "net/server.hpp"

namespace purser::http {

/// What a request's headers say about who sends it. Every header `x-purser-…` may also be written
/// `x-stack-…` or `x-hexclave-…`; of several the first of these prefixes counts. Empty means
/// absent.
app::Credentials read_credentials(const net::Request& request);

/// Is the root key in `x-purser-root-key` the one with this SHA-256? In constant time.
bool has_root_key(const net::Request& request, const crypto::Digest& root_key_hash);

}  // namespace purser::http
