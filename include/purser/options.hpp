#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "purser/transport.hpp"

namespace purser::sdk {

/// How often and how patiently a call is repeated after a passing fault: no answer, 408, 429, 502,
/// 503, 504, and 409 IDEMPOTENCY_KEY_IN_USE. Every repetition of a writing call carries the same
/// idempotency key, so that all of them together take effect at most once.
struct RetryOptions {
  int max_retries = 4;                             ///< 0 turns retries off.
  std::chrono::milliseconds initial_backoff{100};  ///< Doubled by every retry, …
  std::chrono::milliseconds max_backoff{5'000};  ///< … up to this; a random part of it is waited.
  std::chrono::milliseconds attempt_timeout{10'000};  ///< For one attempt.
  std::chrono::milliseconds call_timeout{30'000};     ///< For a call with all its retries.
};

/// Where a client app keeps a signed-in user's tokens. Implementations must be thread-safe.
struct Tokens {
  std::string access_token = {};   ///< Short-lived; may be empty when there is a refresh token.
  std::string refresh_token = {};  ///< Empty: an expired access token cannot be renewed.
};
class TokenStore {
 public:
  virtual ~TokenStore() = default;
  /// The current tokens; nothing when nobody is signed in.
  virtual std::optional<Tokens> load() = 0;
  /// Called after each refresh.
  virtual void save(const Tokens& tokens) = 0;
};
/// A token store that forgets everything when the program ends.
std::shared_ptr<TokenStore> make_memory_token_store(std::optional<Tokens> tokens = std::nullopt);

/// Settings of a ClientApp: a program in the hands of an end user.
struct ClientOptions {
  std::string base_url = {};  ///< "https://purser.example.com", with or without a path prefix.
  std::string project_id = {};
  std::string publishable_client_key = {};  ///< pck_…; may be empty when the project allows it.
  std::shared_ptr<TokenStore> token_store = {};  ///< Absent: in memory, nobody signed in.
  RetryOptions retry = {};
  int async_threads = 4;                      ///< Threads that run the …_async calls; 1–64.
  std::shared_ptr<Transport> transport = {};  ///< Absent: make_curl_transport().
};

/// Settings of a ServerApp: a program that you alone run, with secret keys.
struct ServerOptions {
  std::string base_url = {};
  std::string project_id = {};
  std::string secret_server_key = {};       ///< ssk_…
  std::string super_secret_admin_key = {};  ///< sak_…; only catalog calls need it.
  RetryOptions retry = {};
  int async_threads = 4;
  std::shared_ptr<Transport> transport = {};
};

/// What may differ from call to call.
struct CallOptions {
  /// The key under which the server remembers a writing call for at least 7 days. Two calls with
  /// one key take effect once, even from different processes; derive it from your own operation's
  /// id where a crash of yours may repeat the call. 1–255 visible ASCII characters. Absent: a new
  /// one (UUIDv7).
  std::optional<std::string> idempotency_key = {};
  /// Instead of RetryOptions::call_timeout.
  std::optional<std::chrono::milliseconds> timeout = {};
};

}  // namespace purser::sdk
