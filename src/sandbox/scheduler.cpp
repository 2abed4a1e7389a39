#include "sandbox/scheduler.hpp"

#include <utility>

namespace purser::sandbox {

Scheduler::Scheduler() : thread_([this] { work(); }) {}

Scheduler::~Scheduler() { stop(); }

void Scheduler::run_after(std::chrono::milliseconds delay, std::function<void()> function) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    waiting_.emplace(Clock::now() + delay, std::move(function));
  }
  changed_.notify_one();
}

void Scheduler::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool Scheduler::stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Scheduler::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (waiting_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto due = waiting_.begin()->first;
    if (Clock::now() < due) {
      changed_.wait_until(lock, due);
      continue;
    }
    const auto function = std::move(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
    lock.unlock();
    function();
    lock.lock();
  }
}

}  // namespace purser::sandbox
