#pragma once

// What the provider says of a subscription that was sold here, applied to the purchase.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/ports/payment_provider.hpp"
#include "app/ports/store.hpp"
#include "app/provider_access.hpp"
#include "app/purchase_book.hpp"

namespace purser::app {

/// A subscription as the provider has it, fetched before the batch that applies it.
struct SubscriptionReport {
  RemoteSubscription subscription;
  std::vector<RemoteInvoice> invoices;  ///< those that may be new here, oldest first
  ProviderAccount account;              ///< the account that was asked
};

/// Completes what a call answered with the invoices that it takes: the latest one, or, when
/// periods were missed or an older invoice is still open here, up to 100 of them. Blocks.
Result<SubscriptionReport> complete_report(Store& store, PaymentProvider& provider,
                                           const ProviderConnection& connection,
                                           const ProjectId& project,
                                           const RemoteSubscription& answer);

/// Applies a report to the purchase that it is about: status, periods and what is paid, each newly
/// paid renewal once, a switch or a pending switch whose plan the provider shows, the end. An
/// answer that is older than what is recorded changes nothing, and so does one about no purchase.
/// What does not match what was sold raises the event subscription.alarm and changes nothing else.
/// Idempotent. Errors: kStoreUnavailable, kQuantityOutOfRange.
Status apply_report(StoreBatch& batch, PurchaseBook& book, const ProjectId& project,
                    const SubscriptionReport& report);

/// A switch under way is named after its operation; one for the period's end says so.
std::string switching_id(const std::string& operation, domain::SwitchTime effective);
bool is_switching_of(const domain::Subscription& subscription, const std::string& operation);
/// Whether it was the last one that succeeded: the plan is had, or awaited, because of it.
bool was_switched_by(const domain::Subscription& subscription, const std::string& operation);
domain::SwitchTime switching_time(const domain::Subscription& subscription);
/// The key of the provider's call for it; another attempt of the same operation, asked for at
/// another instant, is another call.
std::string switching_key(const domain::Subscription& subscription);

}  // namespace purser::app
