#include "app/subscriptions.hpp"

#include <algorithm>
#include <utility>

#include "app/final_error.hpp"
#include "app/items.hpp"
#include "app/purchase_book.hpp"
#include "app/remote_objects.hpp"
#include "app/remote_report.hpp"
#include "app/switch_decision.hpp"

namespace purser::app {
namespace {

Error subscription_not_found(const SubscriptionChoice& which) {
  return {ErrorCode::kSubscriptionNotFound,
          "The customer has no such subscription.",
          {{"subscription_id", which.subscription.str()}}};
}
Error ends_with_its_period(const domain::Purchase& purchase) {
  return {ErrorCode::kSubscriptionNotCancelable,
          "A plan that costs nothing ends with its period; cancel it without \"immediately\".",
          {{"subscription_id", purchase.id.str()}, {"reason", std::string("costs_nothing")}}};
}
Error several_owned(const ProductId& product) {
  return {ErrorCode::kSubscriptionNotFound,
          "The customer owns product \"" + product.str() +
              "\" more than once; say with subscription_id which one is meant.",
          {{"product_id", product.str()}, {"reason", std::string("several")}}};
}
Error one_time(ErrorCode code, const domain::Purchase& purchase) {
  return {code,
          "It is a one-time purchase, no subscription.",
          {{"subscription_id", purchase.id.str()}, {"reason", std::string("one_time")}}};
}

bool is_meant(const domain::Purchase& purchase, const SubscriptionChoice& which) {
  if (which.from_client && purchase.product.server_only) return false;
  if (!which.subscription.empty() && purchase.id != which.subscription) return false;
  return which.product.empty() ||
         (!purchase.product.is_inline() && purchase.product.id == which.product);
}

/// Among what the customer has. Also what gives no access at the moment: a subscription that waits
/// for money can be cancelled.
Result<domain::Purchase> choose(std::vector<domain::Purchase> active,
                                const SubscriptionChoice& which) {
  std::erase_if(active,
                [&](const domain::Purchase& purchase) { return !is_meant(purchase, which); });
  if (active.empty()) {
    return which.subscription.empty() ? product_not_owned(which.product)
                                      : subscription_not_found(which);
  }
  if (active.size() > 1) {
    std::erase_if(active, [](const domain::Purchase& purchase) { return !purchase.subscription; });
    if (active.size() != 1) return several_owned(which.product);
  }
  return active.front();
}

/// The purchase that has ended last among those that are meant. Errors: kSubscriptionNotFound.
Result<std::optional<domain::Purchase>> last_ended(StoreView& view,
                                                   const SubscriptionChoice& which) {
  constexpr int kRecent = 100;
  PURSER_TRY(const std::vector<Transaction> recent,
             view.transactions(which.customer, {"", kRecent}));
  for (const Transaction& transaction : recent) {
    if (transaction.kind != TransactionKind::kEnd) continue;
    PURSER_TRY(std::optional<domain::Purchase> ended,
               view.purchase(which.customer.project, transaction.purchase));
    if (ended && ended->subscription && is_meant(*ended, which)) return ended;
  }
  return std::optional<domain::Purchase>();
}

Decision decided(const Subscriptions::Encode& encode, const Result<domain::Purchase>& done) {
  return Decision{encode(done), done.has_value(), true, {}};
}

Result<Decision> decided_as_stored(StoreBatch& batch, const Subscriptions::Encode& encode,
                                   const domain::Purchase& purchase) {
  PURSER_TRY(const std::optional<domain::Purchase> now,
             batch.purchase(purchase.customer.project, purchase.id));
  if (!now) return Error::internal("purchase " + purchase.id.str() + " is gone");
  return decided(encode, *now);
}

/// Whether there is nothing to call off any more.
bool goes_on(const domain::Subscription& subscription) {
  return !subscription.cancel_at_period_end && !subscription.pending && !subscription.ended_at;
}

}  // namespace

Subscriptions::Subscriptions(Engine& engine, Store& store, Registry& registry,
                             ProviderAccess& access, Sales& sales, const Clock& clock, Ids& ids)
    : engine_(engine),
      store_(store),
      registry_(registry),
      access_(access),
      sales_(sales),
      clock_(clock),
      ids_(ids) {}

Result<domain::Purchase> Subscriptions::find(const ProjectContext& context,
                                             const SubscriptionChoice& which) {
  if (which.customer.project != context.project.id) return customer_not_found(which.customer);
  const auto view = store_.view();
  PURSER_CHECK_OK(require_customer_exists(*view, which.customer));
  std::optional<domain::Purchase> found;
  if (which.subscription.empty()) {
    PURSER_TRY(std::vector<domain::Purchase> active, view->owned(which.customer));
    const auto chosen = choose(std::move(active), which);
    if (!chosen) return subscription_not_found(which);
    found = *chosen;
  } else {
    PURSER_TRY(found, view->purchase(context.project.id, which.subscription));
  }
  const bool theirs = found && found->customer == which.customer && is_meant(*found, which);
  if (!theirs || !found->subscription) return subscription_not_found(which);
  PURSER_TRY(const CalendarInterval interval, require_interval(*found));
  found->subscription = domain::as_of(*found->subscription, interval, clock_.now());
  return *std::move(found);
}

Result<EngineReply> Subscriptions::carry_out(const std::optional<IdempotencyScope>& scope,
                                             const Encode& encode, const Prepare& prepare) {
  PURSER_TRY(const Engine::Operation operation, engine_.start_operation(scope, ids_.unique_id()));
  if (operation.replay) return EngineReply{*operation.replay, true};
  auto prepared = prepare(operation);
  if (!prepared && !is_final(prepared.error())) {
    engine_.abandon_operation(scope);  // the same key resumes
    return std::move(prepared).error();
  }
  return engine_.finish_operation(scope, operation.id, [&](StoreBatch& batch) -> Result<Decision> {
    if (!prepared) return decided(encode, prepared.error());
    Result<Decision> done = prepared->finish(batch);
    if (done || !is_final(done.error())) return done;
    return decided(encode, done.error());
  });
}

Result<domain::Purchase> Subscriptions::look_up(const Order& order,
                                                const SubscriptionChoice& which) {
  std::optional<domain::Purchase> found;
  const Status looked = engine_.apply([&](StoreBatch& batch) -> Status {
    PURSER_CHECK_OK(require_customer_exists(batch, which.customer));
    PurchaseBook book(batch, ids_, grace_of(order.context.project.settings));
    PURSER_CHECK_OK(book.owned(which.customer));  // applies what is due
    PURSER_TRY(std::vector<domain::Purchase> active, batch.owned(which.customer));
    auto chosen = choose(std::move(active), which);
    if (chosen) {
      found = *std::move(chosen);
      return {};
    }
    if (!order.operation.resumed) return chosen.error();
    PURSER_TRY(found, last_ended(batch, which));
    return found ? Status() : chosen.error();
  });
  if (!looked) return looked.error();
  return *std::move(found);
}

Subscriptions::Finish Subscriptions::finish_local(const Order& order,
                                                  const SubscriptionChoice& which, Change change) {
  return [this, order, which, change = std::move(change)](StoreBatch& batch) -> Result<Decision> {
    PurchaseBook book(batch, ids_, grace_of(order.context.project.settings));
    PURSER_CHECK_OK(book.owned(which.customer));  // applies what is due
    PURSER_TRY(std::vector<domain::Purchase> active, batch.owned(which.customer));
    PURSER_TRY(domain::Purchase purchase, choose(std::move(active), which));
    PURSER_CHECK_OK(change(batch, book, purchase));
    PURSER_CHECK_OK(book.update(purchase));
    return decided_as_stored(batch, order.encode, purchase);
  };
}

Subscriptions::Finish Subscriptions::finish_unchanged(const Order& order,
                                                      const domain::Purchase& purchase) {
  return [order, purchase](StoreBatch& batch) {
    return decided_as_stored(batch, order.encode, purchase);
  };
}

Result<Subscriptions::Finish> Subscriptions::finish_with(const Order& order,
                                                         const ProviderConnection& connection,
                                                         const domain::Purchase& purchase,
                                                         const RemoteSubscription& answer,
                                                         std::optional<TransactionKind> asked_for) {
  const ProjectId& project = purchase.customer.project;
  PURSER_TRY(const SubscriptionReport report,
             complete_report(store_, access_.provider(), connection, project, answer));
  return Finish([this, order, report, purchase, asked_for](StoreBatch& batch) -> Result<Decision> {
    PurchaseBook book(batch, ids_, grace_of(order.context.project.settings));
    PURSER_TRY(const auto before, book.find(purchase.customer.project, purchase.id));
    const bool active = before && before->status == domain::PurchaseStatus::kActive;
    if (asked_for && active) PURSER_CHECK_OK(book.record(*before, {*asked_for}));
    PURSER_CHECK_OK(apply_report(batch, book, purchase.customer.project, report));
    return decided_as_stored(batch, order.encode, purchase);
  });
}

Result<RemoteSubscription> Subscriptions::set_later_plan(const ProviderConnection& connection,
                                                         const RemoteSubscription& now,
                                                         const LaterPlan& plan,
                                                         const std::string& key) {
  PaymentProvider& provider = access_.provider();
  RemoteObjects remote(engine_, store_, provider, connection, plan.project);
  PlanChange change;
  change.subscription = now.id;
  change.item = now.item;
  PURSER_TRY(change.price, remote.price({plan.product, plan.catalog_version, plan.price,
                                         referenced_checkout(now.reference).str()}));
  change.quantity = plan.quantity.value();
  change.prorate = false;
  return provider.change_plan(connection.as, change, key);
}

Result<EngineReply> Subscriptions::cancel(const std::shared_ptr<const ProjectContext>& context,
                                          const std::optional<IdempotencyScope>& scope,
                                          const SubscriptionChoice& which, bool immediately,
                                          Encode encode) {
  return carry_out(scope, encode, [&](const Engine::Operation& operation) {
    return prepare_cancel({*context, operation, encode}, which, immediately);
  });
}

Result<Subscriptions::Prepared> Subscriptions::prepare_cancel(const Order& order,
                                                              const SubscriptionChoice& which,
                                                              bool immediately) {
  PURSER_TRY(const domain::Purchase purchase, look_up(order, which));
  if (!purchase.subscription) return one_time(ErrorCode::kSubscriptionNotCancelable, purchase);
  // Or a customer could take it again at once, with all of its allowance, as often as they like.
  if (immediately && which.from_client && domain::costs_nothing(purchase)) {
    return ends_with_its_period(purchase);
  }
  if (purchase.subscription->is_local()) {
    const auto change = [immediately](StoreBatch& batch, PurchaseBook& book,
                                      domain::Purchase& ending) -> Status {
      if (!ending.subscription) return one_time(ErrorCode::kSubscriptionNotCancelable, ending);
      PURSER_TRY(ending.subscription,
                 domain::cancel(*ending.subscription, immediately, batch.now()));
      return immediately ? book.record(ending, {TransactionKind::kCancel}) : Status();
    };
    return Prepared{{}, finish_local(order, which, change)};
  }
  return cancel_at_provider(order, which, immediately, purchase.subscription->remote_ref);
}

Result<Subscriptions::Prepared> Subscriptions::cancel_at_provider(const Order& order,
                                                                  const SubscriptionChoice& which,
                                                                  bool immediately,
                                                                  const std::string& ref) {
  PURSER_TRY(const ProviderConnection connection, access_.connect(order.context));
  auto alone = lock(ref);
  PURSER_TRY(const RemoteSubscription now, refresh(order.context, connection, ref));
  PURSER_TRY(const domain::Purchase purchase, look_up(order, which));
  // Of a resumed order: carried out, and written down by the next look at it.
  const bool over = purchase.status != domain::PurchaseStatus::kActive;
  if (over) return Prepared{std::move(alone), finish_unchanged(order, purchase)};
  PURSER_CHECK_OK(domain::cancel(*purchase.subscription, immediately, clock_.now()));
  PaymentProvider& provider = access_.provider();
  const std::string key = "purser-cancel-" + order.operation.id;
  if (immediately) {
    PURSER_CHECK_OK(provider.end_subscription(connection.as, ref, false, key));
    PURSER_TRY(const RemoteSubscription answer, provider.subscription(connection.as, ref));
    PURSER_TRY(Finish finish,
               finish_with(order, connection, purchase, answer, TransactionKind::kCancel));
    return Prepared{std::move(alone), std::move(finish)};
  }
  PURSER_TRY(RemoteSubscription answer,
             provider.set_cancel_at_period_end(connection.as, ref, true, key));
  if (purchase.subscription->pending) {
    // Afterwards, so that what gets no further is a cancellation all the same.
    PURSER_TRY(answer,
               set_later_plan(connection, now, LaterPlan::own_of(purchase), key + "-switch"));
  }
  PURSER_TRY(Finish finish, finish_with(order, connection, purchase, answer));
  return Prepared{std::move(alone), std::move(finish)};
}

Result<EngineReply> Subscriptions::resume(const std::shared_ptr<const ProjectContext>& context,
                                          const std::optional<IdempotencyScope>& scope,
                                          const SubscriptionChoice& which, Encode encode) {
  return carry_out(scope, encode, [&](const Engine::Operation& operation) {
    return prepare_resume({*context, operation, encode}, which);
  });
}

Result<Subscriptions::Prepared> Subscriptions::prepare_resume(const Order& order,
                                                              const SubscriptionChoice& which) {
  PURSER_TRY(domain::Purchase purchase, look_up(order, which));
  if (!purchase.subscription) return one_time(ErrorCode::kSubscriptionNotResumable, purchase);
  if (purchase.subscription->is_local()) {
    const auto change = [](StoreBatch& batch, PurchaseBook&, domain::Purchase& going) -> Status {
      if (!going.subscription) return one_time(ErrorCode::kSubscriptionNotResumable, going);
      PURSER_TRY(going.subscription, domain::resume(*going.subscription, batch.now()));
      return {};
    };
    return Prepared{{}, finish_local(order, which, change)};
  }
  const std::string ref = purchase.subscription->remote_ref;
  PURSER_TRY(const ProviderConnection connection, access_.connect(order.context));
  auto alone = lock(ref);
  PURSER_TRY(const RemoteSubscription now, refresh(order.context, connection, ref));
  PURSER_TRY(purchase, look_up(order, which));
  // Of a resumed order: carried out, and written down by the next look at it.
  const bool done = order.operation.resumed && goes_on(*purchase.subscription);
  if (done) return Prepared{std::move(alone), finish_unchanged(order, purchase)};
  PURSER_CHECK_OK(domain::resume(*purchase.subscription, clock_.now()));
  const std::string key = "purser-resume-" + order.operation.id;
  PaymentProvider& provider = access_.provider();
  Result<RemoteSubscription> answer =
      purchase.subscription->cancel_at_period_end
          ? provider.set_cancel_at_period_end(connection.as, ref, false, key)
          : set_later_plan(connection, now, LaterPlan::own_of(purchase), key);
  if (!answer) return std::move(answer).error();
  PURSER_TRY(Finish finish, finish_with(order, connection, purchase, *answer));
  return Prepared{std::move(alone), std::move(finish)};
}

}  // namespace purser::app
