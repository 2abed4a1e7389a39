#include "domain/draft.hpp"

#include <algorithm>
#include <utility>

namespace purser::domain {
namespace {

Error out_of_range() {
  return {ErrorCode::kQuantityOutOfRange,
          "The quantity would leave the range of ±9007199254740991. Nothing was changed."};
}

}  // namespace

Status Draft::add(Quantity amount, const lots::LotKey& lot, Note note) {
  const auto after = quantity_.plus(amount);
  if (!after) return out_of_range();
  lots::add(account_, amount.value(), lot);
  record(amount, *after, &lot, std::move(note));
  return {};
}

Status Draft::take(Quantity amount, Note note) {
  const auto after = quantity_.minus(amount);
  if (!after) return out_of_range();
  lots::take(account_, amount.value());
  record(-amount, *after, nullptr, std::move(note));
  return {};
}

Quantity Draft::remove_of(const lots::LotKey& lot, Quantity at_most, Cause cause, Timestamp at) {
  const Quantity taken = std::min(at_most, lots::sum_of(account_.lots, lot));
  if (!taken.is_positive()) return taken;
  lots::remove_of(account_.lots, lot, taken.value());
  record(-taken, quantity_.minus(taken).value(), &lot, {cause, at, {}});
  return taken;
}

void Draft::record_removal(const Lot& lot, Cause cause, Timestamp at) {
  const lots::LotKey key = lots::key_of(lot);
  record(-lot.remaining, quantity_.minus(lot.remaining).value(), &key, {cause, at, {}});
}

void Draft::record(Quantity change, Quantity after, const lots::LotKey* lot, Note note) {
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

}  // namespace purser::domain
