#pragma once

// A server that says exactly the bytes it was told to, for answers that no proper server gives, and
// that can speak TLS with a certificate of its own making.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace purser::testing_support {

/// A fresh self-signed certificate for "localhost" alone (not for 127.0.0.1), and its key, as PEM.
struct SelfSigned {
  std::string certificate_pem;
  std::string key_pem;
};
SelfSigned make_self_signed();

/// For each connection: reads one request (up to the end of its body), says `answer`, closes.
class RawServer {
 public:
  explicit RawServer(std::string answer, const SelfSigned* tls = nullptr);
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  ~RawServer();

  int port() const { return port_; }
  /// Connections on which a whole request arrived.
  int requests() const { return requests_; }

 private:
  struct Tls;
  void serve();
  void serve_one(int fd);

  const std::string answer_;
  std::unique_ptr<Tls> tls_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> requests_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

/// A port of the loopback interface on which nobody listens.
int closed_port();

}  // namespace purser::testing_support
