#pragma once

// What is known of ledger lines that are not in the store any more.

#include <cstdint>
#include <optional>

#include "app/ports/store.hpp"

namespace purser::app {

/// Where an item's history begins when older lines were archived.
struct LedgerOpening {
  std::int64_t last_line = 0;  ///< the id of the last archived one
  Quantity quantity;           ///< that it left
  Timestamp at;                ///< when it took effect
};

/// Views and batches of a store whose older ledger lines can be archived are this, too. Errors:
/// kStoreUnavailable.
class ArchivedHistory {
 public:
  /// Absent: the item's history is complete.
  virtual Result<std::optional<LedgerOpening>> ledger_opening(const ItemKey& key) = 0;
  /// When archived lines last granted of the item for a purchase; absent: they did not.
  virtual Result<std::optional<Timestamp>> archived_grant(const ItemKey& key,
                                                          const PurchaseId& purchase) = 0;

  /// The same, of any view: nothing where nothing is ever archived.
  static Result<std::optional<LedgerOpening>> opening_in(StoreView& view, const ItemKey& key) {
    auto* history = dynamic_cast<ArchivedHistory*>(&view);
    if (history == nullptr) return std::optional<LedgerOpening>();
    return history->ledger_opening(key);
  }
  static Result<std::optional<Timestamp>> grant_in(StoreView& view, const ItemKey& key,
                                                   const PurchaseId& purchase) {
    auto* history = dynamic_cast<ArchivedHistory*>(&view);
    if (history == nullptr) return std::optional<Timestamp>();
    return history->archived_grant(key, purchase);
  }

 protected:
  ArchivedHistory() = default;
  ArchivedHistory(const ArchivedHistory&) = default;
  ArchivedHistory& operator=(const ArchivedHistory&) = default;
  ~ArchivedHistory() = default;
};

}  // namespace purser::app
