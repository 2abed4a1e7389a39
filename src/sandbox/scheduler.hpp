#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace purser::sandbox {

/// Runs functions later, one after the other, on one thread of its own. Thread-safe.
class Scheduler {
 public:
  using Clock = std::chrono::steady_clock;

  Scheduler();
  ~Scheduler();  ///< as stop()
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// Functions due at the same instant run in the order in which they were given. After stop() they
  /// are dropped.
  void run_after(std::chrono::milliseconds delay, std::function<void()> function);
  /// Lets the running function end and drops the others.
  void stop();
  bool stopping();

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<Clock::time_point, std::function<void()>> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace purser::sandbox
