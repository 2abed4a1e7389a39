#pragma once

// Whether what the provider reports of a paid checkout is what was sold.

#include <optional>
#include <string>
#include <vector>

#include "app/ports/payment_provider.hpp"
#include "app/ports/store.hpp"

namespace purser::app {

/// What the provider says of a checkout session, fetched before the batch that concludes it.
struct SessionReport {
  RemoteCheckoutSession session;
  ProviderAccount account;                         ///< the account that was asked
  std::optional<RemoteSubscription> subscription;  ///< of a paid session that began one
  std::vector<RemoteInvoice> invoices;             ///< the subscription's, oldest first
};

/// What differs from what was sold: "account", "amount", "price", …; empty when nothing does.
/// Errors: kStoreUnavailable.
Result<std::string> difference(StoreView& view, const Checkout& checkout,
                               const SessionReport& report);

}  // namespace purser::app
