#pragma once

// The background worker: makes things timely. No answer depends on it having run.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "types/result.hpp"

namespace purser::app {

/// Runs tasks in turn until stopped: each returns how much it did; when none did anything the
/// worker sleeps for `idle` or until `poke`. Thread-safe.
class Worker {
 public:
  struct Task {
    std::string name;
    std::function<Result<int>()> run;
  };
  Worker(std::vector<Task> tasks, std::int64_t idle_ms,
         std::function<void(const std::string& task, const Error& error)> on_error);
  ~Worker();  ///< stops after the running task
  void poke();
  void stop();

 private:
  void loop();

  std::vector<Task> tasks_;
  std::int64_t idle_ms_;
  std::function<void(const std::string&, const Error&)> on_error_;
  std::mutex mutex_;
  std::mutex join_mutex_;
  std::condition_variable wake_;
  bool poked_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace purser::app
