#include "codec/account_codec.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace purser::codec {
namespace {

using domain::Expiry;
using domain::ItemAccount;
using domain::Lot;
using domain::Term;

Quantity quantity(std::int64_t value) { return Quantity::of(value).value(); }
Timestamp instant(std::int64_t millis) { return Timestamp::from_millis(millis).value(); }

ItemAccount with_manual_lot(std::int64_t remaining) {
  ItemAccount account;
  account.lots.push_back({quantity(remaining), std::nullopt, PurchaseId(), false});
  return account;
}

Term any_term_with_everything() {
  Term term;
  term.source = PurchaseId("purchase");
  term.quantity = quantity(7);
  term.repeat = {IntervalUnit::kMonth, 1};
  term.expires = Expiry::kWhenRepeated;
  term.anchor = instant(500);
  term.next = 3;
  term.granted = quantity(5);
  term.until = instant(900'000);
  term.ends_at = instant(1'000'000);
  term.lapsed = true;
  term.lapsed_rest = quantity(300);
  term.withheld = quantity(2);
  term.carried = {{quantity(2), instant(3)}, {quantity(1), instant(4)}};
  return term;
}

TEST(AccountCodec, TheCommonCaseIsSmall) {
  EXPECT_EQ(encode_account({}).size(), 4u);
  EXPECT_EQ(encode_account(with_manual_lot(1)).size(), 6u);
  EXPECT_EQ(encode_account(with_manual_lot(1000)).size(), 7u);
  EXPECT_LT(encode_account(with_manual_lot(Quantity::kMax)).size(), 16u);
}

TEST(AccountCodec, DebtRoundTrips) {
  ItemAccount account;
  account.debt = quantity(-Quantity::kMax);
  EXPECT_EQ(*decode_account(encode_account(account)), account);
}

TEST(AccountCodec, TheFirstVersionStaysReadable) {
  ItemAccount account = with_manual_lot(300);
  account.lots.insert(account.lots.begin(), {quantity(5), instant(1000), PurchaseId("p"), true});
  Term term;
  term.source = PurchaseId("p");
  term.quantity = quantity(7);
  term.repeat = {IntervalUnit::kMonth, 1};
  term.expires = Expiry::kWhenRepeated;
  term.anchor = instant(500);
  term.next = 3;
  term.granted = quantity(7);
  term.until = instant(9);
  account.terms.push_back(term);
  const std::string bytes(
      "\x01\x02\x07\x05\xe8\x07\x01p\x00\xac\x02\x00\x01\x01p\x07\x02\x01\x02\xf4\x03\x03\x0a", 23);
  EXPECT_EQ(*decode_account(bytes), account);
}

TEST(AccountCodec, TheSecondVersionStaysReadable) {
  ItemAccount account = with_manual_lot(300);
  account.terms.push_back(any_term_with_everything());
  Term plain;
  plain.source = PurchaseId("q");
  plain.quantity = quantity(9);
  plain.granted = quantity(9);
  plain.anchor = instant(500);
  account.terms.push_back(plain);
  const std::string bytes(
      "\x02\x01\x00\xac\x02\x00\x02"
      "\xff\x01\x08purchase\x07\x02\xf4\x03\x02\x01\x03\xa0\xf7\x36\xc0\x84\x3d"
      "\x02\x02\x03\x01\x04\x05\xac\x02\x02"
      "\x00\x01q\x09\x00\xf4\x03",
      47);
  EXPECT_EQ(encode_account(account), bytes);
  EXPECT_EQ(*decode_account(bytes), account);
}

TEST(AccountCodec, BrokenTermsAreRefused) {
  const Term whole = any_term_with_everything();
  const auto refused = [](const Term& term) {
    ItemAccount account;
    account.terms = {term};
    return !decode_account(encode_account(account));
  };
  EXPECT_FALSE(refused(whole));
  Term term = whole;
  term.granted = quantity(8);  // more than it grants
  EXPECT_TRUE(refused(term));
  term = whole;
  term.lapsed = false;  // but keeps what a lapse took
  EXPECT_TRUE(refused(term));
  term = whole;
  term.repeat.reset();
  EXPECT_TRUE(refused(term));
  term = whole;
  term.next = 0;
  EXPECT_TRUE(refused(term));
  term = whole;
  term.source = PurchaseId();
  EXPECT_TRUE(refused(term));
  term = whole;
  std::swap(term.carried[0], term.carried[1]);
  EXPECT_TRUE(refused(term));
  term = whole;
  term.carried[1] = term.carried[0];
  EXPECT_TRUE(refused(term));
  term = whole;
  term.carried[0].quantity = quantity(0);
  EXPECT_TRUE(refused(term));
  ItemAccount twice;
  twice.terms = {whole, whole};
  EXPECT_FALSE(decode_account(encode_account(twice)));
}

TEST(AccountCodec, BrokenInvariantsAreRefused) {
  const Lot a{quantity(1), instant(5), PurchaseId("a"), false};
  const Lot b{quantity(1), instant(4), PurchaseId("b"), false};
  ItemAccount wrong_order;
  wrong_order.lots = {a, b};
  ItemAccount not_merged;
  not_merged.lots = {a, a};
  ItemAccount lots_and_debt = with_manual_lot(1);
  lots_and_debt.debt = quantity(-1);
  ItemAccount too_much = with_manual_lot(Quantity::kMax);
  too_much.lots.insert(too_much.lots.begin(), a);
  ItemAccount empty_lot;
  empty_lot.lots = {{Quantity(), std::nullopt, PurchaseId(), false}};
  for (const ItemAccount& account : {wrong_order, not_merged, lots_and_debt, too_much, empty_lot}) {
    EXPECT_FALSE(decode_account(encode_account(account)));
  }
}

TEST(AccountCodec, EveryTruncationAndEveryExtensionIsRefused) {
  ItemAccount account = with_manual_lot(300);
  account.terms.push_back(any_term_with_everything());
  const std::string bytes = encode_account(account);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_account(bytes.substr(0, size))) << size;
  }
  EXPECT_FALSE(decode_account(bytes + '\0'));
}

