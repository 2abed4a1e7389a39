#pragma once

// How much may be given back, and what goes with it. Pure functions; thread-safe.

#include <cstdint>
#include <optional>
#include <vector>

#include "domain/purchase.hpp"

namespace purser::domain {

/// What was paid for a purchase (or one of its periods) and given back so far, in minor units of
/// one currency.
struct Paid {
  Money amount;               ///< ≥ 0
  std::int64_t refunded = 0;  ///< 0 ≤ refunded ≤ amount
};

/// What is to be given back. At most one of the two; neither: all that is left.
struct RefundOrder {
  std::optional<std::int64_t> amount = {};  ///< minor units, > 0
  std::optional<Quantity> quantity = {};    ///< > 0; only for one-time, stackable purchases
};
/// A refund that is allowed.
struct RefundPlan {
  std::int64_t amount = 0;  ///< minor units, > 0
  Quantity quantity;  ///< of the purchase's quantity; 0 unless refunded by quantity or in full
  bool full = false;  ///< nothing is left after it: the product ends
};
/// Decides a refund. By quantity: the k units cost floor(amount × (already + k) / quantity) −
/// floor(amount × already / quantity), so that all units together give exactly the amount; the last
/// unit is the full refund. Errors: kSchemaError (amount or quantity not positive, both named);
/// kRefundNotPossible (details.reason: "not_paid", "already_refunded", "exceeds_paid" with
/// details.refundable, "quantity_not_refundable", "exceeds_quantity").
Result<RefundPlan> plan_refund(const Purchase& purchase, const Paid& paid,
                               const RefundOrder& order);

/// How much of one item's grant goes with a partial refund: floor(granted × refunded after / paid)
/// − floor(granted × refunded before / paid), so that partial refunds that add up to all take all
/// and never more than was granted. `granted` ≥ 0; 0 ≤ before ≤ after ≤ amount, amount > 0.
Quantity revoked_share(Quantity granted, std::int64_t refunded_before, std::int64_t refunded_after,
                       std::int64_t amount);

}  // namespace purser::domain
