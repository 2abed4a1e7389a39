// The ledger against a reference that was written apart from it: every single unit is a token of
// its own, time passes day by day, and the calendar is a list of days. Slow, and too simple to be
// wrong in the same way.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "domain/ledger_commands.hpp"

namespace purser::domain::testing {
namespace {

constexpr int kNever = std::numeric_limits<int>::max();

// Year, month and day of each day since 2026-01-01.
class DayList {
 public:
  DayList() {
    for (int year = 2026; year < 2046; ++year) {
      const bool leap = year % 4 == 0;  // 2100 is far away
      const int lengths[] = {31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
      for (int month = 0; month < 12; ++month) {
        for (int d = 1; d <= lengths[month]; ++d) {
          days_.push_back({(year - 2026) * 12 + month, d});
        }
      }
    }
  }

  // `months` later, on the same day of the month or the last one before it.
  int months_later(int start, int months) const {
    const int wanted = days_[static_cast<std::size_t>(start)].month + months;
    const int day_of_month = days_[static_cast<std::size_t>(start)].day;
    auto i = static_cast<std::size_t>(start);
    while (days_.at(i).month < wanted) ++i;
    while (days_.at(i).day < day_of_month && days_.at(i + 1).month == wanted) ++i;
    return static_cast<int>(i);
  }

 private:
  struct Date {
    int month;  // since January 2026
    int day;
  };
  std::vector<Date> days_;
};

struct Unit {
  int expires = kNever;
  std::string source;
  bool ends_with_source = false;
  int birth = 0;
};

struct Promise {
  std::string source;
  std::int64_t amount = 0;
  int unit = 0;  // -1: it is granted once
  int count = 1;
  Expiry expires = Expiry::kNever;
  int anchor = 0;
  int next = 1;
  int next_day = kNever;
  std::int64_t granted = 0;
  int paid_until = kNever;
  int ends = kNever;
  bool lapsed = false;
  std::int64_t taken_undated = 0;
  std::int64_t taken_of_last = 0;
  std::map<int, std::int64_t> consumed_before = {};  // by the day on which it counts no more
};

struct Line {
  std::int64_t change = 0;
  std::int64_t after = 0;
  Cause cause = Cause::kManual;
  std::string source;
  int expires = kNever;
  bool ends_with_source = false;
  int at = 0;
  friend bool operator==(const Line&, const Line&) = default;
};

struct Run {  // neighbouring units that look alike
  std::int64_t count = 0;
  int expires = kNever;
  std::string source;
  bool ends_with_source = false;
  friend bool operator==(const Run&, const Run&) = default;
};

class Model {
 public:
  std::vector<Unit> units;
  std::int64_t debt = 0;
  std::vector<Promise> promises;
  int today = 100;

  struct Answer {
    bool error = false;
    bool success = true;
    std::vector<Line> lines;
  };

  Answer run(const Command& c) {
    today = std::min(std::max(today + c.advance, 0), 2000);
    lines_.clear();
    const std::string source = "p" + std::to_string(c.source);
    if (breaks_contract(c)) return {true, true, {}};
    if (begins(c.verb) && find(source) != nullptr) return {true, true, {}};
    pass_time();
    bool success = true;
    switch (c.verb) {
      case Verb::kGrant:
        give(c.amount, c.expires_in > 0 ? today + c.expires_in : kNever, "", false, Cause::kManual,
             today);
        break;
      case Verb::kDecrease:
        eat(c.amount, Cause::kManual);
        break;
      case Verb::kTryDecrease:
        success = balance() >= c.amount;
        if (success) eat(c.amount, Cause::kTryDecrease);
        break;
      case Verb::kInclude:
      case Verb::kSubscribe:
        include(c);
        break;
      case Verb::kEnd:
      case Verb::kRevoke:
        stop(source, c.verb == Verb::kRevoke);
        break;
      case Verb::kRevokePart:
        revoke_part(source, c.amount);
        break;
      case Verb::kExtend:
        extend(c, source);
        break;
      case Verb::kSwitch:
        switch_plan(c, source);
        break;
      case Verb::kRestoreTerm:
        restore_promise(c, source);
        break;
      case Verb::kDue:
        break;
    }
    return {false, success, lines_};
  }

