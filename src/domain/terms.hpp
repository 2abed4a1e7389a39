#pragma once

// Terms and what falls due by them. Internal to the ledger.

#include <optional>

#include "domain/draft.hpp"
#include "domain/ledger.hpp"

namespace purser::domain::terms {

/// Whether the grant is one that a purchase can make. Errors: kInternalError.
Status check_contract(const IncludedGrant& grant);

/// The term that the grant begins, which has made its first grant.
Term term_of(const IncludedGrant& grant);

/// The purchase's term, or nullptr.
Term* find(ItemAccount& account, const PurchaseId& source);
const Term* find(const ItemAccount& account, const PurchaseId& source);
/// Puts the term in its place; one of the same source is replaced.
void put(ItemAccount& account, Term term);
void erase(ItemAccount& account, const PurchaseId& source);

/// When the interval of grant `next` − 1 is over; the end of the calendar without a repeat.
Timestamp interval_end(const Term& term);
/// The lot of grant `next` − 1. Refers into the term.
lots::LotKey lot_key(const Term& term);
/// Whether a purchase with these limits gives access at `now`.
bool gives_access(const TermLimits& limits, Timestamp now);
/// The last instant by `now` at which a term with these limits can grant: intervals that end later
/// are not over for it.
Timestamp clock(const TermLimits& limits, Timestamp now);

/// Replays a repeat that was recorded at `at`. False when the term cannot have granted then.
bool replay_repeat(Term& term, Quantity granted, Timestamp at);

/// Takes away, dated `at`, what ends with the term's purchase, and remembers it.
void lapse(Draft& draft, Term& term, Timestamp at);
/// See apply_due.
void apply_due(Draft& draft, Timestamp now);

}  // namespace purser::domain::terms
