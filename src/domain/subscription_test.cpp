// A subscription's states, the access it gives, and what cancels and resumes it.

#include "domain/subscription.hpp"

#include <gtest/gtest.h>

#include <array>
#include <set>
#include <string>

namespace purser::domain {
namespace {

using Status = SubscriptionStatus;

constexpr CalendarInterval kMonthly{IntervalUnit::kMonth, 1};
constexpr Millis kDayLong{86'400'000};
constexpr Millis kGrace{7 * kDayLong.count};

Timestamp day(int n) {
  return Timestamp::parse_iso8601("2026-01-01T00:00:00Z").value() + Millis{n * kDayLong.count};
}
Status status(int i) { return static_cast<Status>(i); }
SubscriptionEvent event(int i) { return static_cast<SubscriptionEvent>(i); }

// A subscription at a provider whose period is days 0 to 31 and is paid.
Subscription remote(Status status = Status::kActive) {
  Subscription subscription;
  subscription.status = status;
  subscription.anchor = day(0);
  subscription.current_period_start = day(0);
  subscription.current_period_end = day(31);
  subscription.paid_through = day(31);
  subscription.remote_ref = "sub_1";
  return subscription;
}

PendingSwitch pending(Timestamp at) {
  PendingSwitch change;
  change.product.id = ProductId("pro");
  change.price = PriceId("monthly");
  change.quantity = Quantity::of(1).value();
  change.at = at;
  return change;
}

TEST(SubscriptionStates, EveryStatusAndEveryEvent) {
  struct Row {
    const char* from;
    // trial_started, paid, payment_failed, first_payment_expired, gave_up, paused, canceled
    std::array<const char*, kSubscriptionEventCount> to;
  };
  // "" where the event cannot happen.
  const std::array<Row, kSubscriptionStatusCount> rows = {{
      {"incomplete",
       {"trialing", "active", "incomplete", "incomplete_expired", "", "", "canceled"}},
      {"incomplete_expired", {"", "", "", "incomplete_expired", "", "", ""}},
      {"trialing", {"trialing", "active", "past_due", "", "", "paused", "canceled"}},
      {"active", {"trialing", "active", "past_due", "", "", "", "canceled"}},
      {"past_due", {"", "active", "past_due", "", "unpaid", "", "canceled"}},
      {"unpaid", {"", "active", "unpaid", "", "unpaid", "", "canceled"}},
      {"paused", {"", "active", "paused", "", "", "paused", "canceled"}},
      {"canceled", {"", "", "", "", "", "", "canceled"}},
  }};
  for (int s = 0; s < kSubscriptionStatusCount; ++s) {
    const Row& row = rows.at(static_cast<std::size_t>(s));
    ASSERT_EQ(to_string(status(s)), row.from);
    for (int e = 0; e < kSubscriptionEventCount; ++e) {
      const auto to = transition(status(s), event(e));
      EXPECT_EQ(to ? std::string(to_string(*to)) : "", row.to.at(static_cast<std::size_t>(e)))
          << row.from << " at event " << e;
    }
  }
}

TEST(SubscriptionStates, FinalOnesAreNeverLeft) {
  for (int s = 0; s < kSubscriptionStatusCount; ++s) {
    EXPECT_EQ(is_final(status(s)),
              status(s) == Status::kCanceled || status(s) == Status::kIncompleteExpired);
    for (int e = 0; e < kSubscriptionEventCount && is_final(status(s)); ++e) {
      EXPECT_EQ(transition(status(s), event(e)).value_or(status(s)), status(s));
    }
  }
}

TEST(SubscriptionStates, WhatIsReachableIsWhatSomeEventsLeadTo) {
  for (int from = 0; from < kSubscriptionStatusCount; ++from) {
    std::set<Status> seen = {status(from)};
    for (std::size_t before = 0; before != seen.size();) {
      before = seen.size();
      for (const Status reached : std::set<Status>(seen)) {
        for (int e = 0; e < kSubscriptionEventCount; ++e) {
          if (const auto to = transition(reached, event(e))) seen.insert(*to);
        }
      }
    }
    for (int to = 0; to < kSubscriptionStatusCount; ++to) {
      EXPECT_EQ(is_reachable(status(from), status(to)), seen.count(status(to)) == 1)
          << to_string(status(from)) << " to " << to_string(status(to));
    }
  }
}

TEST(SubscriptionStates, NobodyComesBackToBeforeTheFirstPayment) {
  EXPECT_TRUE(is_reachable(Status::kIncomplete, Status::kUnpaid));
  EXPECT_TRUE(is_reachable(Status::kUnpaid, Status::kActive));
  EXPECT_TRUE(is_reachable(Status::kCanceled, Status::kCanceled));
  EXPECT_FALSE(is_reachable(Status::kActive, Status::kIncomplete));
  EXPECT_FALSE(is_reachable(Status::kActive, Status::kIncompleteExpired));
  EXPECT_FALSE(is_reachable(Status::kCanceled, Status::kActive));
}

TEST(SubscriptionWords, RoundTrip) {
  for (int s = 0; s < kSubscriptionStatusCount; ++s) {
    EXPECT_EQ(parse_subscription_status(to_string(status(s))), status(s));
  }
  EXPECT_FALSE(parse_subscription_status("cancelled"));
  EXPECT_FALSE(parse_subscription_status(""));
}

TEST(Access, FollowsTheStatus) {
  for (int s = 0; s < kSubscriptionStatusCount; ++s) {
    const bool gives = status(s) == Status::kTrialing || status(s) == Status::kActive ||
                       status(s) == Status::kPastDue;
    EXPECT_EQ(gives_access(remote(status(s)), kGrace, day(1)), gives) << to_string(status(s));
    if (gives) {
      EXPECT_EQ(access_ends_at(remote(status(s)), kGrace), day(38)) << to_string(status(s));
    } else {
      EXPECT_EQ(access_ends_at(remote(status(s)), kGrace), Timestamp{}) << to_string(status(s));
    }
  }
}

TEST(Access, LastsUntilTheGraceAfterWhatIsPaidHasRunOut) {
  Subscription late = remote(Status::kPastDue);
  late.current_period_start = day(31);
  late.current_period_end = day(59);
  EXPECT_TRUE(gives_access(late, kGrace, day(38) + Millis{-1}));
  EXPECT_FALSE(gives_access(late, kGrace, day(38)));
  EXPECT_FALSE(gives_access(late, Millis{0}, day(31)));
  EXPECT_TRUE(gives_access(late, Millis{0}, day(31) + Millis{-1}));
  // The same when the provider calls it active already, before its renewal is paid.
  late.status = Status::kActive;
  EXPECT_FALSE(gives_access(late, kGrace, day(38)));
}

TEST(Access, ThereIsNoneBeforeMoney) {
  Subscription unpaid = remote();
  unpaid.paid_through = Timestamp{};
  EXPECT_FALSE(gives_access(unpaid, kGrace, day(0)));
}

TEST(Access, OfATrialLastsUntilItsEndAndTheGrace) {
  Subscription trial = remote(Status::kTrialing);
  trial.trial_end = day(31);
  trial.paid_through = Timestamp{};
  EXPECT_EQ(access_ends_at(trial, kGrace), day(38));
}

TEST(Access, OfOneThatIsToBeCanceledEndsWithItsPeriod) {
  Subscription canceling = remote();
  canceling.cancel_at_period_end = true;
  EXPECT_EQ(access_ends_at(canceling, kGrace), day(31));
  // Or sooner, when its period is not paid.
  canceling.status = Status::kPastDue;
  canceling.current_period_end = day(59);
  EXPECT_EQ(access_ends_at(canceling, kGrace), day(38));
  canceling.remote_ref.clear();
  EXPECT_EQ(access_ends_at(canceling, kGrace), day(59));
}

TEST(Access, OfALocalOneThatGoesOnNeverEnds) {
  const Subscription local = start_local(kMonthly, std::nullopt, day(0));
  EXPECT_EQ(access_ends_at(local, Millis{0}), std::nullopt);
  EXPECT_TRUE(gives_access(local, Millis{0}, day(10'000)));
}

TEST(Access, OfOneThatHasEndedEndedThen) {
  Subscription ended = remote(Status::kCanceled);
  ended.ended_at = day(5);
  EXPECT_EQ(access_ends_at(ended, kGrace), day(5));
  EXPECT_FALSE(gives_access(ended, kGrace, day(4)));
}

TEST(TermLimitsOf, AProvidersAreWhatIsPaid) {
  EXPECT_EQ(term_limits(remote(), kGrace), (TermLimits{day(31), day(38)}));
  Subscription ended = remote(Status::kCanceled);
  ended.ended_at = day(5);
  EXPECT_EQ(term_limits(ended, kGrace), (TermLimits{day(31), day(5)}));
}

TEST(TermLimitsOf, ALocalOneHasThemOnlyWhenItEnds) {
  Subscription local = start_local(kMonthly, std::nullopt, day(0));
  EXPECT_EQ(term_limits(local, kGrace), TermLimits{});
  local.cancel_at_period_end = true;
  EXPECT_EQ(term_limits(local, kGrace), (TermLimits{day(31), day(31)}));
}

TEST(Cancel, AtThePeriodsEndLeavesItRunning) {
  Subscription before = remote();
  before.pending = pending(day(31));
  const Subscription after = cancel(before, false, day(3)).value();
  EXPECT_TRUE(after.cancel_at_period_end);
  EXPECT_EQ(after.status, Status::kActive);
  EXPECT_FALSE(after.pending);
  EXPECT_FALSE(after.ended_at);
  EXPECT_EQ(cancel(after, false, day(4)).value(), after);
}

TEST(Cancel, ImmediatelyEndsItNow) {
  Subscription before = remote(Status::kPastDue);
  before.pending = pending(day(31));
  before.cancel_at_period_end = true;
  const Subscription after = cancel(before, true, day(3)).value();
  EXPECT_EQ(after.status, Status::kCanceled);
  EXPECT_EQ(after.ended_at, day(3));
  EXPECT_FALSE(after.pending);
  EXPECT_FALSE(after.cancel_at_period_end);
}

TEST(Cancel, OnlyWhatHasBegunAndNotEnded) {
  for (int s = 0; s < kSubscriptionStatusCount; ++s) {
    const bool possible = status(s) != Status::kIncomplete && !is_final(status(s));
    EXPECT_EQ(is_cancelable(remote(status(s)), day(3)), possible) << to_string(status(s));
    for (const bool immediately : {false, true}) {
      const auto canceled = cancel(remote(status(s)), immediately, day(3));
      ASSERT_EQ(canceled.has_value(), possible) << to_string(status(s));
      if (!possible) {
        EXPECT_EQ(canceled.error().code, ErrorCode::kSubscriptionNotCancelable);
      }
    }
  }
}

TEST(Cancel, NotOnceItsEndHasCome) {
  Subscription over = remote();
  over.cancel_at_period_end = true;
  EXPECT_TRUE(is_cancelable(over, day(31) + Millis{-1}));
  EXPECT_FALSE(is_cancelable(over, day(31)));
  EXPECT_FALSE(cancel(over, true, day(31)));
  over = remote();
  over.ended_at = day(2);
  EXPECT_FALSE(is_cancelable(over, day(3)));
}

TEST(Resume, CallsOffACancellation) {
  const Subscription canceled = cancel(remote(), false, day(3)).value();
  EXPECT_EQ(resume(canceled, day(4)).value(), remote());
}

TEST(Resume, CallsOffAPendingSwitch) {
  Subscription switching = remote();
  switching.pending = pending(day(31));
  EXPECT_EQ(resume(switching, day(4)).value(), remote());
}

TEST(Resume, NotWhenNothingWasToHappen) {
  for (int s = 0; s < kSubscriptionStatusCount; ++s) {
    EXPECT_EQ(resume(remote(status(s)), day(4)).error().code, ErrorCode::kSubscriptionNotResumable);
  }
}

TEST(Resume, NotWhenItsEndHasCome) {
  Subscription canceling = remote();
  canceling.cancel_at_period_end = true;
  EXPECT_TRUE(resume(canceling, day(31) + Millis{-1}));
  EXPECT_EQ(resume(canceling, day(31)).error().code, ErrorCode::kSubscriptionNotResumable);
  EXPECT_FALSE(resume(cancel(remote(), true, day(3)).value(), day(3)));
  Subscription switching = remote();
  switching.pending = pending(day(31));
  EXPECT_FALSE(resume(switching, day(31)));
}

}  // namespace
}  // namespace purser::domain
