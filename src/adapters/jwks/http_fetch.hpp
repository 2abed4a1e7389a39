#pragma once

#include <string>
#include <vector>

#include "app/ports/tokens.hpp"
#include "types/timestamp.hpp"

namespace purser::jwks {

struct HttpFetchOptions {
  bool allow_private =
      false;              ///< also private addresses, and plain http to them (development, tests)
  Millis timeout{5'000};  ///< the whole fetch, the resolver included
  std::size_t max_bytes = std::size_t{1} << 20;
  std::string ca_file;                 ///< PEM bundle instead of the system's; empty: the system's
  std::vector<std::string> overrides;  ///< "host:port:address" before the resolver is asked (tests)
};

/// GETs documents over libcurl. The address is judged in the moment in which libcurl is about to
/// connect to it, on the very bytes that it connects to: a name that resolves differently a second
/// time (DNS rebinding) or a URL that two parsers read differently gains nothing. Redirects,
/// proxies, user names in URLs and other schemes are refused; TLS is always verified. Thread-safe,
/// blocking.
class HttpFetch final : public app::HttpFetch {
 public:
  explicit HttpFetch(HttpFetchOptions options);

  /// Errors: kInternalError with the reason in the log detail; also for every status but 200.
  Result<std::string> get(const std::string& url) override;

 private:
  const HttpFetchOptions options_;
};

}  // namespace purser::jwks
