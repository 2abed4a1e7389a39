#include "domain/subscription.hpp"

#include <algorithm>
#include <array>

namespace purser::domain {
namespace {

using Status8 = std::array<std::optional<SubscriptionStatus>, kSubscriptionEventCount>;

// Whether one table entry is there, and all states that are reachable through it.
using Reach = std::array<std::array<bool, kSubscriptionStatusCount>, kSubscriptionStatusCount>;

constexpr auto kIncomplete = SubscriptionStatus::kIncomplete;
constexpr auto kExpired = SubscriptionStatus::kIncompleteExpired;
constexpr auto kTrialing = SubscriptionStatus::kTrialing;
constexpr auto kActive = SubscriptionStatus::kActive;
constexpr auto kPastDue = SubscriptionStatus::kPastDue;
constexpr auto kUnpaid = SubscriptionStatus::kUnpaid;
constexpr auto kPaused = SubscriptionStatus::kPaused;
constexpr auto kCanceled = SubscriptionStatus::kCanceled;
constexpr std::nullopt_t kNo = std::nullopt;

// One line per status, in its order; one column per SubscriptionEvent, in its order.
// Source: https://docs.stripe.com/billing/subscriptions/overview#subscription-lifecycle. A running
// subscription can be given a trial again; a failed payment of one that was given up or paused
// leaves it so.
// clang-format off
constexpr std::array<Status8, kSubscriptionStatusCount> kTransitions = {{
    //                        trial_started paid     payment_failed first_expired gave_up  paused   canceled
    /* incomplete         */ {kTrialing,    kActive, kIncomplete,   kExpired,     kNo,     kNo,     kCanceled},
    /* incomplete_expired */ {kNo,          kNo,     kNo,           kExpired,     kNo,     kNo,     kNo},
    /* trialing           */ {kTrialing,    kActive, kPastDue,      kNo,          kNo,     kPaused, kCanceled},
    /* active             */ {kTrialing,    kActive, kPastDue,      kNo,          kNo,     kNo,     kCanceled},
    /* past_due           */ {kNo,          kActive, kPastDue,      kNo,          kUnpaid, kNo,     kCanceled},
    /* unpaid             */ {kNo,          kActive, kUnpaid,       kNo,          kUnpaid, kNo,     kCanceled},
    /* paused             */ {kNo,          kActive, kPaused,       kNo,          kNo,     kPaused, kCanceled},
    /* canceled           */ {kNo,          kNo,     kNo,           kNo,          kNo,     kNo,     kCanceled},
}};
// clang-format on

constexpr std::size_t index(SubscriptionStatus status) { return static_cast<std::size_t>(status); }

// Warshall's transitive closure of the table, and every status itself.
constexpr Reach closure() {
  Reach reach{};
  for (std::size_t from = 0; from < kTransitions.size(); ++from) {
    reach[from][from] = true;
    for (const auto& to : kTransitions[from]) {
      if (to) reach[from][index(*to)] = true;
    }
  }
  for (std::size_t by = 0; by < reach.size(); ++by) {
    for (std::size_t from = 0; from < reach.size(); ++from) {
      for (std::size_t to = 0; to < reach.size(); ++to) {
        if (reach[from][by] && reach[by][to]) reach[from][to] = true;
      }
    }
  }
  return reach;
}
constexpr Reach kReach = closure();

bool has_begun(SubscriptionStatus status) { return status != kIncomplete && status != kExpired; }

// It has ended, or its end has come and was not recorded yet.
bool is_over(const Subscription& subscription, Timestamp now) {
  return is_final(subscription.status) || subscription.ended_at ||
         (subscription.cancel_at_period_end && subscription.current_period_end <= now);
}

}  // namespace

std::optional<SubscriptionStatus> transition(SubscriptionStatus from, SubscriptionEvent event) {
  return kTransitions.at(index(from)).at(static_cast<std::size_t>(event));
}

bool is_reachable(SubscriptionStatus from, SubscriptionStatus to) {
  return kReach.at(index(from)).at(index(to));
}

bool is_final(SubscriptionStatus status) { return status == kExpired || status == kCanceled; }

bool is_cancelable(const Subscription& subscription, Timestamp now) {
  return has_begun(subscription.status) && !is_over(subscription, now);
}

Result<Subscription> cancel(Subscription subscription, bool immediately, Timestamp now) {
  if (!is_cancelable(subscription, now)) {
    return Error(ErrorCode::kSubscriptionNotCancelable,
                 has_begun(subscription.status)
                     ? "The subscription has ended already."
                     : "The subscription never began, so there is nothing to cancel.",
                 {{"status", std::string(to_string(subscription.status))}});
  }
  subscription.pending.reset();
  if (immediately) {
    subscription.status = kCanceled;
    subscription.ended_at = now;
    subscription.cancel_at_period_end = false;
  } else {
    subscription.cancel_at_period_end = true;
  }
  return subscription;
}

Result<Subscription> resume(Subscription subscription, Timestamp now) {
  const bool switches_later = subscription.pending && subscription.pending->at > now;
  const bool to_call_off = subscription.cancel_at_period_end || switches_later;
  if (is_over(subscription, now) || !to_call_off) {
    return Error(ErrorCode::kSubscriptionNotResumable,
                 is_over(subscription, now)
                     ? "The subscription has ended; it can only be bought again."
                     : "The subscription goes on anyway; there is nothing to call off.",
                 {{"status", std::string(to_string(subscription.status))}});
  }
  subscription.cancel_at_period_end = false;
  if (switches_later) subscription.pending.reset();
  return subscription;
}

}  // namespace purser::domain
