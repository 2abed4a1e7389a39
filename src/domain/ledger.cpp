#include "domain/ledger.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <queue>
#include <utility>

#include "domain/lots.hpp"

namespace purser::domain {
namespace {

Error out_of_range() {
  return {ErrorCode::kQuantityOutOfRange,
          "The quantity would leave the range of ±9007199254740991. Nothing was changed."};
}

Error bad_field(const char* name, const char* message) {
  return {ErrorCode::kSchemaError,
          std::string("The field ") + name + " " + message + ".",
          {{"fields", std::vector<FieldError>{{name, message}}}}};
}

// When the schedule's next grant falls due, if it ever does.
std::optional<Timestamp> next_due(const Schedule& schedule) {
  const Timestamp due = nth_boundary(schedule.anchor, schedule.repeat, schedule.next);
  if (due.millis() == Timestamp::kMaxMillis) return std::nullopt;  // the calendar ends here
  if (schedule.until && due >= *schedule.until) return std::nullopt;
  return due;
}

// Whether the lot of grant n lasts until a repeat, and until which instant.
std::optional<Timestamp> lot_expiry(Expiry expires, Timestamp anchor, CalendarInterval repeat,
                                    std::int64_t n) {
  if (expires != Expiry::kWhenRepeated) return std::nullopt;
  return nth_boundary(anchor, repeat, n + 1);
}

bool ends_with_source(Expiry expires) { return expires != Expiry::kNever; }

auto schedule_of(ItemAccount& account, const PurchaseId& source) {
  return std::lower_bound(account.schedules.begin(), account.schedules.end(), source,
                          [](const Schedule& s, const PurchaseId& id) { return s.source < id; });
}

// A decision under way: the account, its quantity and the entries so far.
class Draft {
 public:
  explicit Draft(ItemAccount account)
      : account_(std::move(account)), quantity_(account_.quantity()) {}

  ItemAccount& account() { return account_; }
  Quantity quantity() const { return quantity_; }

  struct Note {
    Cause cause = Cause::kManual;
    Timestamp at;
    std::string description;
  };

  Status add(Quantity amount, const lots::LotKey& lot, Note note) {
    const auto after = quantity_.plus(amount);
    if (!after) return out_of_range();
    lots::add(account_, amount.value(), lot);
    record(amount, *after, &lot, std::move(note));
    return {};
  }

  Status take(Quantity amount, Note note) {
    const auto after = quantity_.minus(amount);
    if (!after) return out_of_range();
    lots::take(account_, amount.value());
    record(-amount, *after, nullptr, std::move(note));
    return {};
  }

  // Records that what is left of a lot goes; the caller removes it from the list.
  void record_removal(const Lot& lot, Cause cause, Timestamp at) {
    const lots::LotKey key{lot.expires_at, lot.source, lot.ends_with_source};
    record(-lot.remaining, quantity_.minus(lot.remaining).value(), &key, {cause, at, {}});
  }

  Change finish() { return {std::move(account_), std::move(entries_)}; }

 private:
  void record(Quantity change, Quantity after, const lots::LotKey* lot, Note note) {
    quantity_ = after;
    Entry& entry = entries_.emplace_back();
    entry.change = change;
    entry.quantity_after = after;
    entry.cause = note.cause;
    entry.at = note.at;
    entry.description = std::move(note.description);
    if (lot == nullptr) return;
    entry.source = lot->source;
    entry.expires_at = lot->expires_at;
    entry.ends_with_source = lot->ends_with_source;
  }

