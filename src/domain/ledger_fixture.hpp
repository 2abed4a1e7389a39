#pragma once

// For tests: an account whose every change is checked against the fold of its entries, with short
// words for what is done to it.

#include <gtest/gtest.h>

#include <string_view>
#include <utility>
#include <vector>

#include "domain/ledger.hpp"

namespace purser::domain::testing {

inline constexpr CalendarInterval kDaily{IntervalUnit::kDay, 1};
inline constexpr CalendarInterval kMonthly{IntervalUnit::kMonth, 1};

inline Quantity q(std::int64_t value) { return Quantity::of(value).value(); }
inline Timestamp at(std::string_view text) { return Timestamp::parse_iso8601(text).value(); }
/// Days since 2026-01-01.
inline Timestamp day(int n) {
  return at("2026-01-01T00:00:00Z") + Millis{n * std::int64_t{86'400'000}};
}
inline PurchaseId source(const char* id) { return PurchaseId(id); }

using Amounts = std::vector<std::int64_t>;

class Ledger {
 public:
  ItemAccount account;
  std::vector<Entry> entries;

  void take(Result<Change> change) {
    ASSERT_TRUE(change.has_value()) << change.error().message << change.error().log.for_log();
    ItemAccount folded = account;
    for (const Entry& entry : change->entries) {
      auto next = fold(std::move(folded), entry);
      ASSERT_TRUE(next.has_value()) << next.error().log.for_log();
      folded = *std::move(next);
    }
    EXPECT_EQ(folded.lots, change->account.lots);
    EXPECT_EQ(folded.debt, change->account.debt);
    EXPECT_EQ(terms_follow(account, change->entries, change->account),
              folded.terms == change->account.terms);
    account = change->account;
    entries.insert(entries.end(), change->entries.begin(), change->entries.end());
  }
  void grant(std::int64_t amount, Timestamp now, std::optional<Timestamp> expires_at = {},
             const char* from = "") {
    take(domain::grant(account, {q(amount), expires_at, source(from), false, Cause::kManual, ""},
                       now));
  }
  void decrease(std::int64_t amount, Timestamp now) {
    take(domain::decrease(account, q(amount), "", now));
  }
  bool try_decrease(std::int64_t amount, Timestamp now) {
    auto tried = domain::try_decrease(account, q(amount), "", now).value();
    take(tried.change);
    return tried.success;
  }
  void include(const char* purchase, std::int64_t amount, std::optional<CalendarInterval> repeat,
               Expiry expires, Timestamp anchor, Timestamp now) {
    take(grant_included(account, {source(purchase), q(amount), repeat, expires, anchor}, now));
  }
  void subscribe(const char* purchase, std::int64_t amount, std::optional<CalendarInterval> repeat,
                 Expiry expires, Timestamp now, const TermLimits& limits = {}) {
    IncludedGrant grant{source(purchase), q(amount), repeat, expires, now, true};
    grant.until = limits.until;
    grant.ends_at = limits.ends_at;
    take(grant_included(account, grant, now));
  }
  void extend(const char* purchase, const TermLimits& limits, Timestamp now) {
    take(extend_source(account, source(purchase), limits, now));
  }
  void switch_to(const char* purchase, std::int64_t amount, std::optional<CalendarInterval> repeat,
                 Expiry expires, Timestamp anchor, Timestamp now, const TermLimits& limits = {}) {
    const IncludedGrant to{source(purchase), q(amount), repeat, expires, anchor, true};
    take(switch_source(account, source(purchase), to, limits, now));
  }
  void switch_away(const char* purchase, Timestamp now, const TermLimits& limits = {}) {
    take(switch_source(account, source(purchase), std::nullopt, limits, now));
  }
  void end(const char* purchase, Timestamp now) {
    take(end_source(account, source(purchase), now));
  }
  void revoke(const char* purchase, std::int64_t at_most, Timestamp now) {
    take(revoke_part(account, source(purchase), q(at_most), now));
  }
  void due(Timestamp now) {
    const ItemAccount before = account;
    const bool expected = is_due(account, now);
    take(apply_due(account, now));
    EXPECT_EQ(expected, account != before);
    EXPECT_FALSE(is_due(account, now));
  }

  std::int64_t quantity() const { return account.quantity().value(); }
  const Term& term(std::size_t index = 0) const { return account.terms.at(index); }
  Amounts lots() const {
    Amounts list;
    for (const Lot& lot : account.lots) list.push_back(lot.remaining.value());
    return list;
  }
  /// The changes of the last entries, oldest first.
  Amounts last(std::size_t count) const {
    Amounts list;
    for (std::size_t i = entries.size() - count; i < entries.size(); ++i) {
      list.push_back(entries[i].change.value());
    }
    return list;
  }
  /// One of the last entries: 1 is the newest.
  const Entry& newest(std::size_t nth = 1) const { return entries.at(entries.size() - nth); }
};

}  // namespace purser::domain::testing
