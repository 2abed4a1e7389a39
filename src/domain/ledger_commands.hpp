#pragma once

// For tests: random commands on one item account, over days, as values that shrink and print.

#include <rapidcheck.h>

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "domain/ledger.hpp"

namespace purser::domain::testing {

enum class Verb { kGrant, kDecrease, kTryDecrease, kInclude, kEnd, kRevoke, kUntil, kDue };

// One command. Fields that its verb does not use are ignored. Days are counted from 2026-01-01, at
// midnight.
struct Command {
  Verb verb = Verb::kDue;
  int advance = 0;  // days to the command before it; may be negative (a clock that went back)
  std::int64_t amount = 1;
  int expires_in = 0;    // days; 0: never. For kUntil: the schedule's end, from now
  int source = 0;        // which purchase: "p0" to "p2"
  int repeat_unit = -1;  // -1: no repeat, else an IntervalUnit
  int repeat_count = 1;
  Expiry expires = Expiry::kNever;
  int anchor_ago = 0;  // days before now
};

inline Timestamp day(int n) {
  return Timestamp::from_millis(1'767'225'600'000 + n * std::int64_t{86'400'000}).value();
}
inline PurchaseId source_id(int n) { return PurchaseId("p" + std::to_string(n)); }
inline std::optional<CalendarInterval> repeat_of(const Command& c) {
  if (c.repeat_unit < 0) return std::nullopt;
  return CalendarInterval{static_cast<IntervalUnit>(c.repeat_unit), c.repeat_count};
}

inline void showValue(const Command& c, std::ostream& out) {
  static constexpr const char* kNames[] = {"grant", "decrease", "try_decrease", "include",
                                           "end",   "revoke",   "until",        "due"};
  out << kNames[static_cast<int>(c.verb)] << "{advance " << c.advance << ", amount " << c.amount
      << ", expires_in " << c.expires_in << ", source " << c.source << ", repeat " << c.repeat_count
      << " of " << c.repeat_unit << ", expires " << to_string(c.expires) << ", anchor_ago "
      << c.anchor_ago << "}";
}

// Commands with amounts below `max_amount`. Everything shrinks towards nothing happening.
inline rc::Gen<Command> any_command(std::int64_t max_amount) {
  const auto days = rc::gen::weightedOneOf<int>(
      {{6, rc::gen::inRange(0, 3)}, {3, rc::gen::inRange(0, 45)}, {1, rc::gen::inRange(-10, 400)}});
  return rc::gen::build<Command>(
      rc::gen::set(&Command::verb, rc::gen::weightedElement<Verb>({{4, Verb::kDue},
                                                                   {8, Verb::kGrant},
                                                                   {5, Verb::kDecrease},
                                                                   {6, Verb::kTryDecrease},
                                                                   {5, Verb::kInclude},
                                                                   {2, Verb::kEnd},
                                                                   {2, Verb::kRevoke},
                                                                   {1, Verb::kUntil}})),
      rc::gen::set(&Command::advance, days),
      rc::gen::set(&Command::amount, rc::gen::inRange<std::int64_t>(1, max_amount)),
      rc::gen::set(&Command::expires_in, rc::gen::weightedOneOf<int>(
                                             {{1, rc::gen::just(0)}, {2, rc::gen::inRange(0, 9)}})),
      rc::gen::set(&Command::source, rc::gen::inRange(0, 3)),
      rc::gen::set(&Command::repeat_unit, rc::gen::inRange(-1, 4)),
      rc::gen::set(&Command::repeat_count, rc::gen::inRange(1, 4)),
      rc::gen::set(&Command::expires, rc::gen::element(Expiry::kNever, Expiry::kWhenPurchaseExpires,
                                                       Expiry::kWhenRepeated)),
      rc::gen::set(
          &Command::anchor_ago,
          rc::gen::weightedOneOf<int>({{4, rc::gen::just(0)}, {1, rc::gen::inRange(0, 60)}})));
}

inline rc::Gen<std::vector<Command>> any_commands(std::int64_t max_amount) {
  return rc::gen::container<std::vector<Command>>(any_command(max_amount));
}

// What the ledger answered. `error` says that nothing changed.
struct Reply {
  bool error = false;
  bool success = true;  // of a try_decrease
  std::vector<Entry> entries;
};

// The real ledger under command: an account and the day it is.
class Machine {
 public:
  ItemAccount account;
  int today = 100;

  Reply run(const Command& c) {
    today = std::min(std::max(today + c.advance, 0), 2000);
    const Timestamp now = day(today);
    const Quantity amount = Quantity::of(c.amount).value();
    const PurchaseId source = source_id(c.source);
    switch (c.verb) {
      case Verb::kGrant: {
        std::optional<Timestamp> expires_at;
        if (c.expires_in > 0) expires_at = day(today + c.expires_in);
        const Grant given{amount, expires_at, PurchaseId(), false, Cause::kManual, ""};
        return keep(grant(account, given, now));
      }
      case Verb::kDecrease:
        return keep(decrease(account, amount, "", now));
      case Verb::kTryDecrease: {
        auto tried = try_decrease(account, amount, "", now);
        if (!tried) return {true, false, {}};
        account = tried->change.account;
        return {false, tried->success, tried->change.entries};
      }
      case Verb::kInclude:
        return keep(grant_included(
            account,
            {source, amount, repeat_of(c), c.expires, day(std::max(today - c.anchor_ago, 0))},
            now));
      case Verb::kEnd:
        return keep(end_source(account, source, now));
      case Verb::kRevoke:
        return keep(revoke_source(account, source, now));
      case Verb::kUntil:
        return keep(extend_source(account, source, {day(today + c.expires_in), std::nullopt}, now));
      case Verb::kDue:
        return keep(apply_due(account, now));
    }
    std::abort();
  }

 private:
  Reply keep(Result<Change> change) {
    if (!change) return {true, true, {}};
    account = change->account;
    return {false, true, change->entries};
  }
};

}  // namespace purser::domain::testing
