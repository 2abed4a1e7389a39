#pragma once

// Running subscriptions: cancel, resume, switch, and what the provider says of them.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/engine.hpp"
#include "app/ports/clock.hpp"
#include "app/ports/ids.hpp"
#include "app/provider_access.hpp"
#include "app/registry.hpp"
#include "domain/plan_change.hpp"

namespace purser::app {

class Sales;

/// Which subscription: by product, by subscription id (= the purchase's id), or both, which must
/// then agree. By product alone, one that is owned once.
struct SubscriptionChoice {
  CustomerKey customer;
  ProductId product;         ///< empty: by id alone (inline products have no product id)
  PurchaseId subscription;   ///< empty: by product
  bool from_client = false;  ///< server_only products do not exist
};
struct SwitchCommand {
  CustomerKey customer;
  ProductId from;
  ProductId to;
  std::optional<PriceId> price;
  std::optional<Quantity> quantity;
  std::optional<domain::SwitchTime>
      effective;  ///< absent: now, or the project's setting for downgrades
  bool from_client = false;
};
/// What a switch would cost, in minor units of one currency.
struct SwitchPreview {
  Money due_now;
  Money next_renewal;
  Timestamp next_renewal_at;
  domain::SwitchTime effective = domain::SwitchTime::kNow;
  std::vector<PlanPreview::Line> lines;
};

/// Blocks on the engine and on the provider; not for I/O threads. Thread-safe.
///
/// With a provider, it is the provider's state that counts: each order is carried out there first,
/// under an idempotency key derived from the operation, and what it answers is applied as sync()
/// would. A lost answer is asked for again under the same key; a crash in between is mended by the
/// next sync (an event, the sweep, or the caller's retry).
class Subscriptions {
 public:
  Subscriptions(Engine& engine, Store& store, Registry& registry, ProviderAccess& access,
                Sales& sales, const Clock& clock, Ids& ids);

  /// The subscription as of now; also one that has ended. Errors: kUserNotFound, kTeamNotFound,
  /// kSubscriptionNotFound.
  Result<domain::Purchase> find(const ProjectContext& context, const SubscriptionChoice& which);

  using Encode = std::function<StoredReply(const Result<domain::Purchase>& subscription)>;

  /// At the period's end, or now. Errors: kUserNotFound, kTeamNotFound, kProductNotOwned,
  /// kSubscriptionNotFound, kSubscriptionNotCancelable (also for a one-time purchase;
  /// details.reason "one_time"), the provider's.
  Result<EngineReply> cancel(const std::shared_ptr<const ProjectContext>& context,
                             const std::optional<IdempotencyScope>& scope,
                             const SubscriptionChoice& which, bool immediately, Encode encode);
  /// Calls off a cancellation or a switch at the period's end. Errors: kSubscriptionNotFound,
  /// kSubscriptionNotResumable, the provider's.
  Result<EngineReply> resume(const std::shared_ptr<const ProjectContext>& context,
                             const std::optional<IdempotencyScope>& scope,
                             const SubscriptionChoice& which, Encode encode);
  /// Switches. Errors: kNewPurchasesBlocked, kProductNotOwned (from), those of
  /// domain::check_switch, kSwitchNotPossible (details.reason also "given_not_bought": a client may
  /// not switch what nobody pays for; "period_end_needs_same_interval": with a provider, at the
  /// period's end, to another interval or currency), kSwitchConflict,
  /// kDefaultPaymentMethodRequired, kPaymentFailed, the provider's.
  Result<EngineReply> switch_plan(const std::shared_ptr<const ProjectContext>& context,
                                  const std::optional<IdempotencyScope>& scope,
                                  const SwitchCommand& command, Encode encode);
  /// To the minor unit what switch_plan would charge at this instant. Changes nothing. Errors: as
  /// switch_plan's, without payment's.
  Result<SwitchPreview> preview(const ProjectContext& context, const SwitchCommand& command);

  /// Fetches the provider's subscription and applies what it says: status, period, what is paid,
  /// invoices, a switch whose answer was lost, the end. One that no purchase knows is settled
  /// through its checkout. What does not match what was sold (customer, currency, mode, a price
  /// that we did not set) changes nothing and raises the event subscription.alarm. Idempotent; safe
  /// in parallel.
  Status sync(const ProjectId& project, const std::string& remote_ref);
  /// An invoice that names a subscription: syncs that; any other is left.
  Status sync_invoice(const ProjectId& project, const std::string& invoice_ref);

  /// One round of purchases that are due: local renewals, ends and switches in time; subscriptions
  /// with a provider are synced when their period is over and nothing was heard. Answers how many.
  Result<int> sweep(int limit);

 private:
  Engine& engine_;
  Store& store_;
  Registry& registry_;
  ProviderAccess& access_;
  Sales& sales_;
  const Clock& clock_;
  Ids& ids_;
};

}  // namespace purser::app
