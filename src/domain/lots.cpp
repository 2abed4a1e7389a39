#include "domain/lots.hpp"

#include <algorithm>
#include <iterator>

namespace purser::domain::lots {
namespace {

Quantity exactly(std::int64_t value) { return Quantity::of(value).value(); }

bool expires_before(const std::optional<Timestamp>& a, const std::optional<Timestamp>& b) {
  if (!a) return false;
  return !b || *a < *b;
}

std::ptrdiff_t offset(std::size_t index) { return static_cast<std::ptrdiff_t>(index); }

}  // namespace

LotKey key_of(const Lot& lot) { return {lot.expires_at, lot.source, lot.ends_with_source}; }

bool same_key(const Lot& a, const LotKey& b) {
  return a.expires_at == b.expires_at && a.ends_with_source == b.ends_with_source &&
         a.source == b.source;
}

void add(ItemAccount& account, std::int64_t amount, const LotKey& key) {
  const std::int64_t paid = std::min(amount, -account.debt.value());
  account.debt = exactly(account.debt.value() + paid);
  if (paid == amount) return;

  const Quantity rest = exactly(amount - paid);
  auto& list = account.lots;
  const auto behind_equals = std::upper_bound(
      list.begin(), list.end(), key.expires_at,
      [](const auto& expiry, const Lot& lot) { return expires_before(expiry, lot.expires_at); });
  if (behind_equals != list.begin() && same_key(*std::prev(behind_equals), key)) {
    Quantity& remaining = std::prev(behind_equals)->remaining;
    remaining = exactly(remaining.value() + rest.value());
    return;
  }
  list.insert(behind_equals, Lot{rest, key.expires_at, key.source, key.ends_with_source});
}

void take(ItemAccount& account, std::int64_t amount) {
  std::size_t emptied = 0;
  for (Lot& lot : account.lots) {
    if (amount < lot.remaining.value()) {
      lot.remaining = exactly(lot.remaining.value() - amount);
      amount = 0;
      break;
    }
    amount -= lot.remaining.value();
    ++emptied;
    if (amount == 0) break;
  }
  remove_front(account.lots, emptied);
  if (amount > 0) account.debt = exactly(account.debt.value() - amount);
}

void remove(std::vector<Lot>& lots, std::size_t index) {
  lots.erase(lots.begin() + offset(index));
  if (index == 0 || index == lots.size() || !same_key(lots[index - 1], key_of(lots[index]))) return;
  lots[index - 1].remaining =
      exactly(lots[index - 1].remaining.value() + lots[index].remaining.value());
  lots.erase(lots.begin() + offset(index));
}

void remove_front(std::vector<Lot>& lots, std::size_t count) {
  if (count > 0) lots.erase(lots.begin(), lots.begin() + offset(count));
}

Quantity sum_of(const std::vector<Lot>& lots, const LotKey& key) {
  std::int64_t sum = 0;
  for (const Lot& lot : lots) {
    if (same_key(lot, key)) sum += lot.remaining.value();
  }
  return exactly(sum);
}

void remove_of(std::vector<Lot>& lots, const LotKey& key, std::int64_t amount) {
  for (std::size_t i = lots.size(); i-- > 0 && amount > 0;) {
    if (!same_key(lots[i], key)) continue;
    if (amount < lots[i].remaining.value()) {
      lots[i].remaining = exactly(lots[i].remaining.value() - amount);
      return;
    }
    amount -= lots[i].remaining.value();
    remove(lots, i);
  }
}

std::size_t find(const std::vector<Lot>& lots, const LotKey& key) {
  const auto at =
      std::find_if(lots.begin(), lots.end(), [&](const Lot& lot) { return same_key(lot, key); });
  return static_cast<std::size_t>(at - lots.begin());
}

}  // namespace purser::domain::lots
