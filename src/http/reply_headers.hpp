#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/route.hpp"
#include "net/server.hpp"

namespace purser::http {

/// Adds the headers that every answer has: request id, no caching, CORS; for pages also those that
/// keep others from framing or scripting them.
void add_common_headers(std::vector<net::Header>& headers, const net::Request* request,
                        std::string_view request_id, bool is_page);

/// Adds what browsers ask for before a request of their own.
void add_preflight_headers(std::vector<net::Header>& headers, std::string_view allowed);

/// The Content-Security-Policy of our pages.
const std::string& page_policy();

}  // namespace purser::http
