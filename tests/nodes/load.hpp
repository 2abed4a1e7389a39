#pragma once

// Clients that go on over all nodes, whatever happens to one of them, and remember what each thing
// they asked for took and brought.

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "tests/faults/operation.hpp"
#include "tests/nodes/cluster.hpp"

namespace purser::nodes {

/// Nanoseconds of a clock that all threads share.
std::int64_t now();

struct Call {
  faults::Operation operation;
  std::int64_t called = 0;
  std::int64_t answered = 0;  ///< of no meaning without an answer
  int node = 0;               ///< that answered, or was asked last
  int attempts = 1;
};

struct Read {
  std::string customer;
  std::string item;
  std::int64_t quantity = 0;
  std::int64_t called = 0;
  std::int64_t answered = 0;
  int node = 0;
};

struct Record {
  std::vector<Call> calls;
  std::vector<Read> reads;
  std::vector<std::string> complaints;  ///< about answers that should not be
};

/// One client: sends to one node, and to the next when that one does not answer. Used by one
/// thread.
class Client {
 public:
  /// It begins with node `number` modulo their count.
  Client(const Cluster& cluster, int number);

  int node() const { return node_; }
  void go_on() { node_ = (node_ + 1) % cluster_.size(); }
  /// One attempt at the current node. kNotConnected: it is not there.
  std::optional<faults::Reply> once(const std::string& request, faults::Broken& broken);
  /// Attempts until there is an answer that says what happened; only for what may be sent again.
  /// Nothing: not within the patience of a client (two minutes).
  std::optional<faults::Reply> until_answered(const std::string& request, int* attempts = nullptr);

 private:
  struct Line {
    std::uint16_t port = 0;
    std::unique_ptr<faults::HttpClient> http;
  };
  const Cluster& cluster_;
  int node_;
  std::vector<Line> lines_;  // one to each node, made when needed
};

/// Says that a request should be sent again: the answer promises that nothing happened, or that it
/// is not yet known.
bool is_passing(const faults::Reply& reply);

/// Many clients at once; begins when made. Whatever they do comes from the seed and their numbers.
class Crowd {
 public:
  Crowd(const Cluster& cluster, const faults::Load& load, std::string credentials,
        std::uint64_t seed, int clients);
  ~Crowd() { stop(); }
  std::uint64_t answers() const { return answers_.load(); }
  /// Lets each finish what it is at. What all of them remember.
  Record stop();

 private:
  void client(int number, Record& record);
  void call(Client& client, faults::Operation operation, Record& record);
  void read(Client& client, const std::string& customer, const std::string& item, Record& record);

  const Cluster& cluster_;
  const faults::Load load_;
  const std::string credentials_;
  const std::uint64_t seed_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> answers_{0};
  std::vector<Record> records_;
  std::vector<std::thread> threads_;
};

}  // namespace purser::nodes
