#pragma once

// Connections that are borrowed: for views, and for whatever asks once in a while.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "adapters/postgres/connection.hpp"

namespace purser::postgres {

/// Thread-safe. Connections are made when they are first needed, and anew when they were lost.
class Pool {
 public:
  Pool(ConnectOptions options, int size) : options_(std::move(options)), free_(size) {}

  /// A borrowed connection, or the error with which it could not be made.
  class Lent {
   public:
    explicit Lent(Pool& pool) : pool_(&pool), db_(pool.take()) {}
    Lent(Lent&& other) noexcept
        : pool_(std::exchange(other.pool_, nullptr)), db_(std::move(other.db_)) {}
    Lent& operator=(Lent&&) = delete;
    ~Lent() {
      if (pool_ != nullptr) pool_->give_back(std::move(db_));
    }
    Result<Connection*> get() {
      if (!db_) return db_.error();
      return db_->get();
    }

   private:
    Pool* pool_;
    Result<std::unique_ptr<Connection>> db_;
  };

 private:
  /// Waits while all are borrowed.
  Result<std::unique_ptr<Connection>> take() {
    std::unique_ptr<Connection> known;
    {
      std::unique_lock lock(mutex_);
      given_back_.wait(lock, [this] { return free_ > 0; });
      --free_;
      if (!idle_.empty()) {
        known = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (known && known->is_alive()) return known;
    return Connection::open(options_);
  }

  void give_back(Result<std::unique_ptr<Connection>> db) {
    {
      const std::lock_guard lock(mutex_);
      ++free_;
      if (db && (*db)->failure() != Connection::Failure::kLost) {
        (*db)->forget_failure();
        idle_.push_back(*std::move(db));
      }
    }
    given_back_.notify_one();
  }

  const ConnectOptions options_;
  std::mutex mutex_;
  std::condition_variable given_back_;
  int free_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace purser::postgres
