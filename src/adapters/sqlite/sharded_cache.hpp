#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

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
/// A pinned value (one that the database does not hold yet) is never evicted; when all are pinned
/// the cache grows.
///
/// Traits: `Key` (with ==), `Value`, `static std::size_t hash(const K&)` for the key and for every
/// type it is looked up by.
template <class Traits>
class ShardedCache {
 public:
  using Key = typename Traits::Key;
  using Value = typename Traits::Value;

  explicit ShardedCache(std::size_t capacity) : shard_capacity_(capacity / kShards + 1) {
    for (auto& shard : shards_) shard = std::make_unique<Shard>();
  }

  struct Found {
    std::optional<Value> value;
    std::uint64_t generation = 0;  ///< to be given to `offer` when there is no value
  };
  template <class K>
  Found find(const K& key) {
    const std::size_t hash = Traits::hash(key);
    Shard& shard = shard_of(hash);
    std::lock_guard lock(shard.mutex);
    Slot* slot = shard.find(key, hash);
    if (!slot) return {std::nullopt, shard.generation};
    slot->recent = true;
    return {slot->value, shard.generation};
  }

  /// Keeps a loaded value unless there is one; answers the one that stands. Nothing: it may be out
  /// of date, load again.
  std::optional<Value> offer(Key key, Value value, std::uint64_t generation) {
    const std::size_t hash = Traits::hash(key);
    Shard& shard = shard_of(hash);
    std::lock_guard lock(shard.mutex);
    if (Slot* slot = shard.find(key, hash)) return slot->value;
    if (shard.generation != generation) return std::nullopt;
    shard.make_room(shard_capacity_);
    shard.insert({std::move(key), value, 0, hash, false, true});
    return value;
  }

  /// Keeps a value that has just been committed.
  void publish(Key key, Value value, bool pinned) {
    const std::size_t hash = Traits::hash(key);
    Shard& shard = shard_of(hash);
    std::lock_guard lock(shard.mutex);
    ++shard.generation;
    if (Slot* slot = shard.find(key, hash)) {
      slot->value = std::move(value);
      slot->stamp = shard.generation;
      slot->pinned = pinned;
      slot->recent = true;
      return;
    }
    shard.make_room(shard_capacity_);
    shard.insert({std::move(key), std::move(value), shard.generation, hash, pinned, true});
  }

  /// Forgets a key whose committed value has changed.
  template <class K>
  void erase(const K& key) {
    const std::size_t hash = Traits::hash(key);
    Shard& shard = shard_of(hash);
    std::lock_guard lock(shard.mutex);
    ++shard.generation;
    if (Slot* slot = shard.find(key, hash)) shard.remove(slot);
  }

  /// A pinned value with the stamp of its publication.
  struct Pinned {
    Value value;
    std::uint64_t stamp;
  };
  std::optional<Pinned> pinned(const Key& key) {
    const std::size_t hash = Traits::hash(key);
    Shard& shard = shard_of(hash);
    std::lock_guard lock(shard.mutex);
    Slot* slot = shard.find(key, hash);
    if (!slot || !slot->pinned) return std::nullopt;
    return Pinned{slot->value, slot->stamp};
  }
  /// Lets a value go that the database holds now, unless a newer one was published.
  void unpin(const Key& key, std::uint64_t stamp) {
    const std::size_t hash = Traits::hash(key);
    Shard& shard = shard_of(hash);
    std::lock_guard lock(shard.mutex);
    Slot* slot = shard.find(key, hash);
    if (slot && slot->stamp == stamp) slot->pinned = false;
  }
  std::vector<Key> pinned_keys() {
    std::vector<Key> keys;
    for (auto& shard : shards_) {
      std::lock_guard lock(shard->mutex);
      for (const Slot& slot : shard->slots) {
        if (slot.pinned) keys.push_back(slot.key);
      }
    }
    return keys;
  }
  std::size_t size() {
    std::size_t count = 0;
    for (auto& shard : shards_) {
      std::lock_guard lock(shard->mutex);
      count += shard->slots.size();
    }
    return count;
  }

 private:
  static constexpr std::size_t kShards = 16;
  static constexpr std::uint32_t kEmpty = 0;  // index entries are slot numbers + 1

  struct Slot {
    Key key;
    Value value;
    std::uint64_t stamp;
    std::size_t hash;
    bool pinned;
    bool recent;  // looked at since the clock hand passed
  };

  // Slots lie densely; `index` is an open-addressing table over them, so that keys are kept once.
  struct Shard {
    std::mutex mutex;
    std::uint64_t generation = 1;
    std::vector<Slot> slots;
    std::vector<std::uint32_t> index = std::vector<std::uint32_t>(16, kEmpty);
    std::size_t hand = 0;

    std::size_t home(std::size_t hash) const { return (hash >> 8) & (index.size() - 1); }
    std::size_t next(std::size_t at) const { return (at + 1) & (index.size() - 1); }

    template <class K>
    Slot* find(const K& key, std::size_t hash) {
      for (std::size_t at = home(hash); index[at] != kEmpty; at = next(at)) {
        Slot& slot = slots[index[at] - 1];
        if (slot.hash == hash && slot.key == key) return &slot;
      }
      return nullptr;
    }

    void insert(Slot slot) {
      slots.push_back(std::move(slot));
      if (slots.size() * 2 > index.size()) {
        index.assign(index.size() * 2, kEmpty);
        for (std::size_t i = 0; i < slots.size(); ++i) link(i);
      } else {
        link(slots.size() - 1);
      }
    }
    void link(std::size_t slot) {
      std::size_t at = home(slots[slot].hash);
      while (index[at] != kEmpty) at = next(at);
      index[at] = static_cast<std::uint32_t>(slot + 1);
    }
    std::size_t place_of(std::size_t slot) const {
      std::size_t at = home(slots[slot].hash);
      while (index[at] != slot + 1) at = next(at);
      return at;
    }

    void remove(Slot* slot) {
      const auto number = static_cast<std::size_t>(slot - slots.data());
      unlink(place_of(number));
      const std::size_t last = slots.size() - 1;
      if (number != last) {
        index[place_of(last)] = static_cast<std::uint32_t>(number + 1);
        slots[number] = std::move(slots[last]);
      }
      slots.pop_back();
    }
    // Closes the gap, so that no probe stops too early.
    void unlink(std::size_t gap) {
      for (std::size_t at = next(gap); index[at] != kEmpty; at = next(at)) {
        const std::size_t wants = home(slots[index[at] - 1].hash);
        const std::size_t mask = index.size() - 1;
        if (((at - wants) & mask) < ((at - gap) & mask)) continue;
        index[gap] = index[at];
        gap = at;
      }
      index[gap] = kEmpty;
    }

    // Second chance: the hand passes what was looked at since its last visit, and what is pinned.
    void make_room(std::size_t capacity) {
      if (slots.size() < capacity) return;
      for (std::size_t visited = 0; visited < 64; ++visited) {
        if (hand >= slots.size()) hand = 0;
        Slot& slot = slots[hand];
        if (!slot.pinned && !slot.recent) {
          remove(&slot);
          return;
        }
        slot.recent = false;
        ++hand;
      }
    }
  };

  Shard& shard_of(std::size_t hash) { return *shards_[hash % kShards]; }

  const std::size_t shard_capacity_;
  std::array<std::unique_ptr<Shard>, kShards> shards_;
};

}  // namespace purser::sqlite
