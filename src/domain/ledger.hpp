#pragma once

// The items ledger: what a customer has of one item, and every way it changes.
// Pure functions over values: an account and `now` in; a new account and its ledger entries out.
// All are thread-safe. An error means that nothing changed; callers keep a copy of the account if
// they need it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "types/id.hpp"
#include "types/quantity.hpp"
#include "types/result.hpp"
#include "types/timestamp.hpp"

namespace purser::domain {

/// What is left of one grant, or of several that nothing tells apart (LotKey) and no other lot
/// stands between.
struct Lot {
  Quantity remaining;                   ///< > 0
  std::optional<Timestamp> expires_at;  ///< never when absent
  PurchaseId source;                    ///< the purchase that granted it; empty for manual grants
  bool ends_with_source = false;        ///< what is left expires when the source purchase ends
  friend bool operator==(const Lot&, const Lot&) = default;
};

/// When what is left of an included item's grant expires.
enum class Expiry : std::uint8_t {
  kNever,
  kWhenPurchaseExpires,
  kWhenRepeated,  ///< when the next repeat arrives, and when the purchase ends
};
std::string_view to_string(Expiry expiry);  ///< "never", "when-purchase-expires", "when-repeated"
std::optional<Expiry> parse_expiry(std::string_view text);

/// A purchase's promise to grant an item again and again: grant n (n = 1, 2, …; the first grant, n
/// = 0, happens at the sale itself) falls due at nth_boundary(anchor, repeat, n).
struct Schedule {
  PurchaseId source;
  Quantity quantity;  ///< per grant, already multiplied by the purchase's quantity; > 0
  CalendarInterval repeat;
  Expiry expires = Expiry::kNever;
  Timestamp anchor;
  std::int64_t next = 1;           ///< the n of the next grant
  std::optional<Timestamp> until;  ///< no grant at or after this instant; no end when absent
  friend bool operator==(const Schedule&, const Schedule&) = default;
};

/// State of one customer's item. Invariant: `debt` ≤ 0, and never both lots and a debt.
/// Lots are kept in the order in which they are eaten: soonest expiry first, never-expiring last,
/// oldest first among equals; neighbours that differ in nothing but `remaining` are one lot, so
/// that many small grants do not grow the account. Schedules are ordered by source, at most one
/// each.
struct ItemAccount {
  std::vector<Lot> lots;
  Quantity debt;
  std::vector<Schedule> schedules;

