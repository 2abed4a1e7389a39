#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "app/ports/store.hpp"
#include "app/records.hpp"
#include "domain/catalog.hpp"

namespace purser::app {

/// What every request needs of a project, immutable, shared.
struct ProjectContext {
  Project project;
  std::shared_ptr<const domain::Catalog> catalog;  ///< never null
  std::vector<SigningKey> signing_keys;            ///< newest first
};

/// Projects, keys and catalogs in memory, so that a request needs no look-up in the store. Use
/// cases publish here after their commit and before their answer, so a read after a write's answer
/// sees the write. Where several nodes write the store, it says what changed before any of them
/// answers (Store::watch), and there is nothing to publish. Thread-safe; lookups take a shared lock
/// for a moment.
class Registry {
 public:
  /// Loads everything from the store, which must outlive the registry. Errors: kStoreUnavailable.
  static Result<std::unique_ptr<Registry>> load(Store& store);
  virtual ~Registry() = default;

  /// The project with this id; null when there is none.
  virtual std::shared_ptr<const ProjectContext> project(const ProjectId& id) const = 0;
  /// The unrevoked key with this hash; null when there is none. Keys have 256 random bits, so an
  /// ordinary map lookup by SHA-256 reveals nothing useful through its timing; the final comparison
  /// is constant-time.
  virtual std::shared_ptr<const ApiKey> key(const crypto::Digest& hash) const = 0;
  /// Remembers that the key with this hash was used, to the minute; collected by `take_used_keys`.
  virtual void mark_used(const crypto::Digest& hash, Timestamp now) = 0;
  /// The keys that were used in another minute than when last taken, each with that minute.
  virtual std::vector<std::pair<ApiKey, Timestamp>> take_used_keys() = 0;

  virtual void publish(const Project& project) = 0;
  virtual void publish(const ProjectId& project,
                       std::shared_ptr<const domain::Catalog> catalog) = 0;
  virtual void publish(const SigningKey& key) = 0;
  virtual void publish(const ApiKey& key) = 0;  ///< a revoked one disappears
  virtual std::vector<ProjectId> projects() const = 0;
};

}  // namespace purser::app
