#include "app/purchase_book.hpp"

#include <algorithm>
#include <utility>

namespace purser::app {
namespace {

using domain::SubscriptionStatus;

constexpr Millis kDay{24LL * 3'600'000};

/// Whether it goes on at the provider unless somebody ends it there.
bool runs_at_provider(const domain::Purchase& purchase, Timestamp at) {
  if (!purchase.subscription) return false;
  const domain::Subscription& subscription = *purchase.subscription;
  if (subscription.is_local() || domain::is_final(subscription.status)) return false;
  const bool ends_by_itself =
      subscription.cancel_at_period_end && at >= subscription.current_period_end;
  return !ends_by_itself;
}

/// Whether time that was paid is left of it: only that may become a credit.
bool has_paid_time_left(const domain::Purchase& purchase, Timestamp at) {
  if (!purchase.subscription) return false;
  const domain::Subscription& subscription = *purchase.subscription;
  return subscription.status == SubscriptionStatus::kActive && at < subscription.paid_through &&
         subscription.paid_through >= subscription.current_period_end;
}

EventField instant(std::string_view name, Timestamp at) { return {name, at.to_iso8601()}; }

}  // namespace

Millis grace_of(const ProjectSettings& settings) {
  return {settings.past_due_grace_days * kDay.count};
}

Result<CalendarInterval> require_interval(const domain::Purchase& purchase) {
  const std::optional<CalendarInterval> interval = domain::interval_of(purchase);
  if (interval) return *interval;
  return Error::internal("subscription " + purchase.id.str() + " has no price with an interval");
}

Result<domain::SwitchPlan> plan_of(const domain::Purchase& purchase,
                                   const domain::PendingSwitch& change) {
  const domain::Price* to = change.product.find_price(change.price);
  if (to == nullptr) return Error::internal("a change of plan to a price that is not there");
  const domain::Price* from =
      purchase.price ? purchase.product.find_price(*purchase.price) : nullptr;
  const bool same = from != nullptr && from->interval == to->interval &&
                    from->amount.currency() == to->amount.currency();
  return domain::SwitchPlan{*to, change.quantity, !same, false};
}

EventField product_field(const domain::Purchase& purchase) {
  if (purchase.product.is_inline()) return {"product_id", std::monostate{}};
  return {"product_id", purchase.product.id.str()};
}

std::optional<Timestamp> PurchaseBook::wake_of(const domain::Purchase& purchase,
                                               std::optional<Timestamp> look) const {
  const bool runs = purchase.subscription && purchase.status == domain::PurchaseStatus::kActive;
  if (!runs) return std::nullopt;
  const domain::Subscription& subscription = *purchase.subscription;
  if (!look && !subscription.is_local()) look = next_look(subscription, batch_.now());
  std::optional<Timestamp> due = domain::next_due(subscription, grace_, batch_.now());
  // What was due by now has been done; to be woken for it again would never end.
  if (due && *due <= batch_.now()) due.reset();
  if (!due || !look) return due ? due : look;
  return std::min(*due, *look);
}

Status PurchaseBook::open(const domain::Purchase& purchase, const TransactionNote& note) {
  // Everything is decided before the first write, so that a refusal can be answered otherwise.
  PURSER_TRY(const ItemChanges grants, decide_grants(purchase));
  PURSER_CHECK_OK(batch_.insert_purchase(purchase, wake_of(purchase, std::nullopt)));
  PURSER_CHECK_OK(write(purchase, grants));
  PURSER_CHECK_OK(record(purchase, note));
  PURSER_CHECK_OK(append_event(batch_, purchase.customer, "purchase.created",
                               {{"purchase_id", purchase.id.str()},
                                product_field(purchase),
                                {"quantity", purchase.quantity.value()},
                                {"origin", std::string(to_string(purchase.origin))}}));
  // It may be the base that lets an add-on go on for longer.
  return settle_add_ons(purchase.customer, nullptr, batch_.now(), false);
}

Status PurchaseBook::replace_for(const domain::Product& product, const CustomerKey& customer) {
  PURSER_CHECK_OK(apply_due(customer));
  // Also one that gives no access at the moment: it could come back beside the new one.
  PURSER_TRY(const std::vector<domain::Purchase> active, batch_.owned(customer));
  const std::vector<PurchaseId> replaced = domain::replaced_by(product, active);
  bool any = false;
  for (const domain::Purchase& purchase : active) {
    const bool of_line = std::find(replaced.begin(), replaced.end(), purchase.id) != replaced.end();
    // One of a once-only product that is sold again can only be one without access.
    const bool of_product = purchase.subscription && !product.stackable && !product.is_inline() &&
                            purchase.product.id == product.id;
    if (!of_line && !of_product) continue;
    any = true;
    PURSER_CHECK_OK(end_alone(purchase, batch_.now(), true));
  }
  return any ? settle_add_ons(customer, &product, batch_.now(), true) : Status();
}

Status PurchaseBook::update(domain::Purchase purchase, std::optional<Timestamp> wake_at) {
  if (!purchase.subscription) return Error::internal("only subscriptions are updated");
  PURSER_TRY(const std::optional<domain::Purchase> before,
             batch_.purchase(purchase.customer.project, purchase.id));
  if (!before || before->status != domain::PurchaseStatus::kActive) {
    return Error::internal("purchase " + purchase.id.str() + " is not there to be updated");
  }
  const Timestamp now = batch_.now();
  domain::Subscription& subscription = *purchase.subscription;
  if (domain::is_final(subscription.status)) {
    const Timestamp at = std::min(subscription.ended_at.value_or(now), now);
    return end(std::move(purchase), at, false);
  }
  if (subscription.cancel_at_period_end && subscription.current_period_end <= now) {
    const Timestamp at = subscription.current_period_end;
    return end(std::move(purchase), at, false);
  }
  PURSER_TRY(const ItemChanges limits, decide_limits(purchase, now));
  PURSER_CHECK_OK(write(purchase, limits));
  PURSER_CHECK_OK(batch_.update_purchase(purchase, wake_of(purchase, wake_at)));
  PURSER_CHECK_OK(tell_changes(*before, purchase));
  return settle_add_ons(purchase.customer, nullptr, now, false);
}

Status PurchaseBook::tell_changes(const domain::Purchase& before, const domain::Purchase& after) {
  const domain::Subscription& old = *before.subscription;
  const domain::Subscription& now = *after.subscription;
  if (now.cancel_at_period_end && !old.cancel_at_period_end) {
    PURSER_CHECK_OK(record(after, {TransactionKind::kCancel}));
  }
  const bool called_off = (old.cancel_at_period_end && !now.cancel_at_period_end) ||
                          (old.pending && !now.pending && !now.cancel_at_period_end);
  if (called_off) PURSER_CHECK_OK(record(after, {TransactionKind::kResume}));
  const bool visible = old.status != now.status || old.pending != now.pending ||
                       old.cancel_at_period_end != now.cancel_at_period_end ||
                       old.current_period_end != now.current_period_end;
  if (!visible) return {};
  return append_event(batch_, after.customer, "subscription.updated",
                      {{"purchase_id", after.id.str()},
                       product_field(after),
                       {"status", std::string(to_string(now.status))},
                       instant("current_period_end", now.current_period_end),
                       {"cancel_at_period_end", now.cancel_at_period_end},
                       {"pending_switch", now.pending.has_value()}});
}

Status PurchaseBook::reschedule(const domain::Purchase& purchase) {
  return batch_.update_purchase(purchase, wake_of(purchase, std::nullopt));
}

Status PurchaseBook::renewed(const domain::Purchase& purchase, const TransactionNote& note,
                             Timestamp at) {
  PURSER_CHECK_OK(record(purchase, note, at));
  return append_event(
      batch_, purchase.customer, "subscription.renewed",
      {{"purchase_id", purchase.id.str()}, product_field(purchase), instant("period_start", at)});
}

Status PurchaseBook::check_switch(const domain::Purchase& before, const domain::Purchase& after) {
  PURSER_CHECK_OK(decide_switch(before, after, batch_.now()));
  return {};
}

Status PurchaseBook::switch_plan(const domain::Purchase& before, domain::Purchase after,
                                 const std::optional<Money>& charged, std::optional<Timestamp> at) {
  const Timestamp when = std::min(at.value_or(batch_.now()), batch_.now());
  PURSER_TRY(const ItemChanges changes, decide_switch(before, after, when));
  PURSER_CHECK_OK(write(after, changes));
  PURSER_CHECK_OK(batch_.update_purchase(after, wake_of(after, std::nullopt)));
  PURSER_CHECK_OK(record(after, {TransactionKind::kSwitch, charged, {}}, when));
  const EventField from = {"from_product_id", before.product.id.str()};
  PURSER_CHECK_OK(append_event(batch_, after.customer, "subscription.switched",
                               {{"purchase_id", after.id.str()},
                                from,
                                product_field(after),
                                {"price_id", after.price->str()},
                                {"quantity", after.quantity.value()}}));
  PURSER_CHECK_OK(settle_add_ons(after.customer, nullptr, when, true));
  if (when == batch_.now()) return {};
  // What became due of the new plan since then.
  PURSER_TRY(const ItemChanges due, decide_limits(after, batch_.now()));
  return write(after, due);
}

Status PurchaseBook::end(domain::Purchase purchase, Timestamp at, bool credit_unused) {
  const CustomerKey customer = purchase.customer;
  const Timestamp when = std::min(at, batch_.now());
  PURSER_CHECK_OK(end_alone(std::move(purchase), when, credit_unused));
  return settle_add_ons(customer, nullptr, when, credit_unused);
}

Status PurchaseBook::end_alone(domain::Purchase purchase, Timestamp at, bool credit_unused) {
  const bool runs = runs_at_provider(purchase, at);
  const bool credit = credit_unused && has_paid_time_left(purchase, at);
  if (purchase.subscription) {
    domain::Subscription& subscription = *purchase.subscription;
    if (subscription.is_local() && !domain::is_final(subscription.status)) {
      // Its periods up to the end happened; one that would begin with it did not.
      PURSER_TRY(const CalendarInterval interval, require_interval(purchase));
      const domain::Advance advance = domain::advance(subscription, interval, at + Millis{-1});
      PURSER_CHECK_OK(write_renewals(purchase, advance.renewals));
      subscription = advance.subscription;
    }
    if (!domain::is_final(subscription.status)) subscription.status = SubscriptionStatus::kCanceled;
    if (!subscription.ended_at) subscription.ended_at = at;
    subscription.pending.reset();
    subscription.switching.reset();
    subscription.switching_id.clear();
  }
  purchase.status = domain::PurchaseStatus::kEnded;
  PURSER_TRY(const ItemChanges changes, decide(purchase, [&](domain::ItemAccount account) {
               return domain::end_source(std::move(account), purchase.id, at);
             }));
  PURSER_CHECK_OK(write(purchase, changes));
  PURSER_CHECK_OK(batch_.update_purchase(purchase, std::nullopt));
  PURSER_CHECK_OK(record(purchase, {TransactionKind::kEnd}, at));
  PURSER_CHECK_OK(append_event(
      batch_, purchase.customer, "purchase.ended",
      {{"purchase_id", purchase.id.str()}, product_field(purchase), instant("ended_at", at)}));
  if (!runs) return {};
  return intend(purchase.customer.project, "purser-end-" + purchase.id.str(),
                credit ? kEndSubscriptionWithCredit : kEndSubscription,
                purchase.subscription->remote_ref);
}

Status PurchaseBook::record(const domain::Purchase& purchase, const TransactionNote& note,
                            std::optional<Timestamp> at) {
  Transaction transaction;
  transaction.id = TransactionId(ids_.unique_id());
  transaction.customer = purchase.customer;
  transaction.kind = note.kind;
  transaction.purchase = purchase.id;
  transaction.amount = note.amount;
  transaction.payment_ref = note.payment_ref;
  transaction.product_id = purchase.product.id.str();
  transaction.at = at.value_or(batch_.now());
  return batch_.insert_transaction(transaction);
}

Status PurchaseBook::intend(const ProjectId& project, std::string id, std::string_view kind,
                            std::string subject) {
  return app::intend(batch_, project, std::move(id), kind, std::move(subject));
}

Status intend(StoreBatch& batch, const ProjectId& project, std::string id, std::string_view kind,
              std::string subject) {
  Intention intention;
  intention.id = std::move(id);
  intention.project = project;
  intention.kind = std::string(kind);
  intention.subject = std::move(subject);
  intention.next_at = batch.now();
  Status inserted = batch.insert_intention(intention);
  if (!inserted && inserted.error().code == ErrorCode::kAlreadyExists) return {};
  return inserted;
}

}  // namespace purser::app
