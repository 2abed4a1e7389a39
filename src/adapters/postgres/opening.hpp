#pragma once

// How a batch begins: whatever it will touch is locked, in one order for all batches of all nodes,
// and what it will look at is loaded, for all its commands at once.
//
// Commands that say which items they touch need those accounts alone: locking a customer beside
// them would write a second row. Who makes an account, or does anything else with a customer, locks
// the customer first.

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
  Opening(Connection& db, KnownRows& known_rows, BatchResolver& resolver, Batch& batch,
          const app::Clock* clock)
      : db_(db), known_rows_(known_rows), resolver_(resolver), batch_(batch), clock_(clock) {}

  /// `customers`: beyond those that the commands say, whom an earlier attempt was found to touch;
  /// they are locked with all their accounts. Error: kStoreUnavailable.
  Status begin(const LaneMark& mark, std::span<const app::PlannedCommand> commands,
               std::span<const CustomerKey> customers);

  /// True when the batch could not begin because the lane's row is not what `mark` says.
  bool lane_is_gone() const { return lane_is_gone_; }

 private:
  enum class Lock { kNone, kCustomer, kWhole };
  struct Customer {
    CustomerName name;
    Lock lock = Lock::kNone;
    bool is_new = false;  // perhaps: it gets a row unless it has one
    std::optional<sql::CustomerRow> row = {};
  };
  struct Item {
    const ItemKey* key;
    std::size_t customer;  // in `customers_`
    std::int64_t row;      // of its name, or kNoRow
    bool is_there = false;
  };
  struct Record {
    const app::IdempotencyScope* scope;
    std::int64_t project;
    std::string packed_key;
  };
  /// Where the answers of one round trip begin; absent: not asked.
  struct Asked {
    std::optional<std::size_t> locks;
    std::optional<std::size_t> accounts;
    std::optional<std::size_t> records;
    std::size_t mark = 0;
  };

  Status plan(std::span<const app::PlannedCommand> commands,
              std::span<const CustomerKey> customers);
  Status add_customer(const CustomerKey& key, Lock lock);
  Status add_item(const ItemKey& key);
  Status add_record(const app::IdempotencyScope& scope);

  /// One round trip, from BEGIN to the batch's instant. False: something is not there whose
  /// customer must be locked first.
  Result<bool> try_to_begin(const LaneMark& mark, std::size_t answers_before);
  Asked send_all(const LaneMark& mark, std::size_t answers_before);
  void send_new_customers(const std::vector<std::size_t>& customers);
  void send_locks(const std::vector<std::size_t>& customers);
  void send_accounts();
  void send_records();
  void send_mark(const LaneMark& mark);
  void keep_locks(const Rows& rows, const std::vector<std::size_t>& customers);
  Status keep_accounts(const Rows& rows);
  Status keep_records(Rows rows);
  void keep_time_and_ids(const Rows& row);
  /// Prepares another try for what was not found; false when nothing is left to find.
  bool lock_missing();
  Status keep_missing();
  std::vector<std::size_t> locked(Lock at_least) const;

  Connection& db_;
  KnownRows& known_rows_;
  BatchResolver& resolver_;
  Batch& batch_;
  const app::Clock* clock_;
  std::vector<Customer> customers_;
  std::unordered_map<CustomerName, std::size_t, CustomerNameHash> places_;
  std::deque<ItemKey> keys_;
  std::unordered_map<ItemKey, std::size_t> item_places_;
  std::vector<Item> items_;
  std::vector<Record> records_;
  std::int64_t likely_lines_ = 0;
  bool lane_is_gone_ = false;
};

}  // namespace purser::postgres
