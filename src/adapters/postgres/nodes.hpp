#pragma once

// What nodes know of each other: who is alive, and what changed of the things that each keeps in
// memory. Each node says every second that it is there and how far it has followed the changes;
// whoever commits a change waits until all that are alive have followed it.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "adapters/postgres/connection.hpp"
#include "app/ports/clock.hpp"
#include "app/ports/store.hpp"

namespace purser::postgres {

/// The database's time: this machine's clock, corrected by what the database said last.
/// Thread-safe.
class DatabaseClock final : public app::Clock {
 public:
  explicit DatabaseClock(const app::Clock& local) : local_(local) {}
  Timestamp now() const override { return local_.now() + Millis{offset_.load()}; }
  /// The database said `millis` between these two instants of the local clock.
  void correct(std::int64_t millis, Timestamp before, Timestamp after) {
    offset_.store(millis - (before.millis() + after.millis()) / 2);
  }

 private:
  const app::Clock& local_;
  std::atomic<std::int64_t> offset_{0};
};

/// Thread-safe. Owns the thread that listens.
class Nodes {
 public:
  Nodes(ConnectOptions options, std::string instance, std::chrono::milliseconds lease,
        const app::Clock& local);
  ~Nodes();

  /// Learns the database's time. Error: kStoreUnavailable.
  Status start();

  const DatabaseClock& clock() const { return clock_; }

  /// See app::Store.
  Status watch(app::Store::Changed changed);
  bool is_current() const;

  /// Puts in line what tells the others that a batch changed these projects; in its transaction.
  /// Its last statement answers the version that the changes have.
  static void send_changes(Connection& db, const std::vector<ProjectId>& projects);
  /// After a commit: waits until every node that is alive has followed the changes up to `version`,
  /// this one included; at most until `deadline`. 0: up to the newest, which `version` is then.
  /// Error: it cannot be asked.
  Status wait_for_all(Connection& db, std::int64_t& version,
                      std::chrono::steady_clock::time_point deadline) const;
  /// When every node, whatever it is cut off from, will have followed what is committed by now, or
  /// will have stopped answering.
  std::chrono::steady_clock::time_point all_by_themselves() const;

  /// Whether the node of this name said something lately.
  Result<bool> may_run(Connection& db, const std::string& instance) const;

 private:
  // Of the thread, which alone uses the connection:
  void run();
  /// Waits for what the server says, briefly; true when a round is due.
  bool listen(std::chrono::steady_clock::time_point next);
  /// Follows what changed, and says so.
  Status round();
  Status connect();
  Status join();
  Status follow();
  Status say_alive();
  Status look_after_tables();
  void leave();

  const ConnectOptions options_;
  const std::string instance_;
  const std::chrono::milliseconds lease_;
  const app::Clock& local_;
  DatabaseClock clock_;

  std::mutex changed_mutex_;  // held while it is called
  app::Store::Changed changed_;
  std::atomic<bool> watched_{false};
  // Until when what is kept in memory is good, in milliseconds of the steady clock.
  std::atomic<std::int64_t> current_until_{0};

  std::unique_ptr<Connection> db_;
  bool joined_ = false;
  std::int64_t followed_ = 0;  // the version up to which changes were followed
  std::chrono::steady_clock::time_point next_care_{};

  std::mutex mutex_;
  std::condition_variable round_done_;
  bool stopping_ = false;
  std::uint64_t wanted_ = 0;  // rounds that somebody waits for …
  std::uint64_t done_ = 0;    // … and those of them that are over
  Status last_round_;
  std::thread thread_;
};

}  // namespace purser::postgres
