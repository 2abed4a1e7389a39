#include "app/switch_decision.hpp"

#include <utility>
#include <vector>

#include "app/items.hpp"
#include "app/remote_report.hpp"

namespace purser::app {
namespace {

Error purchases_blocked() {
  return {ErrorCode::kNewPurchasesBlocked,
          "New purchases are blocked for this project by its setting block_new_purchases."};
}
Error not_possible(const char* reason, std::string message) {
  return {ErrorCode::kSwitchNotPossible, std::move(message), {{"reason", std::string(reason)}}};
}

/// The owned subscription of the product that is to be switched, else whatever is owned of it;
/// nullptr when nothing is.
const domain::Purchase* find_from(const std::vector<domain::Purchase>& owned,
                                  const SwitchCommand& command) {
  const domain::Purchase* found = nullptr;
  for (const domain::Purchase& purchase : owned) {
    const bool hidden = command.from_client && purchase.product.server_only;
    if (hidden || purchase.product.is_inline() || purchase.product.id != command.from) continue;
    if (purchase.subscription) return &purchase;
    if (found == nullptr) found = &purchase;
  }
  return found;
}

/// Whether a plan is the one that was asked for.
bool is_wanted(const SwitchCommand& command, const ProductId& product, const PriceId& price,
               Quantity quantity) {
  return product == command.to && command.price.value_or(price) == price &&
         command.quantity.value_or(quantity) == quantity;
}

/// Whether the subscription has or awaits the plan that was asked for.
bool has_plan(const domain::Purchase& purchase, const SwitchCommand& command) {
  if (!purchase.subscription || purchase.subscription->switching) return false;
  const auto& pending = purchase.subscription->pending;
  if (pending && is_wanted(command, pending->product.id, pending->price, pending->quantity)) {
    return true;
  }
  return purchase.price &&
         is_wanted(command, purchase.product.id, *purchase.price, purchase.quantity);
}

/// What an earlier attempt of the operation has got to; absent when it got nowhere.
Result<std::optional<SwitchDecision>> begun(const std::vector<domain::Purchase>& owned,
                                            const SwitchCommand& command,
                                            const Engine::Operation& operation) {
  SwitchDecision decision;
  for (const domain::Purchase& purchase : owned) {
    if (!purchase.subscription) continue;
    decision.before = purchase;
    const domain::Subscription& subscription = *purchase.subscription;
    if (is_switching_of(subscription, operation.id)) {
      decision.to = subscription.switching->product;
      decision.catalog_version = subscription.switching->catalog_version;
      PURSER_TRY(decision.plan, plan_of(purchase, *subscription.switching));
      decision.effective = switching_time(subscription);
      return std::optional<SwitchDecision>(std::move(decision));
    }
    decision.done = was_switched_by(subscription, operation.id) && has_plan(purchase, command);
    if (decision.done) return std::optional<SwitchDecision>(std::move(decision));
  }
  return std::optional<SwitchDecision>();
}

/// A client may only switch what somebody pays for, or what a test of the project stands for.
Status check_origin(const ProjectSettings& settings, const domain::Purchase& from) {
  using domain::PurchaseOrigin;
  const bool given = from.origin == PurchaseOrigin::kGranted ||
                     (from.origin == PurchaseOrigin::kTestMode && !settings.test_mode);
  if (!given) return {};
  return not_possible("given_not_bought",
                      "The plan was given, not bought; buy the other one instead.");
}

}  // namespace

Error product_not_owned(const ProductId& product) {
  return {ErrorCode::kProductNotOwned,
          "The customer does not own product \"" + product.str() + "\".",
          {{"product_id", product.str()}}};
}

Result<SwitchDecision> decide_switch(StoreBatch& batch, PurchaseBook& book,
                                     const ProjectContext& context, const SwitchCommand& command,
                                     const Engine::Operation* operation) {
  PURSER_TRY(const std::vector<domain::Purchase> owned, book.owned(command.customer));
  if (operation != nullptr) {
    PURSER_TRY(auto earlier, begun(owned, command, *operation));
    if (earlier) return *std::move(earlier);
  }
  const ProjectSettings& settings = context.project.settings;
  if (settings.block_new_purchases) return purchases_blocked();
  PURSER_CHECK_OK(require_customer_exists(batch, command.customer));
  const domain::Product* to = context.catalog->find_product(command.to);
  if (to == nullptr) return domain::product_does_not_exist(command.to);
  const domain::Purchase* from = find_from(owned, command);
  if (from == nullptr) return product_not_owned(command.from);
  SwitchDecision decision;
  PURSER_TRY(decision.plan, domain::check_switch(*from, {*to, command.price, command.quantity,
                                                         command.from_client}));
  if (command.from_client) PURSER_CHECK_OK(check_origin(settings, *from));
  const domain::SwitchTime usual =
      decision.plan.is_downgrade ? settings.downgrade_effective : domain::SwitchTime::kNow;
  decision.effective = command.effective.value_or(usual);
  const bool later = decision.effective == domain::SwitchTime::kPeriodEnd;
  if (later && decision.plan.new_interval && !from->subscription->is_local()) {
    return not_possible("period_end_needs_same_interval",
                        "Only a plan with the same interval and currency can begin at the period's "
                        "end; switch now instead.");
  }
  decision.before = *from;
  decision.to = *to;
  decision.catalog_version = context.catalog->version;
  return decision;
}

}  // namespace purser::app