  std::int64_t balance() const { return static_cast<std::int64_t>(units.size()) + debt; }

  std::vector<Run> runs() const {
    std::vector<Run> out;
    for (const Unit& u : units) {
      if (out.empty() || out.back().expires != u.expires || out.back().source != u.source ||
          out.back().ends_with_source != u.ends_with_source) {
        out.push_back({0, u.expires, u.source, u.ends_with_source});
      }
      ++out.back().count;
    }
    return out;
  }

 private:
  static bool begins(Verb verb) { return verb == Verb::kInclude || verb == Verb::kSubscribe; }
  static bool breaks_contract(const Command& c) {
    const bool grants =
        begins(c.verb) || c.verb == Verb::kRestoreTerm || (c.verb == Verb::kSwitch && c.includes);
    return grants && c.expires == Expiry::kWhenRepeated && c.repeat_unit < 0;
  }

  Promise* find(const std::string& source) {
    for (Promise& p : promises) {
      if (p.source == source) return &p;
    }
    return nullptr;
  }

  static int boundary(const Promise& p, int n) {
    static const DayList days;
    if (p.unit < 0) return kNever;
    const int steps = p.count * n;
    if (p.unit == 0) return p.anchor + steps;
    if (p.unit == 1) return p.anchor + 7 * steps;
    return days.months_later(p.anchor, p.unit == 2 ? steps : 12 * steps);
  }

  int in_days(int days) const { return days == 0 ? kNever : std::max(today + days, 0); }

  void sort_units() {
    std::stable_sort(units.begin(), units.end(), [](const Unit& a, const Unit& b) {
      return a.expires != b.expires ? a.expires < b.expires : a.birth < b.birth;
    });
  }

  void pass_time() {
    std::sort(promises.begin(), promises.end(),
              [](const Promise& a, const Promise& b) { return a.source < b.source; });
    for (int d = 0; d <= today; ++d) {
      for (Promise& p : promises) {
        if (p.ends == d && !p.lapsed) lapse(p, d);
      }
      expire(d);
      for (Promise& p : promises) {
        if (p.next_day != d || p.lapsed || d >= p.paid_until) continue;
        ++p.next;
        p.next_day = boundary(p, p.next);
        p.granted = p.amount;
        give_by(p, p.amount, Cause::kRepeat, d);
      }
    }
  }

  // Whether what is left of the purchase's last grant waits for a repeat that nobody paid yet.
  bool waits(const Unit& u) {
    const Promise* p = u.ends_with_source ? find(u.source) : nullptr;
    return p != nullptr && p->expires == Expiry::kWhenRepeated && !p->lapsed &&
           u.expires == p->next_day && p->paid_until <= p->next_day;
  }

  void expire(int d) {
    if (units.empty() || units.front().expires > d) return;
    remove_if([&](const Unit& u) { return u.expires <= d && !waits(u); }, Cause::kExpiry, d);
  }

  void lapse(Promise& p, int d) {
    for (const Unit& u : units) {
      if (u.source != p.source || !u.ends_with_source) continue;
      if (u.expires == kNever) ++p.taken_undated;
      if (u.expires != kNever && u.expires == p.next_day && p.expires == Expiry::kWhenRepeated) {
        ++p.taken_of_last;
      }
    }
    remove_if([&](const Unit& u) { return u.source == p.source && u.ends_with_source; },
              Cause::kPurchaseEnd, d);
    p.lapsed = true;
  }

