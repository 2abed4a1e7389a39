#pragma once

// The items ledger: what a customer has of one item, and every way it changes.
// Pure functions over values: an account and `now` in; a new account and its ledger entries out.
// All are thread-safe. An error means that nothing changed; callers keep a copy of the account if
// they need it.

#include <cstdint>
#include <optional>
#include <span>
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

/// What was consumed of an earlier plan's allowance of this item, still to be counted against the
/// allowance of a plan that follows it.
struct Carried {
  Quantity quantity;  ///< > 0
  Timestamp until;  ///< the end of the interval in which it was consumed; counts no more from then
  friend bool operator==(const Carried&, const Carried&) = default;
};

/// What a purchase promises of an item: to grant it again and again, to take it away at its end, or
/// both. Grant n (n = 1, 2, …; the first grant, n = 0, happens at the sale itself) falls due at
/// nth_boundary(anchor, repeat, n).
struct Term {
  PurchaseId source;
  Quantity quantity;  ///< per grant, already multiplied by the purchase's quantity; ≥ 0 (0: the
                      ///< plan does not include the item; the term only remembers `carried`)
  std::optional<CalendarInterval> repeat;  ///< absent: granted once
  Expiry expires = Expiry::kNever;
  Timestamp anchor;
  std::int64_t next = 1;           ///< the n of the next grant; 1 for ever without a repeat
  Quantity granted;                ///< what grant `next` − 1 really gave; ≥ 0
  std::optional<Timestamp> until;  ///< paid through: no grant at or after it until it is moved; no
                                   ///< limit when absent
  std::optional<Timestamp> ends_at;  ///< the purchase gives no access from then on unless it is
                                     ///< moved before; no end known when absent
  bool lapsed = false;               ///< `ends_at` came: the lots that end with the source are gone
  Quantity lapsed_rest;  ///< what the lapse took of lots without a date; given back when
                         ///< access returns; ≥ 0, and 0 unless lapsed
  Quantity withheld;  ///< of grant `next` − 1: what the lapse took of its lot with a date, given
                      ///< back when access returns before the next repeat; or what a switch without
                      ///< access would have granted; ≥ 0, and 0 unless lapsed
  std::vector<Carried> carried;  ///< ordered by `until`, at most one of an instant
  friend bool operator==(const Term&, const Term&) = default;
};

/// State of one customer's item. Invariant: `debt` ≤ 0, and never both lots and a debt.
/// Lots are kept in the order in which they are eaten: soonest expiry first, never-expiring last,
/// oldest first among equals; neighbours that differ in nothing but `remaining` are one lot, so
/// that many small grants do not grow the account. Terms are ordered by source, at most one each.
struct ItemAccount {
  std::vector<Lot> lots;
  Quantity debt;
  std::vector<Term> terms;

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
  kSwitch = 7,       ///< a plan change took an old allowance's rest, or granted the new one's
  kRestoration = 8,  ///< access came back after a lapse, or a dispute was won
};
/// "manual", "try_decrease", "purchase", "repeat", "expiry", "purchase_end", "revocation", "switch"
/// or "restoration".
std::string_view to_string(Cause cause);
std::optional<Cause> parse_cause(std::string_view text);

