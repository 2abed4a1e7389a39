#include "app/at_once.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <numeric>
#include <vector>

namespace purser::app {
namespace {

TEST(AtOnce, CallsForEachNumberOnce) {
  for (const int width : {0, 1, 3, 100}) {
    std::vector<std::atomic<int>> calls(50);
    at_once(calls.size(), width, [&](std::size_t i) { ++calls.at(i); });
    for (const auto& count : calls) EXPECT_EQ(count.load(), 1) << "width " << width;
  }
  at_once(0, 4, [](std::size_t) { ADD_FAILURE() << "there is nothing to do"; });
}

TEST(AtOnce, WithAWidthOfOneTheyRunInOrder) {
  std::vector<std::size_t> order;
  at_once(20, 1, [&](std::size_t i) { order.push_back(i); });
  std::vector<std::size_t> expected(20);
  std::iota(expected.begin(), expected.end(), 0U);
  EXPECT_EQ(order, expected);
}

TEST(AtOnce, AsManyRunTogetherAsTheWidthSays) {
  std::mutex mutex;
  std::condition_variable met;
  int here = 0;
  // Each waits for the others: only four at a time get through.
  at_once(4, 4, [&](std::size_t) {
    std::unique_lock lock(mutex);
    ++here;
    met.notify_all();
    met.wait(lock, [&] { return here == 4; });
  });
  EXPECT_EQ(here, 4);
}

}  // namespace
}  // namespace purser::app
