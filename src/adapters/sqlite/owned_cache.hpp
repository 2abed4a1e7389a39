#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "adapters/sqlite/packed_number.hpp"
#include "adapters/sqlite/sharded_cache.hpp"
#include "app/ports/store.hpp"

namespace purser::sqlite {

/// Customers who own nothing, by their rows.
struct NothingTraits {
  using Key = std::int64_t;
  using KeyHash = std::hash<std::int64_t>;
  struct Value {};
  static constexpr bool kPins = false;
  static constexpr std::size_t kTypicalBytes = 8;

  static std::string pack(std::int64_t customer) {
    std::string bytes;
    append_number(bytes, static_cast<std::uint64_t>(customer));
    return bytes;
  }
  static std::string pack(Value) { return {}; }
  static Value unpack(std::string_view) { return {}; }
};

/// What customers own, as last committed, by the customer's row: lists of products are read far
/// more often than they change, and each purchase carries a snapshot of its product that must be
/// parsed. Most customers own nothing: of them only that is kept. Thread-safe.
///
/// A reader that finds nothing loads from the database and offers what it loaded. A commit that
/// changed purchases forgets the lists of their customers, before its replies go out, and advances
/// the generation; an offer made under another generation than its find may be out of date and is
/// not kept.
class OwnedCache {
 public:
  /// Room for about `customers` of whom nothing is kept but that they own nothing.
  explicit OwnedCache(std::size_t customers) : owners_of_nothing_(customers) {}

  struct Found {
    app::OwnedPurchases list;      ///< null when there is none
    std::uint64_t generation = 0;  ///< to be given to `offer`, both
    std::uint64_t nothing_generation = 0;
  };
  Found find(std::int64_t customer) {
    const auto nothing = owners_of_nothing_.find(customer);
    if (nothing.value) return {nothing_, 0, 0};
    const std::lock_guard lock(mutex_);
    const auto found = lists_.find(customer);
    return {found == lists_.end() ? nullptr : found->second, generation_, nothing.generation};
  }

  void offer(std::int64_t customer, const app::OwnedPurchases& list, const Found& found) {
    if (list->empty()) {
      owners_of_nothing_.offer(customer, {}, found.nothing_generation);
      return;
    }
    const std::size_t size = list->size();
    const std::lock_guard lock(mutex_);
    if (found.generation != generation_ || size > kMostPurchases) return;
    if (kept_ + size > kMostPurchases) {
      kept_ = 0;  // what is forgotten is found again in the database
      lists_.clear();
    }
    if (lists_.try_emplace(customer, list).second) kept_ += size;
  }

  /// Forgets what a commit has changed.
  void forget(const std::vector<std::int64_t>& customers) {
    if (customers.empty()) return;
    for (const std::int64_t customer : customers) owners_of_nothing_.erase(customer);
    const std::lock_guard lock(mutex_);
    ++generation_;
    for (const std::int64_t customer : customers) {
      const auto found = lists_.find(customer);
      if (found == lists_.end()) continue;
      kept_ -= found->second->size();
      lists_.erase(found);
    }
  }

 private:
  static constexpr std::size_t kMostPurchases = 20'000;  // of about a kilobyte

  const app::OwnedPurchases nothing_ = std::make_shared<const std::vector<domain::Purchase>>();
  ShardedCache<NothingTraits> owners_of_nothing_;

  mutable std::mutex mutex_;
  std::unordered_map<std::int64_t, app::OwnedPurchases> lists_;
  std::size_t kept_ = 0;  ///< purchases in the lists
  std::uint64_t generation_ = 0;
};

}  // namespace purser::sqlite
