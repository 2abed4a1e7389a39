#pragma once

// A small HTTP/1.1 server. Boost.Beast stays behind this header: nobody else includes it.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "types/result.hpp"

namespace purser::net {

struct Header {
  std::string name;
  std::string value;
};

/// Whether two header names are the same: letter case does not count (RFC 9110 section 5.1).
bool same_header_name(std::string_view a, std::string_view b);

/// One received request. Valid until its response was sent.
struct Request {
  std::string method;  ///< "GET", upper case
  std::string target;  ///< as sent: path and query, undecoded
  std::vector<Header> headers;
  std::string body;
  std::string remote_address;  ///< the peer's address, never taken from a header

  /// The value of the first header with this name (any letter case); empty when absent or empty.
  std::string_view header(std::string_view name) const;
  std::string_view path() const;   ///< up to '?', undecoded
  std::string_view query() const;  ///< behind '?', undecoded
};

struct Response {
  int status = 200;
  std::string content_type = "application/json; charset=utf-8";
  std::vector<Header> headers;  ///< content-length and connection are added by the server
  /// Further header lines, complete ("name: value\r\n" each), sent as they are: for those that
  /// every answer has. Never with text from outside.
  std::string header_lines = {};
  std::string body;
  bool close = false;  ///< close the connection after this response
  /// Close the connection without sending this response: a fault that a test double can play.
  bool drop = false;
};

/// Sends the response of one request. Call it exactly once, from any thread; it may be called
/// before the handler returns. Destroying it uncalled answers 500. Cheap to move. Responses given
/// from other threads are handed to the connection's I/O thread in batches: one wake-up for all
/// that are waiting.
class Responder {
 public:
  struct Impl;
  explicit Responder(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&&) noexcept = default;
  Responder(const Responder&) = delete;
  ~Responder();
  void operator()(Response response);

 private:
  std::shared_ptr<Impl> impl_;
};

/// While one of these lives on a thread, responses that the thread gives only queue up; its end
/// wakes every I/O thread concerned once. For a worker that releases many responses at the same
/// moment (a commit). May be nested: the outermost counts.
class ResponseBatch {
 public:
  ResponseBatch();
  ~ResponseBatch();
  ResponseBatch(const ResponseBatch&) = delete;
  ResponseBatch& operator=(const ResponseBatch&) = delete;
};

/// Called on an I/O thread: must not block. The request belongs to the handler.
using Handler = std::function<void(Request request, Responder respond)>;

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0 picks a free one
  int threads = 1;         ///< of input and output; 0: one for each processor, at most 8
  std::size_t max_body_bytes = 256 * 1024;            ///< above: 413
  std::size_t max_header_bytes = 16 * 1024;           ///< above: 431
  std::chrono::milliseconds request_timeout{10'000};  ///< a request not complete in this time: 408
  std::chrono::milliseconds idle_timeout{60'000};     ///< between requests on a kept connection
  std::size_t max_connections = 10'000;               ///< above: accepted and closed at once
  /// The response for a request that the server itself refuses (400, 408, 413, 417, 431) and for
  /// one whose Responder was dropped (500); without it a plain-text one.
  std::function<Response(int status)> refusal = {};
  /// Seconds since 1970 for the Date header, called on the I/O threads; without it none is sent
  /// (RFC 9110, section 6.6.1: an origin server without a clock must not send one).
  std::function<std::int64_t()> unix_seconds = {};
};

/// Listens and serves until stopped. Thread-safe.
class Server {
 public:
  /// Binds and starts the I/O threads. Errors: kInternalError with the reason in `message` (address
  /// in use…).
  static Result<std::unique_ptr<Server>> start(ServerOptions options, Handler handler);
  virtual ~Server() = default;  ///< stops at once; responses given later go nowhere

  virtual std::uint16_t port() const = 0;
  virtual std::string host() const = 0;
  /// Stops accepting, lets running requests finish (answers `connection: close`), then stops;
  /// returns when done or after `deadline`.
  virtual void drain(std::chrono::milliseconds deadline) = 0;
  virtual std::size_t open_connections() const = 0;
};

/// Percent-decoding of one path segment or query component; nothing for a malformed escape.
/// `plus_is_space` for query components and form bodies.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
std::string percent_encode(std::string_view text);  ///< everything but RFC 3986 unreserved
/// "a=1&b=2" in order, decoded; nothing when malformed.
std::optional<std::vector<std::pair<std::string, std::string>>> parse_form(std::string_view text);

}  // namespace purser::net
