#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "app/ports/tokens.hpp"
#include "crypto/crypto.hpp"

namespace purser::jwks {

/// Tokens that were verified, by the SHA-256 of project and token, the least recently used
/// forgotten first. Holds no token. Thread-safe; never blocks for longer than a look-up.
class TokenCache {
 public:
  explicit TokenCache(std::size_t capacity) : capacity_(capacity) {}

  /// What a token said, while neither its expiry nor the entry's own end has come.
  std::optional<app::TokenClaims> find(const ProjectId& project, std::string_view token,
                                       Timestamp now);

  /// Asked before a verification begins and given back with its result: what was forgotten in
  /// between is not remembered again.
  std::uint64_t epoch() const;

  /// Remembers until `until` or the claims' expiry, whichever comes first.
  void insert(const ProjectId& project, std::string_view token, const app::TokenClaims& claims,
              Timestamp until, std::uint64_t epoch);

  void forget(const ProjectId& project);
  std::size_t size() const;

 private:
  struct Entry {
    crypto::Digest digest{};
    ProjectId project;
    app::TokenClaims claims;
    Timestamp until;
  };
  struct DigestHash {
    std::size_t operator()(const crypto::Digest& digest) const noexcept;
  };
  using List = std::list<Entry>;

  void erase(List::iterator entry);

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  List entries_;  // most recently used first
  std::unordered_map<crypto::Digest, List::iterator, DigestHash> index_;
  std::uint64_t epoch_ = 0;
};

}  // namespace purser::jwks
