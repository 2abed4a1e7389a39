#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/route.hpp"
#include "net/server.hpp"

namespace purser::http {

/// What a request says about who reads the answer: headers that nobody would look at are left out.
struct Reader {
  bool is_browser = false;       ///< a script of a page: it sent Origin, and needs CORS
  bool is_stack_client = false;  ///< it used the header names of Stack Auth's protocol
};
Reader reader_of(const net::Request& request);

/// The header lines that every answer has: request id, no caching, and what `reader` needs; for our
/// own pages those that keep others from framing or scripting them.
std::string common_header_lines(std::string_view request_id, Reader reader, bool is_page);

/// Adds what browsers ask for before a request of their own.
void add_preflight_headers(std::vector<net::Header>& headers, std::string_view allowed);

/// The Content-Security-Policy of our pages.
const std::string& page_policy();

}  // namespace purser::http
