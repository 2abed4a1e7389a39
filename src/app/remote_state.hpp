#pragma once

// What the provider says, in our own terms. Pure functions.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/ports/payment_provider.hpp"
#include "domain/subscription.hpp"

namespace purser::app {

/// How many of a subscription's invoices are asked for.
inline constexpr int kMostInvoices = 100;

/// The payments by which money was charged for the invoices, in their order.
std::vector<std::string> charged_payments(std::span<const RemoteInvoice> invoices);

/// The provider's subscription as ours. `before`: what is recorded, whose pending and asked
/// switches and trial are kept, and which a state that cannot follow from it leaves as it is (final
/// ones stay). Paid through: the current period's end once it is active (its renewal's invoice
/// paid) or trialing, else what was paid before, at most the current period's start.
domain::Subscription subscription_of(const RemoteSubscription& remote,
                                     const std::optional<domain::Subscription>& before);

/// The provider's invoice as ours; `before`: what is recorded, whose `refunded` is kept.
Invoice invoice_of(const RemoteInvoice& remote, const CustomerKey& customer,
                   const PurchaseId& purchase, const std::optional<Invoice>& before);

}  // namespace purser::app
