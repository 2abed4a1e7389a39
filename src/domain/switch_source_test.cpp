// What a plan change does to an item: credits cannot be farmed by switching.

#include <gtest/gtest.h>

#include "domain/ledger_fixture.hpp"

namespace purser::domain::testing {
namespace {

const Timestamp kCalendarEnd = Timestamp::from_millis(Timestamp::kMaxMillis).value();

TEST(SwitchSource, AnUpgradeGrantsTheNewAllowanceLessWhatWasConsumed) {
  for (const Expiry expires :
       {Expiry::kNever, Expiry::kWhenPurchaseExpires, Expiry::kWhenRepeated}) {
    Ledger ledger;
    ledger.subscribe("p", 100, kMonthly, expires, day(0));
    ledger.decrease(30, day(1));
    ledger.switch_to("p", 1000, kMonthly, expires, day(0), day(10));
    EXPECT_EQ(ledger.last(2), (Amounts{-70, 970}));
    EXPECT_EQ(ledger.newest(2).cause, Cause::kSwitch);
    EXPECT_EQ(ledger.newest(1).cause, Cause::kSwitch);
    EXPECT_EQ(ledger.newest(1).at, day(10));
    EXPECT_EQ(ledger.quantity(), 970);
    EXPECT_EQ(ledger.term().granted, q(970));
    EXPECT_EQ(ledger.term().quantity, q(1000));
    EXPECT_EQ(ledger.term().carried, (std::vector<Carried>{{q(30), day(31)}}));
    ledger.due(day(31));
    EXPECT_EQ(ledger.newest().change, q(1000));  // the next interval is whole
  }
}

TEST(SwitchSource, ADowngradeNeverTakesMoreThanIsLeft) {
  Ledger ledger;
  ledger.subscribe("p", 100, kMonthly, Expiry::kWhenRepeated, day(0));
  ledger.decrease(80, day(1));
  ledger.switch_to("p", 50, kMonthly, Expiry::kWhenRepeated, day(0), day(2));
  EXPECT_EQ(ledger.quantity(), 0);
  EXPECT_EQ(ledger.last(1), (Amounts{-20}));
  EXPECT_EQ(ledger.term().granted, q(0));
}

TEST(SwitchSource, BackAndForthYieldsNoMoreThanTheBestPlan) {
  Ledger ledger;
  ledger.subscribe("p", 100, kMonthly, Expiry::kNever, day(0));
  std::int64_t consumed = 0;
  for (int i = 0; i < 20; ++i) {
    const std::int64_t some = std::min<std::int64_t>(ledger.quantity(), 9);
    if (some > 0) ledger.decrease(some, day(1));
    consumed += some;
    ledger.switch_to("p", i % 2 == 0 ? 150 : 100, kMonthly, Expiry::kNever, day(0), day(1));
    EXPECT_LE(consumed + ledger.quantity(), 150);
  }
  EXPECT_EQ(consumed, 144);  // every second time, once the smaller plan has nothing left
}

TEST(SwitchSource, ToAPlanWithoutTheItemTakesItAndRemembers) {
  Ledger ledger;
  ledger.subscribe("p", 100, kMonthly, Expiry::kWhenRepeated, day(0));
  ledger.decrease(30, day(1));
  ledger.switch_away("p", day(2), {day(31), day(38)});
  EXPECT_EQ(ledger.quantity(), 0);
  EXPECT_EQ(ledger.newest().cause, Cause::kSwitch);
  EXPECT_EQ(ledger.term().quantity, q(0));
  EXPECT_EQ(ledger.term().ends_at, day(38));
  EXPECT_FALSE(is_due(ledger.account, day(37)));
  ledger.switch_to("p", 100, kMonthly, Expiry::kWhenRepeated, day(0), day(3), {day(31), day(38)});
  EXPECT_EQ(ledger.quantity(), 70);
  EXPECT_EQ(ledger.account.terms.size(), 1u);
}

TEST(SwitchSource, AnItemOfTheNewPlanAloneIsGrantedWhole) {
  Ledger ledger;
  ledger.switch_to("p", 100, kMonthly, Expiry::kWhenRepeated, day(0), day(10), {day(31), day(38)});
  EXPECT_EQ(ledger.account.lots.at(0), (Lot{q(100), day(31), source("p"), true}));
  EXPECT_EQ(ledger.newest().cause, Cause::kSwitch);
  EXPECT_EQ(ledger.term().next, 1);
  ledger.switch_away("q", day(10));
  EXPECT_EQ(ledger.account.terms.size(), 1u);
}

TEST(SwitchSource, TheIntervalOfAnItemWithoutARepeatNeverEnds) {
  Ledger ledger;
  ledger.subscribe("p", 100, {}, Expiry::kNever, day(0));
  ledger.decrease(60, day(1));
  ledger.switch_to("p", 200, kMonthly, Expiry::kNever, day(900), day(900));
  EXPECT_EQ(ledger.quantity(), 140);
  EXPECT_EQ(ledger.term().carried, (std::vector<Carried>{{q(60), kCalendarEnd}}));
}

TEST(SwitchSource, WhatIsCarriedCountsUntilItsIntervalIsOver) {
  Ledger ledger;
  ledger.subscribe("p", 100, kDaily, Expiry::kWhenRepeated, day(0));
  ledger.decrease(60, day(0));
  ledger.switch_to("p", 1000, kMonthly, Expiry::kWhenRepeated, day(0), day(0));
  EXPECT_EQ(ledger.quantity(), 940);
  ledger.decrease(5, day(1) + Millis{-1});
  ledger.switch_to("p", 1000, kMonthly, Expiry::kWhenRepeated, day(0), day(1) + Millis{-1});
  EXPECT_EQ(ledger.quantity(), 935);
  EXPECT_EQ(ledger.term().carried, (std::vector<Carried>{{q(60), day(1)}, {q(5), day(31)}}));
  ledger.switch_to("p", 1000, kMonthly, Expiry::kWhenRepeated, day(0), day(1));
  EXPECT_EQ(ledger.quantity(), 995);
  EXPECT_EQ(ledger.term().carried, (std::vector<Carried>{{q(5), day(31)}}));
}

TEST(SwitchSource, ConsumptionOfOneIntervalIsCarriedTogether) {
  Ledger ledger;
  ledger.subscribe("p", 100, kMonthly, Expiry::kNever, day(0));
  for (const std::int64_t part : {10, 20, 30}) {
    ledger.decrease(part, day(1));
    ledger.switch_to("p", 100, kMonthly, Expiry::kNever, day(0), day(1));
  }
  EXPECT_EQ(ledger.term().carried, (std::vector<Carried>{{q(60), day(31)}}));
  EXPECT_EQ(ledger.quantity(), 40);
}

TEST(SwitchSource, LotsOfEarlierIntervalsStay) {
  Ledger ledger;
  ledger.subscribe("p", 100, kMonthly, Expiry::kWhenPurchaseExpires, day(0));
  ledger.due(day(31));
  ledger.decrease(30, day(31));  // of the older hundred
  ledger.switch_to("p", 10, kMonthly, Expiry::kWhenRepeated, day(0), day(32));
  EXPECT_EQ(ledger.lots(), (Amounts{10, 70}));
  ledger.end("p", day(33));
  EXPECT_EQ(ledger.quantity(), 0);
}

TEST(SwitchSource, WhatIsLeftOfMixedLotsIsCountedToTheNewest) {
  Ledger ledger;
  ledger.subscribe("p", 100, kMonthly, Expiry::kNever, day(0));
  ledger.due(day(31));
  ledger.decrease(130, day(31));
  EXPECT_EQ(ledger.lots(), (Amounts{70}));
  ledger.switch_to("p", 100, kMonthly, Expiry::kNever, day(0), day(32));
  EXPECT_EQ(ledger.last(2), (Amounts{-70, 70}));  // 30 of the newest were consumed
}

TEST(SwitchSource, ADebtThatAGrantPaidWasConsumed) {
  Ledger ledger;
  ledger.decrease(40, day(0));
  ledger.subscribe("p", 100, kMonthly, Expiry::kNever, day(0));
  ledger.switch_to("p", 100, kMonthly, Expiry::kNever, day(0), day(1));
  EXPECT_EQ(ledger.quantity(), 60);
}

TEST(SwitchSource, WhatARefundTookWasConsumed) {
  Ledger ledger;
  ledger.subscribe("p", 100, kMonthly, Expiry::kNever, day(0));
  ledger.revoke("p", 50, day(1));
  ledger.switch_to("p", 200, kMonthly, Expiry::kNever, day(0), day(1));
  EXPECT_EQ(ledger.quantity(), 150);
}

TEST(SwitchSource, ASkippedRepeatWasNotConsumed) {
  Ledger ledger;
  ledger.subscribe("p", 10, kDaily, Expiry::kWhenRepeated, day(0));
  ledger.grant(Quantity::kMax - 10, day(0));
  ledger.decrease(5, day(0));
  ledger.grant(5, day(0));
  ledger.due(day(1));
  EXPECT_EQ(ledger.term().granted, q(0));
  ledger.decrease(100, day(1));
  ledger.switch_to("p", 20, kDaily, Expiry::kWhenRepeated, day(0), day(1));
  EXPECT_EQ(ledger.newest().change, q(20));
  EXPECT_TRUE(ledger.term().carried.empty());
}

TEST(SwitchSource, TheNewAnchorCounts) {
  Ledger ledger;
  ledger.subscribe("p", 100, kMonthly, Expiry::kWhenRepeated, at("2026-01-31T00:00:00Z"));
  const Timestamp now = at("2026-02-10T12:00:00Z");
  ledger.switch_to("p", 10, kDaily, Expiry::kWhenRepeated, now, now);
  EXPECT_EQ(ledger.term().anchor, now);
  EXPECT_EQ(ledger.term().next, 1);
  EXPECT_EQ(ledger.account.lots.at(0).expires_at, now + Millis{86'400'000});
  ledger.switch_to("p", 100, kMonthly, Expiry::kWhenRepeated, at("2026-01-31T00:00:00Z"), now);
  EXPECT_EQ(ledger.term().next, 1);
  EXPECT_EQ(ledger.account.lots.at(0).expires_at, at("2026-02-28T00:00:00Z"));
}

TEST(SwitchSource, AtTheEndOfAnIntervalTheNewOneIsWhole) {
  Ledger ledger;
  ledger.subscribe("p", 100, kMonthly, Expiry::kWhenRepeated, day(0));
  ledger.decrease(100, day(30));
  ledger.switch_to("p", 50, kMonthly, Expiry::kWhenRepeated, day(0), day(31));
  EXPECT_EQ(ledger.quantity(), 50);
  EXPECT_TRUE(ledger.term().carried.empty());
  EXPECT_EQ(ledger.term().next, 2);
}

TEST(SwitchSource, AnIntervalWhoseRepeatIsHeldBackIsNotOver) {
  Ledger ledger;
  ledger.subscribe("p", 100, kMonthly, Expiry::kWhenRepeated, day(0), {day(31), day(38)});
  ledger.decrease(90, day(30));
  ledger.switch_to("p", 200, kMonthly, Expiry::kWhenRepeated, day(0), day(33), {day(31), day(38)});
  EXPECT_EQ(ledger.quantity(), 110);  // 200 less the 90 of the interval that is paid
  EXPECT_EQ(ledger.term().next, 1);
  ledger.switch_to("p", 100, kMonthly, Expiry::kWhenRepeated, day(0), day(34), {day(31), day(38)});
  EXPECT_EQ(ledger.quantity(), 10);
  ledger.extend("p", {day(59), day(66)}, day(35));
  EXPECT_EQ(ledger.last(2), (Amounts{-10, 100}));
  EXPECT_EQ(ledger.newest().at, day(31));
}

TEST(SwitchSource, APaidSwitchBeginsTheHeldInterval) {
  Ledger ledger;
  ledger.subscribe("p", 100, kMonthly, Expiry::kWhenRepeated, day(0), {day(31), day(38)});
  ledger.decrease(90, day(30));
  ledger.switch_to("p", 200, kMonthly, Expiry::kWhenRepeated, day(0), day(33), {day(59), day(66)});
  EXPECT_EQ(ledger.last(2), (Amounts{-10, 200}));
  EXPECT_EQ(ledger.account.lots.at(0).expires_at, day(59));
  EXPECT_EQ(ledger.term().next, 2);
}

TEST(SwitchSource, WithoutAccessWithholdsTheNewAllowance) {
  for (const Expiry expires :
       {Expiry::kNever, Expiry::kWhenPurchaseExpires, Expiry::kWhenRepeated}) {
    Ledger ledger;
    ledger.subscribe("p", 100, kMonthly, expires, day(0));
    ledger.decrease(30, day(1));
    ledger.switch_to("p", 50, kMonthly, expires, day(0), day(2), {Timestamp{}, Timestamp{}});
    EXPECT_EQ(ledger.quantity(), 0);
    EXPECT_TRUE(ledger.term().lapsed);
    ledger.switch_to("p", 90, kMonthly, expires, day(0), day(3), {Timestamp{}, Timestamp{}});
    EXPECT_EQ(ledger.quantity(), 0);
    ledger.extend("p", {day(31), day(38)}, day(4));
    EXPECT_EQ(ledger.quantity(), 60);
    EXPECT_EQ(ledger.newest().cause, Cause::kRestoration);
    EXPECT_EQ(ledger.account.lots.at(0).ends_with_source, expires != Expiry::kNever);
    EXPECT_EQ(ledger.account.lots.at(0).expires_at.has_value(), expires == Expiry::kWhenRepeated);
  }
}

TEST(SwitchSource, OfALapsedPurchaseThatHasAccessAgain) {
  Ledger ledger;
  ledger.subscribe("p", 100, kMonthly, Expiry::kWhenPurchaseExpires, day(0), {{}, day(2)});
  ledger.decrease(30, day(1));
  ledger.due(day(3));
  EXPECT_EQ(ledger.quantity(), 0);
  ledger.switch_to("p", 200, kMonthly, Expiry::kWhenPurchaseExpires, day(0), day(4));
  EXPECT_EQ(ledger.quantity(), 170);
  EXPECT_FALSE(ledger.term().lapsed);
  EXPECT_EQ(ledger.term().lapsed_rest, q(0));
}

TEST(SwitchSource, EarlierLotsOfALapsedPurchaseComeBackToo) {
  Ledger ledger;
  ledger.subscribe("p", 100, kMonthly, Expiry::kWhenPurchaseExpires, day(0), {{}, day(40)});
  ledger.due(day(40));
  EXPECT_EQ(ledger.term().lapsed_rest, q(200));
  ledger.switch_to("p", 10, kMonthly, Expiry::kWhenRepeated, day(0), day(41), {{}, day(41)});
  EXPECT_EQ(ledger.term().lapsed_rest, q(100));
  EXPECT_EQ(ledger.term().withheld, q(10));
  ledger.extend("p", {}, day(42));
  EXPECT_EQ(ledger.lots(), (Amounts{10, 100}));
}

TEST(SwitchSource, BrokenContractsAreRefused) {
  const auto refused = [](const char* purchase, const std::optional<IncludedGrant>& to) {
    return switch_source({}, source(purchase), to, {}, day(0)).error().code;
  };
  IncludedGrant to{source("p"), q(1), kDaily, Expiry::kNever, day(0), true};
  EXPECT_EQ(refused("", std::nullopt), ErrorCode::kInternalError);
  EXPECT_EQ(refused("q", to), ErrorCode::kInternalError);
  to.quantity = q(0);
  EXPECT_EQ(refused("p", to), ErrorCode::kInternalError);
  to = {source("p"), q(1), {}, Expiry::kWhenRepeated, day(0), true};
  EXPECT_EQ(refused("p", to), ErrorCode::kInternalError);
}

TEST(SwitchSource, OutOfRangeChangesNothing) {
  Ledger ledger;
  ledger.grant(Quantity::kMax, day(0));
  const IncludedGrant to{source("p"), q(1), kDaily, Expiry::kNever, day(0), true};
  const auto refused = switch_source(ledger.account, source("p"), to, {}, day(0));
  EXPECT_EQ(refused.error().code, ErrorCode::kQuantityOutOfRange);
}

}  // namespace
}  // namespace purser::domain::testing
