#pragma once

// Whether and how a subscription may be switched, decided within a batch.

#include <cstdint>

#include "app/engine.hpp"
#include "app/purchase_book.hpp"
#include "app/registry.hpp"
#include "app/subscriptions.hpp"
#include "domain/plan_change.hpp"

namespace purser::app {

struct SwitchDecision {
  domain::Purchase before;  ///< with what was due of it applied
  domain::Product to;
  std::int64_t catalog_version = 0;  ///< of `to`
  domain::SwitchPlan plan{{PriceId(), Money(0, *Currency::parse("USD")), {}, {}, false}, {}};
  domain::SwitchTime effective = domain::SwitchTime::kNow;
  /// Of an operation that is resumed: the subscription has the plan already (or it is pending)
  /// because of it, and `before` says so. Nothing is left to do.
  bool done = false;

  /// As it is recorded while it is under way or waits.
  domain::PendingSwitch as_pending(Timestamp at) const {
    return {to, catalog_version, plan.price.id, plan.quantity, at};
  }
};

/// Decides by the rules of domain::check_switch and those of the project. `operation`: the one that
/// switches, so that what it has begun goes on as it was begun; null for a preview. Errors: those
/// of Subscriptions::switch_plan that do not come from the provider.
Result<SwitchDecision> decide_switch(StoreBatch& batch, PurchaseBook& book,
                                     const ProjectContext& context, const SwitchCommand& command,
                                     const Engine::Operation* operation);

/// Also what a switch is answered whose plan ended before it could take effect.
Error product_not_owned(const ProductId& product);

}  // namespace purser::app
