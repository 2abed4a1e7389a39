#pragma once

#include <functional>
#include <future>
#include <memory>
#include <type_traits>
#include <utility>

namespace purser::sdk::detail {

class Core;

/// Queues work for the app's threads.
void post(const std::shared_ptr<Core>& core, std::function<void()> work);

/// Runs `work` on one of the app's threads and gives its result to the future.
template <class Work>
std::future<std::invoke_result_t<Work>> async(const std::shared_ptr<Core>& core, Work work) {
  using Answer = std::invoke_result_t<Work>;
  // std::function copies what it holds, and a packaged_task cannot be copied.
  auto task = std::make_shared<std::packaged_task<Answer()>>(std::move(work));
  auto future = task->get_future();
  post(core, [task = std::move(task)] { (*task)(); });
  return future;
}

}  // namespace purser::sdk::detail
