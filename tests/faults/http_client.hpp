#pragma once

// A blocking HTTP/1.1 client for one kept connection to the loopback. On purpose nothing of the
// SDK: what happened to each request must be known exactly, and nothing is repeated behind the
// caller's back.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace purser::faults {

struct Reply {
  int status = 0;
  std::string body;
  std::string location;
  bool replayed = false;  ///< idempotency-replayed: true
  bool close = false;     ///< connection: close
};

/// What became of a request that was not answered completely.
enum class Broken : std::uint8_t {
  kNotConnected,  ///< Never sent.
  kNothing,       ///< Closed or reset before a single byte of an answer.
  kPartial,       ///< Broke within the answer.
};

/// Used by one thread. Connects when needed; closes by itself after a broken exchange.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port) : port_(port) {}
  ~HttpClient() { close(); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Sends and waits. Without an answer, `broken()` says how far it came.
  std::optional<Reply> exchange(std::string_view request);
  Broken broken() const { return broken_; }

  // The two halves of an exchange, to have many under way from one thread.
  bool connect();
  bool send(std::string_view request);
  std::optional<Reply> receive();

  void close();

 private:
  bool fill();
  std::optional<Reply> fail(Broken how);

  std::uint16_t port_;
  int fd_ = -1;
  std::string buffer_;
  Broken broken_ = Broken::kNotConnected;
};

/// The text of a request to the API. `headers` are complete lines, each with its CRLF.
std::string request_text(std::string_view method, std::string_view path, std::string_view headers,
                         std::string_view body);

/// The same to any path, with a form as its body: what browsers and Stripe's clients send.
std::string form_text(std::string_view method, std::string_view path, std::string_view headers,
                      std::string_view form);

/// For paths and forms.
std::string percent_encode(const std::string& text);

}  // namespace purser::faults
