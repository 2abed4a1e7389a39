#pragma once

// Side effects at the provider that were decided in a batch and happen afterwards.

#include <string>
#include <vector>

#include "app/engine.hpp"
#include "app/ports/clock.hpp"
#include "app/provider_access.hpp"
#include "app/purchase_book.hpp"
#include "app/registry.hpp"

namespace purser::app {

/// Performs intentions (the kinds stand in purchase_book.hpp), each under its id as idempotency
/// key, again and again with back-off until the provider says that it is done. Thread-safe; blocks.
class Intentions {
 public:
  Intentions(Engine& engine, Store& store, Registry& registry, ProviderAccess& access,
             const Clock& clock);

  /// One round of those that are due. Answers how many.
  Result<int> perform(int limit);

 private:
  /// Answers the payments that are to be given back after it.
  Result<std::vector<std::string>> perform(const Intention& intention);
  static Status record(StoreBatch& batch, const Intention& intention,
                       const Result<std::vector<std::string>>& performed);

  Engine& engine_;
  Store& store_;
  Registry& registry_;
  ProviderAccess& access_;
  const Clock& clock_;
};

}  // namespace purser::app
