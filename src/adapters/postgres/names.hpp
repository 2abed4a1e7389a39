#pragma once

// The row numbers of projects and of their items' names. They never change and never go, so that
// every thread of a node may keep them.

#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>

namespace purser::postgres {

/// Thread-safe. Holds only what is committed.
class KnownRows {
 public:
  std::optional<std::int64_t> project(const std::string& id) const {
    const std::shared_lock lock(mutex_);
    const auto found = projects_.find(id);
    if (found == projects_.end()) return std::nullopt;
    return found->second.row;
  }
  void keep_project(const std::string& id, std::int64_t row) {
    const std::unique_lock lock(mutex_);
    projects_.try_emplace(id).first->second.row = row;
  }

  /// An item of a project that is known.
  std::optional<std::int64_t> item(const std::string& project, const std::string& item) const {
    const std::shared_lock lock(mutex_);
    const auto owner = projects_.find(project);
    if (owner == projects_.end()) return std::nullopt;
    const auto found = owner->second.items.find(item);
    if (found == owner->second.items.end()) return std::nullopt;
    return found->second;
  }
  /// Nothing happens when the project is not known.
  void keep_item(const std::string& project, const std::string& item, std::int64_t row) {
    const std::unique_lock lock(mutex_);
    const auto owner = projects_.find(project);
    if (owner != projects_.end()) owner->second.items.try_emplace(item, row);
  }

 private:
  struct Project {
    std::int64_t row = 0;
    std::unordered_map<std::string, std::int64_t> items;
  };
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, Project> projects_;
};

}  // namespace purser::postgres
