#pragma once

// The moves that decisions (ledger.cpp) and replays (fold.cpp) share, so that folding the entries
// of an account always gives the same account. Internal to the ledger; quantities are checked by
// the callers.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "domain/ledger.hpp"

namespace purser::domain::lots {

/// Everything by which a lot is told from another, except how much is left of it.
struct LotKey {
  std::optional<Timestamp> expires_at;
  const PurchaseId& source;
  bool ends_with_source = false;
};

LotKey key_of(const Lot& lot);

/// Whether both are eaten, expired, ended and revoked together.
bool same_key(const Lot& a, const LotKey& b);

/// Pays the debt with `amount` > 0; what is left becomes a lot behind its equals, or joins its
/// neighbour.
void add(ItemAccount& account, std::int64_t amount, const LotKey& key);

/// Takes `amount` > 0 from the lots in their order; what they do not hold becomes debt.
void take(ItemAccount& account, std::int64_t amount);

/// Removes one lot; its neighbours become one if nothing tells them apart.
void remove(std::vector<Lot>& lots, std::size_t index);

/// Removes the first lots, `count` of them.
void remove_front(std::vector<Lot>& lots, std::size_t count);

/// What is left of all lots with this key.
Quantity sum_of(const std::vector<Lot>& lots, const LotKey& key);

/// Takes `amount` > 0, at most their sum, from the lots with this key: from those that are eaten
/// last first. The key must not refer into a lot.
void remove_of(std::vector<Lot>& lots, const LotKey& key, std::int64_t amount);

/// The first lot with this key, or lots.size().
std::size_t find(const std::vector<Lot>& lots, const LotKey& key);

}  // namespace purser::domain::lots
