#pragma once

// Nodes of the built server on one PostgreSQL, each behind proxies of its own, and what can happen
// to them. Used by one thread, but for the ports.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/faults/server_process.hpp"
#include "tests/nodes/proxy.hpp"

namespace purser::nodes {

struct ClusterOptions {
  std::string program;   ///< the built purser
  std::string postgres;  ///< tools/postgres
  std::string work;      ///< a folder that everybody can get to, with a short path
  int nodes = 3;
  std::vector<std::string> serve;  ///< further words for `purser serve`
};

class Cluster {
 public:
  explicit Cluster(ClusterOptions options);
  ~Cluster();  ///< ends all that it started; the servers' files stay, the databases do not
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  /// Starts PostgreSQL and all nodes together, as they may. False: see `problem`.
  bool start();
  const std::string& problem() const { return problem_; }

  int size() const { return options_.nodes; }
  faults::ServerProcess& node(int number) { return *at(number).server; }
  Proxy& proxy(int number) { return *at(number).proxies[primary_]; }  ///< to the serving PostgreSQL
  /// Where a node can be reached now; 0: nowhere. From any thread.
  std::uint16_t port(int number) const {
    return nodes_[static_cast<std::size_t>(number)].port.load();
  }

  bool is_alive(int number);
  void kill(int number);
  /// Asks it to end as an operator does, and waits for that; its exit status.
  int drain(int number);
  /// Begins to start it and kills it after `time`.
  void die_while_starting(int number, std::chrono::milliseconds time);
  bool restart(int number);  ///< after it has ended
  void freeze(int number);   ///< SIGSTOP
  void thaw(int number);

  bool restart_postgres();
  /// Adds a standby without which nothing is acknowledged.
  bool add_standby();
  /// The server ends at once; the standby takes its place.
  bool promote();

  /// Waits until no transaction is open, so that what was sent before has happened or never will.
  bool settle();
  /// Runs `purser verify` on the database itself; its exit status.
  int verify(std::string& output);
  std::uint64_t cuts() const;
  std::uint64_t commits() const;  ///< that went through the proxies
  /// The database's URL, past the proxies.
  std::string direct_url() const;
  /// The first value of the answer; nothing when it fails.
  std::optional<std::string> ask(const char* sql) const;

 private:
  struct Node {
    std::unique_ptr<Proxy> proxies[2];
    std::unique_ptr<faults::ServerProcess> server;
    std::atomic<std::uint16_t> port{0};
    bool is_frozen = false;
  };
  Node& at(int number) { return nodes_[static_cast<std::size_t>(number)]; }
  std::string folder(int database) const;
  bool make_node(int number);
  bool tool(std::vector<std::string> words);
  bool fail(std::string problem);

  const ClusterOptions options_;
  std::deque<Node> nodes_;
  int primary_ = 0;  // which of the two databases serves
  bool exists_[2] = {false, false};
  std::string problem_;
};

}  // namespace purser::nodes
