#include <algorithm>
#include <utility>

#include "domain/subscription.hpp"

namespace purser::domain {
namespace {

constexpr std::size_t kMaxRenewalsAtOnce = 1000;

bool has_access_status(SubscriptionStatus status) {
  return status == SubscriptionStatus::kTrialing || status == SubscriptionStatus::kActive ||
         status == SubscriptionStatus::kPastDue;
}

bool runs(const Subscription& subscription) {
  return has_access_status(subscription.status) && !subscription.ended_at;
}

void end_at_period_end(Subscription& subscription) {
  subscription.status = SubscriptionStatus::kCanceled;
  subscription.ended_at = subscription.current_period_end;
}

// The period of a local subscription in which `at` lies; not before its current period's end.
void enter_period(Subscription& subscription, CalendarInterval interval, Timestamp at) {
  subscription.status = SubscriptionStatus::kActive;
  const std::int64_t n = boundaries_until(subscription.anchor, interval, at);
  subscription.current_period_start = nth_boundary(subscription.anchor, interval, n);
  subscription.current_period_end = nth_boundary(subscription.anchor, interval, n + 1);
  subscription.paid_through = subscription.current_period_end;
}

// Whether periods can still begin; none does at the end of the calendar.
bool period_is_over(const Subscription& subscription, Timestamp now) {
  return subscription.current_period_end <= now &&
         subscription.current_period_end.millis() < Timestamp::kMaxMillis;
}

bool cancels_by(const Subscription& subscription, Timestamp now) {
  return subscription.cancel_at_period_end && subscription.current_period_end <= now;
}

void keep_sooner(std::optional<Timestamp>& soonest, std::optional<Timestamp> at) {
  if (at && (!soonest || *at < *soonest)) soonest = at;
}

}  // namespace

Subscription start_local(CalendarInterval interval, const std::optional<CalendarInterval>& trial,
                         Timestamp now) {
  Subscription subscription;
  subscription.current_period_start = now;
  if (trial) {
    subscription.status = SubscriptionStatus::kTrialing;
    subscription.trial_end = nth_boundary(now, *trial, 1);
    subscription.anchor = *subscription.trial_end;
    subscription.current_period_end = *subscription.trial_end;
  } else {
    subscription.anchor = now;
    subscription.current_period_end = nth_boundary(now, interval, 1);
  }
  subscription.paid_through = subscription.current_period_end;
  return subscription;
}

std::optional<Timestamp> access_ends_at(const Subscription& subscription, Millis grace) {
  if (subscription.ended_at) return subscription.ended_at;
  if (!has_access_status(subscription.status)) return Timestamp{};
  std::optional<Timestamp> ends;
  if (subscription.cancel_at_period_end) ends = subscription.current_period_end;
  if (subscription.is_local()) return ends;
  const bool trialing = subscription.status == SubscriptionStatus::kTrialing;
  keep_sooner(ends,
              (trialing ? subscription.current_period_end : subscription.paid_through) + grace);
  return ends;
}

bool gives_access(const Subscription& subscription, Millis grace, Timestamp now) {
  if (!has_access_status(subscription.status)) return false;
  const auto ends = access_ends_at(subscription, grace);
  return !ends || now < *ends;
}

TermLimits term_limits(const Subscription& subscription, Millis grace) {
  TermLimits limits;
  limits.ends_at = access_ends_at(subscription, grace);
  const bool goes_on = subscription.is_local() && !limits.ends_at;
  if (!goes_on) limits.until = subscription.paid_through;
  return limits;
}

Advance advance(Subscription subscription, CalendarInterval interval, Timestamp now) {
  Advance result;
  while (runs(subscription) && result.renewals.size() < kMaxRenewalsAtOnce) {
    if (cancels_by(subscription, now)) {
      end_at_period_end(subscription);
      result.ends = true;
      break;
    }
    if (!subscription.is_local()) break;
    const auto& pending = subscription.pending;
    if (pending && pending->at <= std::min(now, subscription.current_period_end)) {
      result.switch_due = std::exchange(subscription.pending, std::nullopt);
      break;
    }
    if (!period_is_over(subscription, now)) break;
    enter_period(subscription, interval, subscription.current_period_end);
    result.renewals.push_back({subscription.current_period_start, subscription.current_period_end});
  }
  result.subscription = std::move(subscription);
  return result;
}

Subscription as_of(Subscription subscription, CalendarInterval interval, Timestamp now) {
  if (!runs(subscription)) return subscription;
  if (cancels_by(subscription, now)) {
    end_at_period_end(subscription);
  } else if (subscription.is_local() && period_is_over(subscription, now)) {
    enter_period(subscription, interval, now);
  }
  return subscription;
}

std::optional<Timestamp> next_due(const Subscription& subscription, Millis grace, Timestamp since) {
  if (!runs(subscription)) return std::nullopt;
  std::optional<Timestamp> soonest;
  if (subscription.is_local() || subscription.cancel_at_period_end) {
    soonest = subscription.current_period_end;
  }
  if (subscription.pending) keep_sooner(soonest, subscription.pending->at);
  const auto access_ends = access_ends_at(subscription, grace);
  if (access_ends && *access_ends > since) keep_sooner(soonest, access_ends);
  return soonest;
}

}  // namespace purser::domain