  int date_of_last(const Promise& p) const {
    return p.expires == Expiry::kWhenRepeated ? p.next_day : kNever;
  }
  void give_by(const Promise& p, std::int64_t amount, Cause cause, int d) {
    give(amount, date_of_last(p), p.source, p.expires != Expiry::kNever, cause, d);
  }

  template <class Condition>
  void remove_if(Condition condition, Cause cause, int at) {
    std::vector<Unit> left;
    std::vector<Run> gone;
    bool continues = false;
    for (const Unit& u : units) {
      if (!condition(u)) {
        left.push_back(u);
        continues = false;
        continue;
      }
      const bool same = continues && gone.back().expires == u.expires &&
                        gone.back().source == u.source &&
                        gone.back().ends_with_source == u.ends_with_source;
      if (!same) gone.push_back({0, u.expires, u.source, u.ends_with_source});
      ++gone.back().count;
      continues = true;
    }
    std::int64_t quantity = balance();
    units = left;
    for (const Run& r : gone) {
      quantity -= r.count;
      lines_.push_back({-r.count, quantity, cause, r.source, r.expires, r.ends_with_source, at});
    }
  }

  void give(std::int64_t amount, int expires, const std::string& source, bool ends, Cause cause,
            int at) {
    for (std::int64_t i = 0; i < amount; ++i) {
      if (debt < 0) {
        ++debt;
      } else {
        units.push_back({expires, source, ends, births_++});
      }
    }
    sort_units();
    lines_.push_back({amount, balance(), cause, source, expires, ends, at});
  }

  void eat(std::int64_t amount, Cause cause) {
    for (std::int64_t i = 0; i < amount; ++i) {
      if (units.empty()) {
        --debt;
      } else {
        units.erase(units.begin());
      }
    }
    lines_.push_back({-amount, balance(), cause, "", kNever, false, today});
  }

  // What the command promises; the limits are those of a subscription.
  Promise promise_of(const Command& c) const {
    Promise p;
    p.source = "p" + std::to_string(c.source);
    p.amount = c.amount;
    p.unit = c.repeat_unit;
    p.count = c.repeat_count;
    p.expires = c.expires;
    p.anchor = std::max(today - c.anchor_ago, 0);
    p.next_day = boundary(p, 1);
    p.granted = c.amount;
    if (c.verb != Verb::kInclude) {
      p.paid_until = in_days(c.paid_for);
      p.ends = in_days(c.ends_in);
    }
    return p;
  }

  void include(const Command& c) {
    const Promise p = promise_of(c);
    give_by(p, p.amount, Cause::kPurchase, p.anchor);
    if (c.verb == Verb::kSubscribe || c.repeat_unit >= 0) promises.push_back(p);
    pass_time();
  }

  void stop(const std::string& source, bool all) {
    std::erase_if(promises, [&](const Promise& p) { return p.source == source; });
    remove_if([&](const Unit& u) { return u.source == source && (all || u.ends_with_source); },
              all ? Cause::kRevocation : Cause::kPurchaseEnd, today);
  }

  // Removes one unit after the other from the back; those that look alike and follow each other are
  // one line.
  template <class Condition>
  std::int64_t remove_from_back(Condition condition, std::int64_t at_most, Cause cause,
                                bool one_line) {
    std::int64_t removed = 0;
    bool continues = false;
    for (std::size_t i = units.size(); i-- > 0 && removed < at_most;) {
      if (!condition(units[i])) {
        continues = continues && one_line;
        continue;
      }
      const Unit u = units[i];
      const bool same = continues && lines_.back().expires == u.expires &&
                        lines_.back().ends_with_source == u.ends_with_source;
      if (!same)
        lines_.push_back({0, balance(), cause, u.source, u.expires, u.ends_with_source, today});
      units.erase(units.begin() + static_cast<std::ptrdiff_t>(i));
      --lines_.back().change;
      lines_.back().after = balance();
      ++removed;
      continues = true;
    }
    return removed;
  }

