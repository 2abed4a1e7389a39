#pragma once

// Money given back: refunds that an administrator asks for, refunds and disputes that the provider
// tells of.

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "app/engine.hpp"
#include "app/ports/clock.hpp"
#include "app/ports/ids.hpp"
#include "app/provider_access.hpp"
#include "app/registry.hpp"
#include "domain/refund.hpp"

namespace purser::app {

struct RefundCommand {
  PurchaseId purchase;
  domain::RefundOrder order;
  std::string reason;  ///< "duplicate", "fraudulent", "requested_by_customer" or empty
};

/// Blocks on the engine and on the provider; not for I/O threads. Thread-safe.
class Refunds {
 public:
  Refunds(Engine& engine, Store& store, Registry& registry, ProviderAccess& access,
          const Clock& clock, Ids& ids);

  using Encode = std::function<StoredReply(const Result<Refund>& refund)>;

  /// Gives money back for a purchase: of a subscription, for its newest paid invoice. The refund is
  /// recorded before the provider is asked (refunds under way count against what may be refunded),
  /// made under a key derived from it, and what belongs to it is revoked in the commit that records
  /// its success. A full refund ends the product, and a subscription at the provider too. Errors:
  /// kPurchaseNotFound, kTestModePurchaseNonRefundable (test mode or granted), those of
  /// domain::plan_refund, kPaymentsNotConfigured, the provider's.
  ///
  /// A refund whose answer was lost counts as under way until it is known: its idempotency key, an
  /// event, or the next refund of the purchase after some minutes asks for it again under its key.
  Result<EngineReply> refund(const std::shared_ptr<const ProjectContext>& context,
                             const std::optional<IdempotencyScope>& scope,
                             const RefundCommand& command, Encode encode);

  /// Fetches a payment's refunds and applies those that are new, each once by its id: deltas, never
  /// totals. Our own come back under their reference. Answers false, and does nothing, when no
  /// purchase is known that was paid for so: somebody else's payment, or one whose sale was not
  /// heard of yet. Idempotent; safe in parallel.
  Result<bool> sync_payment(const ProjectId& project, const std::string& payment_ref);
  /// Fetches a dispute and applies it: revokes once (what a refund has taken is gone already), and
  /// restores once when it is won. Answers as `sync_payment` does. Idempotent; safe in parallel.
  Result<bool> sync_dispute(const ProjectId& project, const std::string& dispute_ref);

 private:
  Result<Refund> record_request(const ProjectContext& context, const std::string& id,
                                const RefundCommand& command, const Status& payable);
  Result<Refund> decide(StoreBatch& batch, const ProjectContext& context,
                        const RefundCommand& command, const Status& payable);
  Status ask_again(const ProjectContext& context, const PurchaseId& purchase,
                   const std::string& except);
  Status record_outcome(StoreBatch& batch, const ProjectContext& context, const std::string& id,
                        const Result<RemoteRefund>& made);

  Engine& engine_;
  Store& store_;
  Registry& registry_;
  ProviderAccess& access_;
  const Clock& clock_;
  Ids& ids_;
};

}  // namespace purser::app
