#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace purser::net {

/// A client made of a bare socket, so that tests can send what no HTTP client would.
class TestClient {
 public:
  explicit TestClient(std::uint16_t port);
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  /// False when the server has closed the connection.
  bool send(std::string_view data);
  void end_sending();

  /// Everything until the server closes the connection.
  std::string read_all();
  /// One response (headers and the body of its content-length); empty when the server closed
  /// before.
  std::string read_response(bool has_body = true);
  /// True when the server closes (or has closed) the connection without sending anything more.
  bool is_closed() { return read_all().empty(); }

 private:
  bool receive();
  int socket_;
  std::string received_;
};

/// The status in a response's first line; 0 for none.
int status_of(std::string_view response);
std::string body_of(std::string_view response);

}  // namespace purser::net