  ItemAccount account_;
  Quantity quantity_;
  std::vector<Entry> entries_;
};

void expire_until(Draft& draft, Timestamp horizon) {
  auto& list = draft.account().lots;
  std::size_t count = 0;
  while (count < list.size() && list[count].expires_at && *list[count].expires_at <= horizon) {
    draft.record_removal(list[count], Cause::kExpiry, *list[count].expires_at);
    ++count;
  }
  lots::remove_front(list, count);
}

Status grant_repeat(Draft& draft, Schedule& schedule, Timestamp due) {
  const lots::LotKey lot{
      lot_expiry(schedule.expires, schedule.anchor, schedule.repeat, schedule.next),
      schedule.source, ends_with_source(schedule.expires)};
  PURSER_CHECK_OK(draft.add(schedule.quantity, lot, {Cause::kRepeat, due, {}}));
  ++schedule.next;
  return {};
}

Status apply_due_to(Draft& draft, Timestamp now) {
  if (!is_due(draft.account(), now)) return {};
  // Soonest first; among equals the order of the schedules.
  using DueGrant = std::pair<Timestamp, std::size_t>;
  std::priority_queue<DueGrant, std::vector<DueGrant>, std::greater<>> grants;
  auto& schedules = draft.account().schedules;
  const auto enqueue = [&](std::size_t index) {
    const auto due = next_due(schedules[index]);
    if (due && *due <= now) grants.emplace(*due, index);
  };
  for (std::size_t i = 0; i < schedules.size(); ++i) enqueue(i);

  while (!grants.empty()) {
    const auto [due, index] = grants.top();
    grants.pop();
    expire_until(draft, due);
    PURSER_CHECK_OK(grant_repeat(draft, schedules[index], due));
    enqueue(index);
  }
  expire_until(draft, now);
  return {};
}

void stop_schedule(ItemAccount& account, const PurchaseId& source) {
  const auto schedule = schedule_of(account, source);
  if (schedule != account.schedules.end() && schedule->source == source) {
    account.schedules.erase(schedule);
  }
}

// Takes away what is left of the purchase's lots: all of them, or those that end with it.
Result<Change> stop_source(ItemAccount account, const PurchaseId& source, Timestamp now,
                           Cause cause) {
  if (source.empty()) return Error::internal("a purchase without an id cannot end");
  Draft draft(std::move(account));
  PURSER_CHECK_OK(apply_due_to(draft, now));
  stop_schedule(draft.account(), source);
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

Quantity ItemAccount::quantity() const {
  std::int64_t sum = debt.value();
  for (const Lot& lot : lots) sum += lot.remaining.value();
  return Quantity::of(sum).value();
}

Result<Change> apply_due(ItemAccount account, Timestamp now) {
  Draft draft(std::move(account));
  PURSER_CHECK_OK(apply_due_to(draft, now));
  return draft.finish();
}

bool is_due(const ItemAccount& account, Timestamp now) {
  if (!account.lots.empty()) {
    const auto& soonest = account.lots.front().expires_at;
    if (soonest && *soonest <= now) return true;
  }
  return std::any_of(account.schedules.begin(), account.schedules.end(), [&](const Schedule& s) {
    const auto due = next_due(s);
    return due && *due <= now;
  });
}

Result<Change> grant(ItemAccount account, const Grant& grant, Timestamp now) {
  if (!grant.amount.is_positive()) return bad_field("amount", "must be positive");
  if (grant.expires_at && *grant.expires_at <= now) {
    return bad_field("expires_at", "must be in the future");
  }
  Draft draft(std::move(account));
  PURSER_CHECK_OK(apply_due_to(draft, now));
  const lots::LotKey lot{grant.expires_at, grant.source, grant.ends_with_source};
  PURSER_CHECK_OK(draft.add(grant.amount, lot, {grant.cause, now, grant.description}));
  return draft.finish();
}

Result<Change> decrease(ItemAccount account, Quantity amount, std::string description,
                        Timestamp now) {
  if (!amount.is_positive()) return bad_field("amount", "must be positive");
  Draft draft(std::move(account));
  PURSER_CHECK_OK(apply_due_to(draft, now));
  PURSER_CHECK_OK(draft.take(amount, {Cause::kManual, now, std::move(description)}));
  return draft.finish();
}

Result<TryDecrease> try_decrease(ItemAccount account, Quantity amount, std::string description,
                                 Timestamp now) {
  if (!amount.is_positive()) return bad_field("amount", "must be positive");
  Draft draft(std::move(account));
  PURSER_CHECK_OK(apply_due_to(draft, now));
  const bool enough = draft.quantity() >= amount;
  if (enough) {
    PURSER_CHECK_OK(draft.take(amount, {Cause::kTryDecrease, now, std::move(description)}));
  }
  return TryDecrease{enough, draft.finish()};
}

Result<Change> grant_included(ItemAccount account, const IncludedGrant& grant, Timestamp now) {
  if (grant.source.empty() || !grant.quantity.is_positive()) {
    return Error::internal("an included item needs a purchase and a positive quantity");
  }
  if (grant.expires == Expiry::kWhenRepeated && !grant.repeat) {
    return Error::internal("an included item that expires when repeated needs a repeat");
  }
  Draft draft(std::move(account));
  PURSER_CHECK_OK(apply_due_to(draft, now));
  auto& schedules = draft.account().schedules;
  const auto place = schedule_of(draft.account(), grant.source);
  if (place != schedules.end() && place->source == grant.source) {
    return Error::internal("purchase " + grant.source.str() + " has granted this item already");
  }
  std::optional<Timestamp> expires_at;
  if (grant.repeat) {
    expires_at = lot_expiry(grant.expires, grant.anchor, *grant.repeat, 0);
    schedules.insert(place, Schedule{grant.source, grant.quantity, *grant.repeat, grant.expires,
                                     grant.anchor, 1, std::nullopt});
  }
  const lots::LotKey lot{expires_at, grant.source, ends_with_source(grant.expires)};
  const Timestamp at = std::min(grant.anchor, now);
  PURSER_CHECK_OK(draft.add(grant.quantity, lot, {Cause::kPurchase, at, {}}));
  PURSER_CHECK_OK(apply_due_to(draft, now));
  return draft.finish();
}

Result<Change> end_source(ItemAccount account, const PurchaseId& source, Timestamp now) {
  return stop_source(std::move(account), source, now, Cause::kPurchaseEnd);
}

Result<Change> revoke_source(ItemAccount account, const PurchaseId& source, Timestamp now) {
  return stop_source(std::move(account), source, now, Cause::kRevocation);
}

}  // namespace purser::domain
