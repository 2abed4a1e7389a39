#include "adapters/sqlite/balance_writer.hpp"

#include <algorithm>

namespace purser::sqlite {

Status BalanceWriter::write_with(Connection& db, Batch::Accounts& batch, std::int64_t last_id,
                                 std::size_t lines) {
  new_position_ = position_;
  for (auto& [key, staged] : batch) {
    if (!staged.write_through) continue;
    PURSER_CHECK_OK(write_row(db, key, staged.last_entry, staged.blob));
    staged.written = true;
  }
  if (position_ == round_.size()) {
    start_round_when_due(last_id);
    new_position_ = position_;
  }
  // Half the limit gathers while the other half is written: one account for a line, or more when
  // the round has more accounts than that.
  const auto half = static_cast<std::size_t>(std::max<std::int64_t>(limit_ / 2, 1));
  return write_slice(db, &batch, (round_.size() / half + 1) * lines);
}

Status BalanceWriter::write_idle(Connection& db, std::int64_t last_id, std::size_t count) {
  if (position_ == round_.size()) start_round(last_id);
  new_position_ = position_;
  return write_slice(db, nullptr, count);
}

std::vector<AccountKey> BalanceWriter::sorted_pinned_keys() {
  std::vector<AccountKey> keys = shared_.accounts.pinned_keys();
  std::sort(keys.begin(), keys.end());
  return keys;
}

bool BalanceWriter::wants_list() {
  const std::lock_guard lock(list_mutex_);
  return list_ == List::kWanted;
}

void BalanceWriter::make_list() {
  std::int64_t target = 0;
  {
    const std::lock_guard lock(list_mutex_);
    if (list_ != List::kWanted) return;
    target = next_target_;
  }
  std::vector<AccountKey> keys = sorted_pinned_keys();
  const std::lock_guard lock(list_mutex_);
  // The writer may not have waited, and may even want another list by now, which this one is too
  // old for.
  if (list_ != List::kWanted || next_target_ != target) return;
  next_round_ = std::move(keys);
  list_ = List::kReady;
}

void BalanceWriter::start_round(std::int64_t last_id) {
  round_ = sorted_pinned_keys();
  position_ = 0;
  target_ = last_id;
  const std::lock_guard lock(list_mutex_);
  list_ = List::kNone;  // what was listed for the next round is in this one
}

void BalanceWriter::start_round_when_due(std::int64_t last_id) {
  if (last_id - target_ < limit_ / 2) return;
  // The helper is late: the bound counts more than a short wait.
  if (!helped_ || last_id - target_ >= limit_) return start_round(last_id);
  const std::lock_guard lock(list_mutex_);
  if (list_ == List::kNone) {
    list_ = List::kWanted;
    next_target_ = last_id;
  } else if (list_ == List::kReady) {
    list_ = List::kNone;
    round_ = std::move(next_round_);
    position_ = 0;
    target_ = next_target_;
  }
}

Status BalanceWriter::write_slice(Connection& db, Batch::Accounts* batch, std::size_t count) {
  if (folded_up_to_ == target_) return {};
  const std::size_t end = std::min(round_.size(), new_position_ + count);
  for (; new_position_ < end; ++new_position_) {
    const AccountKey& key = round_[new_position_];
    if (batch) {
      const auto own = batch->find(key);
      if (own != batch->end() && own->second.changed) {
        if (own->second.written) continue;
        PURSER_CHECK_OK(write_row(db, key, own->second.last_entry, own->second.blob));
        own->second.written = true;
        continue;
      }
    }
    const auto pinned = shared_.accounts.pinned(key);
    if (!pinned) continue;  // written meanwhile
    PURSER_CHECK_OK(write_row(db, key, pinned->value.last_entry, pinned->value.blob));
    written_pinned_.emplace_back(key, pinned->stamp);
  }
  if (new_position_ < round_.size()) return {};
  round_ended_ = true;
  return db.run("UPDATE meta SET value = ? WHERE name = 'folded_up_to'", target_);
}

Status BalanceWriter::write_row(Connection& db, const AccountKey& key, std::int64_t last_entry,
                                std::string_view blob) {
  return db.run(
      "INSERT OR REPLACE INTO balances(customer_id, item_id, last_entry, account) "
      "VALUES(?, ?, ?, ?)",
      key.customer, key.item, last_entry, sql::Blob{blob});
}

void BalanceWriter::committed() {
  position_ = new_position_;
  for (const auto& [key, stamp] : written_pinned_) shared_.accounts.unpin(key, stamp);
  if (round_ended_) folded_up_to_ = target_;
  rolled_back();
}

void BalanceWriter::rolled_back() {
  new_position_ = position_;
  round_ended_ = false;
  written_pinned_.clear();
}

}  // namespace purser::sqlite
