#include <algorithm>
#include <utility>

#include "app/purchase_book.hpp"

// What passing time does to a customer's purchases.

namespace purser::app {
namespace {

constexpr Millis kMinute{60'000};
constexpr Millis kHour{3'600'000};
constexpr Millis kFirstLook{2 * kMinute.count};
constexpr Millis kLongAgo{30LL * 24 * kHour.count};

/// Something that ends a purchase or changes its plan, and so may concern others.
struct Event {
  std::size_t index = 0;
  Timestamp at;
  domain::Advance advance;
};

std::optional<Timestamp> instant_of(const domain::Advance& advance) {
  constexpr std::size_t kMost = 1'000;  // of domain::advance: there may be more behind them
  if (advance.ends) return advance.subscription.ended_at;
  if (advance.switch_due) return advance.switch_due->at;
  if (advance.renewals.size() >= kMost) return advance.renewals.back().at;
  return std::nullopt;
}

}  // namespace

Timestamp next_look(const domain::Subscription& subscription, Timestamp now) {
  using domain::SubscriptionStatus;
  // Since when something is to be heard that was not: the earliest of what is awaited.
  Timestamp awaited = subscription.current_period_end;
  const bool unpaid = subscription.paid_through < subscription.current_period_end;
  if (unpaid || subscription.status == SubscriptionStatus::kPastDue) {
    awaited = std::min(awaited, subscription.current_period_start);
  }
  if (subscription.switching) awaited = std::min(awaited, subscription.switching->at);
  const Millis age = now - awaited;
  if (age < kFirstLook) return awaited + kFirstLook;
  const Millis longest = age > kLongAgo ? Millis{6 * kHour.count} : kHour;
  return now + std::min(age, longest);
}

Result<std::vector<domain::Purchase>> PurchaseBook::owned(const CustomerKey& customer) {
  PURSER_CHECK_OK(apply_due(customer));
  PURSER_TRY(std::vector<domain::Purchase> active, batch_.owned(customer));
  return domain::owned_at(std::move(active), grace_, batch_.now());
}

Result<std::optional<domain::Purchase>> PurchaseBook::find(const ProjectId& project,
                                                           const PurchaseId& id) {
  PURSER_TRY(std::optional<domain::Purchase> found, batch_.purchase(project, id));
  if (!found || found->status != domain::PurchaseStatus::kActive) return found;
  PURSER_CHECK_OK(apply_due(found->customer));
  return batch_.purchase(project, id);
}

Status PurchaseBook::apply_due(const CustomerKey& customer) {
  const Timestamp now = batch_.now();
  for (;;) {
    PURSER_TRY(const std::vector<domain::Purchase> active, batch_.owned(customer));
    std::optional<Event> first;
    std::vector<std::pair<std::size_t, domain::Advance>> renewed;
    for (std::size_t i = 0; i < active.size(); ++i) {
      if (!active[i].subscription) continue;
      PURSER_TRY(const CalendarInterval interval, require_interval(active[i]));
      domain::Advance advance = domain::advance(*active[i].subscription, interval, now);
      const std::optional<Timestamp> at = instant_of(advance);
      if (at && (!first || *at < first->at)) first = Event{i, *at, advance};
      if (!at && !advance.renewals.empty()) renewed.emplace_back(i, std::move(advance));
    }
    // One purchase's end may be another's, so ends come in their order and before the periods of
    // those that go on.
    if (first) {
      PURSER_CHECK_OK(apply_event(active[first->index], first->advance));
      continue;
    }
    for (const auto& [index, advance] : renewed) {
      PURSER_CHECK_OK(apply_event(active[index], advance));
    }
    return {};
  }
}

Status PurchaseBook::apply_event(domain::Purchase purchase, const domain::Advance& advance) {
  PURSER_CHECK_OK(write_renewals(purchase, advance.renewals));
  const domain::Subscription before = *purchase.subscription;
  purchase.subscription = advance.subscription;
  if (advance.ends) {
    const Timestamp at = advance.subscription.ended_at.value_or(batch_.now());
    return end(std::move(purchase), at, false);
  }
  if (advance.switch_due) return apply_pending(std::move(purchase), *advance.switch_due);
  // Every change must be seen, or it would be due for ever.
  if (before == *purchase.subscription) return Error::internal("a renewal that renews nothing");
  return batch_.update_purchase(purchase, wake_of(purchase, std::nullopt));
}

Status PurchaseBook::apply_pending(domain::Purchase purchase,
                                   const domain::PendingSwitch& pending) {
  PURSER_TRY(const domain::SwitchPlan plan, plan_of(purchase, pending));
  domain::Purchase after =
      domain::switched(purchase, pending.product, pending.catalog_version, plan, pending.at);
  Status switched = switch_plan(purchase, std::move(after), std::nullopt, pending.at);
  if (switched || switched.error().code != ErrorCode::kQuantityOutOfRange) return switched;
  // The old plan goes on rather than that nothing of this customer works any more.
  purchase.subscription->pending.reset();
  PURSER_CHECK_OK(batch_.update_purchase(purchase, wake_of(purchase, std::nullopt)));
  return append_event(batch_, purchase.customer, "subscription.alarm",
                      {{"purchase_id", purchase.id.str()},
                       product_field(purchase),
                       {"subscription_ref", std::monostate{}},
                       {"reason", std::string("a balance would leave its range")}});
}

Status PurchaseBook::write_renewals(const domain::Purchase& purchase,
                                    const std::vector<domain::Renewal>& renewals) {
  for (const domain::Renewal& renewal : renewals) {
    PURSER_CHECK_OK(renewed(purchase, {TransactionKind::kRenewal}, renewal.at));
  }
  return {};
}

Status PurchaseBook::settle_add_ons(const CustomerKey& customer, const domain::Product* successor,
                                    Timestamp at, bool credit_unused) {
  for (;;) {
    PURSER_TRY(std::vector<domain::Purchase> active, batch_.owned(customer));
    const bool any = std::any_of(active.begin(), active.end(), [](const domain::Purchase& one) {
      return !one.product.is_add_on_to.empty();
    });
    if (!any) return {};
    const std::size_t real = active.size();
    if (successor != nullptr) {
      domain::Purchase& stand_in = active.emplace_back();
      stand_in.product = *successor;
      stand_in.customer = customer;
    }
    const std::vector<PurchaseId> orphans = domain::orphaned_add_ons(active);
    bool ended = false;
    for (std::size_t i = 0; i < real; ++i) {
      if (std::find(orphans.begin(), orphans.end(), active[i].id) == orphans.end()) continue;
      PURSER_CHECK_OK(end_alone(active[i], std::max(at, active[i].created_at), credit_unused));
      ended = true;
    }
    if (ended) continue;                  // an add-on may have been a base
    if (successor != nullptr) return {};  // their limits follow when it is opened
    for (const domain::Purchase& purchase : active) {
      if (purchase.product.is_add_on_to.empty()) continue;
      PURSER_TRY(const ItemChanges changes, decide_limits(purchase, batch_.now()));
      PURSER_CHECK_OK(write(purchase, changes));
    }
    return {};
  }
}

}  // namespace purser::app
