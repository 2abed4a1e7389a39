#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>

namespace purser::sql {

/// Spreads the bits of an integer key. Source: the finalizer of SplitMix64 (public domain
/// constants).
inline std::size_t mix(std::uint64_t x) noexcept {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<std::size_t>(x ^ (x >> 31));
}

/// One customer's item by row numbers.
struct AccountKey {
  std::int64_t customer = 0;
  std::int64_t item = 0;
  friend bool operator==(const AccountKey&, const AccountKey&) = default;
  friend auto operator<=>(const AccountKey&, const AccountKey&) = default;
};
struct AccountKeyHash {
  std::size_t operator()(const AccountKey& key) const noexcept {
    return mix(static_cast<std::uint64_t>(key.customer) * 0x9e3779b97f4a7c15ULL +
               static_cast<std::uint64_t>(key.item));
  }
};

/// An account as it is kept: encoded (usually small enough for the string itself), with its last
/// line.
struct StoredAccount {
  std::string blob;  ///< empty: no account
  std::int64_t last_entry = 0;
  friend bool operator==(const StoredAccount&, const StoredAccount&) = default;
};

}  // namespace purser::sql