  void revoke_part(const std::string& source, std::int64_t at_most) {
    std::int64_t left = at_most;
    left -= remove_from_back([&](const Unit& u) { return u.source == source; }, left,
                             Cause::kRevocation, false);
    if (Promise* p = find(source)) {
      for (std::int64_t* taken : {&p->taken_of_last, &p->taken_undated}) {
        while (left > 0 && *taken > 0) {
          --*taken;
          --left;
        }
      }
    }
  }

  // Whether an interval that ends on this day still runs: its end is to come, or waits for money.
  bool still_runs(int end, int paid_until) const {
    return paid_until > today ? end > today : end >= paid_until;
  }

  void move_limits(Promise& p, int paid_until, int ends) {
    p.paid_until = paid_until;
    p.ends = ends;
    if (ends <= today && !p.lapsed) lapse(p, today);
    if (ends <= today || !p.lapsed) return;
    p.lapsed = false;
    if (p.taken_undated > 0) {
      give(p.taken_undated, kNever, p.source, true, Cause::kRestoration, today);
    }
    const bool gone = p.expires == Expiry::kWhenRepeated && !still_runs(p.next_day, paid_until);
    if (p.taken_of_last > 0 && !gone) give_by(p, p.taken_of_last, Cause::kRestoration, today);
    p.taken_undated = 0;
    p.taken_of_last = 0;
  }

  void extend(const Command& c, const std::string& source) {
    Promise* p = find(source);
    if (p == nullptr) return;
    if (c.unpaid_ago > 0) {
      while (p->next_day < std::max(today - c.unpaid_ago, 0)) {
        p->next_day = boundary(*p, ++p->next);
        p->granted = 0;
        if (p->expires == Expiry::kWhenRepeated) p->taken_of_last = 0;
      }
    }
    move_limits(*p, in_days(c.paid_for), in_days(c.ends_in));
    pass_time();
  }

  void skip_past_boundaries(Promise& p) const {
    while (p.unit >= 0 && !still_runs(p.next_day, p.paid_until)) {
      p.next_day = boundary(p, ++p.next);
    }
  }

  void switch_plan(const Command& c, const std::string& source) {
    Promise* old = find(source);
    if (old == nullptr && !c.includes) return;
    Promise p = promise_of(c);
    if (!c.includes) {
      p.amount = 0;
      p.unit = -1;
      p.expires = Expiry::kNever;
      p.next_day = kNever;
    }
    p.granted = 0;
    p.lapsed = p.ends <= today;
    skip_past_boundaries(p);
    if (old != nullptr) {
      move_limits(*old, p.paid_until, p.ends);
      const std::int64_t consumed = old->granted - take_last(*old);
      p.taken_undated = old->taken_undated;
      p.consumed_before = old->consumed_before;
      if (consumed > 0) p.consumed_before[old->next_day] += consumed;
      std::erase_if(p.consumed_before,
                    [&](const auto& part) { return !still_runs(part.first, p.paid_until); });
      std::erase_if(promises, [&](const Promise& other) { return other.source == source; });
    }
    p.granted = p.amount;
    for (const auto& [until, quantity] : p.consumed_before) p.granted -= quantity;
    p.granted = std::max<std::int64_t>(p.granted, 0);
    if (p.granted > 0 && !p.lapsed) give_by(p, p.granted, Cause::kSwitch, today);
    if (p.lapsed) {
      (p.expires == Expiry::kWhenPurchaseExpires ? p.taken_undated : p.taken_of_last) += p.granted;
    }
    promises.push_back(p);
    pass_time();
  }

  // Takes what is left of the last grant, wherever it is.
  std::int64_t take_last(Promise& p) {
    std::int64_t taken = remove_from_back(
        [&](const Unit& u) {
          return u.source == p.source && u.expires == date_of_last(p) &&
                 u.ends_with_source == (p.expires != Expiry::kNever);
        },
        p.granted, Cause::kSwitch, true);
    std::int64_t& kept =
        p.expires == Expiry::kWhenPurchaseExpires ? p.taken_undated : p.taken_of_last;
    while (taken < p.granted && kept > 0) {
      --kept;
      ++taken;
    }
    return taken;
  }