  Quantity quantity() const;  ///< sum of the lots + debt
  friend bool operator==(const ItemAccount&, const ItemAccount&) = default;
};

enum class Cause : std::uint8_t {
  kManual = 0,       ///< POST …/quantity
  kTryDecrease = 1,  ///< POST …/try-decrease
  kPurchase = 2,     ///< the first grant of an included item
  kRepeat = 3,       ///< a scheduled grant
  kExpiry = 4,       ///< a lot's rest went at its time
  kPurchaseEnd = 5,  ///< a lot's rest went because its purchase ended
  kRevocation = 6,   ///< refund or dispute
};
/// "manual", "try_decrease", "purchase", "repeat", "expiry", "purchase_end" or "revocation".
std::string_view to_string(Cause cause);
std::optional<Cause> parse_cause(std::string_view text);

/// One immutable line of an item's history, without its identity (the store gives ids in commit
/// order). Folding the entries of an item from an empty account gives its lots and debt again.
struct Entry {
  Quantity change;  ///< never zero; positive exactly for grants
  Quantity quantity_after;
  Cause cause = Cause::kManual;
  // The lot that was granted, or that went by kExpiry, kPurchaseEnd or kRevocation; empty for
  // decreases.
  PurchaseId source;                    ///< empty for manual changes
  std::optional<Timestamp> expires_at;  ///< never when absent
  bool ends_with_source = false;        ///< as in Lot
  std::string description;              ///< caller's words, at most 500 bytes
  Timestamp at;                         ///< when it took effect (when it was due, for due things)
  friend bool operator==(const Entry&, const Entry&) = default;
};

/// A decision: the account after it and the entries that tell how it came about.
struct Change {
  ItemAccount account;
  std::vector<Entry> entries;
};

/// Applies everything due at or before `now` in the order in which it fell due (expiries before
/// grants of the same instant; a clock that went back changes nothing). Idempotent. An account for
/// which nothing is due comes back unchanged with no entries. Linear in what is due, however long
/// the server was down. A schedule whose next boundary lies after the year 9999 grants no more.
/// Errors: kQuantityOutOfRange when a repeat would leave the range (the account stays as it was).
Result<Change> apply_due(ItemAccount account, Timestamp now);

/// True when apply_due would change something or fail; cheap, for the read path.
bool is_due(const ItemAccount& account, Timestamp now);

struct Grant {
  Quantity amount;  ///< > 0
  std::optional<Timestamp> expires_at;
  PurchaseId source;
  bool ends_with_source = false;
  Cause cause = Cause::kManual;
  std::string description;
};

/// Pays the debt first; what is left becomes a lot. Due things are applied first.
/// Errors: kQuantityOutOfRange; kSchemaError (details.fields "expires_at") when the expiry is not
/// after `now`, (details.fields "amount") when the amount is not positive.
Result<Change> grant(ItemAccount account, const Grant& grant, Timestamp now);

/// Eats lots, then makes debt. `amount` > 0. Due things are applied first.
/// Errors: kQuantityOutOfRange; kSchemaError (details.fields "amount") when the amount is not
/// positive.
Result<Change> decrease(ItemAccount account, Quantity amount, std::string description,
                        Timestamp now);

/// What try_decrease found. Due things are applied whether it succeeds or not.
struct TryDecrease {
  bool success = false;
  Change change;
};
/// Decreases by `amount` > 0 only if quantity ≥ amount after due things; otherwise changes nothing
/// else. Errors: those of apply_due; kSchemaError (details.fields "amount") when the amount is not
/// positive.
Result<TryDecrease> try_decrease(ItemAccount account, Quantity amount, std::string description,
                                 Timestamp now);

/// What a new purchase gives of one item.
struct IncludedGrant {
  PurchaseId source;                       ///< not empty
  Quantity quantity;                       ///< included × purchase quantity, > 0
  std::optional<CalendarInterval> repeat;  ///< absent: granted once
  Expiry expires = Expiry::kNever;         ///< kWhenRepeated needs a repeat
  Timestamp anchor;                        ///< the purchase's instant, normally `now`
};
/// Grants an included item for the sale (n = 0, dated at the anchor or `now`, whichever is earlier)
/// and registers its schedule when it repeats; intervals that are already over by `now` are granted
/// too, each once. Errors: kQuantityOutOfRange; kInternalError when the grant breaks its contract
/// or when the purchase has a schedule here already (a second grant of the same sale).
Result<Change> grant_included(ItemAccount account, const IncludedGrant& grant, Timestamp now);

/// The purchase ended: its schedule stops, its lots with `ends_with_source` go. Due things are
/// applied first, so a purchase that ended before `now` is ended with `now` = its end. Never makes
/// the quantity negative. Repeating it changes nothing. Errors: those of apply_due; kInternalError
/// for an empty source.
Result<Change> end_source(ItemAccount account, const PurchaseId& source, Timestamp now);

/// Refund or dispute: its schedule stops and what is left of all its lots goes, never more. Due
/// things are applied first. Repeating it changes nothing. Errors: those of apply_due;
/// kInternalError for an empty source.
Result<Change> revoke_source(ItemAccount account, const PurchaseId& source, Timestamp now);

/// Replays one recorded entry on an account: its lots and debt, and, when the account holds the
/// schedule of a kRepeat entry, that schedule's `next`. Schedules are neither added nor removed:
/// entries do not tell of it. Used by recovery and by `purser verify`. Errors: kInternalError when
/// the entry cannot follow from this account (a corrupt ledger).
Result<ItemAccount> fold(ItemAccount account, const Entry& entry);

}  // namespace purser::domain
