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
#include "types/timestamp.hpp"

namespace purser::app {

/// Runs tasks in turn until stopped: each returns how much it did; when none did anything the
/// worker sleeps until `poke`, at most for the idle time. Thread-safe.
class Worker {
 public:
  struct Task {
    std::string name;
    std::function<Result<int>()> run;
  };
  using OnError = std::function<void(const std::string& task, const Error& error)>;
  Worker(std::vector<Task> tasks, std::int64_t idle_ms, OnError on_error);
  /// `idle` is asked each time, on the worker's thread.
  Worker(std::vector<Task> tasks, std::function<Millis()> idle, OnError on_error);
  ~Worker();  ///< stops after the running task
  void poke();
  void stop();

 private:
  void loop();

  std::vector<Task> tasks_;
  std::function<Millis()> idle_;
  OnError on_error_;
  std::mutex mutex_;
  std::mutex join_mutex_;
  std::condition_variable wake_;
  bool poked_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace purser::app
