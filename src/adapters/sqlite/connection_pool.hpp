#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "adapters/sqlite/connection.hpp"

namespace purser::sqlite {

/// A fixed number of reading connections. Thread-safe; outlives what it lends.
class ConnectionPool {
 public:
  explicit ConnectionPool(std::vector<std::unique_ptr<Connection>> connections)
      : free_(std::move(connections)) {}

  class Lent {
   public:
    explicit Lent(ConnectionPool& pool) : pool_(&pool), connection_(pool.take()) {}
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;
    ~Lent() { pool_->put(std::move(connection_)); }
    Connection& operator*() { return *connection_; }

   private:
    ConnectionPool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  /// Ends the transactions that free connections keep; those that are lent do it when they come
  /// back. Call it when keeping is no longer allowed.
  void end_snapshots() {
    const std::lock_guard lock(mutex_);
    for (const auto& connection : free_) connection->end_snapshot();
  }

 private:
  /// Waits while all are lent.
  std::unique_ptr<Connection> take() {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [this] { return !free_.empty(); });
    auto connection = std::move(free_.back());
    free_.pop_back();
    connection->forget_failure();
    return connection;
  }
  void put(std::unique_ptr<Connection> connection) {
    {
      // The rule is asked under the lock: see end_snapshots.
      std::lock_guard lock(mutex_);
      if (!connection->may_keep_snapshot()) connection->end_snapshot();
      free_.push_back(std::move(connection));
    }
    returned_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Connection>> free_;
};

}  // namespace purser::sqlite
