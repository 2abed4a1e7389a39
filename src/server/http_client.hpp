#pragma once

// A small blocking HTTP client for commands and for setting up the sandbox.

#include <string>
#include <utility>
#include <vector>

#include "types/result.hpp"

namespace purser::server {

struct HttpCall {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  long timeout_s = 30;  ///< 0: as long as it takes
};
struct HttpReply {
  int status = 0;
  std::string content_type;
  std::string body;
};

/// Sends one request and waits for its answer, whatever its status. Follows no redirect, uses no
/// proxy. Thread-safe. Errors: kInternalError, the reason in `message`.
Result<HttpReply> http_call(const HttpCall& call);

}  // namespace purser::server
