// Replaying recorded entries.

#include <gtest/gtest.h>

#include "domain/ledger_fixture.hpp"

namespace purser::domain::testing {
namespace {

TEST(Fold, EntriesThatCannotFollowAreCorrupt) {
  Ledger ledger;
  ledger.grant(10, day(0), day(5), "p");
  const auto entry = [](std::int64_t change, std::int64_t after, Cause cause) {
    Entry e;
    e.change = q(change);
    e.quantity_after = q(after);
    e.cause = cause;
    return e;
  };
  const auto refused = [&](const Entry& e) {
    const auto folded = fold(ledger.account, e);
    return !folded && folded.error().code == ErrorCode::kInternalError;
  };
  EXPECT_TRUE(refused(entry(5, 14, Cause::kManual)));       // wrong sum
  EXPECT_TRUE(refused(entry(0, 10, Cause::kManual)));       // no change
  EXPECT_TRUE(refused(entry(-1, 9, Cause::kPurchase)));     // a grant that takes
  EXPECT_TRUE(refused(entry(1, 11, Cause::kTryDecrease)));  // a decrease that gives
  EXPECT_TRUE(refused(entry(-11, -1, Cause::kTryDecrease)));
  EXPECT_TRUE(refused(entry(-10, 0, Cause::kExpiry)));  // no such lot
  Entry partly = entry(-9, 1, Cause::kExpiry);
  partly.expires_at = day(5);
  partly.source = source("p");
  EXPECT_TRUE(refused(partly));
  Entry whole = entry(-10, 0, Cause::kExpiry);
  whole.expires_at = day(5);
  whole.source = source("p");
  EXPECT_FALSE(refused(whole));
}

TEST(Fold, ARepeatAdvancesItsTerm) {
  Ledger ledger;
  ledger.include("p", 10, kDaily, Expiry::kWhenRepeated, day(0), day(0));
  const Change later = apply_due(ledger.account, day(2)).value();
  ItemAccount folded = ledger.account;
  for (const Entry& entry : later.entries) folded = fold(folded, entry).value();
  EXPECT_EQ(folded, later.account);
  EXPECT_FALSE(fold(ledger.account, later.entries.back()));
}

// An entry on a lot of purchase "p".
Entry on_lot(std::int64_t change, std::int64_t after, Cause cause,
             std::optional<Timestamp> expires_at = {}, bool ends = false) {
  Entry entry;
  entry.change = q(change);
  entry.quantity_after = q(after);
  entry.cause = cause;
  entry.source = source("p");
  entry.expires_at = expires_at;
  entry.ends_with_source = ends;
  return entry;
}

TEST(Fold, RevocationsAndSwitchesMayTakeAPart) {
  Ledger ledger;
  ledger.grant(10, day(0), day(5), "p");
  for (const Cause cause : {Cause::kRevocation, Cause::kSwitch}) {
    const auto part = fold(ledger.account, on_lot(-4, 6, cause, day(5)));
    ASSERT_TRUE(part);
    EXPECT_EQ(part->lots.at(0).remaining, q(6));
    EXPECT_TRUE(fold(*part, on_lot(-6, 0, cause, day(5))).value().lots.empty());
    EXPECT_FALSE(fold(*part, on_lot(-7, -1, cause, day(5))));       // more than is there
    EXPECT_FALSE(fold(*part, on_lot(-4, 2, cause, day(6))));        // another date
    EXPECT_FALSE(fold(*part, on_lot(-4, 2, cause, day(5), true)));  // another kind of lot
  }
  EXPECT_FALSE(fold(ledger.account, on_lot(0, 10, Cause::kRevocation, day(5))));
  EXPECT_FALSE(fold(ledger.account, on_lot(1, 11, Cause::kRevocation, day(5))));
}

TEST(Fold, APartGoesFromTheLotThatIsEatenLast) {
  Ledger ledger;
  ledger.grant(10, day(0), {}, "p");
  ledger.grant(5, day(0));
  ledger.grant(20, day(0), {}, "p");
  EXPECT_EQ(ledger.lots(), (Amounts{10, 5, 20}));
  const auto lots_after = [&](std::int64_t amount) {
    Ledger folded;
    folded.account = fold(ledger.account, on_lot(-amount, 35 - amount, Cause::kSwitch)).value();
    return folded.lots();
  };
  EXPECT_EQ(lots_after(19), (Amounts{10, 5, 1}));
  EXPECT_EQ(lots_after(20), (Amounts{10, 5}));
  EXPECT_EQ(lots_after(21), (Amounts{9, 5}));
  EXPECT_EQ(lots_after(30), (Amounts{5}));
}

TEST(Fold, SwitchesAndRestorationsGrant) {
  for (const Cause cause : {Cause::kSwitch, Cause::kRestoration}) {
    const auto granted = fold({}, on_lot(5, 5, cause, day(5), true)).value();
    EXPECT_EQ(granted.lots.at(0), (Lot{q(5), day(5), source("p"), true}));
  }
  EXPECT_FALSE(fold({}, on_lot(-5, -5, Cause::kRestoration)));
}

TEST(Fold, ARepeatThatItsTermCannotMakeIsCorrupt) {
  Ledger ledger;
  ledger.include("p", 10, kDaily, Expiry::kNever, day(0), day(0));
  ledger.include("once", 1, {}, Expiry::kNever, day(0), day(0));
  Entry repeat = on_lot(10, 21, Cause::kRepeat);
  repeat.at = day(1) + Millis{1};
  EXPECT_FALSE(fold(ledger.account, repeat));
  repeat.at = day(0);
  EXPECT_FALSE(fold(ledger.account, repeat));
  repeat.at = day(3);  // those before it were skipped
  const auto folded = fold(ledger.account, repeat).value();
  EXPECT_EQ(folded.terms.at(0).next, 4);
  EXPECT_EQ(folded.terms.at(0).granted, q(10));
  // Without the term, as when a whole history is replayed, any instant will do.
  ledger.account.terms.clear();
  repeat.at = day(1) + Millis{1};
  EXPECT_TRUE(fold(ledger.account, repeat));
}

TEST(TermsFollow, FromPlainRepeatsAndFromNothingElse) {
  Ledger ledger;
  ledger.subscribe("p", 10, kDaily, Expiry::kWhenRepeated, day(0), {day(4), day(6)});
  const ItemAccount start = ledger.account;
  const auto follow = [&start](const Change& change) {
    return terms_follow(start, change.entries, change.account);
  };
  EXPECT_TRUE(follow(decrease(start, q(3), "", day(0)).value()));
  EXPECT_TRUE(follow(apply_due(start, day(3)).value()));
  EXPECT_TRUE(follow(apply_due(start, day(5)).value()));
  EXPECT_FALSE(follow(apply_due(start, day(6)).value()));  // lapsed
  EXPECT_FALSE(follow(extend_source(start, source("p"), {day(5), day(6)}, day(0)).value()));
  EXPECT_TRUE(follow(extend_source(start, source("p"), {day(4), day(6)}, day(0)).value()));
  EXPECT_FALSE(follow(switch_source(start, source("p"), std::nullopt, {}, day(0)).value()));
  EXPECT_FALSE(follow(end_source(start, source("p"), day(0)).value()));
  EXPECT_FALSE(follow(revoke_source(start, source("p"), day(0)).value()));
  EXPECT_TRUE(follow(revoke_part(start, source("p"), q(3), day(0)).value()));
}

TEST(TermsFollow, ASkippedRepeatIsToldByTheNextOne) {
  Ledger ledger;
  ledger.include("p", 2, kDaily, Expiry::kNever, day(0), day(0));
  ledger.grant(Quantity::kMax - 3, day(0), day(2));
  const ItemAccount start = ledger.account;  // one is free, so the repeat of day 1 is skipped
  const Change skipped = apply_due(start, day(1)).value();
  EXPECT_FALSE(terms_follow(start, skipped.entries, skipped.account));
  const Change resumed = apply_due(start, day(2)).value();
  EXPECT_TRUE(terms_follow(start, resumed.entries, resumed.account));
}

}  // namespace
}  // namespace purser::domain::testing
