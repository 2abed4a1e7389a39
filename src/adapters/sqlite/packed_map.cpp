#include "adapters/sqlite/packed_map.hpp"

#include <algorithm>
#include <cstring>

namespace purser::sqlite {
namespace {

constexpr std::size_t kMaxKey = (1U << 10) - 1;
constexpr std::size_t kMaxValue = (1U << 20) - 1;
constexpr std::size_t kAlign = 4;
// Positions are counted in steps of kAlign and must fit 24 bits beside the "empty" entry.
constexpr std::size_t kMaxBytes = ((std::size_t{1} << 24) - 2) * kAlign;
constexpr std::size_t kFirstTable = 16;
// How many records may be spared for the sake of one that comes.
constexpr int kMaxSpared = 16;

std::size_t aligned(std::size_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; }

}  // namespace

PackedMap::PackedMap(std::size_t max_bytes, Hash hash)
    : limit_(aligned(std::min(max_bytes, kMaxBytes))), hash_(hash), table_(kFirstTable, kEmpty) {
  ring_.reserve(limit_);  // addresses only: the system gives a page when it is written
}

std::uint32_t PackedMap::entry_of(std::size_t hash, std::size_t at) {
  return static_cast<std::uint32_t>(hash >> 56 << 24 | (at / kAlign + 1));
}
std::size_t PackedMap::position(std::uint32_t entry) {
  return (std::size_t{entry & 0xffffffU} - 1) * kAlign;
}

PackedMap::Header PackedMap::header(std::size_t at) const {
  Header header;
  std::memcpy(&header, ring_.data() + at, sizeof header);
  return header;
}
void PackedMap::set_header(std::size_t at, Header header) {
  std::memcpy(ring_.data() + at, &header, sizeof header);
}
std::string_view PackedMap::key_at(std::size_t at) const {
  return {ring_.data() + at + sizeof(Header), header(at).key};
}
std::string_view PackedMap::value_at(std::size_t at) const {
  const Header found = header(at);
  return {ring_.data() + at + sizeof(Header) + found.key, found.value};
}
std::size_t PackedMap::size_of(Header header) {
  return aligned(sizeof header + header.key + header.value);
}

std::optional<std::size_t> PackedMap::place_of(std::string_view key, std::size_t hash) const {
  const std::uint32_t mark = entry_of(hash, 0) >> 24;
  for (std::size_t place = home(hash); table_[place] != kEmpty; place = next(place)) {
    const std::uint32_t entry = table_[place];
    if (entry >> 24 == mark && key_at(position(entry)) == key) return place;
  }
  return std::nullopt;
}

std::size_t PackedMap::place_at(std::size_t at) const {
  const std::size_t hash = hash_(key_at(at));
  const std::uint32_t entry = entry_of(hash, at);
  std::size_t place = home(hash);
  while (table_[place] != entry) place = next(place);
  return place;
}

void PackedMap::link(std::uint32_t entry, std::size_t hash) {
  std::size_t place = home(hash);
  while (table_[place] != kEmpty) place = next(place);
  table_[place] = entry;
}

// Closes the gap, so that no probe stops too early.
void PackedMap::unlink(std::size_t gap) {
  const std::size_t mask = table_.size() - 1;
  for (std::size_t place = next(gap); table_[place] != kEmpty; place = next(place)) {
    const std::size_t wants = home(hash_(key_at(position(table_[place]))));
    if (((place - wants) & mask) < ((place - gap) & mask)) continue;
    table_[gap] = table_[place];
    gap = place;
  }
  table_[gap] = kEmpty;
}

void PackedMap::grow_table() {
  std::vector<std::uint32_t> old(table_.size() * 2, kEmpty);
  old.swap(table_);
  for (const std::uint32_t entry : old) {
    if (entry != kEmpty) link(entry, hash_(key_at(position(entry))));
  }
}

std::optional<std::string_view> PackedMap::find(std::string_view key, std::size_t hash) {
  const auto place = place_of(key, hash);
  if (!place) return std::nullopt;
  const std::size_t at = position(table_[*place]);
  Header found = header(at);
  if (found.recent == 0) {
    found.recent = 1;
    set_header(at, found);
  }
  return value_at(at);
}

void PackedMap::erase(std::string_view key, std::size_t hash) {
  const auto place = place_of(key, hash);
  if (!place) return;
  const std::size_t at = position(table_[*place]);
  unlink(*place);
  Header gone = header(at);
  gone.live = 0;
  set_header(at, gone);
  --count_;
}

void PackedMap::put(std::string_view key, std::string_view value, std::size_t hash) {
  erase(key, hash);
  if (key.size() > kMaxKey || value.size() > kMaxValue) return;
  const Header fresh{.live = 1,
                     .recent = 0,
                     .key = static_cast<std::uint32_t>(key.size()),
                     .value = static_cast<std::uint32_t>(value.size())};
  const std::size_t size = size_of(fresh);
  if (size > limit_) return;
  if ((count_ + 1) * 4 > table_.size() * 3) grow_table();
  make_room(size);
  set_header(head_, fresh);
  char* const bytes = ring_.data() + head_ + sizeof fresh;
  std::copy(key.begin(), key.end(), bytes);
  std::copy(value.begin(), value.end(), bytes + key.size());
  link(entry_of(hash, head_), hash);
  head_ += size;
  ++count_;
}

void PackedMap::make_room(std::size_t bytes) {
  int spared = 0;
  for (;;) {
    if (!wrapped_ && head_ + bytes <= limit_) {
      if (ring_.size() < head_ + bytes) ring_.resize(head_ + bytes);
      return;
    }
    if (!wrapped_) {
      wrapped_ = true;
      end_ = head_;
      head_ = 0;
    }
    if (head_ + bytes <= tail_) return;
    if (tail_ == end_) {
      wrapped_ = false;
      tail_ = 0;
    } else if (pass_oldest(spared < kMaxSpared)) {
      ++spared;
    }
  }
}

bool PackedMap::pass_oldest(bool may_spare) {
  Header oldest = header(tail_);
  const std::size_t from = tail_;
  tail_ += size_of(oldest);
  if (oldest.live == 0) return false;
  const std::size_t place = place_at(from);
  if (oldest.recent == 0 || !may_spare) {
    unlink(place);
    --count_;
    return false;
  }
  // The gap between head and tail is as large as before.
  const std::size_t hash = hash_(key_at(from));
  std::memmove(ring_.data() + head_, ring_.data() + from, size_of(oldest));
  oldest.recent = 0;
  set_header(head_, oldest);
  table_[place] = entry_of(hash, head_);
  head_ += size_of(oldest);
  return true;
}

}  // namespace purser::sqlite
