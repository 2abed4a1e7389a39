#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "adapters/sqlite/packed_map.hpp"

namespace purser::sqlite {

/// A bounded map in memory in front of the database, for many reading threads and one publishing
/// thread. Locks are per shard and held only while a value is copied.
///
/// Three parties meet here: the committer *publishes* what it has just committed; readers *find*;
/// and a reader that found nothing loads from the database and *offers* what it loaded. What was
/// loaded may be older than what was published, and even evicted again, meanwhile. So every publish
/// and erase advances the shard's generation, and an offer made under another generation than its
/// find is refused: the reader loads again.
///
/// A pinned value (one that the database does not hold yet) is never evicted: those lie beside the
/// bounded part, for as long as they are pinned.
///
/// Values can also be loaded several at a time, with the generations of all shards in the place of
/// those of a find.
///
/// Traits: `Key`, `KeyHash`, `Value`; `pack(key)` and `pack(value)` give their bytes, for every
/// type that a key is looked up by, and `unpack` the value again. `kPins` says whether values are
/// ever pinned; keys are of type `Key` then.
template <class Traits>
class ShardedCache {
  static constexpr std::size_t kShards = 16;

 public:
  using Key = typename Traits::Key;
  using Value = typename Traits::Value;

  /// Room for about `capacity` values of `Traits::kTypicalBytes`, key included.
  explicit ShardedCache(std::size_t capacity) {
    const std::size_t bytes = capacity * Traits::kTypicalBytes / kShards;
    for (auto& shard : shards_) shard = std::make_unique<Shard>(std::max(bytes, kLeastBytes));
  }

  struct Found {
    std::optional<Value> value;
    std::uint64_t generation = 0;  ///< to be given to `offer` when there is no value
  };
  template <class K>
  Found find(const K& key) {
    const Packed packed(key);
    Shard& shard = shard_of(packed);
    const std::lock_guard lock(shard.mutex);
    return {shard.find(key, packed), shard.generation.load()};
  }

  /// Generations of all shards: for values that are loaded without a find each.
  struct Generations {
    std::array<std::uint64_t, kShards> of{};
  };
  Generations generations() const {
    Generations now;
    for (std::size_t i = 0; i < kShards; ++i) now.of[i] = shards_[i]->generation.load();
    return now;
  }
  /// False once the bounded part has been full: what is kept from then on drives others out.
  bool has_room() const { return !full_.load(std::memory_order_relaxed); }

  /// Keeps a loaded value unless there is one; answers the one that stands. Nothing: it may be out
  /// of date, load again.
  template <class K = Key>
  std::optional<Value> offer(const K& key, Value value, std::uint64_t generation) {
    const Packed packed(key);
    Shard& shard = shard_of(packed);
    const std::lock_guard lock(shard.mutex);
    if (auto stands = shard.find(key, packed)) return stands;
    if (shard.generation != generation) return std::nullopt;
    keep(shard, packed, value);
    return value;
  }
  template <class K = Key>
  std::optional<Value> offer(const K& key, Value value, const Generations& loaded_at) {
    return offer(key, std::move(value), loaded_at.of[Packed(key).hash % kShards]);
  }
  /// The same for a neighbour of what was asked for. True when it was kept: false
  /// also when there was one already.
  template <class K = Key>
  bool keep_loaded(const K& key, const Value& value, const Generations& loaded_at) {
    const Packed packed(key);
    Shard& shard = shard_of(packed);
    const std::lock_guard lock(shard.mutex);
    if (shard.generation != loaded_at.of[packed.hash % kShards]) return false;
    if (shard.find(key, packed)) return false;
    keep(shard, packed, value);
    return true;
  }

  /// Keeps a value that has just been committed.
  void publish(const Key& key, Value value, bool pinned) {
    const Packed packed(key);
    Shard& shard = shard_of(packed);
    const std::lock_guard lock(shard.mutex);
    ++shard.generation;
    if (!pinned) {
      shard.pinned.erase(key);
      keep(shard, packed, value);
      return;
    }
    shard.map.erase(packed.bytes, packed.hash);
    shard.pinned.insert_or_assign(key, Pinned{std::move(value), shard.generation});
  }

  /// Forgets a key whose committed value has changed.
  template <class K>
  void erase(const K& key) {
    const Packed packed(key);
    Shard& shard = shard_of(packed);
    const std::lock_guard lock(shard.mutex);
    ++shard.generation;
    shard.map.erase(packed.bytes, packed.hash);
    if constexpr (Traits::kPins) shard.pinned.erase(key);
  }

  /// A pinned value with the stamp of its publication.
  struct Pinned {
    Value value;
    std::uint64_t stamp;
  };
  std::optional<Pinned> pinned(const Key& key) {
    Shard& shard = shard_of(Packed(key));
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.pinned.find(key);
    return found == shard.pinned.end() ? std::nullopt : std::optional(found->second);
  }
  /// Lets a value go that the database holds now, unless a newer one was published.
  void unpin(const Key& key, std::uint64_t stamp) {
    const Packed packed(key);
    Shard& shard = shard_of(packed);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.pinned.find(key);
    if (found == shard.pinned.end() || found->second.stamp != stamp) return;
    keep(shard, packed, found->second.value);
    shard.pinned.erase(found);
  }
  std::vector<Key> pinned_keys() {
    std::vector<Key> keys;
    for (auto& shard : shards_) {
      const std::lock_guard lock(shard->mutex);
      for (const auto& [key, pinned] : shard->pinned) keys.push_back(key);
    }
    return keys;
  }
  std::size_t size() {
    std::size_t count = 0;
    for (auto& shard : shards_) {
      const std::lock_guard lock(shard->mutex);
      count += shard->map.size() + shard->pinned.size();
    }
    return count;
  }

 private:
  static constexpr std::size_t kLeastBytes = 32;

  struct Packed {
    template <class K>
    explicit Packed(const K& key) : bytes(Traits::pack(key)), hash(PackedMap::hash_of(bytes)) {}
    std::string bytes;
    std::size_t hash;
  };

  struct Shard {
    explicit Shard(std::size_t bytes) : map(bytes) {}

    template <class K>
    std::optional<Value> find(const K& key, const Packed& packed) {
      if constexpr (Traits::kPins) {
        const auto found = pinned.find(key);
        if (found != pinned.end()) return found->second.value;
      }
      const auto found = map.find(packed.bytes, packed.hash);
      return found ? std::optional(Traits::unpack(*found)) : std::nullopt;
    }

    std::mutex mutex;
    std::atomic<std::uint64_t> generation{1};  // changed under the lock
    PackedMap map;
    std::unordered_map<Key, Pinned, typename Traits::KeyHash> pinned;
  };

  void keep(Shard& shard, const Packed& packed, const Value& value) {
    shard.map.put(packed.bytes, Traits::pack(value), packed.hash);
    if (shard.map.went_around()) full_.store(true, std::memory_order_relaxed);
  }

  Shard& shard_of(const Packed& packed) { return *shards_[packed.hash % kShards]; }

  std::array<std::unique_ptr<Shard>, kShards> shards_;
  std::atomic<bool> full_{false};
};

}  // namespace purser::sqlite
