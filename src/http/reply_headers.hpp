#pragma once

#include <cstdint>
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

/// What kind of our own pages an answer is, if it is one.
enum class PageKind : std::uint8_t { kNone, kPlain, kForm };

/// The header lines that every answer has: request id, no caching, and what `reader` needs; for our
/// own pages those that keep others from framing or scripting them.
std::string common_header_lines(std::string_view request_id, Reader reader, PageKind page);

/// The header lines that every answer to a client of Stack Auth's protocol has.
std::string protocol_header_lines(std::string_view request_id);

/// When to try again after a 429 or 503.
net::Header retry_after();

/// Adds what browsers ask for before a request of their own.
void add_preflight_headers(std::vector<net::Header>& headers, std::string_view allowed);

/// The Content-Security-Policy of our pages: no script at all; the one style sheet is inside the
/// page and named by its digest. `form_action`: where forms may lead, redirects included.
std::string page_policy(std::string_view form_action);

}  // namespace purser::http
