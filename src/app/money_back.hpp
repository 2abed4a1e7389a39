#pragma once

// What refunds and disputes share: the payment, the purchase it paid for, and what goes with it.

#include <optional>
#include <string>
#include <vector>

#include "app/ports/payment_provider.hpp"
#include "app/ports/store.hpp"
#include "app/purchase_book.hpp"

namespace purser::app {

/// A recorded payment and its purchase.
struct PaidPurchase {
  Invoice invoice;
  domain::Purchase purchase;  ///< with what was due of it applied
};
/// Absent when the payment is no purchase's.
Result<std::optional<PaidPurchase>> find_paid(StoreBatch& batch, PurchaseBook& book,
                                              const ProjectId& project,
                                              const std::string& payment_ref);

/// Whether an invoice pays for what the purchase gives now: that of a one-time purchase always; a
/// subscription's when what it pays for begins in the current period, or, for one that pays for no
/// period (a switch of plan, prorated), when it was made in the current period. Money given back
/// for any other invoice takes nothing away.
bool pays_for_present(const Invoice& invoice, const domain::Purchase& purchase);

/// Takes what belongs to `amount` > 0 minor units of the invoice that go back, of which the
/// purchase's refunded quantity is `quantity` (0: by amount; a subscription's always is). The share
/// is that of all money paid for the present (pays_for_present): when all of it has gone back, the
/// purchase is revoked, and with it a subscription at the provider ends. `paid.invoice.refunded` is
/// what had gone back before. Takes nothing of a purchase that is revoked already. Answers what was
/// taken.
struct TakenBack {
  std::vector<TakenLot> lots;
  bool revoked = false;  ///< the purchase was not revoked before and is now
};
Result<TakenBack> take_back(StoreBatch& batch, PurchaseBook& book, const PaidPurchase& paid,
                            std::int64_t amount, Quantity quantity);

/// Records what the provider says of one refund, once for each refund and state of it: finds its
/// row by the provider's id or our reference, or makes one. A success is counted against the
/// invoice and takes back what belongs to it; a failure after a success (a bank sent the money
/// back) is counted back, but what was taken stays so. A payment that is no purchase's is left.
/// What cannot be (another currency, more than was paid) changes nothing and raises the event
/// payment.alarm.
Status record_refund(StoreBatch& batch, PurchaseBook& book, const ProjectId& project,
                     const RemoteRefund& remote);

}  // namespace purser::app
