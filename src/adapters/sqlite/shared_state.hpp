#pragma once

// What all connections of one open store share in memory.

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "adapters/sql/accounts.hpp"
#include "adapters/sql/resolver.hpp"
#include "adapters/sqlite/owned_cache.hpp"
#include "adapters/sqlite/packed_number.hpp"
#include "adapters/sqlite/sharded_cache.hpp"
#include "adapters/sqlite/snapshot_rule.hpp"
#include "types/customer.hpp"

namespace purser::sqlite {

using sql::AccountKey;
using sql::AccountKeyHash;
using sql::CustomerRow;
using sql::mix;
using sql::StoredAccount;

struct AccountTraits {
  using Key = AccountKey;
  using KeyHash = AccountKeyHash;
  using Value = StoredAccount;
  static constexpr bool kPins = true;
  static constexpr std::size_t kTypicalBytes = 26;

  static std::string pack(const AccountKey& key) {
    std::string bytes;
    append_number(bytes, static_cast<std::uint64_t>(key.customer));
    append_number(bytes, static_cast<std::uint64_t>(key.item));
    return bytes;
  }
  // Nearly all accounts are one manual lot that never expires, and their bytes are the same at both
  // ends (src/codec/account_codec.hpp): those are left out. The lowest bit of the number tells.
  static constexpr std::string_view kBegin{"\2\1\0", 3};
  static constexpr std::string_view kEnd{"\0\0", 2};

  static std::string pack(const StoredAccount& value) {
    std::string_view blob = value.blob;
    const bool is_usual = blob.size() >= kBegin.size() + kEnd.size() && blob.starts_with(kBegin) &&
                          blob.ends_with(kEnd);
    if (is_usual) blob = blob.substr(kBegin.size(), blob.size() - kBegin.size() - kEnd.size());
    std::string bytes;
    append_number(bytes, static_cast<std::uint64_t>(value.last_entry) << 1 | (is_usual ? 1U : 0U));
    return bytes.append(blob);
  }
  static StoredAccount unpack(std::string_view bytes) {
    StoredAccount value;
    const std::uint64_t number = take_number(bytes);
    value.last_entry = static_cast<std::int64_t>(number >> 1);
    const bool is_usual = (number & 1) != 0;
    if (is_usual) value.blob = kBegin;
    value.blob.append(bytes);
    if (is_usual) value.blob.append(kEnd);
    return value;
  }
};
using AccountCache = ShardedCache<AccountTraits>;

/// A customer's name inside the database: the project by its row number.
struct CustomerName {
  std::int64_t project = 0;
  CustomerType type = CustomerType::kUser;
  std::string id;
};
/// The same, borrowed.
struct CustomerNameView {
  std::int64_t project = 0;
  CustomerType type = CustomerType::kUser;
  std::string_view id;
};
inline bool operator==(const CustomerName& a, const CustomerName& b) {
  return a.project == b.project && a.type == b.type && a.id == b.id;
}
inline bool operator==(const CustomerNameView& a, const CustomerNameView& b) {
  return a.project == b.project && a.type == b.type && a.id == b.id;
}
struct CustomerNameHash {
  std::size_t operator()(const CustomerName& key) const noexcept {
    return mix(std::hash<std::string_view>{}(key.id) ^
               (static_cast<std::uint64_t>(key.project) << 2) ^
               static_cast<std::uint64_t>(key.type));
  }
};
struct CustomerTraits {
  using Key = CustomerName;
  using KeyHash = CustomerNameHash;
  using Value = CustomerRow;
  static constexpr bool kPins = false;
  static constexpr std::size_t kTypicalBytes = 22;

  template <class Name>
  requires std::is_same_v<Name, CustomerName> || std::is_same_v<Name, CustomerNameView>
  static std::string pack(const Name& name) {
    std::string bytes;
    append_number(bytes, static_cast<std::uint64_t>(name.project));
    bytes.push_back(static_cast<char>(name.type));
    return bytes.append(name.id);
  }
  static std::string pack(const CustomerRow& row) {
    std::string bytes;
    append_number(bytes, static_cast<std::uint64_t>(row.id) << 1 | (row.deleted ? 1U : 0U));
    return bytes;
  }
  static CustomerRow unpack(std::string_view bytes) {
    const std::uint64_t number = take_number(bytes);
    return {static_cast<std::int64_t>(number >> 1), (number & 1) != 0};
  }
};
using CustomerCache = ShardedCache<CustomerTraits>;

/// Row numbers of projects and item names. They never change and never go, so what was committed
/// once may be kept for ever; only the number of entries is bounded. Thread-safe.
class Names {
 public:
  std::optional<std::int64_t> project(std::string_view id) const {
    const std::lock_guard lock(mutex_);
    return find(projects_, id);
  }
  std::optional<std::int64_t> item(std::int64_t project, std::string_view item) const {
    const std::lock_guard lock(mutex_);
    const auto found = items_.find(project);
    return found == items_.end() ? std::nullopt : find(found->second, item);
  }
  void keep_project(std::string_view id, std::int64_t row) {
    const std::lock_guard lock(mutex_);
    keep(projects_, id, row);
  }
  void keep_item(std::int64_t project, std::string_view item, std::int64_t row) {
    const std::lock_guard lock(mutex_);
    keep(items_[project], item, row);
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    projects_.clear();
    items_.clear();
  }
  /// Hands everything over to `other`.
  void move_into(Names& other) {
    const std::scoped_lock lock(mutex_, other.mutex_);
    for (const auto& [id, row] : projects_) other.keep(other.projects_, id, row);
    for (const auto& [project, names] : items_) {
      for (const auto& [item, row] : names) other.keep(other.items_[project], item, row);
    }
    projects_.clear();
    items_.clear();
  }

 private:
  static constexpr std::size_t kLimit = 100'000;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  using Map = std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>>;

  static std::optional<std::int64_t> find(const Map& map, std::string_view key) {
    const auto found = map.find(key);
    if (found == map.end()) return std::nullopt;
    return found->second;
  }
  void keep(Map& map, std::string_view key, std::int64_t row) {
    if (kept_ >= kLimit) {
      // What is forgotten is found again in the database.
      kept_ = 0;
      projects_.clear();
      for (auto& [project, names] : items_) names.clear();
    }
    if (map.try_emplace(std::string(key), row).second) ++kept_;
  }

  mutable std::mutex mutex_;
  std::size_t kept_ = 0;
  Map projects_;
  std::unordered_map<std::int64_t, Map> items_;
};

struct SharedState {
  explicit SharedState(std::size_t cache_accounts)
      : customers(cache_accounts), accounts(cache_accounts), owned(cache_accounts) {}
  Names names;
  CustomerCache customers;
  AccountCache accounts;
  OwnedCache owned;
  SnapshotRule snapshots;
};

}  // namespace purser::sqlite
