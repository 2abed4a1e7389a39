// What becomes of the items of a purchase that is extended, switched, ended or refunded.

#include <algorithm>
#include <utility>

#include "domain/draft.hpp"
#include "domain/terms.hpp"

namespace purser::domain {
namespace {

Quantity exactly(std::int64_t value) { return Quantity::of(value).value(); }

Error no_source() { return Error::internal("a purchase needs an id to change its items"); }

// Access is back: what the lapse took is given back, as far as it would still be there.
Status restore(Draft& draft, Term& term, Timestamp now) {
  term.lapsed = false;
  const Quantity rest = std::exchange(term.lapsed_rest, Quantity());
  const Quantity withheld = std::exchange(term.withheld, Quantity());
  if (rest.is_positive()) {
    const lots::LotKey undated{std::nullopt, term.source, true};
    PURSER_CHECK_OK(draft.add(rest, undated, {Cause::kRestoration, now, {}}));
  }
  const bool over = term.expires == Expiry::kWhenRepeated &&
                    terms::interval_end(term) <= terms::clock({term.until, term.ends_at}, now);
  if (!withheld.is_positive() || over) return {};
  return draft.add(withheld, terms::lot_key(term), {Cause::kRestoration, now, {}});
}

// Jumps over the repeats that were due before `instant`.
void skip_repeats(Term& term, Timestamp instant) {
  if (!term.repeat || instant <= terms::interval_end(term)) return;
  term.next = boundaries_until(term.anchor, *term.repeat, instant + Millis{-1}) + 1;
  term.granted = Quantity();
  // What was withheld of the last grant would have expired with its interval.
  if (term.expires == Expiry::kWhenRepeated) term.withheld = Quantity();
}

Status move_limits(Draft& draft, Term& term, const TermLimits& limits, Timestamp now) {
  if (limits.unpaid_before) skip_repeats(term, std::min(*limits.unpaid_before, now));
  term.until = limits.until;
  term.ends_at = limits.ends_at;
  const bool access = terms::gives_access(limits, now);
  if (access && term.lapsed) return restore(draft, term, now);
  if (!access && !term.lapsed) terms::lapse(draft, term, now);
  return {};
}

// Where a lapsed term keeps what is left of its last grant.
Quantity& kept_rest(Term& term) {
  return term.expires == Expiry::kWhenPurchaseExpires ? term.lapsed_rest : term.withheld;
}

// Takes what is left of the term's last grant, and answers how much that was.
Quantity take_last_grant(Draft& draft, Term& term, Timestamp now) {
  const Quantity taken = draft.remove_of(terms::lot_key(term), term.granted, Cause::kSwitch, now);
  if (!term.lapsed) return taken;
  Quantity& kept = kept_rest(term);
  const Quantity from_kept = std::min(kept, exactly(term.granted.value() - taken.value()));
  kept = exactly(kept.value() - from_kept.value());
  return exactly(taken.value() + from_kept.value());
}

// What was consumed of allowances whose interval is not over at `clock`.
std::vector<Carried> carry(const Term& term, Quantity consumed, Timestamp clock) {
  std::vector<Carried> carried;
  std::copy_if(term.carried.begin(), term.carried.end(), std::back_inserter(carried),
               [&](const Carried& earlier) { return earlier.until > clock; });
  const Timestamp until = terms::interval_end(term);
  if (!consumed.is_positive() || until <= clock) return carried;
  const auto place =
      std::lower_bound(carried.begin(), carried.end(), until,
                       [](const Carried& c, Timestamp instant) { return c.until < instant; });
  if (place == carried.end() || place->until != until) {
    carried.insert(place, Carried{consumed, until});
  } else {
    place->quantity = place->quantity.plus(consumed).value_or(exactly(Quantity::kMax));
  }
  return carried;
}

// The allowance less what was consumed already.
Quantity reduced(Quantity allowance, const std::vector<Carried>& carried) {
  for (const Carried& earlier : carried) {
    allowance = exactly(std::max<std::int64_t>(0, allowance.value() - earlier.quantity.value()));
  }
  return allowance;
}

// A term under these limits that has granted nothing yet; its first repeat is still to come.
Term new_term(const IncludedGrant& grant, const TermLimits& limits, Timestamp now) {
  Term term = terms::term_of(grant);
  term.granted = Quantity();
  term.until = limits.until;
  term.ends_at = limits.ends_at;
  term.lapsed = !terms::gives_access(limits, now);
  if (grant.repeat) {
    term.next = boundaries_until(grant.anchor, *grant.repeat, terms::clock(limits, now)) + 1;
  }
  return term;
}

// What stays of a purchase's term when its new plan does not include the item.
IncludedGrant nothing_of(const PurchaseId& source, Timestamp now) {
  IncludedGrant nothing;
  nothing.source = source;
  nothing.anchor = now;
  return nothing;
}

// Takes away what is left of all the purchase's lots, or of those that end with it.
Result<Change> stop_source(ItemAccount account, const PurchaseId& source, Timestamp now,
                           Cause cause) {
  if (source.empty()) return no_source();
  Draft draft(std::move(account));
  terms::apply_due(draft, now);
  terms::erase(draft.account(), source);
  auto& list = draft.account().lots;
  for (std::size_t i = 0; i < list.size();) {
    const bool goes =
        list[i].source == source && (cause == Cause::kRevocation || list[i].ends_with_source);
    if (!goes) {
      ++i;
      continue;
    }
    draft.record_removal(list[i], cause, now);
    // Neighbours that become one lot here both stay, so the next one to look at stands at i.
    lots::remove(list, i);
  }
  return draft.finish();
}

}  // namespace

Result<Change> extend_source(ItemAccount account, const PurchaseId& source,
                             const TermLimits& limits, Timestamp now) {
  if (source.empty()) return no_source();
  Draft draft(std::move(account));
  terms::apply_due(draft, now);
  if (Term* term = terms::find(draft.account(), source)) {
    PURSER_CHECK_OK(move_limits(draft, *term, limits, now));
    terms::apply_due(draft, now);
  }
  return draft.finish();
}

Result<Change> switch_source(ItemAccount account, const PurchaseId& source,
                             const std::optional<IncludedGrant>& to, const TermLimits& limits,
                             Timestamp now) {
  if (source.empty()) return no_source();
  if (to) {
    PURSER_CHECK_OK(terms::check_contract(*to));
    if (to->source != source) return Error::internal("a switch grants to another purchase");
  }
  Draft draft(std::move(account));
  terms::apply_due(draft, now);
  Term* old = terms::find(draft.account(), source);
  if (old == nullptr && !to) return draft.finish();

  Term term = new_term(to.value_or(nothing_of(source, now)), limits, now);
  if (old != nullptr) {
    PURSER_CHECK_OK(move_limits(draft, *old, limits, now));
    const Quantity left = take_last_grant(draft, *old, now);
    term.carried =
        carry(*old, exactly(old->granted.value() - left.value()), terms::clock(limits, now));
    term.lapsed_rest = old->lapsed_rest;
  }
  term.granted = reduced(term.quantity, term.carried);
  if (term.granted.is_positive() && term.lapsed) {
    Quantity& kept = kept_rest(term);
    kept = kept.plus(term.granted).value_or(exactly(Quantity::kMax));
  } else if (term.granted.is_positive()) {
    PURSER_CHECK_OK(draft.add(term.granted, terms::lot_key(term), {Cause::kSwitch, now, {}}));
  }
  terms::put(draft.account(), std::move(term));
  terms::apply_due(draft, now);
  return draft.finish();
}

Result<Change> end_source(ItemAccount account, const PurchaseId& source, Timestamp now) {
  return stop_source(std::move(account), source, now, Cause::kPurchaseEnd);
}

Result<Change> revoke_source(ItemAccount account, const PurchaseId& source, Timestamp now) {
  return stop_source(std::move(account), source, now, Cause::kRevocation);
}

Result<Change> restore_term(ItemAccount account, const IncludedGrant& grant, Timestamp now) {
  PURSER_CHECK_OK(terms::check_contract(grant));
  Draft draft(std::move(account));
  terms::apply_due(draft, now);
  const bool wanted = grant.repeat || grant.keeps_term;
  if (!wanted || terms::find(draft.account(), grant.source) != nullptr) return draft.finish();
  Term term = new_term(grant, {grant.until, grant.ends_at, {}}, now);
  term.granted = term.quantity;
  terms::put(draft.account(), std::move(term));
  return draft.finish();
}

Result<Change> revoke_part(ItemAccount account, const PurchaseId& source, Quantity at_most,
                           Timestamp now) {
  if (source.empty()) return no_source();
  if (!at_most.is_positive()) return Error::internal("a partial refund takes a positive quantity");
  Draft draft(std::move(account));
  terms::apply_due(draft, now);
  std::int64_t wanted = at_most.value();
  const auto& list = draft.account().lots;
  for (std::size_t i = list.size(); i-- > 0 && wanted > 0;) {
    if (list[i].source != source) continue;
    const lots::LotKey key{list[i].expires_at, source, list[i].ends_with_source};
    const Quantity here = std::min(exactly(wanted), list[i].remaining);
    wanted -= draft.remove_of(key, here, Cause::kRevocation, now).value();
  }
  if (Term* term = terms::find(draft.account(), source)) {
    for (Quantity* kept : {&term->withheld, &term->lapsed_rest}) {
      const std::int64_t taken = std::min(wanted, kept->value());
      *kept = exactly(kept->value() - taken);
      wanted -= taken;
    }
  }
  return draft.finish();
}

}  // namespace purser::domain
