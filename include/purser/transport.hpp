#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "purser/result.hpp"

namespace purser::sdk {

struct HttpHeader {
  std::string name;
  std::string value;
};

/// One HTTP request, complete: the transport adds nothing but what HTTP itself needs.
struct HttpRequest {
  std::string method = {};  ///< "GET", "POST", …
  std::string url = {};     ///< Absolute, percent-encoded.
  std::vector<HttpHeader> headers = {};
  std::string body = {};
  std::chrono::milliseconds timeout{10'000};  ///< For the whole exchange; > 0.
};

struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;
  std::string body;

  /// The value of the first header with this name in any letter case; empty when absent.
  std::string_view header(std::string_view name) const;
};

/// Carries requests to the server. Implement it to test a program without a server, or to use
/// another HTTP library.
///
/// Thread safety: `send` is called from many threads at the same time.
/// Errors: `send` answers kNoAnswer or kDeadlineExceeded; every HTTP status is an HttpResponse. It
/// must not retry by itself and must not follow redirects.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Result<HttpResponse> send(const HttpRequest& request) = 0;
};

/// Settings of the transport over libcurl.
struct CurlOptions {
  std::chrono::milliseconds connect_timeout{5'000};
  std::size_t max_idle_connections = 32;              ///< Kept open between calls.
  std::size_t max_response_bytes = 64 * 1024 * 1024;  ///< Longer answers fail as kNoAnswer.
  std::string ca_file = {};  ///< PEM file with the authorities to trust; empty: the system's.
};

/// The SDK's own transport: HTTP/1.1 over libcurl, TLS certificates verified, connections reused
/// between calls.
std::shared_ptr<Transport> make_curl_transport(CurlOptions options = {});

}  // namespace purser::sdk
