#include "adapters/jwks/key_sets.hpp"

#include "json/json.hpp"

namespace purser::jwks {
namespace {

constexpr Millis kBetweenFetches{60'000};
constexpr Millis kMaxAge{3'600'000};
constexpr std::size_t kMaxKeys = 100;
// More issuers than any installation has; a bound on what changing settings can leave behind.
constexpr std::size_t kMaxSets = 1000;

const PublicKey* look_up(const std::vector<PublicKey>& keys, const std::string& kid,
                         Algorithm algorithm) {
  const PublicKey* found = nullptr;
  for (const PublicKey& key : keys) {
    if (key.algorithm() != algorithm) continue;
    if (!kid.empty() && key.kid() == kid) return &key;
    if (kid.empty()) {
      if (found != nullptr) return nullptr;  // the token would have to say which
      found = &key;
    }
  }
  return found;
}

}  // namespace

std::optional<std::vector<PublicKey>> parse_key_set(std::string_view document) {
  const auto parsed = json::parse(document);
  if (!parsed) return std::nullopt;
  const json::Value* member = parsed->find("keys");
  const json::Array* listed = member == nullptr ? nullptr : member->as_array();
  if (listed == nullptr || listed->size() > kMaxKeys) return std::nullopt;
  std::vector<PublicKey> keys;
  for (const json::Value& jwk : *listed) {
    if (auto key = PublicKey::from_jwk(jwk)) keys.push_back(*std::move(key));
  }
  // An issuer without a single key issues nothing; more likely it is broken.
  if (keys.empty()) return std::nullopt;
  return keys;
}

std::shared_ptr<KeySets::Set> KeySets::set_of(const std::string& jwks_url) {
  const auto known = sets_.find(jwks_url);
  if (known != sets_.end()) return known->second;
  if (sets_.size() >= kMaxSets) sets_.clear();  // whoever uses one holds on to it
  return sets_.emplace(jwks_url, std::make_shared<Set>()).first->second;
}

std::optional<PublicKey> KeySets::find(const std::string& jwks_url, const std::string& kid,
                                       Algorithm algorithm, Timestamp now) {
  std::unique_lock lock(mutex_);
  const std::shared_ptr<Set> set = set_of(jwks_url);
  for (;;) {
    const PublicKey* key = look_up(set->keys, kid, algorithm);
    const bool old = !set->fetched_at || now - *set->fetched_at > kMaxAge;
    if (key != nullptr && (!old || set->fetching)) return *key;
    if (set->fetching) {
      fetched_.wait(lock, [&] { return !set->fetching; });
      continue;
    }
    // A clock that went back must not hold fetches up for longer than the minute.
    if (set->attempted_at && now < *set->attempted_at) set->attempted_at = now;
    const bool allowed = !set->attempted_at || now - *set->attempted_at >= kBetweenFetches;
    if (!allowed) return key == nullptr ? std::nullopt : std::optional(*key);
    refresh(jwks_url, *set, now, lock);
    key = look_up(set->keys, kid, algorithm);
    return key == nullptr ? std::nullopt : std::optional(*key);
  }
}

void KeySets::refresh(const std::string& jwks_url, Set& set, Timestamp now,
                      std::unique_lock<std::mutex>& lock) {
  set.fetching = true;
  set.attempted_at = now;
  lock.unlock();
  std::optional<std::vector<PublicKey>> keys;
  if (const auto document = fetch_.get(jwks_url)) keys = parse_key_set(*document);
  lock.lock();
  set.fetching = false;
  if (keys) {
    set.keys = *std::move(keys);
    set.fetched_at = now;
  }
  fetched_.notify_all();
}

}  // namespace purser::jwks
