#pragma once

// How a batch begins: whoever it will touch is locked, in one order for all batches of all nodes,
// and what it will look at is loaded, for all its commands at once.

#include <deque>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/postgres/batch.hpp"
#include "adapters/postgres/connection.hpp"
#include "adapters/postgres/resolvers.hpp"
#include "app/ports/clock.hpp"
#include "app/ports/store.hpp"

namespace purser::postgres {

/// Who begins a batch: the row that says which of its batches were committed.
struct LaneMark {
  std::int64_t row = 0;
  std::int64_t batch = 0;  ///< the last that was committed
};

class Opening {
 public:
  /// `clock`: null: the database's.
  Opening(Connection& db, BatchResolver& resolver, Batch& batch, const app::Clock* clock)
      : db_(db), resolver_(resolver), batch_(batch), clock_(clock) {}

  /// `customers`: beyond those that the commands say, whom an earlier attempt was found to touch.
  /// Error: kStoreUnavailable.
  Status begin(const LaneMark& mark, std::span<const app::PlannedCommand> commands,
               std::span<const CustomerKey> customers);

  /// True when the batch could not begin because the lane's row is not what `mark` says.
  bool lane_is_gone() const { return lane_is_gone_; }

 private:
  Status plan(std::span<const app::PlannedCommand> commands,
              std::span<const CustomerKey> customers);
  Status add_customer(const CustomerKey& key);
  Status add_item(const ItemKey& key);
  Status add_record(const app::IdempotencyScope& scope);

  void send_locks(const std::vector<std::size_t>& names);
  void send_accounts(const std::vector<std::size_t>& items);
  void send_records();
  void send_time_and_ids();
  void keep_locks(const Rows& rows, const std::vector<std::size_t>& names);
  Status keep_accounts(const Rows& rows, const std::vector<std::size_t>& items);
  Status keep_records(Rows rows);
  void keep_time_and_ids(const Rows& time, const Rows& ids);
  /// Custom customers without a row get one, and are locked and loaded too.
  Status make_missing();

  struct Item {
    const ItemKey* key;
    std::size_t name;  // of its customer, in `names_`
  };
  struct Record {
    const app::IdempotencyScope* scope;
    std::int64_t project;
    std::string packed_key;
  };

  Connection& db_;
  BatchResolver& resolver_;
  Batch& batch_;
  const app::Clock* clock_;
  std::vector<CustomerName> names_;
  std::unordered_map<CustomerName, std::size_t, CustomerNameHash> places_;
  std::vector<bool> has_row_;
  std::deque<ItemKey> keys_;
  std::unordered_map<ItemKey, std::size_t> item_places_;
  std::vector<Item> items_;
  std::vector<Record> records_;
  std::int64_t likely_lines_ = 0;
  bool lane_is_gone_ = false;
};

}  // namespace purser::postgres
