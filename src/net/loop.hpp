#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/server.hpp"

namespace purser::net {

class Connection;
using Clock = std::chrono::steady_clock;

/// Where other threads leave the responses for one I/O thread. Outlives the thread: a response that
/// comes after the server stopped is dropped here. Thread-safe.
class Inbox {
 public:
  explicit Inbox(boost::asio::io_context& io, std::function<void()> deliver)
      : io_(&io), deliver_(std::move(deliver)) {}

  void put(std::shared_ptr<Responder::Impl> answered);
  /// Wakes the I/O thread, unless it has been woken already and has not come yet.
  void wake();
  std::vector<std::shared_ptr<Responder::Impl>> take_all();
  void stop();
  bool is_own_thread() const { return std::this_thread::get_id() == thread_; }
  void set_thread(std::thread::id id) { thread_ = id; }

 private:
  std::mutex mutex_;
  boost::asio::io_context* io_;  // null once stopped
  std::function<void()> deliver_;
  std::vector<std::shared_ptr<Responder::Impl>> waiting_;
  bool woken_ = false;
  std::thread::id thread_;
};

/// What all I/O threads of a server share.
struct ServerState {
  ServerOptions options;
  Handler handler;
  std::atomic<std::size_t> open_connections{0};
  std::atomic<bool> draining{false};
  std::mutex mutex;
  std::condition_variable all_closed;
};

/// One I/O thread and its connections. Everything but the inbox belongs to that thread.
class Loop {
 public:
  explicit Loop(std::shared_ptr<ServerState> state);
  ~Loop();

  void start();
  void stop();  ///< from outside; returns when the thread has ended
  void close_idle_connections();

  void add(Connection& connection);
  void remove(Connection& connection);

  Response refusal(int status) const;
  std::string_view date();

  boost::asio::io_context& io() { return io_; }
  const ServerOptions& options() const { return state_->options; }
  const Handler& handler() const { return state_->handler; }
  bool draining() const { return state_->draining.load(std::memory_order_relaxed); }
  const std::shared_ptr<Inbox>& inbox() const { return inbox_; }

  /// For what is received and sent within one turn of the loop, so that a connection at rest holds
  /// no buffers of its own.
  std::vector<char> receive_buffer;
  std::string send_buffer;

 private:
  void run();  ///< until it is stopped
  void deliver();
  void tick();

  std::shared_ptr<ServerState> state_;
  Connection* first_ = nullptr;
  std::string date_;
  std::int64_t date_second_ = -1;
  // The io_context comes behind what its handlers use and before what uses it.
  boost::asio::io_context io_{1};
  boost::asio::steady_timer timer_{io_};
  std::shared_ptr<Inbox> inbox_;
  std::thread thread_;
};

}  // namespace purser::net
