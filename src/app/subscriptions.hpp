#pragma once

// Running subscriptions: cancel, resume, switch, and what the provider says of them.

#include <array>
#include <functional>
#include <memory>
#include <mutex>
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

class PurchaseBook;
class Sales;
struct SwitchDecision;

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
  /// Absent for a subscription without a provider, whose renewals nobody pays.
  std::optional<Money> next_renewal;
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
  /// kSubscriptionNotFound, kSubscriptionNotCancelable (details.reason "one_time" for a one-time
  /// purchase; "costs_nothing" for a client that would end a free plan now, to take it again with a
  /// fresh allowance), the provider's.
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
  /// Whether the catalog lets such a subscription become such another one at all, whoever has it;
  /// a product that the catalog lacks is left to switch_plan. Errors: those of
  /// domain::check_plans.
  static Status check_plans(const ProjectContext& context, const SwitchCommand& command);
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
  /// The last step of an order, in the commit of its reply.
  using Finish = std::function<Result<Decision>(StoreBatch&)>;
  /// An order whose part at the provider is done. While the lock is held nobody else asks the
  /// provider about this subscription, so that what it answers is applied in the order in which it
  /// was said.
  struct Prepared {
    std::unique_lock<std::mutex> lock;
    Finish finish;
  };
  /// Who gives an order. Borrows what lives until the reply.
  struct Order {
    const ProjectContext& context;
    const Engine::Operation& operation;
    const Encode& encode;
  };
  using Prepare = std::function<Result<Prepared>(const Engine::Operation&)>;
  using Change = std::function<Status(StoreBatch&, PurchaseBook&, domain::Purchase&)>;

  Result<EngineReply> carry_out(const std::optional<IdempotencyScope>& scope, const Encode& encode,
                                const Prepare& prepare);
  Result<Prepared> prepare_cancel(const Order& order, const SubscriptionChoice& which,
                                  bool immediately);
  Result<Prepared> cancel_at_provider(const Order& order, const SubscriptionChoice& which,
                                      bool immediately, const std::string& remote_ref);
  Result<Prepared> prepare_resume(const Order& order, const SubscriptionChoice& which);
  Result<Prepared> prepare_switch(const Order& order, const SwitchCommand& command);
  Result<Prepared> switch_at_provider(const Order& order, const SwitchCommand& command,
                                      const std::string& remote_ref);
  Result<Finish> ask_for_switch(const Order& order, const SwitchCommand& command,
                                const ProviderConnection& connection,
                                const RemoteSubscription& now);
  Result<SwitchDecision> decide_switch(const ProjectContext& context, const SwitchCommand& command,
                                       const Engine::Operation* operation);
  Result<domain::Purchase> record_switching(const Order& order, const SwitchCommand& command);
  Status require_payment_method(const ProviderConnection& connection,
                                const RemoteSubscription& now);
  Finish finish_local_switch(const Order& order, const SwitchCommand& command);
  Finish finish_switch(const Order& order, Finish apply, const domain::Purchase& purchase);
  Finish finish_refused(const Order& order, const domain::Purchase& purchase, const Error& error);

  /// The purchase that is meant, up to date. Of an order that is resumed also one that has ended
  /// meanwhile.
  Result<domain::Purchase> look_up(const Order& order, const SubscriptionChoice& which);
  /// An order on a subscription that nobody pays for.
  Finish finish_local(const Order& order, const SubscriptionChoice& which, Change change);
  /// The plan that counts at the provider from the next renewal on. Borrows.
  struct LaterPlan {
    const ProjectId& project;
    const domain::Product& product;
    std::int64_t catalog_version;
    const PriceId& price;
    Quantity quantity;
    /// The plan that the purchase has: a pending switch is called off.
    static LaterPlan own_of(const domain::Purchase& purchase) {
      return {purchase.customer.project, purchase.product, purchase.catalog_version,
              *purchase.price, purchase.quantity};
    }
  };
  Result<RemoteSubscription> set_later_plan(const ProviderConnection& connection,
                                            const RemoteSubscription& now, const LaterPlan& plan,
                                            const std::string& key);
  /// Applies what the provider answered and answers with the purchase. `asked_for`: a transaction
  /// that what it answered does not tell of.
  Result<Finish> finish_with(const Order& order, const ProviderConnection& connection,
                             const domain::Purchase& purchase, const RemoteSubscription& answer,
                             std::optional<TransactionKind> asked_for = {});
  /// Answers with the purchase as it is.
  static Finish finish_unchanged(const Order& order, const domain::Purchase& purchase);

  std::unique_lock<std::mutex> lock(const std::string& remote_ref);
  /// With the subscription's lock: fetches and applies; answers what was fetched.
  Result<RemoteSubscription> refresh(const ProjectContext& context,
                                     const ProviderConnection& connection,
                                     const std::string& remote_ref);
  Status look_again(const domain::Purchase& purchase);

  static constexpr std::size_t kLocks = 64;

  Engine& engine_;
  Store& store_;
  Registry& registry_;
  ProviderAccess& access_;
  Sales& sales_;
  const Clock& clock_;
  Ids& ids_;
  std::array<std::mutex, kLocks> locks_;
};

}  // namespace purser::app
