#include "domain/terms.hpp"

#include <algorithm>
#include <functional>
#include <queue>
#include <tuple>
#include <utility>

namespace purser::domain {
namespace terms {
namespace {

constexpr Timestamp kCalendarEnd = *Timestamp::from_millis(Timestamp::kMaxMillis);

// Where the purchase's term stands, or would.
std::size_t place_of(const std::vector<Term>& list, const PurchaseId& source) {
  const auto place =
      std::lower_bound(list.begin(), list.end(), source,
                       [](const Term& term, const PurchaseId& id) { return term.source < id; });
  return static_cast<std::size_t>(place - list.begin());
}

bool stands_at(const std::vector<Term>& list, std::size_t place, const PurchaseId& source) {
  return place < list.size() && list[place].source == source;
}

bool lapses_by(const Term& term, Timestamp now) {
  return !term.lapsed && term.ends_at && *term.ends_at <= now;
}

// When the next grant falls due, if it does before anything else is heard of the purchase.
std::optional<Timestamp> next_grant(const Term& term) {
  if (!term.repeat || term.lapsed) return std::nullopt;
  const Timestamp due = interval_end(term);
  if (due == kCalendarEnd) return std::nullopt;
  if (term.until && due >= *term.until) return std::nullopt;
  if (term.ends_at && due >= *term.ends_at) return std::nullopt;
  return due;
}

// Whether the lot outlives its date because the repeat that would replace it is not paid yet.
bool is_held(const ItemAccount& account, const Lot& lot) {
  if (!lot.ends_with_source || !lot.expires_at) return false;
  const Term* term = find(account, lot.source);
  return term != nullptr && term->expires == Expiry::kWhenRepeated && !term->lapsed &&
         term->until && *lot.expires_at >= *term->until && *lot.expires_at == interval_end(*term) &&
         *lot.expires_at != kCalendarEnd;
}

void expire_until(Draft& draft, Timestamp horizon) {
  auto& list = draft.account().lots;
  std::size_t kept = 0;
  std::size_t seen = 0;
  for (; seen < list.size() && list[seen].expires_at && *list[seen].expires_at <= horizon; ++seen) {
    if (!is_held(draft.account(), list[seen])) {
      draft.record_removal(list[seen], Cause::kExpiry, *list[seen].expires_at);
    } else if (kept > 0 && lots::same_key(list[kept - 1], lots::key_of(list[seen]))) {
      Quantity& remaining = list[kept - 1].remaining;
      remaining = remaining.plus(list[seen].remaining).value();
    } else {
      std::swap(list[kept], list[seen]);
      ++kept;
    }
  }
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(kept),
             list.begin() + static_cast<std::ptrdiff_t>(seen));
}

// A repeat that would leave the range is skipped: the account stays usable.
void grant_repeat(Draft& draft, Term& term, Timestamp due) {
  ++term.next;
  const Status added = draft.add(term.quantity, lot_key(term), {Cause::kRepeat, due, {}});
  term.granted = added ? term.quantity : Quantity();
}

// What falls due in which order: at one instant ends before grants, and then as the terms stand.
enum class Kind : std::uint8_t { kEnd, kGrant };
using Due = std::tuple<Timestamp, Kind, std::size_t>;

class Agenda {
 public:
  Agenda(const std::vector<Term>& terms, Timestamp now) : terms_(terms), now_(now) {
    for (std::size_t i = 0; i < terms.size(); ++i) {
      if (lapses_by(terms[i], now)) due_.emplace(*terms[i].ends_at, Kind::kEnd, i);
      add_grant(i);
    }
  }
  void add_grant(std::size_t index) {
    const auto due = next_grant(terms_[index]);
    if (due && *due <= now_) due_.emplace(*due, Kind::kGrant, index);
  }
  std::optional<Due> take() {
    if (due_.empty()) return std::nullopt;
    const Due soonest = due_.top();
    due_.pop();
    return soonest;
  }

