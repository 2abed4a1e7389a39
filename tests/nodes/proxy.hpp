#pragma once

// Stands between a client of PostgreSQL and its server, both on sockets of the file system, and
// cuts a connection where it is told to: before, behind or within a message, or around a COMMIT.

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "tests/nodes/wire.hpp"

namespace purser::nodes {

/// Where a connection is cut: both of its sides are closed at once.
struct Cut {
  enum class Where : std::uint8_t {
    kBeforeMessage,   ///< of the side `side`; it is not forwarded
    kWithinMessage,   ///< half of it is
    kAfterMessage,    ///< all of it is
    kBeforeCommit,    ///< the COMMIT is not forwarded: nothing of the transaction may stay
    kAfterCommit,     ///< it is, and nobody waits for what the server says
    kCommitAnswered,  ///< the server has said that it committed, and its client does not hear it
  };
  Where where = Where::kBeforeMessage;
  MessageReader::Side side = MessageReader::Side::kClient;
  int let_pass = 0;  ///< so many messages (or COMMITs) of all connections go through before
};

std::string to_string(const Cut& cut);

/// Thread-safe. Each connection has two threads.
class Proxy {
 public:
  /// Whether a connection is cut at a message that a side sends, which is lost then.
  using CutWhen = std::function<bool(MessageReader::Side side, const Message& message)>;

  /// Listens in `folder` as a server would; connects to the one in `upstream`.
  Proxy(std::string folder, std::string upstream);
  ~Proxy();  ///< cuts what is open
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  bool start();
  /// One cut, once. Replaces one that was not reached yet.
  void arm(const Cut& cut);
  /// Takes back a cut that was not reached; whether there was one.
  bool disarm();
  bool is_armed() const;
  /// Asked at every message, also those at a connection's beginning, by one thread at a time. Null:
  /// no more.
  void cut_when(CutWhen when);
  /// What a client sent when `cut_when` cut it, all that came with the message, reaches the server
  /// all the same, once `wait` has returned. Null: no more.
  void set_late(std::function<void()> wait);
  /// How often it did, and the server answered.
  int late() const { return late_count_.load(); }
  std::uint64_t cuts() const { return cuts_.load(); }
  std::uint64_t commits() const { return commits_.load(); }

 private:
  struct Pair;
  enum class Act : std::uint8_t { kForward, kDrop, kHalf, kForwardAndCut, kLate };

  void accept();
  void open_pair(int client);
  void pump(Pair& pair, MessageReader::Side side);
  /// Reads and forwards until one of the two ends.
  void forward(Pair& pair, MessageReader::Side side);
  void deliver_late(Pair& pair, std::string_view bytes);
  Act decide(MessageReader::Side side, const Message& message, bool commits);
  void forget_ended();

  const std::string folder_;
  const std::string upstream_;
  int listener_ = -1;
  std::thread acceptor_;
  std::atomic<std::uint64_t> cuts_{0};
  std::atomic<std::uint64_t> commits_{0};
  mutable std::mutex mutex_;
  std::optional<Cut> cut_;
  CutWhen cut_when_;
  std::function<void()> late_;
  std::atomic<int> late_count_{0};
  std::list<std::unique_ptr<Pair>> pairs_;
};

}  // namespace purser::nodes