  void restore_promise(const Command& c, const std::string& source) {
    if (find(source) != nullptr) return;
    Promise p = promise_of(c);
    p.lapsed = p.ends <= today;
    skip_past_boundaries(p);
    promises.push_back(p);
  }

  std::vector<Line> lines_;
  int births_ = 0;
};

int day_number(const std::optional<Timestamp>& t) {
  if (!t) return kNever;
  const std::int64_t millis = (*t - day(0)).count;
  EXPECT_EQ(millis % 86'400'000, 0);
  return static_cast<int>(millis / 86'400'000);
}

std::vector<Line> lines_of(const std::vector<Entry>& entries) {
  std::vector<Line> lines;
  for (const Entry& e : entries) {
    lines.push_back({e.change.value(), e.quantity_after.value(), e.cause, e.source.str(),
                     day_number(e.expires_at), e.ends_with_source, day_number(e.at)});
  }
  return lines;
}

std::vector<Run> runs_of(const ItemAccount& account) {
  std::vector<Run> runs;
  for (const Lot& lot : account.lots) {
    runs.push_back({lot.remaining.value(), day_number(lot.expires_at), lot.source.str(),
                    lot.ends_with_source});
  }
  return runs;
}

void require_same(const Machine& machine, const Model& model) {
  RC_ASSERT(runs_of(machine.account) == model.runs());
  RC_ASSERT(machine.account.debt.value() == model.debt);
  RC_ASSERT(machine.account.terms.size() == model.promises.size());
  for (const Term& t : machine.account.terms) {
    const auto p = std::find_if(model.promises.begin(), model.promises.end(),
                                [&](const Promise& x) { return x.source == t.source.str(); });
    RC_ASSERT(p != model.promises.end());
    RC_ASSERT(p->next == t.next);
    RC_ASSERT(p->granted == t.granted.value());
    RC_ASSERT(p->lapsed == t.lapsed);
    RC_ASSERT(p->taken_undated == t.lapsed_rest.value());
    RC_ASSERT(p->taken_of_last == t.withheld.value());
    RC_ASSERT(p->consumed_before.size() == t.carried.size());
    for (const Carried& carried : t.carried) {
      const bool for_ever = carried.until.millis() == Timestamp::kMaxMillis;
      const auto part = p->consumed_before.find(for_ever ? kNever : day_number(carried.until));
      RC_ASSERT(part != p->consumed_before.end());
      RC_ASSERT(part->second == carried.quantity.value());
    }
  }
}

RC_GTEST_PROP(LedgerModel, EveryReplyAndTheWholeStateAgree, ()) {
  const std::vector<Command> commands = *any_commands(12);
  Machine machine;
  Model model;
  for (const Command& command : commands) {
    const Reply reply = machine.run(command);
    const Model::Answer answer = model.run(command);
    RC_ASSERT(reply.error == answer.error);
    RC_ASSERT(reply.success == answer.success);
    RC_ASSERT(lines_of(reply.entries) == answer.lines);
    require_same(machine, model);
  }
  RC_CLASSIFY(model.debt < 0, "ends in debt");
  RC_CLASSIFY(!model.promises.empty(), "ends with terms");
  RC_CLASSIFY(model.units.size() > 100, "ends with many units");
  RC_CLASSIFY(std::any_of(model.promises.begin(), model.promises.end(),
                          [](const Promise& p) { return p.lapsed; }),
              "ends with a lapsed term");
  RC_CLASSIFY(std::any_of(model.promises.begin(), model.promises.end(),
                          [](const Promise& p) { return !p.consumed_before.empty(); }),
              "ends with something carried");
}

}  // namespace
}  // namespace purser::domain::testing
