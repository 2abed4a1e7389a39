#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace purser::sqlite {

/// A bounded map from short byte strings to short byte strings that costs little more than their
/// bytes: records lie one behind the other in a ring, found through a table of 4 bytes an entry.
/// Keys are kept and compared whole: two keys of one hash are never taken for each other.
///
/// When the ring is full, the oldest record goes; one that was looked at since it was put, or since
/// it was last spared, is spared once. A record that is larger than the ring is not kept.
/// Not thread-safe.
class PackedMap {
 public:
  using Hash = std::size_t (*)(std::string_view);
  static std::size_t hash_of(std::string_view bytes) {
    return std::hash<std::string_view>{}(bytes);
  }

  /// `max_bytes` of records, at most 64 MiB; the table comes on top of it: 5 to 11 bytes a record.
  /// Memory is taken as it is needed. `hash` is another one only in tests.
  explicit PackedMap(std::size_t max_bytes, Hash hash = &hash_of);

  /// The value; borrowed until the next change. `hash` is that of the key, here and below.
  std::optional<std::string_view> find(std::string_view key, std::size_t hash);
  /// Keeps a value in the place of whatever the key had.
  void put(std::string_view key, std::string_view value, std::size_t hash);
  void erase(std::string_view key, std::size_t hash);

  std::size_t size() const { return count_; }
  /// Whether the ring has been full.
  bool went_around() const { return end_ > 0; }
  /// What the records take in the ring, those that are erased and not overwritten yet included.
  std::size_t bytes() const { return wrapped_ ? end_ - tail_ + head_ : head_ - tail_; }

 private:
  // In front of each record; then the bytes of the key and of the value, and room up to the next
  // multiple of 4.
  struct Header {
    std::uint32_t live : 1;    // not erased
    std::uint32_t recent : 1;  // looked at
    std::uint32_t key : 10;    // bytes
    std::uint32_t value : 20;  // bytes
  };
  // An entry of the table: 8 bits of the hash, so that a foreign record is rarely touched, and the
  // record's position.
  static constexpr std::uint32_t kEmpty = 0;
  static std::uint32_t entry_of(std::size_t hash, std::size_t at);
  static std::size_t position(std::uint32_t entry);

  Header header(std::size_t at) const;
  void set_header(std::size_t at, Header header);
  std::string_view key_at(std::size_t at) const;
  std::string_view value_at(std::size_t at) const;
  static std::size_t size_of(Header header);

  std::size_t home(std::size_t hash) const { return (hash >> 8) & (table_.size() - 1); }
  std::size_t next(std::size_t place) const { return (place + 1) & (table_.size() - 1); }
  /// The place in the table of a key, or nothing.
  std::optional<std::size_t> place_of(std::string_view key, std::size_t hash) const;
  /// The place in the table of the record at a position.
  std::size_t place_at(std::size_t at) const;
  void link(std::uint32_t entry, std::size_t hash);
  void unlink(std::size_t place);
  void grow_table();

  void make_room(std::size_t bytes);
  /// Takes the oldest record out of the ring; with `may_spare` a recent one moves to the front
  /// instead. True when a record was spared.
  bool pass_oldest(bool may_spare);

  const std::size_t limit_;
  const Hash hash_;
  std::vector<char> ring_;
  std::vector<std::uint32_t> table_;
  std::size_t count_ = 0;
  // Records lie in [tail_, head_); once the ring went around, in [tail_, end_) and then [0, head_).
  std::size_t tail_ = 0;
  std::size_t head_ = 0;
  std::size_t end_ = 0;  // 0: it never went around
  bool wrapped_ = false;
};

}  // namespace purser::sqlite
