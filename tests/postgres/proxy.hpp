#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/contract/temporary_folder.hpp"

namespace purser::contract {

/// Stands between a store and its PostgreSQL, on a socket of its own, and cuts connections where a
/// test wants: between any two pieces that either side sends. Thread-safe.
class Proxy {
 public:
  /// A piece that came from the client, or else from the server; true: the connection is cut and
  /// the piece lost. Called by several threads at once.
  using Cut = std::function<bool(bool from_client, std::string_view piece)>;

  /// `uri`: of a database on the tests' own server.
  explicit Proxy(std::string uri);
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;
  ~Proxy();

  /// The same database through this proxy.
  std::string uri() const;
  void set_cut(Cut cut);
  /// What the client sent and a cut took reaches the server all the same, once `wait` has returned.
  void set_late(std::function<void()> wait);
  /// How many pieces did, and were answered.
  int late() const { return late_count_; }
  int cuts() const { return cuts_; }

 private:
  void accept_all();
  void serve(int client);
  /// Forwards one piece; false when the connection is over.
  bool forward(int from, int to, bool from_client);
  void deliver_late(int client, int server, std::string_view piece);

  const std::string server_path_;  // of the server's socket
  const std::string database_;
  TemporaryFolder folder_;
  int listener_ = -1;
  std::atomic<bool> stopping_{false};
  std::atomic<int> cuts_{0};
  std::mutex mutex_;
  Cut cut_;
  std::function<void()> late_;
  std::atomic<int> late_count_{0};
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace purser::contract
