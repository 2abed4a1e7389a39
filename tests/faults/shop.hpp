#pragma once

// The server of a chaos run, or its nodes, which may die at any time, its sandbox, in the same
// process or in one of its own, and the connections of those who deal with them.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "json/json.hpp"
#include "tests/faults/http_client.hpp"
#include "tests/faults/journey.hpp"
#include "tests/faults/script.hpp"
#include "tests/faults/server_process.hpp"
#include "types/timestamp.hpp"

namespace purser::faults {

/// Where a node is now; another one after each of its deaths.
struct Place {
  std::size_t node = 0;
  std::uint64_t life = 0;
  std::uint16_t port = 0;
  std::uint16_t sandbox_port = 0;
};

enum class As : std::uint8_t { kServer, kAdmin, kRoot };

struct ShopOptions {
  std::string program;
  std::string work;
  bool sandbox_apart = false;
  std::uint64_t sandbox_seed = 1;  ///< of one that is apart
  std::string postgres;            ///< tools/postgres; empty: the store is SQLite
  std::string database_folder;     ///< PostgreSQL's
  int nodes = 1;                   ///< more than one: on PostgreSQL, with a sandbox that is apart
};

/// Thread-safe, except for what is said to be for one thread.
class Shop {
 public:
  explicit Shop(ShopOptions options);

  /// Starts all of it, makes the projects with their catalog and sets the clock. Empty: it went
  /// well.
  std::string open(Timestamp now, const std::string& catalog);
  /// Where this node is, or another one when it does not stand; waits while none does. Nothing when
  /// one does not come back.
  std::optional<Place> place(std::size_t node);
  std::size_t nodes() const { return nodes_.size(); }
  /// Header lines.
  const std::string& credentials(int project, As as) const;
  /// Header lines for the project's account at the sandbox.
  const std::string& stripe_access(int project) const { return stalls_[project].stripe_access; }
  /// For read_seller_books.
  std::string database() const;

  void count_answer() { answers_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t answers() const { return answers_.load(std::memory_order_relaxed); }

  // From here on: for one thread at a time.
  Timestamp now() const { return now_; }
  bool set_clock(Timestamp now);  ///< of every node
  /// Faults that strike from now on, also after a death; none: they stop.
  bool set_faults(const std::vector<std::string>& faults);
  /// SIGKILL for the next node in turn, or, with the sandbox, for all; a new start on what is left.
  bool kill_and_restart(const Kill& kill);
  /// Ends PostgreSQL at once and starts it again; nothing on SQLite.
  bool crash_database();
  /// Its files stay, for who looks for what went wrong.
  void keep_database();
  /// Lets the sandbox do what is due and send its events once.
  bool tick();
  std::string verify();  ///< what `purser verify` complains of; empty: nothing
  /// Compares every project with the sandbox. Empty: nothing differed (`repair`: nothing does now);
  /// else what the command says.
  std::string reconcile(bool repair);
  std::string log() const { return read_file(options_.work + "/server.log"); }
  std::uint64_t kills() const { return kills_; }
  std::uint64_t database_crashes() const { return database_crashes_; }

 private:
  struct Node {
    std::unique_ptr<ServerProcess> server;
    // Guarded by the shop's mutex.
    Place place;
    bool is_up = false;
  };
  /// What belongs to a project.
  struct Stall {
    Keys keys;
    std::string credentials[2];  ///< As::kServer and As::kAdmin
    std::string stripe_key;      ///< of the account, or of its platform's
    std::string stripe_access;
    std::string endpoint;         ///< at a sandbox that is apart: we_…
    std::string endpoint_secret;  ///< likewise
  };

  std::string start_sandbox();
  std::string write_config() const;
  std::string open_project(int project, const std::string& catalog);
  std::string connect_account();
  std::string home(std::size_t node) const;
  void add_node();
  std::string start_nodes();
  bool restart(const std::vector<Node*>& dead, const Kill& kill);
  bool lead_endpoints();
  void announce(const std::vector<Node*>& nodes, bool stand);
  ServerProcess& first() const { return *nodes_.front().server; }
  std::uint16_t sandbox_port() const;
  std::string derive_stripe_key(const std::string& project) const;
  bool control(const char* method, const std::string& path, const std::string& form);

  const ShopOptions options_;
  std::unique_ptr<DatabaseServer> database_;  ///< null on SQLite
  SandboxProcess sandbox_;                    ///< runs only when it is apart
  std::deque<Node> nodes_;
  std::string root_credentials_;
  Stall stalls_[kProjects];
  Timestamp now_;
  std::uint64_t kills_ = 0;
  std::uint64_t database_crashes_ = 0;
  std::size_t next_to_die_ = 0;
  std::atomic<std::uint64_t> answers_{0};

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable changed_;
  bool is_gone_ = false;
};

/// An answer that stands; status 0: there was none, and what happened is unknown.
struct Answer {
  int status = 0;
  std::string text;
  json::Value body;
  std::string location;
  bool replayed = false;
};

/// The connections of one thread, to one node after the other. Sends what is safe to send again
/// until it is answered.
class Caller {
 public:
  /// `first_node`: who is asked first, modulo their number.
  explicit Caller(Shop& shop, int project = 0, std::size_t first_node = 0)
      : shop_(shop), project_(project), next_node_(first_node), lines_(shop.nodes()) {}

  /// A request to the API. With a key, it is sent again as long as it was lost, or the answer says
  /// that the same request may succeed. `key` empty: only reads.
  Answer ask(As as, const char* method, const std::string& path, const std::string& body,
             const std::string& key);
  /// A request to Stripe's API at the sandbox, sent again until something lasting is answered.
  Answer stripe(const char* method, const std::string& path, const std::string& form);
  /// A hosted page, or the sandbox's control.
  Answer page(const char* method, const std::string& path, const std::string& form);
  /// Sends the form of one of Purser's own pages, again as long as that may help.
  Answer submit(const std::string& path, const std::string& form);
  /// What went wrong that must not.
  std::vector<std::string> complaints;

 private:
  struct Line {
    std::uint64_t life = 0;
    std::unique_ptr<HttpClient> api;
    std::unique_ptr<HttpClient> sandbox;
  };
  std::optional<Reply> exchange(bool sandbox, const std::string& request);

  Shop& shop_;
  const int project_;
  std::size_t next_node_;
  std::vector<Line> lines_;  ///< to each node
};

}  // namespace purser::faults
