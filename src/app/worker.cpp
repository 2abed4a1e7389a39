#include "app/worker.hpp"

#include <chrono>
#include <utility>

namespace purser::app {

Worker::Worker(std::vector<Task> tasks, std::int64_t idle_ms,
               std::function<void(const std::string& task, const Error& error)> on_error)
    : tasks_(std::move(tasks)),
      idle_ms_(idle_ms),
      on_error_(std::move(on_error)),
      thread_([this] { loop(); }) {}

Worker::~Worker() { stop(); }

void Worker::poke() {
  {
    std::lock_guard lock(mutex_);
    poked_ = true;
  }
  wake_.notify_all();
}

void Worker::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  std::lock_guard lock(join_mutex_);
  if (thread_.joinable()) thread_.join();
}

void Worker::loop() {
  for (;;) {
    int done = 0;
    for (const Task& task : tasks_) {
      {
        std::lock_guard lock(mutex_);
        if (stopping_) return;
      }
      const Result<int> result = task.run();
      if (result) {
        done += *result;
      } else if (on_error_) {
        on_error_(task.name, result.error());
      }
    }
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    if (done == 0) {
      wake_.wait_for(lock, std::chrono::milliseconds(idle_ms_),
                     [this] { return stopping_ || poked_; });
    }
    poked_ = false;
  }
}

}  // namespace purser::app
