// What purchases promise of an item: until when it is paid, and when it ends.

#include <gtest/gtest.h>

#include "domain/ledger_fixture.hpp"

namespace purser::domain::testing {
namespace {

TEST(PaidThrough, HoldsGrantsBack) {
  Ledger ledger;
  ledger.subscribe("p", 10, kDaily, Expiry::kNever, day(0), {day(2)});
  ledger.due(day(5));
  EXPECT_EQ(ledger.quantity(), 20);
  EXPECT_FALSE(is_due(ledger.account, day(1000)));
}

TEST(PaidThrough, WhatWaitedIsGrantedDatedWhenDueOnceItIsPaid) {
  Ledger ledger;
  ledger.subscribe("p", 10, kDaily, Expiry::kNever, day(0), {day(2)});
  ledger.extend("p", {day(4)}, day(5));
  EXPECT_EQ(ledger.quantity(), 40);
  EXPECT_EQ(ledger.newest(2).at, day(2));
  EXPECT_EQ(ledger.newest(1).at, day(3));
  EXPECT_EQ(ledger.newest(1).cause, Cause::kRepeat);
  EXPECT_EQ(ledger.term().until, day(4));
}

TEST(PaidThrough, MovedTwiceToTheSameInstantChangesNothing) {
  Ledger ledger;
  ledger.subscribe("p", 10, kDaily, Expiry::kWhenRepeated, day(0), {day(2), day(3)});
  ledger.extend("p", {day(4), day(6)}, day(2));
  const ItemAccount before = ledger.account;
  const std::size_t entries = ledger.entries.size();
  ledger.extend("p", {day(4), day(6)}, day(2));
  EXPECT_EQ(ledger.account, before);
  EXPECT_EQ(ledger.entries.size(), entries);
}

TEST(PaidThrough, LimitsThatGoAwayHoldNothingBack) {
  Ledger ledger;
  ledger.subscribe("p", 10, kDaily, Expiry::kNever, day(0), {day(1), day(9)});
  ledger.extend("p", {}, day(3));
  EXPECT_EQ(ledger.quantity(), 40);
  EXPECT_FALSE(ledger.term().ends_at);
}

TEST(PaidThrough, TheLotBeforeAHeldRepeatSurvivesUntilTheRepeatReallyArrives) {
  Ledger ledger;
  ledger.subscribe("p", 10, kDaily, Expiry::kWhenRepeated, day(0), {day(1)});
  ledger.decrease(4, day(0));
  ledger.due(day(3));
  EXPECT_EQ(ledger.quantity(), 6);
  EXPECT_TRUE(ledger.try_decrease(1, day(3)));
  ledger.extend("p", {day(4)}, day(3));
  EXPECT_EQ(ledger.last(6), (Amounts{-5, 10, -10, 10, -10, 10}));
  EXPECT_EQ(ledger.newest(6).cause, Cause::kExpiry);
  EXPECT_EQ(ledger.newest(6).at, day(1));
  EXPECT_EQ(ledger.newest(5).at, day(1));
  EXPECT_EQ(ledger.account.lots.at(0), (Lot{q(10), day(4), source("p"), true}));
  EXPECT_EQ(ledger.term().next, 4);
}

TEST(PaidThrough, OtherLotsExpireAroundAHeldOne) {
  Ledger ledger;
  ledger.grant(1, day(0), day(1), "before");
  ledger.subscribe("p", 10, kDaily, Expiry::kWhenRepeated, day(0), {day(1)});
  ledger.grant(2, day(0), day(1), "with");
  ledger.grant(3, day(0), day(2), "after");
  ledger.grant(4, day(0));
  EXPECT_EQ(ledger.lots(), (Amounts{1, 10, 2, 3, 4}));
  ledger.due(day(5));
  EXPECT_EQ(ledger.lots(), (Amounts{10, 4}));
  ledger.decrease(11, day(5));
  EXPECT_EQ(ledger.lots(), (Amounts{3}));
}

TEST(PaidThrough, OnlyTheLotOfTheLastGrantIsHeld) {
  Ledger ledger;
  ledger.subscribe("p", 10, kDaily, Expiry::kWhenRepeated, day(0), {day(2)});
  ledger.grant(7, day(0), day(3), "p");
  ledger.take(grant(ledger.account, {q(5), day(4), source("p"), true, Cause::kManual, ""}, day(0)));
  ledger.due(day(9));
  EXPECT_EQ(ledger.lots(), (Amounts{10}));
  EXPECT_EQ(ledger.account.lots.at(0).expires_at, day(2));
}

TEST(PaidThrough, NeedsATermThatIsKept) {
  IncludedGrant grant{source("p"), q(1), kDaily, Expiry::kNever, day(0)};
  grant.until = day(3);
  EXPECT_EQ(grant_included({}, grant, day(0)).error().code, ErrorCode::kInternalError);
  grant.until.reset();
  grant.ends_at = day(3);
  EXPECT_FALSE(grant_included({}, grant, day(0)));
  grant.keeps_term = true;
  EXPECT_TRUE(grant_included({}, grant, day(0)));
}

TEST(UnpaidBefore, WhatNobodyPaidForIsNeverMadeUpFor) {
  Ledger ledger;
  ledger.subscribe("p", 10, kDaily, Expiry::kNever, day(0), {day(2), day(3)});
  ledger.extend("p", {day(8), day(9), day(7)}, day(7));
  EXPECT_EQ(ledger.quantity(), 30);
  EXPECT_EQ(ledger.newest().at, day(7));
  EXPECT_EQ(ledger.term().next, 8);
}

TEST(UnpaidBefore, TheLotThatWaitedGoesAtItsDate) {
  Ledger ledger;
  ledger.subscribe("p", 10, kDaily, Expiry::kWhenRepeated, day(0), {day(1)});
  ledger.extend("p", {day(5), {}, day(3) + Millis{1}}, day(3) + Millis{2});
  EXPECT_EQ(ledger.quantity(), 0);
  EXPECT_EQ(ledger.newest().cause, Cause::kExpiry);
  EXPECT_EQ(ledger.newest().at, day(1));
  EXPECT_EQ(ledger.term().granted, q(0));
  ledger.due(day(4));
  EXPECT_EQ(ledger.quantity(), 10);
}

TEST(UnpaidBefore, DoesNotReachIntoTheFuture) {
  Ledger ledger;
  ledger.subscribe("p", 10, kDaily, Expiry::kNever, day(0), {day(1)});
  ledger.extend("p", {{}, {}, day(50)}, day(3));
  ledger.due(day(4));
  EXPECT_EQ(ledger.quantity(), 30);  // of days 0, 3 and 4
}

TEST(Lapse, TakesWhatEndsWithThePurchaseAtItsEndAndGrantsNoMore) {
  for (const Expiry expires : {Expiry::kWhenPurchaseExpires, Expiry::kWhenRepeated}) {
    Ledger ledger;
    ledger.subscribe("p", 10, kMonthly, expires, day(0), {{}, day(5)});
    ledger.decrease(3, day(1));
    ledger.due(day(5) + Millis{-1});
    EXPECT_EQ(ledger.quantity(), 7);
    ledger.due(day(400));
    EXPECT_EQ(ledger.quantity(), 0);
    EXPECT_EQ(ledger.newest().cause, Cause::kPurchaseEnd);
    EXPECT_EQ(ledger.newest().at, day(5));
    EXPECT_TRUE(ledger.term().lapsed);
  }
}

TEST(Lapse, LeavesWhatNeverExpires) {
  Ledger ledger;
  ledger.subscribe("p", 10, kDaily, Expiry::kNever, day(0), {{}, day(2)});
  ledger.due(day(100));
  EXPECT_EQ(ledger.quantity(), 20);
  EXPECT_TRUE(ledger.term().lapsed);
}

TEST(Lapse, OfSpentLotsIsSilentButRemembered) {
  Ledger ledger;
  ledger.subscribe("p", 10, {}, Expiry::kWhenPurchaseExpires, day(0), {{}, day(2)});
  ledger.decrease(10, day(0));
  EXPECT_TRUE(is_due(ledger.account, day(2)));
  const std::size_t entries = ledger.entries.size();
  ledger.due(day(2));
  EXPECT_EQ(ledger.entries.size(), entries);
  EXPECT_TRUE(ledger.term().lapsed);
}

TEST(Lapse, ComesBeforeExpiriesAndGrantsOfTheSameInstant) {
  Ledger ledger;
  ledger.subscribe("a", 1, kDaily, Expiry::kNever, day(0));
  ledger.subscribe("b", 2, kDaily, Expiry::kWhenRepeated, day(0), {{}, day(1)});
  ledger.grant(4, day(0), day(1));
  ledger.due(day(1));
  EXPECT_EQ(ledger.last(3), (Amounts{-2, -4, 1}));
  EXPECT_EQ(ledger.newest(3).cause, Cause::kPurchaseEnd);
  EXPECT_EQ(ledger.newest(2).cause, Cause::kExpiry);
  EXPECT_EQ(ledger.newest(1).cause, Cause::kRepeat);
}

TEST(Lapse, AnEndThatComesToLightLaterIsDatedThen) {
  Ledger ledger;
  ledger.subscribe("p", 10, {}, Expiry::kWhenPurchaseExpires, day(0));
  ledger.extend("p", {Timestamp{}, Timestamp{}}, day(3));
  EXPECT_EQ(ledger.quantity(), 0);
  EXPECT_EQ(ledger.newest().at, day(3));
  EXPECT_EQ(ledger.newest().cause, Cause::kPurchaseEnd);
}

TEST(Recovery, GivesBackWhatTheLapseTookOfLotsWithoutADate) {
  Ledger ledger;
  ledger.subscribe("p", 10, kDaily, Expiry::kWhenPurchaseExpires, day(0), {day(1), day(2)});
  ledger.decrease(3, day(0));
  ledger.due(day(4));
  EXPECT_EQ(ledger.quantity(), 0);
  EXPECT_EQ(ledger.term().lapsed_rest, q(7));
  ledger.extend("p", {day(2), day(9)}, day(5));
  EXPECT_EQ(ledger.last(2), (Amounts{7, 10}));
  EXPECT_EQ(ledger.newest(2).cause, Cause::kRestoration);
  EXPECT_EQ(ledger.newest(2).at, day(5));
  EXPECT_EQ(ledger.newest(1).at, day(1));
  EXPECT_EQ(ledger.lots(), (Amounts{17}));
  EXPECT_EQ(ledger.term().lapsed_rest, q(0));
  EXPECT_FALSE(ledger.term().lapsed);
}

TEST(Recovery, GivesBackTheCurrentLotWithItsDate) {
  Ledger ledger;
  ledger.subscribe("p", 10, kMonthly, Expiry::kWhenRepeated, day(0), {day(40), day(5)});
  ledger.decrease(3, day(0));
  ledger.due(day(6));
  ledger.extend("p", {day(40), day(50)}, day(7));
  EXPECT_EQ(ledger.account.lots, (std::vector<Lot>{{q(7), day(31), source("p"), true}}));
  EXPECT_EQ(ledger.newest().cause, Cause::kRestoration);
  ledger.due(day(31));
  EXPECT_EQ(ledger.last(2), (Amounts{-7, 10}));
}

TEST(Recovery, DoesNotGiveBackALotThatTheNextRepeatReplaces) {
  Ledger ledger;
  ledger.subscribe("p", 10, kMonthly, Expiry::kWhenRepeated, day(0), {day(31), day(38)});
  ledger.due(day(40));
  EXPECT_EQ(ledger.quantity(), 0);
  ledger.extend("p", {day(59), day(66)}, day(41));
  EXPECT_EQ(ledger.last(1), (Amounts{10}));
  EXPECT_EQ(ledger.newest().cause, Cause::kRepeat);
  EXPECT_EQ(ledger.newest().at, day(31));
  EXPECT_EQ(ledger.quantity(), 10);
}

TEST(Recovery, WithinTheOldLimitsGivesBackAHeldLot) {
  Ledger ledger;
  ledger.subscribe("p", 10, kMonthly, Expiry::kWhenRepeated, day(0), {day(31), day(38)});
  ledger.due(day(40));
  ledger.extend("p", {day(31), day(60)}, day(41));  // more grace, nothing paid
  EXPECT_EQ(ledger.account.lots, (std::vector<Lot>{{q(10), day(31), source("p"), true}}));
  EXPECT_FALSE(is_due(ledger.account, day(59)));
}

TEST(Recovery, ASecondLapseTakesItAgain) {
  Ledger ledger;
  ledger.subscribe("p", 10, {}, Expiry::kWhenPurchaseExpires, day(0), {{}, day(2)});
  ledger.extend("p", {{}, day(8)}, day(5));
  EXPECT_EQ(ledger.quantity(), 10);
  ledger.due(day(8));
  EXPECT_EQ(ledger.quantity(), 0);
  ledger.extend("p", {}, day(9));
  EXPECT_EQ(ledger.quantity(), 10);
}

TEST(Recovery, PaysTheDebtFirst) {
  Ledger ledger;
  ledger.subscribe("p", 10, {}, Expiry::kWhenPurchaseExpires, day(0), {{}, day(2)});
  ledger.decrease(4, day(3));
  EXPECT_EQ(ledger.quantity(), -4);
  ledger.extend("p", {}, day(4));
  EXPECT_EQ(ledger.quantity(), 6);
}

TEST(Recovery, OutOfRangeChangesNothing) {
  Ledger ledger;
  ledger.subscribe("p", 10, {}, Expiry::kWhenPurchaseExpires, day(0), {{}, day(2)});
  ledger.due(day(2));
  ledger.grant(Quantity::kMax, day(3));
  const auto refused = extend_source(ledger.account, source("p"), {}, day(4));
  EXPECT_EQ(refused.error().code, ErrorCode::kQuantityOutOfRange);
}

TEST(Skip, ARepeatThatWouldLeaveTheRangeCountsAsGranted) {
  Ledger ledger;
  ledger.include("p", Quantity::kMax, kDaily, Expiry::kNever, day(0), day(0));
  ledger.due(day(2));
  EXPECT_EQ(ledger.quantity(), Quantity::kMax);
  EXPECT_EQ(ledger.term().next, 3);
  EXPECT_EQ(ledger.term().granted, q(0));
  // It is never made up for, and the account is as usable as before.
  ledger.decrease(Quantity::kMax, day(2));
  ledger.due(day(3) + Millis{-1});
  EXPECT_EQ(ledger.quantity(), 0);
  ledger.due(day(3));
  EXPECT_EQ(ledger.quantity(), Quantity::kMax);
}

TEST(Skip, TheLotBeforeItExpiresAllTheSame) {
  Ledger ledger;
  ledger.include("p", 10, kDaily, Expiry::kWhenRepeated, day(0), day(0));
  ledger.grant(Quantity::kMax - 10, day(0));
  ledger.decrease(5, day(0));
  ledger.grant(5, day(0));
  ledger.due(day(1));
  EXPECT_EQ(ledger.last(1), (Amounts{-5}));
  EXPECT_EQ(ledger.newest().cause, Cause::kExpiry);
  EXPECT_EQ(ledger.term().next, 2);
  EXPECT_EQ(ledger.term().granted, q(0));
  ledger.decrease(100, day(1));
  ledger.due(day(2));
  EXPECT_EQ(ledger.last(1), (Amounts{10}));
}

TEST(ExtendSource, WithoutATermAppliesWhatIsDue) {
  Ledger ledger;
  ledger.grant(3, day(0), day(1), "p");
  ledger.extend("p", {day(9), day(9)}, day(2));
  EXPECT_EQ(ledger.quantity(), 0);
  EXPECT_TRUE(ledger.account.terms.empty());
  EXPECT_EQ(extend_source({}, source(""), {}, day(0)).error().code, ErrorCode::kInternalError);
}

TEST(ExtendSource, AppliesWhatWasDueUnderTheOldLimitsFirst) {
  Ledger ledger;
  ledger.subscribe("p", 10, kDaily, Expiry::kNever, day(0));
  ledger.extend("p", {day(1), day(1)}, day(3));
  EXPECT_EQ(ledger.quantity(), 40);
  EXPECT_TRUE(ledger.term().lapsed);
}

TEST(KeptTerm, WithoutARepeatGrantsOnce) {
  Ledger ledger;
  ledger.subscribe("p", 10, {}, Expiry::kNever, day(0));
  ledger.due(day(3000));
  EXPECT_EQ(ledger.quantity(), 10);
  EXPECT_EQ(ledger.term().next, 1);
  EXPECT_EQ(ledger.term().granted, q(10));
}

TEST(EndSource, TakesALapsedTermToo) {
  Ledger ledger;
  ledger.subscribe("p", 10, {}, Expiry::kWhenPurchaseExpires, day(0), {{}, day(2)});
  ledger.end("p", day(3));
  EXPECT_TRUE(ledger.account.terms.empty());
  EXPECT_EQ(ledger.quantity(), 0);
  EXPECT_EQ(ledger.entries.size(), 2u);
}

TEST(EndSource, TakesAHeldLot) {
  Ledger ledger;
  ledger.subscribe("p", 10, kDaily, Expiry::kWhenRepeated, day(0), {day(1)});
  ledger.end("p", day(4));
  EXPECT_EQ(ledger.account, ItemAccount{});
  EXPECT_EQ(ledger.newest().cause, Cause::kPurchaseEnd);
  EXPECT_EQ(ledger.newest().at, day(4));
}

TEST(RevokePart, TakesWhatWouldBeEatenLastAndTheTermStays) {
  Ledger ledger;
  ledger.subscribe("p", 10, kDaily, Expiry::kNever, day(0));
  ledger.grant(4, day(0), day(9), "p");
  ledger.grant(5, day(0));
  EXPECT_EQ(ledger.lots(), (Amounts{4, 10, 5}));
  ledger.revoke("p", 3, day(0));
  EXPECT_EQ(ledger.lots(), (Amounts{4, 7, 5}));
  EXPECT_EQ(ledger.newest().cause, Cause::kRevocation);
  ledger.revoke("p", 8, day(0));
  EXPECT_EQ(ledger.lots(), (Amounts{3, 5}));
  EXPECT_EQ(ledger.account.terms.size(), 1u);
}

TEST(RevokePart, NeverTakesMoreThanIsLeft) {
  Ledger ledger;
  ledger.grant(5, day(0));
  ledger.include("p", 10, {}, Expiry::kNever, day(0), day(0));
  ledger.decrease(8, day(0));
  ledger.revoke("p", 1000, day(0));
  EXPECT_EQ(ledger.quantity(), 0);
  EXPECT_EQ(ledger.newest().change, q(-7));
  ledger.decrease(2, day(0));
  const std::size_t entries = ledger.entries.size();
  ledger.revoke("p", 1, day(0));
  EXPECT_EQ(ledger.entries.size(), entries);
  EXPECT_EQ(ledger.quantity(), -2);
}

TEST(RevokePart, OfALapsedPurchaseComesFromWhatItWouldGiveBack) {
  Ledger ledger;
  ledger.subscribe("p", 10, {}, Expiry::kWhenPurchaseExpires, day(0), {{}, day(2)});
  ledger.revoke("p", 4, day(3));
  ledger.extend("p", {}, day(4));
  EXPECT_EQ(ledger.quantity(), 6);
}

TEST(RevokePart, BrokenContractsAreRefused) {
  EXPECT_FALSE(revoke_part({}, source(""), q(1), day(0)));
  EXPECT_FALSE(revoke_part({}, source("p"), q(0), day(0)));
  EXPECT_FALSE(revoke_part({}, source("p"), q(-1), day(0)));
}

TEST(RestoreTerm, RepeatsGoOnFromTheNextBoundary) {
  Ledger ledger;
  const IncludedGrant grant{source("p"), q(10), kDaily, Expiry::kNever, day(0)};
  ledger.take(grant_included(ledger.account, grant, day(0)));
  const Term before = ledger.term();
  ledger.take(revoke_source(ledger.account, source("p"), day(0)));
  ledger.take(restore_term(ledger.account, grant, day(0)));
  EXPECT_EQ(ledger.term(), before);
  EXPECT_EQ(ledger.quantity(), 0);
  ledger.take(revoke_source(ledger.account, source("p"), day(0)));
  ledger.take(restore_term(ledger.account, grant, day(4)));
  EXPECT_EQ(ledger.quantity(), 0);
  ledger.due(day(5));
  EXPECT_EQ(ledger.quantity(), 10);
}

TEST(RestoreTerm, NeedsARepeatOrAKeptTermAndNoOther) {
  Ledger ledger;
  IncludedGrant grant{source("p"), q(10), {}, Expiry::kNever, day(0)};
  ledger.take(restore_term(ledger.account, grant, day(0)));
  EXPECT_TRUE(ledger.account.terms.empty());
  grant.keeps_term = true;
  ledger.take(restore_term(ledger.account, grant, day(0)));
  const ItemAccount restored = ledger.account;
  EXPECT_EQ(restored.terms.size(), 1u);
  grant.quantity = q(99);
  ledger.take(restore_term(ledger.account, grant, day(0)));
  EXPECT_EQ(ledger.account, restored);
  grant.source = source("");
  EXPECT_FALSE(restore_term({}, grant, day(0)));
}

TEST(Terms, StandInTheOrderOfTheirSources) {
  Ledger ledger;
  for (const char* purchase : {"c", "a", "b"}) {
    ledger.subscribe(purchase, 1, kDaily, Expiry::kNever, day(0));
  }
  EXPECT_EQ(ledger.term(0).source, source("a"));
  EXPECT_EQ(ledger.term(1).source, source("b"));
  EXPECT_EQ(ledger.term(2).source, source("c"));
  ledger.end("b", day(0));
  EXPECT_EQ(ledger.term(1).source, source("c"));
  ledger.extend("b", {day(0)}, day(0));
  EXPECT_EQ(ledger.account.terms.size(), 2u);
}

}  // namespace
}  // namespace purser::domain::testing
