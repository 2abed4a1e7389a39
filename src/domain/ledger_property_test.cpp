#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "domain/ledger_commands.hpp"

namespace purser::domain::testing {
namespace {

// Amounts so large that a few of them leave the range.
constexpr std::int64_t kHuge = Quantity::kMax / 3;

void require_invariants(const ItemAccount& account) {
  RC_ASSERT(account.debt.value() <= 0);
  RC_ASSERT(account.lots.empty() || account.debt.is_zero());
  for (std::size_t i = 0; i < account.lots.size(); ++i) {
    const Lot& lot = account.lots[i];
    RC_ASSERT(lot.remaining.is_positive());
    if (i == 0) continue;
    const Lot& before = account.lots[i - 1];
    if (before.expires_at == lot.expires_at) {
      RC_ASSERT(!(before.source == lot.source && before.ends_with_source == lot.ends_with_source));
    } else {
      RC_ASSERT(before.expires_at.has_value());
      RC_ASSERT(!lot.expires_at || *before.expires_at < *lot.expires_at);
    }
  }
  for (std::size_t i = 0; i < account.terms.size(); ++i) {
    const Term& term = account.terms[i];
    if (i > 0) RC_ASSERT(account.terms[i - 1].source < term.source);
    RC_ASSERT(term.granted.value() >= 0 && term.granted <= term.quantity);
    RC_ASSERT(term.repeat || term.next == 1);
    RC_ASSERT(term.lapsed || (term.lapsed_rest.is_zero() && term.withheld.is_zero()));
    for (std::size_t k = 1; k < term.carried.size(); ++k) {
      RC_ASSERT(term.carried[k - 1].until < term.carried[k].until);
    }
  }
}

// What a store has that keeps the account only when its entries do not tell all of it.
class FoldingStore {
 public:
  const ItemAccount& account() const { return account_; }
  void put(const ItemAccount& before, const Reply& reply, const ItemAccount& after) {
    if (!terms_follow(before, reply.entries, after)) {
      account_ = after;
      return;
    }
    for (const Entry& entry : reply.entries) {
      auto next = fold(std::move(account_), entry);
      RC_ASSERT(next.has_value());
      account_ = *std::move(next);
    }
  }

