// The ledger against a reference that was written apart from it: every single unit is a token of
// its own, time passes day by day, and the calendar is a list of days. Slow, and too simple to be
// wrong in the same way.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>
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
    int found = -1;
    for (std::size_t i = 0; i < days_.size(); ++i) {
      if (days_[i].month == wanted && days_[i].day <= day_of_month) found = static_cast<int>(i);
    }
    return found;
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
  int unit = 0;
  int count = 1;
  Expiry expires = Expiry::kNever;
  int anchor = 0;
  int next = 1;
  int next_day = 0;
  int until = kNever;
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
    if (c.verb == Verb::kUntil) {
      for (Promise& p : promises) {
        if (p.source == source) p.until = today + c.expires_in;
      }
      return {};
    }
    if (c.verb == Verb::kInclude && c.expires == Expiry::kWhenRepeated && c.repeat_unit < 0) {
      return {true, true, {}};
    }
    if (c.verb == Verb::kInclude && has_promise(source)) return {true, true, {}};
    pass_time();
    bool success = true;
    if (c.verb == Verb::kGrant) {
      give(c.amount, c.expires_in > 0 ? today + c.expires_in : kNever, "", false, Cause::kManual,
           today);
    } else if (c.verb == Verb::kDecrease) {
      eat(c.amount, Cause::kManual);
    } else if (c.verb == Verb::kTryDecrease) {
      success = balance() >= c.amount;
      if (success) eat(c.amount, Cause::kTryDecrease);
    } else if (c.verb == Verb::kInclude) {
      include(c, source);
    } else if (c.verb == Verb::kEnd || c.verb == Verb::kRevoke) {
      stop(source, c.verb == Verb::kRevoke);
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
  bool has_promise(const std::string& source) const {
    return std::any_of(promises.begin(), promises.end(),
                       [&](const Promise& p) { return p.source == source; });
  }

  static int boundary(const Promise& p, int n) {
    static const DayList days;
    const int steps = p.count * n;
    if (p.unit == 0) return p.anchor + steps;
    if (p.unit == 1) return p.anchor + 7 * steps;
    return days.months_later(p.anchor, p.unit == 2 ? steps : 12 * steps);
  }

  void sort_units() {
    std::stable_sort(units.begin(), units.end(), [](const Unit& a, const Unit& b) {
      return a.expires != b.expires ? a.expires < b.expires : a.birth < b.birth;
    });
  }

  void pass_time() {
    for (int d = 0; d <= today; ++d) {
      expire(d);
      std::sort(promises.begin(), promises.end(),
                [](const Promise& a, const Promise& b) { return a.source < b.source; });
      for (Promise& p : promises) {
        if (p.next_day != d || d >= p.until) continue;
        p.next_day = boundary(p, p.next + 1);
        const bool once = p.expires == Expiry::kWhenRepeated;
        give(p.amount, once ? p.next_day : kNever, p.source, p.expires != Expiry::kNever,
             Cause::kRepeat, d);
        ++p.next;
      }
    }
  }

  void expire(int d) {
    if (units.empty() || units.front().expires > d) return;
    remove_if([d](const Unit& u) { return u.expires <= d; }, Cause::kExpiry, d);
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

  void include(const Command& c, const std::string& source) {
    const int anchor = std::max(today - c.anchor_ago, 0);
    Promise p{source, c.amount, c.repeat_unit, c.repeat_count, c.expires, anchor, 1, 0, kNever};
    int expires = kNever;
    if (c.repeat_unit >= 0) {
      p.next_day = boundary(p, 1);
      if (c.expires == Expiry::kWhenRepeated) expires = p.next_day;
      promises.push_back(p);
    }
    give(c.amount, expires, source, c.expires != Expiry::kNever, Cause::kPurchase, anchor);
    pass_time();
  }

  void stop(const std::string& source, bool all) {
    std::erase_if(promises, [&](const Promise& p) { return p.source == source; });
    remove_if([&](const Unit& u) { return u.source == source && (all || u.ends_with_source); },
              all ? Cause::kRevocation : Cause::kPurchaseEnd, today);
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
  RC_ASSERT(machine.account.schedules.size() == model.promises.size());
  for (const Schedule& s : machine.account.schedules) {
    const auto p = std::find_if(model.promises.begin(), model.promises.end(),
                                [&](const Promise& x) { return x.source == s.source.str(); });
    RC_ASSERT(p != model.promises.end());
    RC_ASSERT(p->next == s.next);
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
  RC_CLASSIFY(!model.promises.empty(), "ends with schedules");
  RC_CLASSIFY(model.units.size() > 100, "ends with many units");
}

}  // namespace
}  // namespace purser::domain::testing
