// Credits cannot be farmed by switching: within one interval no sequence of switches yields more
// than the best of its plans.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <vector>

#include "domain/ledger_fixture.hpp"

namespace purser::domain::testing {
namespace {

const PurchaseId kPurchase("p");
constexpr int kMinutesPerDay = 1440;

// What a plan gives of the item: `units` seats of `quantity` each; 0: it does not include it.
struct Plan {
  std::int64_t quantity = 0;
  std::int64_t units = 1;
  int repeat_unit = -1;  // -1: granted once
  Expiry expires = Expiry::kNever;

  std::int64_t allowance() const { return quantity * units; }
  std::optional<CalendarInterval> repeat() const {
    if (repeat_unit < 0) return std::nullopt;
    return CalendarInterval{static_cast<IntervalUnit>(repeat_unit), 1};
  }
  std::optional<IncludedGrant> grant(Timestamp anchor) const {
    if (quantity == 0) return std::nullopt;
    return IncludedGrant{kPurchase, q(allowance()), repeat(), expires, anchor, true};
  }
};

void showValue(const Plan& plan, std::ostream& out) {
  out << "plan{" << plan.units << " × " << plan.quantity << ", repeat " << plan.repeat_unit << ", "
      << to_string(plan.expires) << "}";
}

rc::Gen<Plan> any_plan(bool always_included = false) {
  return rc::gen::exec([always_included] {
    Plan plan;
    plan.quantity = *rc::gen::inRange<std::int64_t>(1, 100);
    if (!always_included && *rc::gen::inRange(0, 6) == 0) plan.quantity = 0;
    plan.units = *rc::gen::inRange<std::int64_t>(1, 4);
    plan.repeat_unit = *rc::gen::inRange(-1, 4);
    plan.expires =
        *rc::gen::element(Expiry::kNever, Expiry::kWhenPurchaseExpires, Expiry::kWhenRepeated);
    if (plan.repeat_unit < 0 && plan.expires == Expiry::kWhenRepeated) {
      plan.expires = Expiry::kWhenPurchaseExpires;
    }
    return plan;
  });
}

enum class Deed { kUse, kOveruse, kSwitch, kSwitchInterval, kRefund, kLoseAccess, kRegainAccess };

struct Step {
  Deed deed = Deed::kUse;
  std::int64_t amount = 1;
  Plan plan;
  int minute = 0;  // of the day that the test lasts
};

void showValue(const Step& step, std::ostream& out) {
  static constexpr const char* kNames[] = {
      "use", "overuse", "switch", "switch interval", "refund", "lose access", "regain access"};
  out << "{minute " << step.minute << ": " << kNames[static_cast<int>(step.deed)] << " "
      << step.amount << ", ";
  showValue(step.plan, out);
  out << "}";
}

// Steps of one day, in the order of their time.
std::vector<Step> any_day(const rc::Gen<Deed>& deeds) {
  auto steps = *rc::gen::container<std::vector<Step>>(
      rc::gen::build<Step>(rc::gen::set(&Step::deed, deeds),
                           rc::gen::set(&Step::amount, rc::gen::inRange<std::int64_t>(1, 120)),
                           rc::gen::set(&Step::plan, any_plan()),
                           rc::gen::set(&Step::minute, rc::gen::inRange(0, kMinutesPerDay))));
  std::stable_sort(steps.begin(), steps.end(),
                   [](const Step& a, const Step& b) { return a.minute < b.minute; });
  return steps;
}

// The interval that is watched begins here; every shorter one does as well.
const Timestamp kStart = at("2029-01-01T00:00:00Z");  // a Monday, like the anchor
const Timestamp kAnchor = at("2024-01-01T00:00:00Z");

Timestamp minute(int n) { return kStart + Millis{n * std::int64_t{60'000}}; }

std::int64_t use_up_to(Ledger& ledger, std::int64_t amount, Timestamp now) {
  ledger.due(now);
  const std::int64_t used = std::min(amount, std::max<std::int64_t>(0, ledger.quantity()));
  if (used > 0) RC_ASSERT(ledger.try_decrease(used, now));
  return used;
}

void switch_plan(Ledger& ledger, const Step& step, Timestamp anchor, Timestamp now) {
  ledger.take(switch_source(ledger.account, kPurchase, step.plan.grant(anchor), {}, now));
}

// With nothing but the purchase in the account, a switch leaves exactly the new plan's allowance
// less all that was used in the interval.
RC_GTEST_PROP(SwitchProperty, LeavesTheNewAllowanceLessAllThatWasUsed, ()) {
  const Plan first = *any_plan(true);
  Ledger ledger;
  ledger.take(grant_included({}, *first.grant(kStart), kStart));
  std::int64_t best = first.allowance();
  std::int64_t used = 0;
  const auto deeds = rc::gen::weightedElement<Deed>(
      {{3, Deed::kUse}, {2, Deed::kSwitch}, {1, Deed::kSwitchInterval}});
  for (const Step& step : any_day(deeds)) {
    const Timestamp now = minute(step.minute);
    if (step.deed == Deed::kUse) {
      used += use_up_to(ledger, step.amount, now);
    } else {
      switch_plan(ledger, step, step.deed == Deed::kSwitch ? kStart : now, now);
      best = std::max(best, step.plan.allowance());
      RC_ASSERT(ledger.quantity() == std::max<std::int64_t>(0, step.plan.allowance() - used));
    }
    RC_ASSERT(used + ledger.quantity() <= best);
  }
}

// The same among lots of earlier intervals and other sources, debts, refunds and losses of access:
// what was used and is left never exceeds what was there before, and the best plan.
RC_GTEST_PROP(SwitchProperty, YieldsNoMoreThanTheBestPlanWhateverElseHappens, ()) {
  const Plan first = *any_plan(true);
  Ledger ledger;
  const auto before = *rc::gen::inRange<std::int64_t>(-50, 50);
  if (before > 0) ledger.grant(before, kAnchor);
  if (before < 0) ledger.decrease(-before, kAnchor);
  if (*rc::gen::arbitrary<bool>()) ledger.grant(20, kAnchor, kStart + Millis{3'600'000'000});
  ledger.take(grant_included(ledger.account, *first.grant(kAnchor), kAnchor));
  use_up_to(ledger, *rc::gen::inRange<std::int64_t>(0, 500), kStart + Millis{-1});
  // A plan without a repeat has been in its one interval all the time.
  const bool begins_now = first.repeat_unit >= 0;
  ledger.due(kStart);
  RC_PRE(begins_now || ledger.quantity() >= first.allowance());
  const std::int64_t others = ledger.quantity() - first.allowance();
  std::int64_t best = first.allowance();
  std::int64_t used = 0;
  const auto deeds = rc::gen::weightedElement<Deed>({{6, Deed::kUse},
                                                     {1, Deed::kOveruse},
                                                     {5, Deed::kSwitch},
                                                     {2, Deed::kSwitchInterval},
                                                     {1, Deed::kRefund},
                                                     {1, Deed::kLoseAccess},
                                                     {2, Deed::kRegainAccess}});
  for (const Step& step : any_day(deeds)) {
    const Timestamp now = minute(step.minute);
    switch (step.deed) {
      case Deed::kUse:
        used += use_up_to(ledger, step.amount, now);
        break;
      case Deed::kOveruse:
        ledger.decrease(step.amount, now);
        used += step.amount;
        break;
      case Deed::kSwitch:
      case Deed::kSwitchInterval:
        switch_plan(ledger, step, step.deed == Deed::kSwitch ? kAnchor : now, now);
        best = std::max(best, step.plan.allowance());
        break;
      case Deed::kRefund:
        ledger.revoke("p", step.amount, now);
        break;
      case Deed::kLoseAccess:
        ledger.extend("p", {std::nullopt, now}, now);
        break;
      case Deed::kRegainAccess:
        ledger.extend("p", {}, now);
        break;
    }
    RC_ASSERT(used + ledger.quantity() <= others + best);
  }
  RC_ASSERT(!::testing::Test::HasFailure());
}

// Over a year of months with switches on any day: what the plans gave net in each month, by repeats
// and switches, is at most the best plan of that month.
RC_GTEST_PROP(SwitchProperty, EveryMonthYieldsAtMostItsBestPlan, ()) {
  const auto monthly = [](Plan plan) {
    plan.repeat_unit = static_cast<int>(IntervalUnit::kMonth);
    return plan;
  };
  const Timestamp anchor = at("2026-01-31T12:00:00Z");
  Plan plan = monthly(*any_plan(true));
  Ledger ledger;
  ledger.take(grant_included({}, *plan.grant(anchor), anchor));
  std::map<std::int64_t, std::int64_t> best = {{0, plan.allowance()}};
  Timestamp now = anchor;
  for (const Step& step : any_day(rc::gen::element(Deed::kUse, Deed::kSwitch))) {
    const std::int64_t last = boundaries_until(anchor, kMonthly, now);
    now = now + Millis{*rc::gen::inRange<std::int64_t>(0, 40 * std::int64_t{86'400'000})};
    const std::int64_t month = boundaries_until(anchor, kMonthly, now);
    for (std::int64_t m = last + 1; m <= month; ++m) best[m] = plan.allowance();
    if (step.deed == Deed::kUse) {
      use_up_to(ledger, step.amount, now);
    } else {
      plan = monthly(step.plan);
      ledger.take(switch_source(ledger.account, kPurchase, plan.grant(anchor), {}, now));
      best[month] = std::max(best[month], plan.allowance());
    }
  }
  std::map<std::int64_t, std::int64_t> given;
  for (const Entry& entry : ledger.entries) {
    const bool by_plan = entry.cause == Cause::kPurchase || entry.cause == Cause::kRepeat ||
                         entry.cause == Cause::kSwitch;
    if (by_plan) given[boundaries_until(anchor, kMonthly, entry.at)] += entry.change.value();
  }
  for (const auto& [month, quantity] : given) RC_ASSERT(quantity <= best.at(month));
  RC_ASSERT(!::testing::Test::HasFailure());
}

}  // namespace
}  // namespace purser::domain::testing
