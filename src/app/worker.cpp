#include "app/worker.hpp"

#include <chrono>
#include <utility>

namespace purser::app {

Worker::Worker(std::vector<Task> tasks, std::int64_t idle_ms, OnError on_error)
    : Worker(
          std::move(tasks), [idle_ms] { return Millis{idle_ms}; }, std::move(on_error)) {}

Worker::Worker(std::vector<Task> tasks, std::function<Millis()> idle, OnError on_error)
    : tasks_(std::move(tasks)),
      idle_(std::move(idle)),
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
    const std::chrono::milliseconds idle(done == 0 ? idle_().count : 0);
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    if (done == 0) wake_.wait_for(lock, idle, [this] { return stopping_ || poked_; });
    poked_ = false;
  }
}

}  // namespace purser::app
