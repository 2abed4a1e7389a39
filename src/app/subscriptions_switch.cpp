#include <utility>

#include "app/final_error.hpp"
#include "app/purchase_book.hpp"
#include "app/remote_objects.hpp"
#include "app/remote_report.hpp"
#include "app/subscriptions.hpp"
#include "app/switch_decision.hpp"
#include "domain/plan_rules.hpp"

namespace purser::app {
namespace {

using domain::SwitchTime;

Error switch_conflict() {
  return {ErrorCode::kSwitchConflict,
          "Another switch of this subscription is under way; ask again shortly."};
}
Error payment_method_required() {
  return {ErrorCode::kDefaultPaymentMethodRequired,
          "The customer has no default payment method; set one first."};
}

Result<Decision> decided(StoreBatch& batch, const Subscriptions::Encode& encode,
                         const domain::Purchase& purchase) {
  PURSER_TRY(const std::optional<domain::Purchase> now,
             batch.purchase(purchase.customer.project, purchase.id));
  if (!now) return Error::internal("purchase " + purchase.id.str() + " is gone");
  return Decision{encode(*now), true, true, {}};
}

domain::Purchase switched(const SwitchDecision& decision, Timestamp now) {
  return domain::switched(decision.before, decision.to, decision.catalog_version, decision.plan,
                          now);
}

PlanRef plan_ref(const SwitchDecision& decision, const RemoteSubscription& now) {
  return {decision.to, decision.catalog_version, decision.plan.price.id,
          referenced_checkout(now.reference).str()};
}

/// What the provider is asked for; the instant is the caller's.
PlanChange change_of(const SwitchDecision& decision, const RemoteSubscription& now,
                     std::string price) {
  PlanChange change;
  change.subscription = now.id;
  change.item = now.item;
  change.price = std::move(price);
  change.quantity = decision.plan.quantity.value();
  change.prorate = decision.effective == SwitchTime::kNow;
  return change;
}

/// Nobody pays for a subscription without a provider, now or at a renewal.
SwitchPreview local_preview(const SwitchDecision& decision, Timestamp now) {
  const Money nothing(0, decision.plan.price.amount.currency());
  const domain::Purchase after =
      decision.effective == SwitchTime::kNow ? switched(decision, now) : decision.before;
  return {nothing, {}, after.subscription->current_period_end, decision.effective, {}};
}

}  // namespace

Result<EngineReply> Subscriptions::switch_plan(const std::shared_ptr<const ProjectContext>& context,
                                               const std::optional<IdempotencyScope>& scope,
                                               const SwitchCommand& command, Encode encode) {
  return carry_out(scope, encode, [&](const Engine::Operation& operation) {
    return prepare_switch({*context, operation, encode}, command);
  });
}

Result<SwitchDecision> Subscriptions::decide_switch(const ProjectContext& context,
                                                    const SwitchCommand& command,
                                                    const Engine::Operation* operation) {
  SwitchDecision decision;
  PURSER_CHECK_OK(engine_.apply([&](StoreBatch& batch) -> Status {
    PurchaseBook book(batch, ids_, grace_of(context.project.settings));
    PURSER_TRY(decision, app::decide_switch(batch, book, context, command, operation));
    return {};
  }));
  return decision;
}

Status Subscriptions::check_plans(const ProjectContext& context, const SwitchCommand& command) {
  const domain::Product* from = context.catalog->find_product(command.from);
  const domain::Product* to = context.catalog->find_product(command.to);
  if (from == nullptr || to == nullptr) return {};
  return domain::check_plans(*from, *to, command.customer, command.from_client);
}

Result<Subscriptions::Prepared> Subscriptions::prepare_switch(const Order& order,
                                                              const SwitchCommand& command) {
  PURSER_TRY(const SwitchDecision decision,
             decide_switch(order.context, command, &order.operation));
  const domain::Subscription& subscription = *decision.before.subscription;
  if (!subscription.is_local()) {
    return switch_at_provider(order, command, subscription.remote_ref);
  }
  return Prepared{{}, finish_local_switch(order, command)};
}

Subscriptions::Finish Subscriptions::finish_local_switch(const Order& order,
                                                         const SwitchCommand& command) {
  return [this, order, command](StoreBatch& batch) -> Result<Decision> {
    PurchaseBook book(batch, ids_, grace_of(order.context.project.settings));
    PURSER_TRY(SwitchDecision decision,
               app::decide_switch(batch, book, order.context, command, &order.operation));
    domain::Purchase& before = decision.before;
    if (decision.effective == SwitchTime::kNow) {
      PURSER_CHECK_OK(book.switch_plan(before, switched(decision, batch.now()), std::nullopt));
    } else {
      before.subscription->pending = decision.as_pending(before.subscription->current_period_end);
      PURSER_CHECK_OK(book.update(before));
    }
    return decided(batch, order.encode, before);
  };
}

Result<Subscriptions::Prepared> Subscriptions::switch_at_provider(const Order& order,
                                                                  const SwitchCommand& command,
                                                                  const std::string& remote_ref) {
  PURSER_TRY(const ProviderConnection connection, access_.connect(order.context));
  auto alone = lock(remote_ref);
  PURSER_TRY(const RemoteSubscription now, refresh(order.context, connection, remote_ref));
  PURSER_TRY(const SwitchDecision decision,
             decide_switch(order.context, command, &order.operation));
  if (decision.done) return Prepared{std::move(alone), finish_unchanged(order, decision.before)};
  const domain::Subscription& subscription = *decision.before.subscription;
  const bool theirs = subscription.switching && !is_switching_of(subscription, order.operation.id);
  if (theirs) return switch_conflict();
  PURSER_TRY(Finish finish, ask_for_switch(order, command, connection, now));
  return Prepared{std::move(alone), std::move(finish)};
}

Status Subscriptions::require_payment_method(const ProviderConnection& connection,
                                             const RemoteSubscription& now) {
  if (!now.default_payment_method.empty()) return {};
  PURSER_TRY(const auto method,
             access_.provider().default_payment_method(connection.as, now.customer));
  return method ? Status() : payment_method_required();
}

Result<Subscriptions::Finish> Subscriptions::ask_for_switch(const Order& order,
                                                            const SwitchCommand& command,
                                                            const ProviderConnection& connection,
                                                            const RemoteSubscription& now) {
  PURSER_TRY(const SwitchDecision decision,
             decide_switch(order.context, command, &order.operation));
  const ProjectId& project = order.context.project.id;
  if (decision.plan.price.amount.minor_units() > 0) {
    PURSER_CHECK_OK(require_payment_method(connection, now));
  }
  PaymentProvider& provider = access_.provider();
  RemoteObjects remote(engine_, store_, provider, connection, project);
  PURSER_TRY(std::string price, remote.price(plan_ref(decision, now)));
  PlanChange change = change_of(decision, now, std::move(price));
  PURSER_TRY(const domain::Purchase switching, record_switching(order, command));
  const domain::Subscription& recorded = *switching.subscription;
  const std::string key = switching_key(recorded);
  change.asked_at = recorded.switching->at;
  const bool resets = change.prorate && recorded.pending;
  if (resets) {
    // What was paid for is the plan of now, not the pending one: that is what is to be credited.
    PURSER_CHECK_OK(set_later_plan(connection, now, LaterPlan::own_of(switching), key + "-reset"));
  }
  const auto answer = provider.change_plan(connection.as, change, key);
  if (!answer && !is_final(answer.error())) return answer.error();
  if (!answer) {
    if (resets) {
      const domain::PendingSwitch& pending = *recorded.pending;
      PURSER_CHECK_OK(set_later_plan(
          connection, now,
          {project, pending.product, pending.catalog_version, pending.price, pending.quantity},
          key + "-restore"));
    }
    return finish_refused(order, switching, answer.error());
  }
  PURSER_TRY(Finish apply, finish_with(order, connection, switching, *answer));
  return finish_switch(order, std::move(apply), switching);
}

/// Writes down that the provider is about to be asked, before it is.
Result<domain::Purchase> Subscriptions::record_switching(const Order& order,
                                                         const SwitchCommand& command) {
  domain::Purchase switching;
  const Status recorded = engine_.apply([&](StoreBatch& batch) -> Status {
    PurchaseBook book(batch, ids_, grace_of(order.context.project.settings));
    PURSER_TRY(const SwitchDecision decision,
               app::decide_switch(batch, book, order.context, command, &order.operation));
    switching = decision.before;
    domain::Subscription& subscription = *switching.subscription;
    if (subscription.switching) return {};  // by an earlier attempt
    // Better refused now than when it is paid.
    PURSER_CHECK_OK(book.check_switch(decision.before, switched(decision, batch.now())));
    subscription.switching = decision.as_pending(batch.now());
    subscription.switching_id = switching_id(order.operation.id, decision.effective);
    return book.update(switching);
  });
  if (!recorded) return recorded.error();
  return switching;
}

/// What the provider did must be what was asked for.
Subscriptions::Finish Subscriptions::finish_switch(const Order& order, Finish apply,
                                                   const domain::Purchase& purchase) {
  return [order, apply = std::move(apply), purchase](StoreBatch& batch) -> Result<Decision> {
    PURSER_TRY(Decision decision, apply(batch));
    PURSER_TRY(const auto now, batch.purchase(purchase.customer.project, purchase.id));
    if (!now || !now->subscription) return decision;
    if (is_switching_of(*now->subscription, order.operation.id)) return switch_conflict();
    // Money that went back meanwhile may have ended the plan before it could be switched.
    const bool is_switched = now->product.id != purchase.product.id ||
                             now->price != purchase.price || now->quantity != purchase.quantity;
    if (now->status != domain::PurchaseStatus::kActive && !is_switched) {
      decision.reply = order.encode(product_not_owned(purchase.product.id));
    }
    return decision;
  };
}

/// The provider refused, or the payment was declined: nothing else happened.
Subscriptions::Finish Subscriptions::finish_refused(const Order& order,
                                                    const domain::Purchase& purchase,
                                                    const Error& error) {
  return [this, order, purchase, error](StoreBatch& batch) -> Result<Decision> {
    PurchaseBook book(batch, ids_, grace_of(order.context.project.settings));
    PURSER_TRY(auto now, book.find(purchase.customer.project, purchase.id));
    const bool open = now && now->status == domain::PurchaseStatus::kActive &&
                      is_switching_of(*now->subscription, order.operation.id);
    if (open) {
      now->subscription->switching.reset();
      now->subscription->switching_id.clear();
      PURSER_CHECK_OK(book.update(*std::move(now)));
    }
    return Decision{order.encode(error), true, true, {}};
  };
}

Result<SwitchPreview> Subscriptions::preview(const ProjectContext& context,
                                             const SwitchCommand& command) {
  PURSER_TRY(const SwitchDecision decision, decide_switch(context, command, nullptr));
  const domain::Subscription& subscription = *decision.before.subscription;
  if (subscription.is_local()) return local_preview(decision, clock_.now());
  PURSER_TRY(const ProviderConnection connection, access_.connect(context));
  PaymentProvider& provider = access_.provider();
  PURSER_TRY(const RemoteSubscription now,
             provider.subscription(connection.as, subscription.remote_ref));
  RemoteObjects remote(engine_, store_, provider, connection, context.project.id);
  PURSER_TRY(std::string price, remote.price(plan_ref(decision, now)));
  const PlanChange change = change_of(decision, now, std::move(price));
  PURSER_TRY(PlanPreview shown, provider.preview_plan(connection.as, change));
  return SwitchPreview{shown.due_now, shown.next_renewal, shown.next_renewal_at, decision.effective,
                       std::move(shown.lines)};
}

}  // namespace purser::app
