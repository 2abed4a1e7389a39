// What passing time does to subscriptions.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "domain/subscription.hpp"

namespace purser::domain {
namespace {

using Status = SubscriptionStatus;

constexpr CalendarInterval kMonthly{IntervalUnit::kMonth, 1};
constexpr CalendarInterval kTwoWeeks{IntervalUnit::kWeek, 2};
constexpr Millis kGrace{7 * std::int64_t{86'400'000}};

Timestamp at(std::string_view text) { return Timestamp::parse_iso8601(text).value(); }
const Timestamp kJan31 = at("2026-01-31T10:00:00Z");
const Timestamp kFeb28 = at("2026-02-28T10:00:00Z");
const Timestamp kMar31 = at("2026-03-31T10:00:00Z");
const Timestamp kApr30 = at("2026-04-30T10:00:00Z");
const Timestamp kEndOfCalendar = Timestamp::from_millis(Timestamp::kMaxMillis).value();

Subscription remote() {
  Subscription subscription = start_local(kMonthly, std::nullopt, kJan31);
  subscription.remote_ref = "sub_1";
  return subscription;
}

PendingSwitch pending(Timestamp at) {
  PendingSwitch change;
  change.product.id = ProductId("pro");
  change.price = PriceId("yearly");
  change.quantity = Quantity::of(1).value();
  change.at = at;
  return change;
}

TEST(StartLocal, IsPaidForItsFirstPeriod) {
  const Subscription local = start_local(kMonthly, std::nullopt, kJan31);
  EXPECT_EQ(local.status, Status::kActive);
  EXPECT_EQ(local.anchor, kJan31);
  EXPECT_EQ(local.current_period_start, kJan31);
  EXPECT_EQ(local.current_period_end, kFeb28);
  EXPECT_EQ(local.paid_through, kFeb28);
  EXPECT_FALSE(local.trial_end);
  EXPECT_TRUE(local.is_local());
  EXPECT_FALSE(remote().is_local());
}

TEST(StartLocal, WithATrialCountsItsPeriodsFromTheTrialsEnd) {
  const Subscription trial = start_local(kMonthly, kTwoWeeks, kJan31);
  const Timestamp end = at("2026-02-14T10:00:00Z");
  EXPECT_EQ(trial.status, Status::kTrialing);
  EXPECT_EQ(trial.trial_end, end);
  EXPECT_EQ(trial.anchor, end);
  EXPECT_EQ(trial.current_period_start, kJan31);
  EXPECT_EQ(trial.current_period_end, end);
  EXPECT_EQ(trial.paid_through, end);
}

TEST(Advance, BeginsEachPeriodOnceOnItsAnchoredDay) {
  const Advance due = advance(start_local(kMonthly, {}, kJan31), kMonthly, kApr30);
  EXPECT_EQ(due.renewals,
            (std::vector<Renewal>{
                {kFeb28, kMar31}, {kMar31, kApr30}, {kApr30, at("2026-05-31T10:00:00Z")}}));
  EXPECT_EQ(due.subscription.current_period_start, kApr30);
  EXPECT_EQ(due.subscription.paid_through, due.subscription.current_period_end);
  EXPECT_EQ(due.subscription.anchor, kJan31);
  EXPECT_FALSE(due.ends);
  EXPECT_TRUE(advance(due.subscription, kMonthly, kApr30).renewals.empty());
}

TEST(Advance, NothingIsDueWithinThePeriod) {
  const Subscription local = start_local(kMonthly, {}, kJan31);
  const Advance due = advance(local, kMonthly, kFeb28 + Millis{-1});
  EXPECT_EQ(due.subscription, local);
  EXPECT_TRUE(due.renewals.empty());
}

TEST(Advance, ATrialBecomesActiveAtItsEnd) {
  const Subscription trial = start_local(kMonthly, kTwoWeeks, kJan31);
  EXPECT_EQ(advance(trial, kMonthly, *trial.trial_end + Millis{-1}).subscription, trial);
  const Advance due = advance(trial, kMonthly, *trial.trial_end);
  EXPECT_EQ(due.subscription.status, Status::kActive);
  EXPECT_EQ(due.renewals, (std::vector<Renewal>{{*trial.trial_end, at("2026-03-14T10:00:00Z")}}));
}

TEST(Advance, ACancellationEndsItAtThePeriodsEndHoweverLate) {
  for (Subscription canceling : {start_local(kMonthly, {}, kJan31), remote()}) {
    canceling.cancel_at_period_end = true;
    EXPECT_FALSE(advance(canceling, kMonthly, kFeb28 + Millis{-1}).ends);
    const Advance due = advance(canceling, kMonthly, kApr30);
    EXPECT_TRUE(due.ends);
    EXPECT_TRUE(due.renewals.empty());
    EXPECT_EQ(due.subscription.status, Status::kCanceled);
    EXPECT_EQ(due.subscription.ended_at, kFeb28);
    EXPECT_FALSE(advance(due.subscription, kMonthly, kApr30).ends);
  }
}

TEST(Advance, StopsAtASwitchThatComesDue) {
  Subscription local = start_local(kMonthly, {}, kJan31);
  local.pending = pending(kMar31);
  const Advance first = advance(local, kMonthly, kApr30);
  EXPECT_EQ(first.renewals.size(), 1u);
  EXPECT_EQ(first.switch_due, local.pending);
  EXPECT_FALSE(first.subscription.pending);
  EXPECT_EQ(first.subscription.current_period_end, kMar31);
  const Advance second = advance(first.subscription, kMonthly, kApr30);
  EXPECT_EQ(second.renewals.size(), 2u);
  EXPECT_FALSE(second.switch_due);
}

TEST(Advance, ASwitchIsNotDueBeforeItsTime) {
  Subscription local = start_local(kMonthly, {}, kJan31);
  local.pending = pending(kFeb28);
  EXPECT_FALSE(advance(local, kMonthly, kFeb28 + Millis{-1}).switch_due);
  EXPECT_TRUE(advance(local, kMonthly, kFeb28).switch_due);
}

TEST(Advance, AProvidersPeriodsAndSwitchesAreLeftToIt) {
  Subscription other = remote();
  other.pending = pending(kFeb28);
  const Advance due = advance(other, kMonthly, kApr30);
  EXPECT_EQ(due.subscription, other);
  EXPECT_TRUE(due.renewals.empty());
  EXPECT_FALSE(due.switch_due);
}

TEST(Advance, WhatDoesNotRunStaysAsItIs) {
  for (const Status status : {Status::kIncomplete, Status::kIncompleteExpired, Status::kUnpaid,
                              Status::kPaused, Status::kCanceled}) {
    Subscription stopped = start_local(kMonthly, {}, kJan31);
    stopped.status = status;
    stopped.cancel_at_period_end = true;
    EXPECT_EQ(advance(stopped, kMonthly, kApr30).subscription, stopped);
    EXPECT_EQ(as_of(stopped, kMonthly, kApr30), stopped);
    EXPECT_EQ(next_due(stopped, kGrace), std::nullopt);
  }
}

TEST(Advance, StopsAfterAThousandRenewals) {
  const CalendarInterval daily{IntervalUnit::kDay, 1};
  const Timestamp now = kJan31 + Millis{2500 * std::int64_t{86'400'000}};
  Subscription local = start_local(daily, {}, kJan31);
  std::vector<std::size_t> rounds;
  for (;;) {
    const Advance due = advance(local, daily, now);
    if (due.renewals.empty()) break;
    rounds.push_back(due.renewals.size());
    local = due.subscription;
  }
  EXPECT_EQ(rounds, (std::vector<std::size_t>{1000, 1000, 500}));
}

TEST(Advance, EndsWithTheCalendar) {
  const CalendarInterval yearly{IntervalUnit::kYear, 1};
  const Subscription local = start_local(yearly, {}, at("9997-06-01T00:00:00Z"));
  const Advance due = advance(local, yearly, kEndOfCalendar);
  EXPECT_EQ(due.renewals.size(), 2u);
  EXPECT_EQ(due.subscription.current_period_end, kEndOfCalendar);
  EXPECT_EQ(as_of(local, yearly, kEndOfCalendar), due.subscription);
}

TEST(AsOf, APendingSwitchIsNotApplied) {
  Subscription local = start_local(kMonthly, {}, kJan31);
  local.pending = pending(kFeb28);
  const Subscription seen = as_of(local, kMonthly, kMar31);
  EXPECT_EQ(seen.pending, local.pending);
  EXPECT_EQ(seen.current_period_start, kMar31);
}

TEST(AsOf, AProvidersSubscriptionOnlyEnds) {
  Subscription other = remote();
  EXPECT_EQ(as_of(other, kMonthly, kApr30), other);
  other.cancel_at_period_end = true;
  EXPECT_EQ(as_of(other, kMonthly, kApr30).ended_at, kFeb28);
  EXPECT_EQ(as_of(other, kMonthly, kApr30).status, Status::kCanceled);
}

TEST(NextDue, OfALocalOneIsItsPeriodsEndOrASoonerSwitch) {
  Subscription local = start_local(kMonthly, {}, kJan31);
  EXPECT_EQ(next_due(local, kGrace), kFeb28);
  local.pending = pending(kFeb28 + Millis{-5});
  EXPECT_EQ(next_due(local, kGrace), kFeb28 + Millis{-5});
  local.pending.reset();
  local.cancel_at_period_end = true;
  EXPECT_EQ(next_due(local, kGrace), kFeb28);
}

TEST(NextDue, OfAProvidersIsWhatHappensWithoutIt) {
  Subscription other = remote();
  EXPECT_EQ(next_due(other, kGrace), kFeb28 + kGrace);
  other.pending = pending(kFeb28);
  EXPECT_EQ(next_due(other, kGrace), kFeb28);
  other.pending.reset();
  other.cancel_at_period_end = true;
  EXPECT_EQ(next_due(other, kGrace), kFeb28);
}

TEST(NextDue, ALossOfAccessIsToldOnce) {
  const Subscription other = remote();
  const Timestamp lost = kFeb28 + kGrace;
  EXPECT_EQ(next_due(other, kGrace, lost + Millis{-1}), lost);
  EXPECT_EQ(next_due(other, kGrace, lost), std::nullopt);
}

rc::Gen<CalendarInterval> any_interval() {
  return rc::gen::construct<CalendarInterval>(
      rc::gen::element(IntervalUnit::kDay, IntervalUnit::kWeek, IntervalUnit::kMonth,
                       IntervalUnit::kYear),
      rc::gen::inRange(1, 5));
}

rc::Gen<Subscription> any_local(CalendarInterval interval) {
  return rc::gen::exec([interval] {
    std::optional<CalendarInterval> trial;
    if (*rc::gen::arbitrary<bool>()) trial = *any_interval();
    const Millis later{*rc::gen::inRange<std::int64_t>(0, 4 * 366 * 86'400'000LL)};
    Subscription local = start_local(interval, trial, at("2026-01-01T00:00:00Z") + later);
    local.cancel_at_period_end = *rc::gen::weightedElement<bool>({{1, true}, {4, false}});
    return local;
  });
}

Subscription advanced(Subscription local, CalendarInterval interval, Timestamp now) {
  for (;;) {
    Advance due = advance(local, interval, now);
    const bool more = !due.renewals.empty();
    local = std::move(due.subscription);
    if (!more) return local;
  }
}

RC_GTEST_PROP(SubscriptionTime, AsOfIsWhatAdvancingAgainAndAgainLeadsTo, ()) {
  const CalendarInterval interval = *any_interval();
  const Subscription local = *any_local(interval);
  const Timestamp now = local.current_period_start + Millis{*rc::gen::inRange<std::int64_t>(
                                                         0, 9 * 366 * std::int64_t{86'400'000})};
  RC_ASSERT(as_of(local, interval, now) == advanced(local, interval, now));
}

RC_GTEST_PROP(SubscriptionTime, LookingInBetweenChangesNothing, ()) {
  const CalendarInterval interval = *any_interval();
  const Subscription local = *any_local(interval);
  const std::int64_t span = 3 * 366 * std::int64_t{86'400'000};
  const Timestamp early =
      local.current_period_start + Millis{*rc::gen::inRange<std::int64_t>(0, span)};
  const Timestamp late = early + Millis{*rc::gen::inRange<std::int64_t>(0, span)};
  const Subscription seen = as_of(local, interval, early);
  RC_ASSERT(as_of(seen, interval, late) == as_of(local, interval, late));
  Advance at_once = advance(local, interval, late);
  Advance first = advance(local, interval, early);
  const Advance second = advance(first.subscription, interval, late);
  first.renewals.insert(first.renewals.end(), second.renewals.begin(), second.renewals.end());
  if (first.renewals.size() <= 1000) RC_ASSERT(first.renewals == at_once.renewals);
}

RC_GTEST_PROP(SubscriptionTime, ThePeriodContainsNow, ()) {
  const CalendarInterval interval = *any_interval();
  Subscription local = *any_local(interval);
  local.cancel_at_period_end = false;
  const Timestamp now = local.current_period_start + Millis{*rc::gen::inRange<std::int64_t>(
                                                         0, 9 * 366 * std::int64_t{86'400'000})};
  const Subscription seen = as_of(local, interval, now);
  RC_ASSERT(seen.current_period_start <= now);
  RC_ASSERT(now < seen.current_period_end);
  RC_ASSERT(seen.paid_through == seen.current_period_end);
  RC_ASSERT(next_due(seen, kGrace) == seen.current_period_end);
}

}  // namespace
}  // namespace purser::domain
