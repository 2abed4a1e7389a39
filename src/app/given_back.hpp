#pragma once

// Payments that sold nothing, on their way back. An intention refunds each (Intentions). While a
// payment's bank disputes it, the provider refuses to: the refund waits for the dispute's end.

#include <optional>
#include <string>

#include "app/ports/payment_provider.hpp"
#include "app/ports/store.hpp"

namespace purser::app {

/// Asks, once, that all that is left of a payment is given back; `checkout` is what it did not buy.
Status intend_refund(StoreBatch& batch, const ProjectId& project, const std::string& payment_ref,
                     const CheckoutId& checkout);
/// The checkout whose money an intention gives back; absent when it does nothing of the kind.
std::optional<CheckoutId> gives_back(const Intention& intention);

/// Records that the provider refused a refund because of a dispute. It is asked again when the
/// dispute has ended (follow_dispute), and once a week for the case that nobody hears of that.
/// Nothing when the end was heard of while it was asked.
Status wait_for_dispute(StoreBatch& batch, Intention refused);

/// Whether a dispute has ended for whose end a refund still waits.
Result<bool> is_held_up(StoreView& view, const ProjectId& project, const RemoteDispute& dispute);
/// Does to the refunds of the disputed payment what follows from the dispute: won, they are made
/// now, under a new key, because the provider repeats the answers of the old one; lost, they are
/// done, because the bank has given the money back. Answers whether there is such a refund to make.
/// May be repeated.
Result<bool> follow_dispute(StoreBatch& batch, const ProjectId& project,
                            const RemoteDispute& dispute);

}  // namespace purser::app
