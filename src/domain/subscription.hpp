#pragma once

// A subscription: its states as data, what access it gives, how its periods run, and what a change
// of plan does. Pure functions over values; thread-safe.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/catalog.hpp"
#include "domain/ledger.hpp"
#include "types/id.hpp"
#include "types/quantity.hpp"
#include "types/result.hpp"
#include "types/timestamp.hpp"

namespace purser::domain {

/// Source: https://docs.stripe.com/billing/subscriptions/overview#subscription-statuses
enum class SubscriptionStatus : std::uint8_t {
  kIncomplete = 0,         ///< created, first payment not made: no access
  kIncompleteExpired = 1,  ///< never paid; final
  kTrialing = 2,
  kActive = 3,
  kPastDue = 4,   ///< a renewal is not paid: access until the grace has run out
  kUnpaid = 5,    ///< given up asking for money, not ended: no access
  kPaused = 6,    ///< a trial ended without a payment method: no access
  kCanceled = 7,  ///< final
};
std::string_view to_string(SubscriptionStatus status);  ///< "incomplete_expired", "past_due", …
std::optional<SubscriptionStatus> parse_subscription_status(std::string_view text);

/// What can happen to a subscription's status.
enum class SubscriptionEvent : std::uint8_t {
  kTrialStarted = 0,
  kPaid = 1,           ///< the payment that was open succeeded, or nothing is to be paid
  kPaymentFailed = 2,  ///< a renewal's or a trial's first payment failed
  kFirstPaymentExpired = 3,
  kGaveUp = 4,  ///< dunning ended without ending the subscription
  kPaused = 5,
  kCanceled = 6,  ///< it ended, whoever ended it
};
inline constexpr int kSubscriptionStatusCount = 8;
inline constexpr int kSubscriptionEventCount = 7;

/// The legal transitions, one constexpr table; nothing for an event that cannot happen in that
/// state. Repeating the event that led to a state keeps it where that makes sense (paid while
/// active).
std::optional<SubscriptionStatus> transition(SubscriptionStatus from, SubscriptionEvent event);
/// Whether one or more events lead from a status to another: what a provider may report next after
/// what it reported before (events are lost and merged). The same status is reachable from itself;
/// nothing is reachable from a final one.
bool is_reachable(SubscriptionStatus from, SubscriptionStatus to);
bool is_final(SubscriptionStatus status);

/// A change of plan that waits for the end of the period; can be called off before.
struct PendingSwitch {
  Product product;  ///< snapshot
  std::int64_t catalog_version = 0;
  PriceId price;
  Quantity quantity;  ///< ≥ 1
  Timestamp at;       ///< the current_period_end at which it takes effect
  friend bool operator==(const PendingSwitch&, const PendingSwitch&) = default;
};

/// The subscription part of a purchase. The plan (product, price, quantity) stands in the purchase.
struct Subscription {
  SubscriptionStatus status = SubscriptionStatus::kActive;
  Timestamp anchor;  ///< its periods are counted from here: the sale's instant, or the trial's end,
                     ///< or the instant of a switch to another interval
  Timestamp current_period_start;
  Timestamp current_period_end;  ///< > current_period_start
  Timestamp paid_through;        ///< the end of the last period that is paid, free or trial; the
                                 ///< epoch: none yet
  std::optional<Timestamp> trial_end;
  bool cancel_at_period_end = false;
  std::optional<Timestamp> ended_at;
  std::optional<PendingSwitch> pending;
  /// A switch that was asked of the provider and whose outcome is not recorded yet; `at` is when it
  /// was asked. Blocks other switches until it is resolved. Never on a local subscription.
  std::optional<PendingSwitch> switching;
  std::string switching_id;  ///< base of its idempotency key; stays once the switch has succeeded
  std::string remote_ref;    ///< the provider's sub_…; empty: nobody pays (granted, test mode)
  friend bool operator==(const Subscription&, const Subscription&) = default;

  bool is_local() const { return remote_ref.empty(); }
};

/// A new subscription without a provider: active (or trialing) from `now`, its first period that of
/// `interval` (or the trial). Paid through: the period's end.
Subscription start_local(CalendarInterval interval, const std::optional<CalendarInterval>& trial,
                         Timestamp now);

/// When access ends if nobody is heard of any more: `ended_at` when it has ended; the epoch for a
/// status without access; for a local one, the period's end when it is to be canceled then, else
/// never (absent); for one with a provider, paid_through (current_period_end while trialing) +
/// `grace`, and not after the period's end when it is to be canceled then. `grace` ≥ 0 is the
/// project's past_due_grace_days.
std::optional<Timestamp> access_ends_at(const Subscription& subscription, Millis grace);
/// Whether it gives access at `now`.
bool gives_access(const Subscription& subscription, Millis grace, Timestamp now);
/// The limits of its items' terms: until = paid_through for one with a provider (absent for a local
/// one that goes on), ends_at = access_ends_at.
TermLimits term_limits(const Subscription& subscription, Millis grace);

/// One period of a local subscription that began.
struct Renewal {
  Timestamp at;  ///< the period's start
  Timestamp period_end;
  friend bool operator==(const Renewal&, const Renewal&) = default;
};
/// What passing time does to a local subscription by `now`, as it was due: periods begin, a trial
/// ends, a cancellation at the period's end or a pending switch comes due. Stops at the first of
/// the latter two, because they change more than the subscription.
struct Advance {
  Subscription subscription;
  std::vector<Renewal> renewals;            ///< oldest first; after 1,000 it stops: call it again
  bool ends = false;                        ///< canceled: status and ended_at are set
  std::optional<PendingSwitch> switch_due;  ///< taken out of the subscription; apply it at its `at`
};
/// `interval`: that of the current price. A subscription with a provider only ends (cancel at
/// period end) and loses its access; its periods advance by what the provider reports.
Advance advance(Subscription subscription, CalendarInterval interval, Timestamp now);
/// Like advance, for looking: periods and status as they are at `now`, without the events and
/// without applying a pending switch. Cheap however long ago it was last written.
Subscription as_of(Subscription subscription, CalendarInterval interval, Timestamp now);
/// When something is due that a worker should do in time (renewal, end, pending switch, loss of
/// access); absent: nothing until somebody is heard of. A loss of access by `since` is not told
/// again: when the subscription was last written or looked at.
std::optional<Timestamp> next_due(const Subscription& subscription, Millis grace,
                                  Timestamp since = {});

/// Cancels at the period's end, or now. Also drops a pending switch. Errors:
/// kSubscriptionNotCancelable when it has ended or never began.
Result<Subscription> cancel(Subscription subscription, bool immediately, Timestamp now);
/// Calls off what was to happen at the period's end: a cancellation or a pending switch. Errors:
/// kSubscriptionNotResumable when it has ended or nothing was to happen.
Result<Subscription> resume(Subscription subscription, Timestamp now);
/// Whether cancel() would do.
bool is_cancelable(const Subscription& subscription, Timestamp now);

/// Whether `to` costs less per day than `from`, both × their quantities, exactly: a month counts as
/// 146097/4800 days, a year as 146097/400. Different currencies never compare as lower.
bool is_downgrade(const Price& from, Quantity from_quantity, const Price& to, Quantity to_quantity);

}  // namespace purser::domain
