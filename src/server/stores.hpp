#pragma once

#include <functional>
#include <memory>
#include <string>

#include "app/ports/clock.hpp"
#include "app/ports/store.hpp"
#include "server/settings.hpp"

namespace purser::server {

/// A store, and the clock that goes with it.
struct OpenedStore {
  std::unique_ptr<app::Store> store;
  /// The database's time, where the database decides; else the clock that was given. Lives as long
  /// as the store.
  const app::Clock* clock = nullptr;
};

/// What a store calls.
struct StoreCalls {
  /// Gives several answers at once.
  std::function<void(const std::function<void()>&)> together;
  /// After a commit that may have made something due for webhook endpoints.
  std::function<void()> webhooks_queued;
};

/// Opens the store that the settings name. `instance` names this process among others on the same
/// database. `clock` must outlive the store. Errors: kStoreUnavailable with a sentence for the
/// operator.
Result<OpenedStore> open_store(const Settings& settings, const app::Clock& clock,
                               const std::string& instance, const StoreCalls& calls);

/// Whether a key opens what the database's secrets were sealed with, seen by one of them.
/// Error: kInternalError with a sentence for the operator when it does not.
Status check_encryption_key(app::Store& store, const Secret& key);

}  // namespace purser::server