 private:
  const std::vector<Term>& terms_;
  Timestamp now_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
};

}  // namespace

Status check_contract(const IncludedGrant& grant) {
  if (grant.source.empty() || !grant.quantity.is_positive()) {
    return Error::internal("an included item needs a purchase and a positive quantity");
  }
  if (grant.expires == Expiry::kWhenRepeated && !grant.repeat) {
    return Error::internal("an included item that expires when repeated needs a repeat");
  }
  if (!grant.keeps_term && (grant.until || grant.ends_at)) {
    return Error::internal("an included item that keeps no term has no limits");
  }
  return {};
}

Term term_of(const IncludedGrant& grant) {
  Term term;
  term.source = grant.source;
  term.quantity = grant.quantity;
  term.repeat = grant.repeat;
  term.expires = grant.expires;
  term.anchor = grant.anchor;
  term.granted = grant.quantity;
  term.until = grant.until;
  term.ends_at = grant.ends_at;
  return term;
}

Term* find(ItemAccount& account, const PurchaseId& source) {
  const std::size_t place = place_of(account.terms, source);
  return stands_at(account.terms, place, source) ? &account.terms[place] : nullptr;
}

const Term* find(const ItemAccount& account, const PurchaseId& source) {
  const std::size_t place = place_of(account.terms, source);
  return stands_at(account.terms, place, source) ? &account.terms[place] : nullptr;
}

void put(ItemAccount& account, Term term) {
  auto& list = account.terms;
  const std::size_t place = place_of(list, term.source);
  if (stands_at(list, place, term.source)) {
    list[place] = std::move(term);
  } else {
    list.insert(list.begin() + static_cast<std::ptrdiff_t>(place), std::move(term));
  }
}

void erase(ItemAccount& account, const PurchaseId& source) {
  auto& list = account.terms;
  const std::size_t place = place_of(list, source);
  if (!stands_at(list, place, source)) return;
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(place));
}

Timestamp interval_end(const Term& term) {
  return term.repeat ? nth_boundary(term.anchor, *term.repeat, term.next) : kCalendarEnd;
}

lots::LotKey lot_key(const Term& term) {
  std::optional<Timestamp> expires_at;
  if (term.expires == Expiry::kWhenRepeated) expires_at = interval_end(term);
  return {expires_at, term.source, term.expires != Expiry::kNever};
}

bool gives_access(const TermLimits& limits, Timestamp now) {
  return !limits.ends_at || now < *limits.ends_at;
}

Timestamp clock(const TermLimits& limits, Timestamp now) {
  return limits.until ? std::min(now, *limits.until + Millis{-1}) : now;
}

bool replay_repeat(Term& term, Quantity granted, Timestamp at) {
  if (!term.repeat) return false;
  const std::int64_t n = boundaries_until(term.anchor, *term.repeat, at);
  if (n < term.next || nth_boundary(term.anchor, *term.repeat, n) != at) return false;
  term.next = n + 1;
  term.granted = granted;
  return true;
}

void lapse(Draft& draft, Term& term, Timestamp at) {
  const std::optional<Timestamp> current = lot_key(term).expires_at;
  std::int64_t undated = 0;
  std::int64_t dated = 0;
  auto& list = draft.account().lots;
  for (std::size_t i = 0; i < list.size();) {
    const Lot& lot = list[i];
    if (lot.source != term.source || !lot.ends_with_source) {
      ++i;
      continue;
    }
    if (!lot.expires_at) undated += lot.remaining.value();
    if (lot.expires_at && lot.expires_at == current) dated += lot.remaining.value();
    draft.record_removal(lot, Cause::kPurchaseEnd, at);
    // Neighbours that become one lot here both stay, so the next one to look at stands at i.
    lots::remove(list, i);
  }
  term.lapsed = true;
  term.lapsed_rest = Quantity::of(undated).value();
  term.withheld = Quantity::of(dated).value();
}

void apply_due(Draft& draft, Timestamp now) {
  if (!is_due(draft.account(), now)) return;
  auto& list = draft.account().terms;
  Agenda agenda(list, now);
  while (const auto due = agenda.take()) {
    const auto& [at, kind, index] = *due;
    if (kind == Kind::kEnd) {
      expire_until(draft, at + Millis{-1});
      lapse(draft, list[index], at);
    } else {
      expire_until(draft, at);
      grant_repeat(draft, list[index], at);
      agenda.add_grant(index);
    }
  }
  expire_until(draft, now);
}

}  // namespace terms

Result<Change> apply_due(ItemAccount account, Timestamp now) {
  Draft draft(std::move(account));
  terms::apply_due(draft, now);
  return draft.finish();
}

bool is_due(const ItemAccount& account, Timestamp now) {
  for (const Lot& lot : account.lots) {
    if (!lot.expires_at || *lot.expires_at > now) break;
    if (!terms::is_held(account, lot)) return true;
  }
  return std::any_of(account.terms.begin(), account.terms.end(), [&](const Term& term) {
    if (terms::lapses_by(term, now)) return true;
    const auto due = terms::next_grant(term);
    return due && *due <= now;
  });
}

}  // namespace purser::domain
