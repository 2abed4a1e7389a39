#include "domain/ledger.hpp"

#include <gtest/gtest.h>

#include "domain/ledger_fixture.hpp"

namespace purser::domain::testing {
namespace {

TEST(Grant, BecomesALot) {
  Ledger ledger;
  ledger.grant(100, day(0), day(9));
  ASSERT_EQ(ledger.account.lots.size(), 1u);
  EXPECT_EQ(ledger.account.lots[0], (Lot{q(100), day(9), source(""), false}));
  const Entry& entry = ledger.entries.at(0);
  EXPECT_EQ(entry.change, q(100));
  EXPECT_EQ(entry.quantity_after, q(100));
  EXPECT_EQ(entry.cause, Cause::kManual);
  EXPECT_EQ(entry.expires_at, day(9));
  EXPECT_EQ(entry.at, day(0));
}

TEST(Grant, PaysTheDebtFirst) {
  Ledger ledger;
  ledger.decrease(30, day(0));
  EXPECT_EQ(ledger.quantity(), -30);
  ledger.grant(10, day(0));
  EXPECT_EQ(ledger.account.debt, q(-20));
  EXPECT_TRUE(ledger.account.lots.empty());
  ledger.grant(20, day(0));
  EXPECT_EQ(ledger.account, ItemAccount{});
  ledger.decrease(5, day(0));
  ledger.grant(25, day(0), day(3));
  EXPECT_EQ(ledger.account.debt, q(0));
  EXPECT_EQ(ledger.lots(), (Amounts{20}));
}

TEST(Grant, AnExpiryThatIsNotInTheFutureIsRefused) {
  for (const Timestamp expiry : {day(4), day(5)}) {
    const auto refused = grant({}, {q(1), expiry, {}, false, Cause::kManual, ""}, day(5));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kSchemaError);
    const auto fields = std::get<std::vector<FieldError>>(refused.error().details.at(0).second);
    EXPECT_EQ(fields.at(0).path, "expires_at");
  }
}

TEST(Grant, AmountsMustBePositive) {
  for (const std::int64_t amount : {std::int64_t{0}, std::int64_t{-1}, -Quantity::kMax}) {
    EXPECT_FALSE(grant({}, {q(amount), {}, {}, false, Cause::kManual, ""}, day(0)));
    EXPECT_FALSE(decrease({}, q(amount), "", day(0)));
    EXPECT_FALSE(try_decrease({}, q(amount), "", day(0)));
  }
}

TEST(Lots, AreEatenSoonestExpiryFirstNeverExpiringLastOldestFirstAmongEquals) {
  Ledger ledger;
  ledger.grant(1, day(0));
  ledger.grant(2, day(0), day(9), "a");
  ledger.grant(3, day(0), day(5));
  ledger.grant(4, day(0), day(9), "b");
  ledger.grant(5, day(0), day(9), "a");
  EXPECT_EQ(ledger.lots(), (Amounts{3, 2, 4, 5, 1}));
  ledger.decrease(4, day(1));
  EXPECT_EQ(ledger.lots(), (Amounts{1, 4, 5, 1}));
  ledger.decrease(11, day(1));
  EXPECT_TRUE(ledger.account.lots.empty());
  EXPECT_EQ(ledger.quantity(), 0);
}

TEST(Lots, ThatNothingTellsApartAreOne) {
  Ledger ledger;
  for (int i = 0; i < 10'000; ++i) ledger.grant(1, day(0));
  EXPECT_EQ(ledger.lots(), (Amounts{10'000}));
  ledger.grant(1, day(0), day(7));
  ledger.grant(1, day(0), day(7));
  EXPECT_EQ(ledger.lots(), (Amounts{2, 10'000}));
}

TEST(Lots, BecomeOneWhenTheLotBetweenThemGoes) {
  Ledger ledger;
  ledger.grant(1, day(0));
  ledger.grant(2, day(0), {}, "p");
  ledger.grant(3, day(0));
  EXPECT_EQ(ledger.lots(), (Amounts{1, 2, 3}));
  ledger.take(revoke_source(ledger.account, source("p"), day(1)));
  EXPECT_EQ(ledger.lots(), (Amounts{4}));
}

TEST(Decrease, BeyondTheLotsMakesDebt) {
  Ledger ledger;
  ledger.grant(10, day(0));
  ledger.decrease(25, day(0));
  EXPECT_TRUE(ledger.account.lots.empty());
  EXPECT_EQ(ledger.account.debt, q(-15));
  EXPECT_EQ(ledger.entries.back().quantity_after, q(-15));
}

TEST(TryDecrease, SucceedsOnlyIfTheQuantityIsThere) {
  Ledger ledger;
  ledger.grant(10, day(0));
  EXPECT_FALSE(ledger.try_decrease(11, day(0)));
  EXPECT_EQ(ledger.entries.size(), 1u);
  EXPECT_TRUE(ledger.try_decrease(10, day(0)));
  EXPECT_EQ(ledger.entries.back().cause, Cause::kTryDecrease);
  EXPECT_FALSE(ledger.try_decrease(1, day(0)));
  EXPECT_EQ(ledger.quantity(), 0);
}

TEST(TryDecrease, FromADebtSaysFalse) {
  Ledger ledger;
  ledger.decrease(1, day(0));
  EXPECT_FALSE(ledger.try_decrease(1, day(0)));
}

TEST(TryDecrease, ThatFailsLeavesTheDueEntries) {
  Ledger ledger;
  ledger.grant(10, day(0), day(5));
  EXPECT_FALSE(ledger.try_decrease(1, day(5)));
  EXPECT_EQ(ledger.entries.back().cause, Cause::kExpiry);
  EXPECT_EQ(ledger.entries.back().at, day(5));
  EXPECT_TRUE(ledger.account.lots.empty());
}

TEST(TryDecrease, SeesARepeatThatIsDueNow) {
  Ledger ledger;
  ledger.include("p", 5, kDaily, Expiry::kNever, day(0), day(0));
  EXPECT_TRUE(ledger.try_decrease(5, day(0)));
  EXPECT_FALSE(ledger.try_decrease(5, day(1) + Millis{-1}));
  EXPECT_TRUE(ledger.try_decrease(5, day(1)));
}

TEST(Expiry, RemovesWhatIsLeftAndNeverMore) {
  Ledger ledger;
  ledger.grant(10, day(0), day(5));
  ledger.decrease(4, day(1));
  ledger.due(day(5) + Millis{-1});
  EXPECT_EQ(ledger.quantity(), 6);
  ledger.due(day(6));
  EXPECT_EQ(ledger.quantity(), 0);
  EXPECT_EQ(ledger.entries.back().change, q(-6));
  EXPECT_EQ(ledger.entries.back().at, day(5));
  EXPECT_EQ(ledger.entries.back().expires_at, day(5));
}

TEST(Expiry, OfASpentLotIsSilent) {
  Ledger ledger;
  ledger.grant(10, day(0), day(5));
  ledger.decrease(30, day(1));
  const std::size_t before = ledger.entries.size();
  ledger.due(day(9));
  EXPECT_EQ(ledger.entries.size(), before);
  EXPECT_EQ(ledger.quantity(), -20);
}

TEST(Repeat, DownForThreeIntervalsGrantsEachOnceDatedWhenDue) {
  Ledger ledger;
  const Timestamp anchor = at("2026-01-31T10:00:00Z");
  ledger.include("p", 100, kMonthly, Expiry::kNever, anchor, anchor);
  ledger.due(at("2026-04-30T10:00:00Z"));
  EXPECT_EQ(ledger.quantity(), 400);
  ASSERT_EQ(ledger.entries.size(), 4u);
  EXPECT_EQ(ledger.entries[0].cause, Cause::kPurchase);
  EXPECT_EQ(ledger.entries[1].at, at("2026-02-28T10:00:00Z"));
  EXPECT_EQ(ledger.entries[2].at, at("2026-03-31T10:00:00Z"));
  EXPECT_EQ(ledger.entries[3].at, at("2026-04-30T10:00:00Z"));
  EXPECT_EQ(ledger.entries[3].cause, Cause::kRepeat);
  ledger.due(at("2026-04-30T10:00:00Z"));
  EXPECT_EQ(ledger.entries.size(), 4u);
}

TEST(Repeat, TenYearsOfDaysAtOnce) {
  for (const Expiry expires :
       {Expiry::kNever, Expiry::kWhenPurchaseExpires, Expiry::kWhenRepeated}) {
    Ledger ledger;
    ledger.include("p", 3, kDaily, expires, day(0), day(0));
    ledger.due(day(3650));
    const bool stays = expires != Expiry::kWhenRepeated;
    EXPECT_EQ(ledger.quantity(), stays ? 3 * 3651 : 3);
    EXPECT_EQ(ledger.entries.size(), stays ? 3651u : 1 + 2 * 3650u);
    EXPECT_EQ(ledger.account.lots.size(), 1u);
    EXPECT_EQ(ledger.account.terms.at(0).next, 3651);
  }
}

TEST(Repeat, PaysTheDebtFirst) {
  Ledger ledger;
  ledger.include("p", 10, kDaily, Expiry::kWhenRepeated, day(0), day(0));
  ledger.decrease(35, day(0));
  ledger.due(day(3));
  EXPECT_EQ(ledger.quantity(), 5);
  EXPECT_EQ(ledger.lots(), (Amounts{5}));
}

TEST(Repeat, StopsAtItsEnd) {
  Ledger ledger;
  ledger.subscribe("p", 10, kDaily, Expiry::kNever, day(0), {day(2)});
  ledger.due(day(100));
  EXPECT_EQ(ledger.quantity(), 20);
  EXPECT_FALSE(is_due(ledger.account, day(1000)));
}

TEST(Repeat, AClockThatWentBackChangesNothing) {
  Ledger ledger;
  ledger.include("p", 10, kDaily, Expiry::kWhenRepeated, day(0), day(0));
  ledger.due(day(5));
  const ItemAccount before = ledger.account;
  ledger.due(day(2));
  EXPECT_EQ(ledger.account, before);
}

TEST(Repeat, ExpiriesComeBeforeGrantsOfTheSameInstant) {
  Ledger ledger;
  ledger.grant(7, day(0), day(1));
  ledger.include("p", 10, kDaily, Expiry::kNever, day(0), day(0));
  ledger.due(day(1));
  ASSERT_EQ(ledger.entries.size(), 4u);
  EXPECT_EQ(ledger.entries[2].cause, Cause::kExpiry);
  EXPECT_EQ(ledger.entries[3].cause, Cause::kRepeat);
}

TEST(Repeat, OfTwoPurchasesInterleaves) {
  Ledger ledger;
  ledger.include("b", 1, CalendarInterval{IntervalUnit::kDay, 2}, Expiry::kNever, day(0), day(0));
  ledger.include("a", 10, kDaily, Expiry::kNever, day(0), day(0));
  EXPECT_EQ(ledger.account.terms.at(0).source, source("a"));
  ledger.due(day(2));
  ASSERT_EQ(ledger.entries.size(), 5u);
  EXPECT_EQ(ledger.entries[2].at, day(1));
  EXPECT_EQ(ledger.entries[3].source, source("a"));
  EXPECT_EQ(ledger.entries[4].source, source("b"));
}

TEST(Repeat, AfterTheLastYearOfTheCalendarThereIsNone) {
  Ledger ledger;
  const Timestamp anchor = at("9998-12-31T00:00:00Z");
  const Timestamp last = Timestamp::from_millis(Timestamp::kMaxMillis).value();
  ledger.include("p", 1, CalendarInterval{IntervalUnit::kYear, 1}, Expiry::kNever, anchor, anchor);
  ledger.due(last);
  EXPECT_EQ(ledger.quantity(), 2);
  EXPECT_FALSE(is_due(ledger.account, last));
}

TEST(WhenRepeated, WhatIsLeftExpiresWhenTheNextRepeatArrives) {
  Ledger ledger;
  ledger.include("p", 10, kDaily, Expiry::kWhenRepeated, day(0), day(0));
  EXPECT_EQ(ledger.account.lots.at(0), (Lot{q(10), day(1), source("p"), true}));
  ledger.decrease(4, day(0));
  ledger.due(day(1));
  EXPECT_EQ(ledger.quantity(), 10);
  EXPECT_EQ(ledger.entries[2].change, q(-6));
  EXPECT_EQ(ledger.entries[3].expires_at, day(2));
}

TEST(GrantIncluded, WithoutARepeatGrantsOnce) {
  Ledger ledger;
  ledger.include("p", 10, {}, Expiry::kNever, day(0), day(0));
  EXPECT_TRUE(ledger.account.terms.empty());
  EXPECT_EQ(ledger.account.lots.at(0), (Lot{q(10), std::nullopt, source("p"), false}));
}

TEST(GrantIncluded, OfASaleThatIsLongPastCatchesUp) {
  Ledger ledger;
  ledger.include("p", 10, kDaily, Expiry::kWhenRepeated, day(0), day(3));
  EXPECT_EQ(ledger.quantity(), 10);
  EXPECT_EQ(ledger.entries.size(), 7u);
  EXPECT_EQ(ledger.entries[0].at, day(0));
  EXPECT_FALSE(is_due(ledger.account, day(3)));
}

TEST(GrantIncluded, ASecondTimeForTheSamePurchaseIsRefused) {
  Ledger ledger;
  ledger.include("p", 10, kDaily, Expiry::kNever, day(0), day(0));
  const IncludedGrant again{source("p"), q(10), kDaily, Expiry::kNever, day(0)};
  EXPECT_EQ(grant_included(ledger.account, again, day(0)).error().code, ErrorCode::kInternalError);
}

TEST(GrantIncluded, BrokenContractsAreRefused) {
  EXPECT_FALSE(grant_included({}, {source(""), q(1), {}, Expiry::kNever, day(0)}, day(0)));
  EXPECT_FALSE(grant_included({}, {source("p"), q(0), {}, Expiry::kNever, day(0)}, day(0)));
  EXPECT_FALSE(grant_included({}, {source("p"), q(1), {}, Expiry::kWhenRepeated, day(0)}, day(0)));
}

TEST(EndSource, TakesWhatEndsWithThePurchaseAndStopsItsRepeats) {
  Ledger ledger;
  ledger.include("never", 1, kDaily, Expiry::kNever, day(0), day(0));
  ledger.include("ends", 2, kDaily, Expiry::kWhenPurchaseExpires, day(0), day(0));
  ledger.include("again", 4, kDaily, Expiry::kWhenRepeated, day(0), day(0));
  for (const char* purchase : {"never", "ends", "again"}) {
    ledger.take(end_source(ledger.account, source(purchase), day(0)));
  }
  EXPECT_EQ(ledger.quantity(), 1);
  EXPECT_TRUE(ledger.account.terms.empty());
  EXPECT_EQ(ledger.entries.back().cause, Cause::kPurchaseEnd);
  ledger.due(day(100));
  EXPECT_EQ(ledger.quantity(), 1);
}

TEST(EndSource, AppliesWhatIsDueFirst) {
  Ledger ledger;
  ledger.include("p", 2, kDaily, Expiry::kNever, day(0), day(0));
  ledger.take(end_source(ledger.account, source("p"), day(3)));
  EXPECT_EQ(ledger.quantity(), 8);
}

TEST(EndSource, ASecondTimeChangesNothing) {
  Ledger ledger;
  ledger.include("p", 2, kDaily, Expiry::kWhenPurchaseExpires, day(0), day(0));
  ledger.take(end_source(ledger.account, source("p"), day(1)));
  const std::size_t before = ledger.entries.size();
  ledger.take(end_source(ledger.account, source("p"), day(1)));
  EXPECT_EQ(ledger.entries.size(), before);
}

TEST(RevokeSource, TakesWhatIsLeftAndNeverMore) {
  Ledger ledger;
  ledger.grant(5, day(0));
  ledger.include("p", 10, {}, Expiry::kNever, day(0), day(0));
  ledger.decrease(8, day(0));  // the five older ones and three of the purchase
  ledger.take(revoke_source(ledger.account, source("p"), day(0)));
  EXPECT_EQ(ledger.quantity(), 0);
  EXPECT_EQ(ledger.entries.back().change, q(-7));
  EXPECT_EQ(ledger.entries.back().cause, Cause::kRevocation);
}

TEST(RevokeSource, WithADebtTakesNothing) {
  Ledger ledger;
  ledger.include("p", 10, kDaily, Expiry::kNever, day(0), day(0));
  ledger.decrease(25, day(0));
  ledger.take(revoke_source(ledger.account, source("p"), day(0)));
  EXPECT_EQ(ledger.quantity(), -15);
  EXPECT_TRUE(ledger.account.terms.empty());
}

TEST(RevokeSource, ManualGrantsHaveNoSourceToRevoke) {
  Ledger ledger;
  ledger.grant(5, day(0));
  EXPECT_FALSE(revoke_source(ledger.account, source(""), day(0)));
  EXPECT_FALSE(end_source(ledger.account, source(""), day(0)));
}

TEST(Range, NoChangeLeavesIt) {
  Ledger full;
  full.grant(Quantity::kMax, day(0));
  const Grant one{q(1), {}, {}, false, Cause::kManual, ""};
  EXPECT_EQ(grant(full.account, one, day(0)).error().code, ErrorCode::kQuantityOutOfRange);
  Ledger empty;
  empty.decrease(Quantity::kMax, day(0));
  EXPECT_EQ(decrease(empty.account, q(1), "", day(0)).error().code, ErrorCode::kQuantityOutOfRange);
  empty.grant(Quantity::kMax, day(0));
  EXPECT_EQ(empty.quantity(), 0);
}

TEST(Range, ARepeatThatWouldLeaveItIsSkipped) {
  Ledger ledger;
  ledger.include("p", Quantity::kMax, kDaily, Expiry::kNever, day(0), day(0));
  ledger.due(day(1));
  EXPECT_EQ(ledger.quantity(), Quantity::kMax);
  EXPECT_EQ(ledger.account.terms.at(0).next, 2);
  EXPECT_EQ(ledger.account.terms.at(0).granted, q(0));
}

TEST(Description, StandsInTheEntry) {
  const auto granted = grant({}, {q(1), {}, {}, false, Cause::kManual, "welcome"}, day(0)).value();
  EXPECT_EQ(granted.entries.at(0).description, "welcome");
  const auto spent = try_decrease(granted.account, q(1), "call 7", day(0)).value();
  EXPECT_EQ(spent.change.entries.at(0).description, "call 7");
}

TEST(LedgerWords, RoundTrip) {
  for (int i = 0; i <= static_cast<int>(Cause::kRestoration); ++i) {
    EXPECT_EQ(parse_cause(to_string(static_cast<Cause>(i))), static_cast<Cause>(i));
  }
  for (int i = 0; i <= static_cast<int>(Expiry::kWhenRepeated); ++i) {
    EXPECT_EQ(parse_expiry(to_string(static_cast<Expiry>(i))), static_cast<Expiry>(i));
  }
  EXPECT_FALSE(parse_cause("Manual"));
  EXPECT_FALSE(parse_expiry("whenRepeated"));
}

}  // namespace
}  // namespace purser::domain::testing
