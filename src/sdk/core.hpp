#pragma once

#include <utility>

#include "purser/async.hpp"
#include "sdk/connection.hpp"
#include "sdk/executor.hpp"

namespace purser::sdk::detail {

/// What an app and all its handles share.
class Core {
 public:
  Core(ConnectionOptions options, CallAccess ordinary, int async_threads)
      : connection(std::move(options)), access(ordinary), executor(async_threads) {}

  Connection connection;
  const CallAccess access;  ///< Of ordinary calls.
  Executor executor;
};

}  // namespace purser::sdk::detail
