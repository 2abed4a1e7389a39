#pragma once

// The middle layer: turns a call into as many HTTP requests as it needs. Knows credentials,
// retries, idempotency keys and deadlines; knows nothing of items or products.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/json.hpp"
#include "purser/model.hpp"
#include "purser/options.hpp"

namespace purser::sdk {

/// Whose credentials a call carries.
enum class CallAccess : std::uint8_t { kClient, kServer, kAdmin };

struct Call {
  std::string method;  ///< "GET" needs no idempotency key; every other method gets one.
  std::string path;    ///< Below /api/v1, percent-encoded, with its query: "/users?limit=5".
  std::string body;    ///< JSON text; empty for none.
  CallAccess access = CallAccess::kClient;
  CallOptions options;
};

/// A successful answer.
struct Answer {
  int status = 200;
  std::string text;
  json::Value body;  ///< null when there was no text.
  std::string request_id;
  std::string idempotency_key;
};

/// What a connection is made of.
struct ConnectionOptions {
  std::string base_url;
  std::string project_id;
  std::string publishable_client_key;
  std::string secret_server_key;
  std::string super_secret_admin_key;
  std::shared_ptr<TokenStore> token_store;  ///< Clients only.
  RetryOptions retry;
  std::shared_ptr<Transport> transport;
};

/// Time and chance, so that tests can decide them.
struct Timing {
  std::function<std::chrono::steady_clock::time_point()> now;
  std::function<void(std::chrono::milliseconds)> wait;
  std::function<std::uint32_t()> chance;
};
Timing real_timing();

/// Thread-safe.
class Connection {
 public:
  explicit Connection(ConnectionOptions options, Timing timing = real_timing());

  /// Performs a call: retries passing faults, refreshes tokens once, gives up at the deadline.
  Result<Answer> perform(const Call& call);

  /// Replaces the signed-in user's tokens.
  void set_tokens(const Tokens& tokens);

  const ConnectionOptions& options() const { return options_; }

 private:
  struct Running;  // One call while it is being performed.

  std::optional<Error> check(const Call& call) const;
  Result<Answer> repeat(Running& running, const std::string& access_token);
  HttpRequest make_request(const Running& running, const std::string& access_token) const;
  Result<std::string> access_token(Running& running);
  Result<std::string> refresh(Running& running, const std::string& stale);
  Result<std::string> renew(Running& running, const Tokens& tokens);
  std::chrono::milliseconds remaining(const Running& running) const;

  const ConnectionOptions options_;
  const Timing timing_;
  const std::string prefix_;  ///< base URL + "/api/v1"
  std::mutex refresh_mutex_;
  std::condition_variable refreshed_;
  bool refreshing_ = false;  ///< One thread renews the tokens; the others wait for it.
};

/// Percent-encodes one path segment or query component: everything but RFC 3986's unreserved.
std::string percent_encode(std::string_view text);

}  // namespace purser::sdk
