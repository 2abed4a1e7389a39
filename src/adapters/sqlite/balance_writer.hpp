#pragma once

// Writes the accounts that are ahead of `balances`, in rounds, a slice at a time.

#include <cstdint>
#include <utility>
#include <vector>

#include "adapters/sqlite/batch.hpp"
#include "adapters/sqlite/connection.hpp"
#include "adapters/sqlite/shared_state.hpp"

namespace purser::sqlite {

/// A round begins by listing all accounts that are ahead (in key order, so that neighbours share
/// pages) and the newest committed line; when the last of them is written, everything up to that
/// line is in `balances` and the watermark moves there. Rounds follow one another closely enough
/// that never more than `limit` lines stay above the watermark, which bounds what a start has to
/// fold and what the cache has to pin.
///
/// Used under the store's writer lock. Every slice ends with `committed` or `rolled_back`.
class BalanceWriter {
 public:
  BalanceWriter(SharedState& shared, std::int64_t folded_up_to, std::int64_t limit)
      : shared_(shared), limit_(limit), folded_up_to_(folded_up_to), target_(folded_up_to) {}

  /// Writes accounts that a batch changed in a way that only the row can tell, then the next slice
  /// of the round. `last_id` is the newest committed line, `lines` what the batch appends.
  Status write_with(Connection& db, Batch::Accounts& batch, std::int64_t last_id,
                    std::size_t lines);
  /// Writes up to `count` accounts outside a batch; starts a round if there is anything to write.
  Status write_idle(Connection& db, std::int64_t last_id, std::size_t count);

  void committed();
  void rolled_back();

  /// True when every committed line up to `last_id` is in `balances`.
  bool caught_up(std::int64_t last_id) const {
    return folded_up_to_ >= last_id && position_ == round_.size();
  }
  std::int64_t folded_up_to() const { return folded_up_to_; }

 private:
  void start_round(std::int64_t last_id);
  Status write_slice(Connection& db, Batch::Accounts* batch, std::size_t count);
  Status write_row(Connection& db, const AccountKey& key, std::int64_t last_entry,
                   std::string_view blob);

  SharedState& shared_;
  const std::int64_t limit_;
  std::int64_t folded_up_to_;

  std::vector<AccountKey> round_;
  std::size_t position_ = 0;  // of the next account of the round
  std::int64_t target_;       // where the watermark goes after the round

  // What the open transaction did.
  std::size_t new_position_ = 0;
  bool round_ended_ = false;
  std::vector<std::pair<AccountKey, std::uint64_t>> written_pinned_;
};

}  // namespace purser::sqlite
