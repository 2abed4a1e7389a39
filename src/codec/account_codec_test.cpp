#include "codec/account_codec.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace purser::codec {
namespace {

using domain::Expiry;
using domain::ItemAccount;
using domain::Lot;
using domain::Schedule;

Quantity quantity(std::int64_t value) { return Quantity::of(value).value(); }
Timestamp instant(std::int64_t millis) { return Timestamp::from_millis(millis).value(); }

ItemAccount with_manual_lot(std::int64_t remaining) {
  ItemAccount account;
  account.lots.push_back({quantity(remaining), std::nullopt, PurchaseId(), false});
  return account;
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
  account.schedules.push_back({PurchaseId("p"),
                               quantity(7),
                               {IntervalUnit::kMonth, 1},
                               Expiry::kWhenRepeated,
                               instant(500),
                               3,
                               instant(9)});
  const std::string bytes(
      "\x01\x02\x07\x05\xe8\x07\x01p\x00\xac\x02\x00\x01\x01p\x07\x02\x01\x02\xf4\x03\x03\x0a", 23);
  EXPECT_EQ(encode_account(account), bytes);
  EXPECT_EQ(*decode_account(bytes), account);
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
  account.schedules.push_back({PurchaseId("purchase"),
                               quantity(7),
                               {IntervalUnit::kMonth, 1},
                               Expiry::kWhenRepeated,
                               instant(500),
                               3,
                               std::nullopt});
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
      Schedule schedule;
      schedule.source = PurchaseId(source);
      schedule.quantity = quantity(*rc::gen::inRange<std::int64_t>(1, Quantity::kMax + 1));
      schedule.repeat = {*rc::gen::element(IntervalUnit::kDay, IntervalUnit::kYear),
                         *rc::gen::inRange(1, CalendarInterval::kMaxCount + 1)};
      schedule.expires =
          *rc::gen::element(Expiry::kNever, Expiry::kWhenPurchaseExpires, Expiry::kWhenRepeated);
      schedule.anchor = *any_instant();
      schedule.next = *rc::gen::inRange<std::int64_t>(1, 10'000);
      if (*rc::gen::arbitrary<bool>()) schedule.until = *any_instant();
      account.schedules.push_back(schedule);
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

// Whatever is read writes the same bytes again, so no two texts mean one account.
void require_refused_or_canonical(const std::string& bytes) {
  const auto decoded = decode_account(bytes);
  if (decoded) RC_ASSERT(encode_account(*decoded) == bytes);
}

RC_GTEST_PROP(AccountCodecProperty, GarbageIsRefusedOrCanonical, (std::string bytes)) {
  require_refused_or_canonical(bytes);
  require_refused_or_canonical("\x01" + bytes);
}

RC_GTEST_PROP(AccountCodecProperty, OneChangedByteIsRefusedOrCanonical, (unsigned char value)) {
  std::string bytes = encode_account(*any_account());
  bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = static_cast<char>(value);
  require_refused_or_canonical(bytes);
}

}  // namespace
}  // namespace purser::codec
