#pragma once

#include <string>
#include <string_view>

#include "net/server.hpp"

namespace purser::net {

/// How a response is put on the wire, as far as the request and the connection decide it.
struct ResponseFrame {
  bool head = false;           ///< the request's method was HEAD: headers only
  bool http_1_0 = false;       ///< the client must be told when the connection stays open
  bool close = false;          ///< this is the connection's last response
  std::string_view date = {};  ///< the Date header's value, or empty for none
};

/// Appends status line, headers and body. Line breaks in header values become spaces, so that no
/// value can add a header.
void append_response(std::string& out, const Response& response, const ResponseFrame& frame);

/// "Sun, 06 Nov 1994 08:49:37 GMT". Source: RFC 9110 section 5.6.7.
std::string http_date(std::int64_t unix_seconds);

}  // namespace purser::net
