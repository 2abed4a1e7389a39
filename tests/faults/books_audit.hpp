#pragma once

// Holds the two sides' books, and what customers were told, against one another. Pure: the numbers
// are those of the invariants in ARCHITECTURE.md.

#include <vector>

#include "tests/faults/books.hpp"
#include "tests/faults/driver.hpp"
#include "tests/faults/findings.hpp"
#include "types/timestamp.hpp"

namespace purser::faults {

/// Every difference is a finding. `diaries` are those of all customers in the books.
void audit_books(const ProviderBooks& provider, const SellerBooks& seller,
                 const std::vector<Diary>& diaries, Findings& findings);

/// Part of it: what was acknowledged is so, and happened once.
void audit_diaries(const ProviderBooks& provider, const SellerBooks& seller,
                   const std::vector<Diary>& diaries, Findings& findings);

/// Part of it: grants, ledgers and plans.
void audit_grants(const SellerBooks& seller, Findings& findings);

/// Each interval of a repeat that is due at `now` was granted, without gaps (7): of subscriptions
/// that had no change of plan, no money back and no lapse. Only when the accounts were written to
/// at `now`: until then the last repeats may be due without being recorded.
void audit_repeats(const SellerBooks& seller, Timestamp now, Findings& findings);

}  // namespace purser::faults
