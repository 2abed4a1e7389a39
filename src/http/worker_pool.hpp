#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace purser::http {

struct WorkerPoolOptions {
  std::size_t threads = 8;        ///< ≥ 1; how many slow requests run at once
  std::size_t queue_limit = 500;  ///< waiting slow requests; above: refused
};

/// Threads for the requests that may wait (for the payment provider, an issuer's keys, a reader of
/// the store). Thread-safe.
class WorkerPool {
 public:
  using Task = std::function<void()>;

  explicit WorkerPool(WorkerPoolOptions options);
  /// Runs what is queued, then stops.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Queues a task; false, and the task is not taken, when the queue is full or the pool stops.
  bool submit(Task task);
  std::size_t waiting() const;

 private:
  void run();

  const WorkerPoolOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace purser::http
