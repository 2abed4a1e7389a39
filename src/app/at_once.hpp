#pragma once

#include <cstddef>
#include <functional>

namespace purser::app {

/// Calls `work(0)` … `work(count - 1)`, up to `width` of them at a time, and returns when all have
/// returned. With a width of 1 they run in order on the caller's thread. `work` must be safe in
/// parallel and must not throw.
void at_once(std::size_t count, int width, const std::function<void(std::size_t)>& work);

}  // namespace purser::app
