#pragma once

#include <cstdint>
#include <optional>

#include "types/timestamp.hpp"

namespace purser::sandbox {

// The arithmetic of billing: pure functions of integers. Times are in seconds since 1970, amounts
// in minor units.

/// amount × part ÷ whole, rounded to the nearest unit and halves away from zero, as every proration
/// line is. `whole` > 0. Source: https://docs.stripe.com/billing/subscriptions/prorations
std::int64_t prorated(std::int64_t amount, std::int64_t part, std::int64_t whole);

/// How a total and a customer's balance come to what is to be paid.
struct Settlement {
  std::int64_t due = 0;             ///< what is charged: 0 or at least the currency's minimum
  std::int64_t ending_balance = 0;  ///< the customer's balance afterwards; negative is credit
};
/// A negative total becomes credit, credit pays what it can, and what is too little to be charged
/// is owed until the next invoice. Source: https://docs.stripe.com/billing/customer/balance
Settlement settle(std::int64_t total, std::int64_t balance, std::int64_t minimum);

/// The first boundary of the cycle after `time`: the anchor itself when that is still to come.
/// Counted from the anchor, with days clamped to the month: 31 January, 28 February, 31 March.
/// Source: https://docs.stripe.com/billing/subscriptions/billing-cycle
std::int64_t boundary_after(std::int64_t anchor, CalendarInterval interval, std::int64_t time);
/// One interval before the anchor.
std::int64_t boundary_before(std::int64_t anchor, CalendarInterval interval);

/// When a payment that has failed `failures` times by `now` is tried again: after 3, 5 and 7 days;
/// nothing when that was the last time.
std::optional<std::int64_t> next_attempt(std::int64_t failures, std::int64_t now);

}  // namespace purser::sandbox
