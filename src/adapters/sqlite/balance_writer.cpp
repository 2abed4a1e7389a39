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
  if (position_ == round_.size() && last_id - target_ >= limit_ / 2) {
    start_round(last_id);
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

void BalanceWriter::start_round(std::int64_t last_id) {
  round_ = shared_.accounts.pinned_keys();
  std::sort(round_.begin(), round_.end());
  position_ = 0;
  target_ = last_id;
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
      key.customer, key.item, last_entry, Blob{blob});
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