 private:
  ItemAccount account_;
};

bool is_removal(const Entry& entry) {
  return entry.cause == Cause::kExpiry || entry.cause == Cause::kPurchaseEnd ||
         entry.cause == Cause::kRevocation ||
         (entry.cause == Cause::kSwitch && entry.change.is_negative());
}

void history_holds(const std::vector<Command>& commands) {
  Machine machine;
  ItemAccount folded;
  FoldingStore store;
  std::int64_t sum = 0;
  for (const Command& command : commands) {
    const ItemAccount before = machine.account;
    const Reply reply = machine.run(command);
    if (reply.error) RC_ASSERT(machine.account == before);
    require_invariants(machine.account);
    for (const Entry& entry : reply.entries) {
      RC_ASSERT(!entry.change.is_zero());
      const std::int64_t was = sum;
      sum += entry.change.value();
      RC_ASSERT(entry.quantity_after.value() == sum);
      // Only a decrease that says so takes an account below zero.
      if (is_removal(entry)) RC_ASSERT(was > 0 && sum >= 0);
      if (entry.cause == Cause::kTryDecrease) RC_ASSERT(sum >= 0);
      auto next = fold(std::move(folded), entry);
      RC_ASSERT(next.has_value());
      folded = *std::move(next);
    }
    RC_ASSERT(machine.account.quantity().value() == sum);
    RC_ASSERT(folded.lots == machine.account.lots);
    RC_ASSERT(folded.debt == machine.account.debt);
    store.put(before, reply, machine.account);
    RC_ASSERT(store.account() == machine.account);
  }
}

RC_GTEST_PROP(LedgerProperty, TheFoldOfTheEntriesIsTheAccount, ()) {
  history_holds(*any_commands(1000));
}

RC_GTEST_PROP(LedgerProperty, TheSameWithHugeAmounts, ()) { history_holds(*any_commands(kHuge)); }

Machine after(const std::vector<Command>& commands) {
  Machine machine;
  for (const Command& command : commands) machine.run(command);
  return machine;
}

RC_GTEST_PROP(LedgerProperty, TryDecreaseSucceedsExactlyIfTheQuantityIsThere, ()) {
  const Machine machine = after(*any_commands(100));
  const Timestamp now = day(machine.today + *rc::gen::inRange(0, 60));
  const Quantity amount = Quantity::of(*rc::gen::inRange<std::int64_t>(1, 500)).value();
  const Change due = apply_due(machine.account, now).value();
  const TryDecrease tried = try_decrease(machine.account, amount, "", now).value();
  RC_ASSERT(tried.success == (due.account.quantity() >= amount));
  if (tried.success) {
    RC_ASSERT(tried.change.account.quantity() == due.account.quantity().minus(amount));
    RC_ASSERT(tried.change.entries.size() == due.entries.size() + 1);
  } else {
    RC_ASSERT(tried.change.account == due.account);
    RC_ASSERT(tried.change.entries == due.entries);
  }
}

RC_GTEST_PROP(LedgerProperty, DueThingsAreAppliedOnce, ()) {
  const Machine machine = after(*any_commands(100));
  const Timestamp now = day(machine.today + *rc::gen::inRange(0, 400));
  const Change once = apply_due(machine.account, now).value();
  RC_ASSERT(is_due(machine.account, now) == !(once.account == machine.account));
  if (!once.entries.empty()) RC_ASSERT(is_due(machine.account, now));
  RC_ASSERT(!is_due(once.account, now));
  const Change twice = apply_due(once.account, now).value();
  RC_ASSERT(twice.account == once.account);
  RC_ASSERT(twice.entries.empty());
}

RC_GTEST_PROP(LedgerProperty, ApplyingDueThingsInTwoStepsIsTheSameAsInOne, ()) {
  const Machine machine = after(*any_commands(100));
  const int until = machine.today + *rc::gen::inRange(0, 400);
  const Timestamp half_way = day(*rc::gen::inRange(machine.today, until + 1)) + Millis{1};
  const Change at_once = apply_due(machine.account, day(until) + Millis{1}).value();
  const Change first = apply_due(machine.account, half_way).value();
  const Change second = apply_due(first.account, day(until) + Millis{1}).value();
  RC_ASSERT(second.account == at_once.account);
  std::vector<Entry> entries = first.entries;
  entries.insert(entries.end(), second.entries.begin(), second.entries.end());
  RC_ASSERT(entries == at_once.entries);
}

RC_GTEST_PROP(LedgerProperty, EntriesOfDueThingsAreInTheOrderOfTheirTime, ()) {
  const Machine machine = after(*any_commands(100));
  const Change due = apply_due(machine.account, day(machine.today + 200)).value();
  for (std::size_t i = 1; i < due.entries.size(); ++i) {
    RC_ASSERT(due.entries[i - 1].at <= due.entries[i].at);
  }
}

// Payments come late, access is lost and comes back; in the end each interval was granted once,
// dated when it was due.
RC_GTEST_PROP(LedgerProperty, EachIntervalIsGrantedOnceHoweverLateItIsPaid, ()) {
  const CalendarInterval interval{*rc::gen::element(IntervalUnit::kDay, IntervalUnit::kWeek,
                                                    IntervalUnit::kMonth, IntervalUnit::kYear),
                                  *rc::gen::inRange(1, 4)};
  const auto expires =
      *rc::gen::element(Expiry::kNever, Expiry::kWhenPurchaseExpires, Expiry::kWhenRepeated);
  IncludedGrant grant{source_id(0), Quantity::of(10).value(), interval, expires, day(0), true};
  grant.until = day(*rc::gen::inRange(0, 60));
  ItemAccount account = grant_included({}, grant, day(0)).value().account;
  std::vector<Timestamp> granted;
  const auto keep = [&](Change change) {
    account = std::move(change.account);
    for (const Entry& entry : change.entries) {
      if (entry.cause == Cause::kRepeat) granted.push_back(entry.at);
    }
  };
  int today = 0;
  for (const int pause : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 90))) {
    today += pause;
    TermLimits limits{day(today + *rc::gen::inRange(-60, 60)), std::nullopt, std::nullopt};
    if (*rc::gen::arbitrary<bool>()) limits.ends_at = day(today + *rc::gen::inRange(-60, 60));
    keep(extend_source(account, source_id(0), limits, day(today)).value());
  }
  keep(extend_source(account, source_id(0), {}, day(today)).value());
  std::vector<Timestamp> expected;
  for (std::int64_t n = 1; n <= boundaries_until(day(0), interval, day(today)); ++n) {
    expected.push_back(nth_boundary(day(0), interval, n));
  }
  RC_ASSERT(granted == expected);
  const std::size_t kept = expires == Expiry::kWhenRepeated ? 1 : 1 + expected.size();
  RC_ASSERT(account.quantity().value() == 10 * static_cast<std::int64_t>(kept));
}

RC_GTEST_PROP(LedgerProperty, AChangedHistoryIsFoundOut, ()) {
  Machine machine;
  std::vector<Entry> entries;
  for (const Command& command : *any_commands(1000)) {
    const Reply reply = machine.run(command);
    entries.insert(entries.end(), reply.entries.begin(), reply.entries.end());
  }
  RC_PRE(!entries.empty());
  Entry& forged = entries[*rc::gen::inRange<std::size_t>(0, entries.size())];
  forged.change = forged.change.plus(Quantity::of(1).value()).value();
  Result<ItemAccount> folded = ItemAccount{};
  for (const Entry& entry : entries) {
    folded = fold(*std::move(folded), entry);
    if (!folded) break;
  }
  RC_ASSERT(!folded.has_value());
}

}  // namespace
}  // namespace purser::domain::testing
