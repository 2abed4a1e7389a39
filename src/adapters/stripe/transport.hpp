#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "types/result.hpp"
#include "types/secret.hpp"
#include "types/timestamp.hpp"

namespace purser::stripe {

/// One HTTP exchange to make.
struct HttpRequest {
  std::string method;  ///< "GET", "POST" or "DELETE"
  std::string path;    ///< from "/v1", with its query
  std::string body;    ///< form-encoded; POST only
  Secret secret_key;
  std::vector<std::pair<std::string, std::string>>
      headers;  ///< beside authorization; no CR or LF in them
};

/// A whole answer, whatever its status.
struct HttpReply {
  int status = 0;
  std::string body;
  std::string request_id;                   ///< Request-Id, for Stripe's support; may be empty
  std::optional<bool> should_retry;         ///< Stripe-Should-Retry
  std::optional<std::int64_t> retry_after;  ///< Retry-After in seconds; dates are ignored
  bool replayed = false;  ///< Idempotent-Replayed: what the key was answered before
};

/// No whole answer: nobody knows whether the other side acted. Never holds a secret.
struct NoReply {
  std::string reason;
};

using Exchange = std::variant<HttpReply, NoReply>;

/// Makes single HTTP exchanges; knows nothing of retries. Thread-safe, blocking.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Exchange exchange(const HttpRequest& request) = 0;
  /// Gives up running exchanges (they end as NoReply) and refuses new ones: for a prompt shutdown.
  virtual void stop() = 0;
};

struct CurlTransportOptions {
  std::string base_url;  ///< scheme, host and port; no path
  std::string ca_file;   ///< PEM bundle instead of the system's; empty: the system's
  Millis connect_timeout{5'000};
  Millis request_timeout{20'000};  ///< one exchange, connecting included
  std::size_t max_response_bytes = std::size_t{4} << 20;
  std::size_t max_idle_connections = 8;
};

/// Exchanges over libcurl, with kept connections. TLS certificates and host names are always
/// verified; no redirect is followed; an answer above the limit counts as none.
class CurlTransport final : public Transport {
 public:
  /// Errors: kInternalError for a base URL that is not http(s) with a host and nothing behind it.
  static Result<std::unique_ptr<CurlTransport>> create(CurlTransportOptions options);
  /// For create(), which checks the options first.
  explicit CurlTransport(CurlTransportOptions options);
  ~CurlTransport() override;

  Exchange exchange(const HttpRequest& request) override;
  void stop() override;

 private:
  struct Handle;
  std::unique_ptr<Handle> borrow();
  void give_back(std::unique_ptr<Handle> handle);

  const CurlTransportOptions options_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::vector<std::unique_ptr<Handle>> idle_;
};

}  // namespace purser::stripe
