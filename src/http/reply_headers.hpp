#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/route.hpp"
#include "net/server.hpp"

namespace purser::http {

/// The header lines that every answer has: request id, no caching, CORS (`for_browser`: the request
/// came from a page); for our own pages those that keep others from framing or scripting them.
std::string common_header_lines(std::string_view request_id, bool for_browser, bool is_page);

/// Adds what browsers ask for before a request of their own.
void add_preflight_headers(std::vector<net::Header>& headers, std::string_view allowed);

/// The Content-Security-Policy of our pages.
const std::string& page_policy();

}  // namespace purser::http
