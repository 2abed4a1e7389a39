#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/jwks/keys.hpp"
#include "app/ports/tokens.hpp"
#include "types/timestamp.hpp"

namespace purser::jwks {

/// The keys of a JWKS document (RFC 7517 section 5) that can verify tokens; others are skipped.
/// Nothing for a document that is no JWKS, or has none that is usable or more than 100.
std::optional<std::vector<PublicKey>> parse_key_set(std::string_view document);

/// The published keys of foreign issuers, fetched when they are needed.
///
/// A key that is not known, and a set older than an hour (keys are withdrawn, too), cause a fetch;
/// at most one a minute for each set, whatever arrives. When a fetch fails, the keys that were
/// known stay, so that the outage of an issuer signs nobody out. Fetches of one set never run in
/// parallel: callers who need the result wait for it, the others go on with what is known.
/// Thread-safe; blocks while it fetches.
class KeySets {
 public:
  explicit KeySets(app::HttpFetch& fetch) : fetch_(fetch) {}

  /// The key with this id and algorithm. A token without a kid gets the set's only key of its
  /// algorithm.
  std::optional<PublicKey> find(const std::string& jwks_url, const std::string& kid,
                                Algorithm algorithm, Timestamp now);

 private:
  struct Set {
    std::vector<PublicKey> keys;
    std::optional<Timestamp> attempted_at;
    std::optional<Timestamp> fetched_at;
    bool fetching = false;
  };

  std::shared_ptr<Set> set_of(const std::string& jwks_url);
  void refresh(const std::string& jwks_url, Set& set, Timestamp now,
               std::unique_lock<std::mutex>& lock);

  app::HttpFetch& fetch_;
  std::mutex mutex_;
  std::condition_variable fetched_;
  std::unordered_map<std::string, std::shared_ptr<Set>> sets_;
};

}  // namespace purser::jwks
