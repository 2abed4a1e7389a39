#pragma once

// The server of a chaos run with its sandbox, both in one process that may die at any time, and the
// connections of those who deal with it.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "json/json.hpp"
#include "tests/faults/http_client.hpp"
#include "tests/faults/server_process.hpp"
#include "types/timestamp.hpp"

namespace purser::faults {

/// Where the server is now; another one after each of its deaths.
struct Place {
  std::uint64_t life = 0;
  std::uint16_t port = 0;
  std::uint16_t sandbox_port = 0;
};

enum class As : std::uint8_t { kServer, kAdmin, kRoot };

/// Thread-safe, except for what is said to be for one thread.
class Shop {
 public:
  Shop(std::string program, std::string work);

  /// Starts the server, makes the project with its catalog and sets the clock. Empty: it went well.
  std::string open(Timestamp now, const std::string& catalog);
  /// Where the server is; waits while it is being started again. Nothing when it does not come
  /// back.
  std::optional<Place> place();
  /// Header lines.
  const std::string& credentials(As as) const;
  /// The key of the project's account at the sandbox.
  const std::string& stripe_key() const { return stripe_key_; }
  std::string database() const { return work_ + "/data/purser.db"; }

  void count_answer() { answers_.fetch_add(1, std::memory_order_relaxed); }
  std::uint64_t answers() const { return answers_.load(std::memory_order_relaxed); }

  // From here on: for one thread at a time.
  Timestamp now() const { return now_; }
  bool set_clock(Timestamp now);
  /// Faults that strike from now on, also after a death; none: they stop.
  bool set_faults(std::vector<std::string> faults);
  /// SIGKILL, and a new start on what is left.
  bool kill_and_restart();
  /// Lets the sandbox do what is due and send its events once.
  bool tick();
  std::string verify();  ///< what `purser verify` complains of; empty: nothing
  std::string log() const { return read_file(work_ + "/server.log"); }
  std::uint64_t kills() const { return kills_; }

 private:
  bool announce();
  bool order_faults();
  std::string derive_stripe_key(const std::string& project) const;
  bool control(const char* method, const std::string& path, const std::string& form);

  const std::string work_;
  ServerProcess server_;
  std::string credentials_[3];
  std::string stripe_key_;
  Timestamp now_;
  std::vector<std::string> faults_;
  std::uint64_t kills_ = 0;
  std::atomic<std::uint64_t> answers_{0};

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable changed_;
  bool is_up_ = false;
  bool is_gone_ = false;
  Place place_;
};

/// An answer that stands; status 0: there was none, and what happened is unknown.
struct Answer {
  int status = 0;
  std::string text;
  json::Value body;
  bool replayed = false;
};

/// The connections of one thread. Sends what is safe to send again until it is answered.
class Caller {
 public:
  explicit Caller(Shop& shop) : shop_(shop) {}

  /// A request to the API. With a key, it is sent again as long as it was lost, or the answer says
  /// that the same request may succeed. `key` empty: only reads.
  Answer ask(As as, const char* method, const std::string& path, const std::string& body,
             const std::string& key);
  /// A request to Stripe's API at the sandbox, sent again until something lasting is answered.
  Answer stripe(const char* method, const std::string& path, const std::string& form);
  /// A hosted page, or the sandbox's control.
  Answer page(const char* method, const std::string& path, const std::string& form);
  /// What went wrong that must not.
  std::vector<std::string> complaints;

 private:
  std::optional<Reply> exchange(bool sandbox, const std::string& request);

  Shop& shop_;
  Place place_;
  std::unique_ptr<HttpClient> api_;
  std::unique_ptr<HttpClient> sandbox_;
};

}  // namespace purser::faults
