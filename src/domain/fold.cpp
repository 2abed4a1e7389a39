#include <algorithm>
#include <string>

#include "domain/ledger.hpp"
#include "domain/lots.hpp"
#include "domain/terms.hpp"

namespace purser::domain {
namespace {

Error corrupt(const Entry& entry, const std::string& why) {
  return Error::internal("ledger entry (" + std::string(to_string(entry.cause)) + " of " +
                         std::to_string(entry.change.value()) + " at " + entry.at.to_iso8601() +
                         ") cannot follow: " + why);
}

lots::LotKey lot_of(const Entry& entry) {
  return {entry.expires_at, entry.source, entry.ends_with_source};
}

Status fold_grant(ItemAccount& account, const Entry& entry) {
  if (!entry.change.is_positive()) return corrupt(entry, "a grant must be positive");
  lots::add(account, entry.change.value(), lot_of(entry));
  if (entry.cause != Cause::kRepeat) return {};
  Term* term = terms::find(account, entry.source);
  if (term != nullptr && !terms::replay_repeat(*term, entry.change, entry.at)) {
    return corrupt(entry, "its term grants at other times");
  }
  return {};
}

// A part of what is left may go.
Status fold_part(ItemAccount& account, const Entry& entry) {
  if (!entry.change.is_negative()) return corrupt(entry, "a removal must be negative");
  const Quantity there = lots::sum_of(account.lots, lot_of(entry));
  if (there < -entry.change) {
    return corrupt(entry, "such lots hold " + std::to_string(there.value()));
  }
  lots::remove_of(account.lots, lot_of(entry), -entry.change.value());
  return {};
}

Status fold_removal(ItemAccount& account, const Entry& entry) {
  const std::size_t index = lots::find(account.lots, lot_of(entry));
  if (index == account.lots.size()) return corrupt(entry, "there is no such lot");
  if (account.lots[index].remaining != -entry.change) {
    return corrupt(entry, "the lot holds " + std::to_string(account.lots[index].remaining.value()));
  }
  lots::remove(account.lots, index);
  return {};
}

Status fold_decrease(ItemAccount& account, const Entry& entry, Quantity before) {
  if (!entry.change.is_negative()) return corrupt(entry, "a decrease must be negative");
  if (entry.cause == Cause::kTryDecrease && before < -entry.change) {
    return corrupt(entry, "only " + std::to_string(before.value()) + " were there");
  }
  lots::take(account, -entry.change.value());
  return {};
}

Status fold_in_place(ItemAccount& account, const Entry& entry, Quantity before) {
  switch (entry.cause) {
    case Cause::kManual:
      return entry.change.is_positive() ? fold_grant(account, entry)
                                        : fold_decrease(account, entry, before);
    case Cause::kPurchase:
    case Cause::kRepeat:
    case Cause::kRestoration:
      return fold_grant(account, entry);
    case Cause::kSwitch:
      return entry.change.is_positive() ? fold_grant(account, entry) : fold_part(account, entry);
    case Cause::kTryDecrease:
      return fold_decrease(account, entry, before);
    case Cause::kExpiry:
    case Cause::kPurchaseEnd:
      return fold_removal(account, entry);
    case Cause::kRevocation:
      return fold_part(account, entry);
  }
  return corrupt(entry, "its cause is unknown");
}

}  // namespace

Result<ItemAccount> fold(ItemAccount account, const Entry& entry) {
  const Quantity before = account.quantity();
  const auto after = before.plus(entry.change);
  if (!after || *after != entry.quantity_after) {
    return corrupt(entry, "the quantity was " + std::to_string(before.value()) +
                              " and is recorded as " +
                              std::to_string(entry.quantity_after.value()) + " after it");
  }
  PURSER_CHECK_OK(fold_in_place(account, entry, before));
  return account;
}

bool terms_follow(const ItemAccount& before, std::span<const Entry> entries,
                  const ItemAccount& after) {
  const auto repeats = [](const Entry& entry) { return entry.cause == Cause::kRepeat; };
  if (std::none_of(entries.begin(), entries.end(), repeats)) return before.terms == after.terms;
  ItemAccount told;
  told.terms = before.terms;
  for (const Entry& entry : entries) {
    if (!repeats(entry)) continue;
    Term* term = terms::find(told, entry.source);
    if (term != nullptr && !terms::replay_repeat(*term, entry.change, entry.at)) return false;
  }
  return told.terms == after.terms;
}

}  // namespace purser::domain
