#include <algorithm>

#include "tests/app/fake_provider.hpp"

// Subscriptions: their orders, and what time does to them.

namespace purser::app::testing {

using domain::SubscriptionStatus;

Result<RemoteSubscription*> FakeProvider::find_subscription(const std::string& id) {
  const auto found = subscriptions_.find(id);
  if (found == subscriptions_.end()) {
    return provider_refused("resource_missing", "No such subscription: '" + id + "'");
  }
  return &found->second;
}

Result<RemoteSubscription> FakeProvider::subscription(const ProviderCredentials& as,
                                                      const std::string& id) {
  return read<RemoteSubscription>(as, "subscription", [&]() -> Result<RemoteSubscription> {
    PURSER_TRY(const RemoteSubscription* found, find_subscription(id));
    return *found;
  });
}

Result<RemoteSubscription> FakeProvider::set_cancel_at_period_end(const ProviderCredentials& as,
                                                                  const std::string& subscription,
                                                                  bool cancel,
                                                                  const std::string& key) {
  const std::string parameters = subscription + (cancel ? "|cancel" : "|keep");
  return once<RemoteSubscription>(
      as, "set_cancel_at_period_end", key, parameters, [&]() -> Result<RemoteSubscription> {
        PURSER_TRY(RemoteSubscription * found, find_subscription(subscription));
        if (found->ended_at) {
          return provider_refused("resource_missing", "It has ended already.");
        }
        found->cancel_at_period_end = cancel;
        return *found;
      });
}

Status FakeProvider::end_subscription(const ProviderCredentials& as,
                                      const std::string& subscription, bool credit_unused,
                                      const std::string& key) {
  const std::string parameters = subscription + (credit_unused ? "|credit" : "");
  const auto done = once<bool>(as, "end_subscription", key, parameters, [&]() -> Result<bool> {
    PURSER_TRY(RemoteSubscription * found, find_subscription(subscription));
    if (found->ended_at) return true;
    if (credit_unused && found->status == SubscriptionStatus::kActive) {
      PURSER_TRY(const Money paid, found->unit_amount.times(found->quantity));
      const std::int64_t length = (found->current_period_end - found->current_period_start).count;
      const std::int64_t left = (found->current_period_end - now()).count;
      customers_[found->customer].credit += paid.minor_units() * left / length;
    }
    finish(*found, now());
    return true;
  });
  if (!done) return done.error();
  return {};
}

Status FakeProvider::end_trial(const ProviderCredentials& as, const std::string& subscription,
                               const std::string& key) {
  const auto done = once<bool>(as, "end_trial", key, subscription, [&]() -> Result<bool> {
    PURSER_TRY(RemoteSubscription * found, find_subscription(subscription));
    if (found->status != SubscriptionStatus::kTrialing) return true;
    found->trial_end = now();
    found->billing_anchor = now();
    found->current_period_end = now();
    next_period(*found);
    const bool paid = charge(add_period_invoice(*found, true));
    found->status = paid ? SubscriptionStatus::kActive : SubscriptionStatus::kPastDue;
    show_latest(*found);
    return true;
  });
  if (!done) return done.error();
  return {};
}

bool FakeProvider::next_period(RemoteSubscription& subscription) {
  if (subscription.cancel_at_period_end) {
    finish(subscription, subscription.current_period_end);
    return false;
  }
  const Timestamp begin = subscription.current_period_end;
  const CalendarInterval interval = *subscription.interval;
  const std::int64_t n = boundaries_until(subscription.billing_anchor, interval, begin);
  subscription.current_period_start = begin;
  subscription.current_period_end = nth_boundary(subscription.billing_anchor, interval, n + 1);
  return true;
}

void FakeProvider::finish(RemoteSubscription& subscription, Timestamp at) {
  subscription.status = SubscriptionStatus::kCanceled;
  subscription.ended_at = at;
}

void FakeProvider::renew(const std::string& subscription) {
  std::lock_guard lock(mutex_);
  RemoteSubscription& renewed = subscriptions_.at(subscription);
  if (!next_period(renewed)) return;
  const bool paid = charge(add_period_invoice(renewed, true));
  renewed.status = paid ? SubscriptionStatus::kActive : SubscriptionStatus::kPastDue;
  show_latest(renewed);
}

void FakeProvider::begin_period(const std::string& subscription) {
  std::lock_guard lock(mutex_);
  RemoteSubscription& renewed = subscriptions_.at(subscription);
  if (!next_period(renewed)) return;
  add_period_invoice(renewed, true).status = InvoiceStatus::kDraft;
  renewed.status = SubscriptionStatus::kActive;
  show_latest(renewed);
}

void FakeProvider::fail_renewal(const std::string& subscription) {
  std::lock_guard lock(mutex_);
  RemoteSubscription& renewed = subscriptions_.at(subscription);
  if (!next_period(renewed)) return;
  add_period_invoice(renewed, true);
  renewed.status = SubscriptionStatus::kPastDue;
  show_latest(renewed);
}

void FakeProvider::recover(const std::string& subscription) {
  std::lock_guard lock(mutex_);
  RemoteSubscription& recovered = subscriptions_.at(subscription);
  bool paid = true;
  for (RemoteInvoice& invoice : invoices_) {
    if (invoice.subscription == subscription && invoice.status != InvoiceStatus::kPaid) {
      paid = charge(invoice) && paid;
    }
  }
  if (paid) recovered.status = SubscriptionStatus::kActive;
  show_latest(recovered);
}

void FakeProvider::give_up(const std::string& subscription, SubscriptionStatus status) {
  std::lock_guard lock(mutex_);
  RemoteSubscription& lost = subscriptions_.at(subscription);
  if (status == SubscriptionStatus::kCanceled) return finish(lost, now());
  lost.status = status;
}

void FakeProvider::end(const std::string& subscription) {
  std::lock_guard lock(mutex_);
  finish(subscriptions_.at(subscription), now());
}

void FakeProvider::set_cancel(const std::string& subscription, bool at_period_end) {
  std::lock_guard lock(mutex_);
  subscriptions_.at(subscription).cancel_at_period_end = at_period_end;
}

void FakeProvider::run() {
  std::vector<std::string> due;
  for (;;) {
    due.clear();
    for (const RemoteSubscription& subscription : subscriptions()) {
      const bool over = !subscription.ended_at && subscription.current_period_end <= now();
      if (over) due.push_back(subscription.id);
    }
    if (due.empty()) return;
    for (const std::string& id : due) renew(id);
  }
}

void FakeProvider::edit_subscription(const std::string& id,
                                     const std::function<void(RemoteSubscription&)>& change) {
  std::lock_guard lock(mutex_);
  change(subscriptions_.at(id));
}

}  // namespace purser::app::testing
