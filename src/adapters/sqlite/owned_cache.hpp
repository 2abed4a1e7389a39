#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "app/ports/store.hpp"

namespace purser::sqlite {

/// What customers own, as last committed, by the customer's row: lists of products are read far
/// more often than they change, and each purchase carries a snapshot of its product that must be
/// parsed. Thread-safe.
///
/// A reader that finds nothing loads from the database and offers what it loaded. A commit that
/// changed purchases forgets the lists of their customers, before its replies go out, and advances
/// the generation; an offer made under another generation than its find may be out of date and is
/// not kept.
class OwnedCache {
 public:
  struct Found {
    app::OwnedPurchases list;      ///< null when there is none
    std::uint64_t generation = 0;  ///< to be given to `offer`
  };
  Found find(std::int64_t customer) const {
    const std::lock_guard lock(mutex_);
    const auto found = lists_.find(customer);
    return {found == lists_.end() ? nullptr : found->second, generation_};
  }

  void offer(std::int64_t customer, const app::OwnedPurchases& list, std::uint64_t generation) {
    const std::size_t size = list->size() + 1;
    const std::lock_guard lock(mutex_);
    if (generation != generation_ || size > kMostPurchases) return;
    if (kept_ + size > kMostPurchases) {
      kept_ = 0;  // what is forgotten is found again in the database
      lists_.clear();
    }
    if (lists_.try_emplace(customer, list).second) kept_ += size;
  }

  /// Forgets what a commit has changed.
  void forget(const std::vector<std::int64_t>& customers) {
    if (customers.empty()) return;
    const std::lock_guard lock(mutex_);
    ++generation_;
    for (const std::int64_t customer : customers) {
      const auto found = lists_.find(customer);
      if (found == lists_.end()) continue;
      kept_ -= found->second->size() + 1;
      lists_.erase(found);
    }
  }

 private:
  // A purchase takes about a kilobyte, a list of none a hundredth of it.
  static constexpr std::size_t kMostPurchases = 20'000;

  mutable std::mutex mutex_;
  std::unordered_map<std::int64_t, app::OwnedPurchases> lists_;
  std::size_t kept_ = 0;  ///< purchases in the lists, and one more for each list
  std::uint64_t generation_ = 0;
};

}  // namespace purser::sqlite
