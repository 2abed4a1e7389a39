#include "adapters/jwks/token_cache.hpp"

#include <algorithm>
#include <cstring>

namespace purser::jwks {
namespace {

// The project is a part of the key: the same token may be valid in one project and not in another.
// Its length keeps the two texts apart.
crypto::Digest digest_of(const ProjectId& project, std::string_view token) {
  std::string text = std::to_string(project.str().size()) + ':' + project.str();
  text.append(token);
  return crypto::sha256(text);
}

}  // namespace

std::size_t TokenCache::DigestHash::operator()(const crypto::Digest& digest) const noexcept {
  std::size_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

std::optional<app::TokenClaims> TokenCache::find(const ProjectId& project, std::string_view token,
                                                 Timestamp now) {
  const crypto::Digest digest = digest_of(project, token);
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(digest);
  if (found == index_.end()) return std::nullopt;
  const List::iterator entry = found->second;
  if (now >= entry->until) {
    erase(entry);
    return std::nullopt;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->claims;
}

std::uint64_t TokenCache::epoch() const {
  const std::lock_guard lock(mutex_);
  return epoch_;
}

void TokenCache::insert(const ProjectId& project, std::string_view token,
                        const app::TokenClaims& claims, Timestamp until, std::uint64_t epoch) {
  Entry entry{digest_of(project, token), project, claims, std::min(until, claims.expires_at)};
  const std::lock_guard lock(mutex_);
  if (epoch != epoch_ || capacity_ == 0) return;
  const auto known = index_.find(entry.digest);
  if (known != index_.end()) erase(known->second);
  if (entries_.size() >= capacity_) erase(std::prev(entries_.end()));
  entries_.push_front(std::move(entry));
  index_.emplace(entries_.front().digest, entries_.begin());
}

void TokenCache::forget(const ProjectId& project) {
  const std::lock_guard lock(mutex_);
  ++epoch_;
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto next = std::next(entry);
    if (entry->project == project) erase(entry);
    entry = next;
  }
}

std::size_t TokenCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void TokenCache::erase(List::iterator entry) {
  index_.erase(entry->digest);
  entries_.erase(entry);
}

}  // namespace purser::jwks
