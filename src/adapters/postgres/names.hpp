#pragma once

// The row numbers of projects. They never change and projects never go, so that every thread of a
// node may keep them.

#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>

namespace purser::postgres {

/// Thread-safe. Holds only what is committed.
class ProjectRows {
 public:
  std::optional<std::int64_t> find(const std::string& id) const {
    const std::shared_lock lock(mutex_);
    const auto found = rows_.find(id);
    if (found == rows_.end()) return std::nullopt;
    return found->second;
  }
  void keep(const std::string& id, std::int64_t row) {
    const std::unique_lock lock(mutex_);
    rows_.emplace(id, row);
  }

 private:
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::int64_t> rows_;
};

}  // namespace purser::postgres
