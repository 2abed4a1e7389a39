#pragma once

// For tests: random commands on one item account, over days, as values that shrink and print.

#include <rapidcheck.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "domain/ledger.hpp"

namespace purser::domain::testing {

enum class Verb {
  kGrant,
  kDecrease,
  kTryDecrease,
  kInclude,
  kSubscribe,
  kEnd,
  kRevoke,
  kRevokePart,
  kExtend,
  kSwitch,
  kRestoreTerm,
  kDue
};

// One command. Fields that its verb does not use are ignored. Days are counted from 2026-01-01, at
// midnight.
struct Command {
  Verb verb = Verb::kDue;
  int advance = 0;  // days to the command before it; may be negative (a clock that went back)
  std::int64_t amount = 1;
  int expires_in = 0;    // days; 0: never
  int source = 0;        // which purchase: "p0" to "p2"
  int repeat_unit = -1;  // -1: no repeat, else an IntervalUnit
  int repeat_count = 1;
  Expiry expires = Expiry::kNever;
  int anchor_ago = 0;    // days before now
  int paid_for = 0;      // days from now, maybe negative; 0: without a limit
  int ends_in = 0;       // days from now, maybe negative; 0: no end is known
  int unpaid_ago = 0;    // days before now, of an extension; 0: all is paid
  bool includes = true;  // whether the plan to which a purchase switches includes the item
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
  static constexpr const char* kNames[] = {"grant",     "decrease", "try_decrease", "include",
                                           "subscribe", "end",      "revoke",       "revoke_part",
                                           "extend",    "switch",   "restore_term", "due"};
  out << kNames[static_cast<int>(c.verb)] << "{advance " << c.advance << ", amount " << c.amount
      << ", expires_in " << c.expires_in << ", source " << c.source << ", repeat " << c.repeat_count
      << " of " << c.repeat_unit << ", expires " << to_string(c.expires) << ", anchor_ago "
      << c.anchor_ago << ", paid_for " << c.paid_for << ", ends_in " << c.ends_in << ", unpaid_ago "
      << c.unpaid_ago << (c.includes ? "" : ", not included") << "}";
}

// Commands with amounts below `max_amount`. Everything shrinks towards nothing happening.
inline rc::Gen<Command> any_command(std::int64_t max_amount) {
  const auto days = rc::gen::weightedOneOf<int>(
      {{6, rc::gen::inRange(0, 3)}, {3, rc::gen::inRange(0, 45)}, {1, rc::gen::inRange(-10, 400)}});
  const auto limit = rc::gen::weightedOneOf<int>(
      {{2, rc::gen::just(0)}, {6, rc::gen::inRange(1, 40)}, {1, rc::gen::inRange(-20, 1)}});
  const auto seldom_ago =
      rc::gen::weightedOneOf<int>({{4, rc::gen::just(0)}, {1, rc::gen::inRange(0, 60)}});
  return rc::gen::build<Command>(
      rc::gen::set(&Command::verb, rc::gen::weightedElement<Verb>({{4, Verb::kDue},
                                                                   {8, Verb::kGrant},
                                                                   {5, Verb::kDecrease},
                                                                   {6, Verb::kTryDecrease},
                                                                   {3, Verb::kInclude},
                                                                   {5, Verb::kSubscribe},
                                                                   {2, Verb::kEnd},
                                                                   {2, Verb::kRevoke},
                                                                   {3, Verb::kRevokePart},
                                                                   {5, Verb::kExtend},
                                                                   {6, Verb::kSwitch},
                                                                   {1, Verb::kRestoreTerm}})),
      rc::gen::set(&Command::advance, days),
      rc::gen::set(&Command::amount, rc::gen::inRange<std::int64_t>(1, max_amount)),
      rc::gen::set(&Command::expires_in, rc::gen::weightedOneOf<int>(
                                             {{1, rc::gen::just(0)}, {2, rc::gen::inRange(0, 9)}})),
      rc::gen::set(&Command::source, rc::gen::inRange(0, 3)),
      rc::gen::set(&Command::repeat_unit, rc::gen::inRange(-1, 4)),
      rc::gen::set(&Command::repeat_count, rc::gen::inRange(1, 4)),
      rc::gen::set(&Command::expires, rc::gen::element(Expiry::kNever, Expiry::kWhenPurchaseExpires,
                                                       Expiry::kWhenRepeated)),
      rc::gen::set(&Command::anchor_ago, seldom_ago), rc::gen::set(&Command::paid_for, limit),
      rc::gen::set(&Command::ends_in, limit), rc::gen::set(&Command::unpaid_ago, seldom_ago),
      rc::gen::set(&Command::includes, rc::gen::weightedElement<bool>({{4, true}, {1, false}})));
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
      case Verb::kSubscribe:
        return keep(grant_included(account, included(c), now));
      case Verb::kEnd:
        return keep(end_source(account, source, now));
      case Verb::kRevoke:
        return keep(revoke_source(account, source, now));
      case Verb::kRevokePart:
        return keep(revoke_part(account, source, amount, now));
      case Verb::kExtend:
        return keep(extend_source(account, source, limits(c), now));
      case Verb::kSwitch:
        return keep(switch_source(account, source,
                                  c.includes ? std::optional(included(c)) : std::nullopt, limits(c),
                                  now));
      case Verb::kRestoreTerm:
        return keep(restore_term(account, included(c), now));
      case Verb::kDue:
        return keep(apply_due(account, now));
    }
    std::abort();
  }

 private:
  std::optional<Timestamp> from_today(int days) const {
    if (days == 0) return std::nullopt;
    return day(std::max(today + days, 0));
  }
  TermLimits limits(const Command& c) const {
    TermLimits limits{from_today(c.paid_for), from_today(c.ends_in), {}};
    if (c.verb == Verb::kExtend) limits.unpaid_before = from_today(-c.unpaid_ago);
    return limits;
  }
  IncludedGrant included(const Command& c) const {
    IncludedGrant grant{
        source_id(c.source), Quantity::of(c.amount).value(),         repeat_of(c),
        c.expires,           day(std::max(today - c.anchor_ago, 0)), c.verb != Verb::kInclude};
    if (c.verb != Verb::kSubscribe && c.verb != Verb::kRestoreTerm) return grant;
    grant.until = limits(c).until;
    grant.ends_at = limits(c).ends_at;
    return grant;
  }
  Reply keep(Result<Change> change) {
    if (!change) return {true, true, {}};
    account = change->account;
    return {false, true, change->entries};
  }
};

}  // namespace purser::domain::testing