rc::Gen<Timestamp> any_instant() {
  return rc::gen::map(rc::gen::inRange<std::int64_t>(0, Timestamp::kMaxMillis + 1), instant);
}
rc::Gen<PurchaseId> any_source() {
  return rc::gen::map(rc::gen::element("a", "b", "0190b0f0-7c1d-7000-8000-000000000001"),
                      [](const char* text) { return PurchaseId(text); });
}

// Accounts that keep the invariants, of any shape.
rc::Gen<ItemAccount> any_account() {
  return rc::gen::exec([] {
    ItemAccount account;
    if (*rc::gen::arbitrary<bool>()) {
      account.debt = quantity(-*rc::gen::inRange<std::int64_t>(0, Quantity::kMax + 1));
    } else {
      const auto count = *rc::gen::inRange(0, 6);
      for (int i = 0; i < count; ++i) {
        Lot lot;
        lot.remaining = quantity(*rc::gen::inRange<std::int64_t>(1, Quantity::kMax / 8));
        if (i < count - 1) lot.expires_at = *any_instant();
        if (*rc::gen::arbitrary<bool>()) lot.source = *any_source();
        lot.ends_with_source = *rc::gen::arbitrary<bool>();
        account.lots.push_back(lot);
      }
      const auto sooner = [](const Lot& a, const Lot& b) {
        return a.expires_at && (!b.expires_at || *a.expires_at < *b.expires_at);
      };
      std::sort(account.lots.begin(), account.lots.end(), sooner);
      // Lots of one instant would need merging; the ledger's own tests cover that.
      const auto same = [](const Lot& a, const Lot& b) { return a.expires_at == b.expires_at; };
      account.lots.erase(std::unique(account.lots.begin(), account.lots.end(), same),
                         account.lots.end());
    }
    for (const char* source : {"a", "b"}) {
      if (!*rc::gen::arbitrary<bool>()) continue;
      Term term;
      term.source = PurchaseId(source);
      term.quantity = quantity(*rc::gen::inRange<std::int64_t>(0, Quantity::kMax + 1));
      term.granted = quantity(*rc::gen::inRange<std::int64_t>(0, term.quantity.value() + 1));
      if (*rc::gen::arbitrary<bool>()) {
        term.repeat = {*rc::gen::element(IntervalUnit::kDay, IntervalUnit::kYear),
                       *rc::gen::inRange(1, CalendarInterval::kMaxCount + 1)};
        term.next = *rc::gen::inRange<std::int64_t>(1, 10'000);
      }
      term.expires = term.repeat ? *rc::gen::element(Expiry::kNever, Expiry::kWhenPurchaseExpires,
                                                     Expiry::kWhenRepeated)
                                 : Expiry::kWhenPurchaseExpires;
      term.anchor = *any_instant();
      if (*rc::gen::arbitrary<bool>()) term.until = *any_instant();
      if (*rc::gen::arbitrary<bool>()) term.ends_at = *any_instant();
      term.lapsed = *rc::gen::arbitrary<bool>();
      if (term.lapsed) {
        term.lapsed_rest = quantity(*rc::gen::inRange<std::int64_t>(0, Quantity::kMax + 1));
        term.withheld = quantity(*rc::gen::inRange<std::int64_t>(0, Quantity::kMax + 1));
      }
      for (int i = 0; i < *rc::gen::inRange(0, 4); ++i) {
        const Timestamp after = term.carried.empty() ? instant(0) : term.carried.back().until;
        term.carried.push_back({quantity(*rc::gen::inRange<std::int64_t>(1, Quantity::kMax + 1)),
                                after + Millis{*rc::gen::inRange<std::int64_t>(1, 1'000'000)}});
      }
      account.terms.push_back(term);
    }
    return account;
  });
}

RC_GTEST_PROP(AccountCodecProperty, DecodingGivesTheSameAccount, ()) {
  const ItemAccount account = *any_account();
  const std::string bytes = encode_account(account);
  const auto decoded = decode_account(bytes);
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(*decoded == account);
}

// Whatever is read writes the same bytes again, so no two texts mean one account. What version 1
// wrote means the same account when it is written anew.
void require_refused_or_canonical(const std::string& bytes) {
  const auto decoded = decode_account(bytes);
  if (!decoded) return;
  const std::string written = encode_account(*decoded);
  if (bytes.front() != 1) RC_ASSERT(written == bytes);
  const auto again = decode_account(written);
  RC_ASSERT(again.has_value());
  RC_ASSERT(*again == *decoded);
}

RC_GTEST_PROP(AccountCodecProperty, GarbageIsRefusedOrCanonical, (std::string bytes)) {
  require_refused_or_canonical(bytes);
  require_refused_or_canonical("\x01" + bytes);
  require_refused_or_canonical("\x02" + bytes);
}

RC_GTEST_PROP(AccountCodecProperty, OneChangedByteIsRefusedOrCanonical, (unsigned char value)) {
  std::string bytes = encode_account(*any_account());
  bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = static_cast<char>(value);
  require_refused_or_canonical(bytes);
}

}  // namespace
}  // namespace purser::codec
