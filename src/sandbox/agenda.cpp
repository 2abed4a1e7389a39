#include "sandbox/agenda.hpp"

#include <algorithm>

#include "sandbox/billing.hpp"
#include "sandbox/checkout.hpp"
#include "sandbox/disputes.hpp"
#include "sandbox/document.hpp"
#include "sandbox/subscriptions.hpp"
#include "sandbox/world.hpp"

namespace purser::sandbox {
namespace {

using When = std::optional<std::int64_t>;

When when_at(const json::Value& value, std::string_view key) { return value.int_at(key); }

When when_of(std::string_view kind, const Record& record) {
  if (kind == kSession) {
    if (text_at(record.doc, "status") != "open") return std::nullopt;
    return when_at(record.doc, "expires_at");
  }
  if (kind == kCharge) return when_at(record.hidden, "dispute_at");
  if (kind == kInvoice) return invoice_due_at(record);
  if (kind == kSubscription) return subscription_due_at(record);
  return std::nullopt;
}

int rank_of(std::string_view kind) {
  if (kind == kSession) return 0;
  if (kind == kCharge) return 1;
  return kind == kInvoice ? 2 : 3;
}

// Sessions do not show the clock of their customer.
std::string clock_of(const Record& record) {
  const std::string shown = text_at(record.doc, "test_clock");
  return shown.empty() ? text_at(record.hidden, "test_clock") : shown;
}

void happen(World& world, const Due& due) {
  static const Cause kTime;
  Account& account = *world.find_account(due.account);
  Record& record = *world.find(account, due.kind, due.id);
  const Scene scene{world, account, kTime};
  if (due.kind == kSession) {
    expire_session(scene, record);
  } else if (due.kind == kCharge) {
    open_due_dispute(scene, record);
  } else if (due.kind == kInvoice) {
    advance_invoice(scene, record);
  } else {
    advance_subscription(scene, record);
  }
}

}  // namespace

void Agenda::note(const Account& account, std::string_view kind, const Record& record) {
  const When when = when_of(kind, record);
  const std::string key = account.id + "/" + record.id();
  const auto known = known_.find(key);
  if (known != known_.end()) {
    waiting_[known->second.first].erase(known->second.second);
    known_.erase(known);
  }
  if (!when) return;
  Due due{*when, rank_of(kind), account.id, std::string(kind), record.id()};
  const std::string clock = clock_of(record);
  waiting_[clock].insert(due);
  known_[key] = {clock, std::move(due)};
}

std::optional<Due> Agenda::first(const std::string& clock, std::int64_t until) const {
  const auto found = waiting_.find(clock);
  if (found == waiting_.end() || found->second.empty()) return std::nullopt;
  const Due& due = *found->second.begin();
  if (due.when > until) return std::nullopt;
  return due;
}

void catch_up(World& world, const std::string& clock, std::int64_t until) {
  while (const auto due = world.agenda.first(clock, until)) {
    const StandAt then(world, due->when);
    happen(world, *due);
  }
}

void catch_up(World& world) { catch_up(world, "", world.real_seconds()); }

}  // namespace purser::sandbox