/// One immutable line of an item's history, without its identity (the store gives ids in commit
/// order). Folding the entries of an item from an empty account gives its lots and debt again.
struct Entry {
  Quantity change;  ///< never zero; positive exactly for grants
  Quantity quantity_after;
  Cause cause = Cause::kManual;
  // The lot that was granted, or of which something went by kExpiry, kPurchaseEnd, kRevocation or
  // kSwitch; empty for decreases.
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

/// Applies everything due at or before `now` in the order in which it fell due: at one instant
/// first the end of a term, then expiries, then grants. A clock that went back changes nothing.
/// Idempotent. An account for which nothing is due comes back unchanged with no entries. Linear in
/// what is due, however long the server was down. A term whose next boundary lies after the year
/// 9999 grants no more.
///
/// - A grant that lies at or after `until` waits: it is made, dated when it was due, once `until`
///   has moved past it (extend_source). What is left of the lot before it (kWhenRepeated) stays for
///   as long: it goes when the next repeat arrives, not when it should have arrived.
/// - A term whose `ends_at` has come lapses: its lots with `ends_with_source` go, it grants no
/// more.
/// - A repeat that would leave the range of Quantity is skipped and never made up for; the interval
///   counts as granted. The account stays usable.
/// Errors: none that a valid account can cause.
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

/// What a purchase gives of one item.
struct IncludedGrant {
  PurchaseId source;                       ///< not empty
  Quantity quantity;                       ///< included × purchase quantity, > 0
  std::optional<CalendarInterval> repeat;  ///< absent: granted once
  Expiry expires = Expiry::kNever;         ///< kWhenRepeated needs a repeat
  Timestamp anchor;                        ///< the purchase's instant, normally `now`
  bool keeps_term = false;  ///< a subscription: a term is kept even without a repeat, so that the
                            ///< purchase can end, lapse and switch
  std::optional<Timestamp> until = {};    ///< as in Term; only with keeps_term
  std::optional<Timestamp> ends_at = {};  ///< as in Term; only with keeps_term
};
/// Grants an included item for the sale (n = 0, dated at the anchor or `now`, whichever is earlier)
/// and keeps its term when it repeats or `keeps_term`; intervals that are already over by `now` are
/// granted too, each once. Errors: kQuantityOutOfRange; kInternalError when the grant breaks its
/// contract or when the purchase has a term here already (a second grant of the same sale).
Result<Change> grant_included(ItemAccount account, const IncludedGrant& grant, Timestamp now);

/// Until when a purchase is paid, and when it ends.
struct TermLimits {
  std::optional<Timestamp> until = {};    ///< as in Term
  std::optional<Timestamp> ends_at = {};  ///< as in Term
  /// Repeats that were due before it and waited are known to be unpaid: they are never made, their
  /// intervals count as granted. For who pays again after a stretch for which nobody paid.
  std::optional<Timestamp> unpaid_before = {};
  friend bool operator==(const TermLimits&, const TermLimits&) = default;
};
/// Moves the limits of a purchase's term, after what was due under the old ones. When a lapsed term
/// has access again (its new ends_at is absent or after `now`) `lapsed_rest` and `withheld` are
/// granted back (kRestoration, dated `now`). When the new ends_at has come already, the term lapses
/// dated `now`: until now it was not known to end. Then what the new limits make due is applied. An
/// account without such a term comes back with only its due things. Repeating it changes nothing.
/// Errors: kQuantityOutOfRange; kInternalError for an empty source.
Result<Change> extend_source(ItemAccount account, const PurchaseId& source,
                             const TermLimits& limits, Timestamp now);

/// A plan change of a purchase, for an item that the old or the new plan includes. After due
/// things: what is left of the old plan's grant of the current interval goes (kSwitch), and the new
/// one is granted (kSwitch), less all that was consumed of allowances in the current interval:
/// of the old plan's, and what its term had carried and still counts. Never below zero. The
/// new term remembers what was consumed. So no sequence of switches within one interval (no
/// boundary of any of the plans passes) yields more than the best single plan in it.
///
/// - The interval in which an item without a repeat was granted never ends.
/// - `to` absent: the new plan does not include the item; what the old one gave goes, and a term of
///   quantity 0 stays to remember what was consumed.
/// - Lots of earlier intervals stay (they end with the purchase, if they do).
/// - The new term's `anchor` is that of `to`; its first repeat is the first boundary after `now`,
/// or
///   the first that is held back: an interval whose repeat is held back is not over.
/// - Without access (`limits.ends_at` is not after `now`) nothing is granted now: it is withheld.
/// - An item that only the new plan includes has no term yet, and nothing is deducted.
/// - Of the lots of the old grant that never expire and mixed with older ones, what is left is
///   counted to the newest: min(left, granted).
/// Errors: kQuantityOutOfRange; kInternalError when `to` breaks its contract or names another
/// source.
Result<Change> switch_source(ItemAccount account, const PurchaseId& source,
                             const std::optional<IncludedGrant>& to, const TermLimits& limits,
                             Timestamp now);

/// The purchase ended: its term goes, its lots with `ends_with_source` go. Due things are applied
/// first, so a purchase that ended before `now` is ended with `now` = its end. Never makes
/// the quantity negative. Repeating it changes nothing. Errors: those of apply_due; kInternalError
/// for an empty source.
Result<Change> end_source(ItemAccount account, const PurchaseId& source, Timestamp now);

/// Refund or dispute of all: its term goes and what is left of all its lots goes, never more. Due
/// things are applied first. Repeating it changes nothing. Errors: those of apply_due;
/// kInternalError for an empty source.
Result<Change> revoke_source(ItemAccount account, const PurchaseId& source, Timestamp now);

/// A partial refund: at most `at_most` > 0 of what is left of the purchase's lots goes, those that
/// would be eaten last first, then of what a lapsed term would give back; its term stays.
/// Errors: as above, also for an `at_most` that is not positive.
Result<Change> revoke_part(ItemAccount account, const PurchaseId& source, Quantity at_most,
                           Timestamp now);

/// A dispute was won: the purchase gets the term again that revoke_source took, as grant_included
/// would have made it. It grants from the first boundary after `now` on; what the dispute took of
/// the lots is given back by grant() with kRestoration. Due things are applied first. With a term
/// there already nothing else happens. Errors: kInternalError when the grant breaks its contract.
Result<Change> restore_term(ItemAccount account, const IncludedGrant& grant, Timestamp now);

/// Replays one recorded entry on an account: its lots and debt, and, when the account holds the
/// term of a kRepeat entry, that term's `next` and `granted`. Terms are otherwise neither added,
/// changed nor removed: entries do not tell of it (a store keeps the account itself whenever a
/// command did more to a term than a plain repeat; see terms_follow). Used by recovery and by
/// `purser verify`. Errors: kInternalError when the entry cannot follow from this account (a
/// corrupt ledger).
Result<ItemAccount> fold(ItemAccount account, const Entry& entry);

/// Whether folding `entries` onto `before` gives exactly the terms of `after`: the entries tell
/// all, and the account need not be kept beside them. Lapses, limits, switches, revocations and a
/// skipped last repeat make it false. Cheap when nothing repeated.
bool terms_follow(const ItemAccount& before, std::span<const Entry> entries,
                  const ItemAccount& after);

}  // namespace purser::domain
