#include "sdk/executor.hpp"

#include <algorithm>
#include <utility>

namespace purser::sdk {

Executor::Executor(int threads)
    : wanted_(std::clamp(threads, 1, 64)), state_(std::make_shared<State>()) {}

Executor::~Executor() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_all();
  for (auto& thread : threads_) {
    if (thread.get_id() == std::this_thread::get_id()) {
      thread.detach();
    } else {
      thread.join();
    }
  }
}

void Executor::post(std::function<void()> work) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->queue.push_back(std::move(work));
    if (std::ssize(threads_) < wanted_) {
      threads_.emplace_back([state = state_] { run(state); });
    }
  }
  state_->wake.notify_one();
}

void Executor::run(const std::shared_ptr<State>& state) {
  std::unique_lock lock(state->mutex);
  for (;;) {
    state->wake.wait(lock, [&] { return state->stopping || !state->queue.empty(); });
    if (state->queue.empty()) return;
    {
      auto work = std::move(state->queue.front());
      state->queue.pop_front();
      lock.unlock();
      work();
      // `work` is destroyed here, outside the lock: it may destroy the Executor.
    }
    lock.lock();
  }
}

}  // namespace purser::sdk
