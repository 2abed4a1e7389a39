#pragma once

// The moves that decisions (ledger.cpp) and replays (fold.cpp) share, so that folding the entries
// of an account always gives the same account. Internal to the ledger; quantities are checked by
// the callers.

#include <cstddef>
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

/// The first lot with this key, or lots.size().
std::size_t find(const std::vector<Lot>& lots, const LotKey& key);

}  // namespace purser::domain::lots
