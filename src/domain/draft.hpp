#pragma once

// A decision about an account under way. Internal to the ledger.

#include <string>
#include <vector>

#include "domain/ledger.hpp"
#include "domain/lots.hpp"

namespace purser::domain {

/// The account as decided so far, its quantity and the entries that tell how it came about. Used by
/// one thread.
class Draft {
 public:
  explicit Draft(ItemAccount account)
      : account_(std::move(account)), quantity_(account_.quantity()) {}

  ItemAccount& account() { return account_; }
  Quantity quantity() const { return quantity_; }

  /// What an entry says beside the quantity and the lot.
  struct Note {
    Cause cause = Cause::kManual;
    Timestamp at;
    std::string description;
  };

  /// Grants `amount` > 0. Errors: kQuantityOutOfRange; nothing changed then.
  Status add(Quantity amount, const lots::LotKey& lot, Note note);
  /// Decreases by `amount` > 0. Errors: kQuantityOutOfRange; nothing changed then.
  Status take(Quantity amount, Note note);
  /// Takes at most `at_most` of the lots with this key, those that are eaten last first; one entry.
  /// Answers how much there was to take.
  Quantity remove_of(const lots::LotKey& lot, Quantity at_most, Cause cause, Timestamp at);
  /// Records that what is left of a lot goes; the caller removes it from the list.
  void record_removal(const Lot& lot, Cause cause, Timestamp at);

  Change finish() { return {std::move(account_), std::move(entries_)}; }

 private:
  void record(Quantity change, Quantity after, const lots::LotKey* lot, Note note);

  ItemAccount account_;
  Quantity quantity_;
  std::vector<Entry> entries_;
};

}  // namespace purser::domain
