#include <algorithm>

#include "tests/app/fake_provider.hpp"

// Changes of plan. Unused time is credited and the new plan's time charged by the millisecond,
// rounded down; another interval begins a new period now.

namespace purser::app::testing {

using domain::SubscriptionStatus;

Result<FakeProvider::Quote> FakeProvider::quote(const RemoteSubscription& subscription,
                                                const PlanChange& change) const {
  const auto price = prices_.find(change.price);
  if (price == prices_.end()) {
    return provider_refused("resource_missing", "No such price: '" + change.price + "'");
  }
  if (change.item != subscription.item) {
    return provider_refused("resource_missing", "No such item: '" + change.item + "'");
  }
  if (price->second.amount.currency() != subscription.unit_amount.currency()) {
    return provider_refused("currency_mismatch", "A subscription has one currency.");
  }
  Quote quote;
  quote.new_interval = price->second.interval != subscription.interval;
  if (!change.prorate) {
    if (!quote.new_interval) return quote;
    return provider_refused("parameter_invalid", "Another interval is charged at once.");
  }
  // Nothing was paid for a trial, and nothing is charged in it.
  if (subscription.status == SubscriptionStatus::kTrialing) return quote;
  const Timestamp at = change.asked_at.millis() > 0 ? change.asked_at : now();
  const std::int64_t length =
      (subscription.current_period_end - subscription.current_period_start).count;
  const std::int64_t left = std::max<std::int64_t>((subscription.current_period_end - at).count, 0);
  PURSER_TRY(const Money before, subscription.unit_amount.times(subscription.quantity));
  PURSER_TRY(const Money after, price->second.amount.times(change.quantity));
  quote.credit = before.minor_units() * left / length;
  quote.debit = quote.new_interval ? after.minor_units() : after.minor_units() * left / length;
  return quote;
}

Result<RemoteSubscription> FakeProvider::change_plan(const ProviderCredentials& as,
                                                     const PlanChange& change,
                                                     const std::string& key) {
  const std::string parameters = change.subscription + "|" + change.item + "|" + change.price +
                                 "|" + std::to_string(change.quantity) + "|" +
                                 (change.prorate ? "prorate" : "later") + "|" +
                                 std::to_string(change.asked_at.millis());
  return once<RemoteSubscription>(as, "change_plan", key, parameters,
                                  [&] { return apply_plan(change); });
}

Result<RemoteSubscription> FakeProvider::apply_plan(const PlanChange& change) {
  PURSER_TRY(RemoteSubscription * found, find_subscription(change.subscription));
  if (found->ended_at) return provider_refused("resource_missing", "It has ended already.");
  PURSER_TRY(const Quote asked, quote(*found, change));
  const bool costs = asked.debit - asked.credit > customers_[found->customer].credit;
  if (costs && !has_method(*found)) return payment_declined("no_payment_method");
  if (costs && customers_[found->customer].declines) return payment_declined("card_declined");
  const Price& price = prices_.at(change.price);
  found->price = change.price;
  found->quantity = change.quantity;
  found->unit_amount = price.amount;
  found->interval = price.interval;
  const bool restarts = asked.new_interval && found->status != SubscriptionStatus::kTrialing;
  if (restarts) {
    found->billing_anchor = now();
    found->current_period_start = now();
    found->current_period_end = nth_boundary(now(), *price.interval, 1);
  }
  if (asked.debit != 0 || asked.credit != 0) {
    RemoteInvoice& invoice = add_invoice(*found, asked.debit - asked.credit, false);
    if (restarts) {
      invoice.period_start = found->current_period_start;
      invoice.period_end = found->current_period_end;
    }
    charge(invoice);
    show_latest(*found);
  }
  return *found;
}

Result<PlanPreview> FakeProvider::preview_plan(const ProviderCredentials& as,
                                               const PlanChange& change) {
  return read<PlanPreview>(as, "preview_plan", [&]() -> Result<PlanPreview> {
    PURSER_TRY(const RemoteSubscription* found, find_subscription(change.subscription));
    PURSER_TRY(const Quote asked, quote(*found, change));
    const Price& price = prices_.at(change.price);
    const Currency currency = price.amount.currency();
    const std::int64_t credit = customers_[found->customer].credit;
    const std::int64_t due = std::max<std::int64_t>(asked.debit - asked.credit - credit, 0);
    PlanPreview preview;
    preview.due_now = Money(due, currency);
    PURSER_TRY(preview.next_renewal, price.amount.times(change.quantity));
    preview.next_renewal_at =
        asked.new_interval ? nth_boundary(now(), *price.interval, 1) : found->current_period_end;
    if (asked.credit != 0) {
      preview.lines.push_back(
          {"Unused time", -asked.credit, true, now(), found->current_period_end});
    }
    if (asked.debit != 0) {
      preview.lines.push_back(
          {"Remaining time", asked.debit, !asked.new_interval, now(), preview.next_renewal_at});
    }
    return preview;
  });
}

}  // namespace purser::app::testing
