#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace purser::sdk {

/// A few threads that run what is posted, in its order. Threads start with the first post.
/// Thread-safe. The destructor waits for the threads; it may run on one of them (when that
/// thread's work held the last reference to the owner), which then ends by itself.
class Executor {
 public:
  explicit Executor(int threads);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  void post(std::function<void()> work);

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<std::function<void()>> queue;
    bool stopping = false;
  };
  static void run(const std::shared_ptr<State>& state);

  const int wanted_;
  std::shared_ptr<State> state_;  // Shared, so that a detached thread outlives the Executor.
  std::vector<std::thread> threads_;
};

}  // namespace purser::sdk
