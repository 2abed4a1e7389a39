#pragma once

// Writes the accounts that are ahead of `balances`, in rounds, a slice at a time.

#include <cstdint>
#include <mutex>
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
/// Used under the store's writer lock, `wants_list` and `make_list` excepted. Every slice ends with
/// `committed` or `rolled_back`.
class BalanceWriter {
 public:
  /// With `helped`, another thread lists the accounts of a round, so that no batch waits for that.
  BalanceWriter(SharedState& shared, std::int64_t folded_up_to, std::int64_t limit, bool helped)
      : shared_(shared),
        limit_(limit),
        helped_(helped),
        folded_up_to_(folded_up_to),
        target_(folded_up_to) {}

  /// For the helping thread: true when `make_list` should be called.
  bool wants_list();
  void make_list();

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
  std::vector<AccountKey> sorted_pinned_keys();
  void start_round(std::int64_t last_id);
  void start_round_when_due(std::int64_t last_id);
  Status write_slice(Connection& db, Batch::Accounts* batch, std::size_t count);
  Status write_row(Connection& db, const AccountKey& key, std::int64_t last_entry,
                   std::string_view blob);

  SharedState& shared_;
  const std::int64_t limit_;
  const bool helped_;
  std::int64_t folded_up_to_;

  std::vector<AccountKey> round_;
  std::size_t position_ = 0;  // of the next account of the round
  std::int64_t target_;       // where the watermark goes after the round

  // The next round's list, while and after another thread makes it. What is ahead at `next_target_`
  // is either in it, or was written by then.
  enum class List { kNone, kWanted, kReady };
  std::mutex list_mutex_;
  List list_ = List::kNone;
  std::vector<AccountKey> next_round_;
  std::int64_t next_target_ = 0;

  // What the open transaction did.
  std::size_t new_position_ = 0;
  bool round_ended_ = false;
  std::vector<std::pair<AccountKey, std::uint64_t>> written_pinned_;
};

}  // namespace purser::sqlite
