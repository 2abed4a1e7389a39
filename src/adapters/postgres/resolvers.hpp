#pragma once

// From names to rows: for views, and for batches, which lock the customers they ask for.

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/postgres/connection.hpp"
#include "adapters/postgres/names.hpp"
#include "adapters/sql/resolver.hpp"
#include "types/timestamp.hpp"

namespace purser::postgres {

/// A customer by the row of its project.
struct CustomerName {
  std::int64_t project = 0;
  CustomerType type = CustomerType::kUser;
  std::string id;
  friend bool operator==(const CustomerName&, const CustomerName&) = default;
};
struct CustomerNameHash {
  std::size_t operator()(const CustomerName& name) const noexcept {
    return std::hash<std::string>()(name.id) * 31 + static_cast<std::size_t>(name.project);
  }
};

/// The row of an item's name, or kNoRow; asked outside of batches, so that what is found is kept.
Result<std::int64_t> committed_item_row(Connection& db, KnownRows& known_rows,
                                        const ProjectId& project, std::int64_t project_row,
                                        const ItemId& item);

/// Of what is committed. Used by the thread that uses the connection.
class ViewResolver final : public sql::Resolver {
 public:
  ViewResolver(Connection& db, KnownRows& known_rows) : db_(db), known_rows_(known_rows) {}
  Result<std::optional<std::int64_t>> project(const ProjectId& id) override;
  Result<std::optional<sql::CustomerRow>> customer(const CustomerKey& key) override;

 private:
  Connection& db_;
  KnownRows& known_rows_;
};

/// Of a batch: whoever asks for a customer's row holds the customer until the batch ends. A custom
/// customer that has no row gets one: what cannot be locked could be made by another node
/// meanwhile.
///
/// Who only touches accounts that are there holds those instead: their customers are *seen*.
class BatchResolver final : public sql::Resolver {
 public:
  BatchResolver(Connection& db, KnownRows& known_rows) : db_(db), known_rows_(known_rows) {}

  Result<std::optional<std::int64_t>> project(const ProjectId& id) override;
  Result<std::optional<sql::CustomerRow>> customer(const CustomerKey& key) override;
  /// Whether there is such a customer, for commands that only touch accounts which this batch
  /// holds: the customer may not be locked. Should a later command of the batch lock the customer
  /// and find another answer, the batch begins again.
  Result<std::optional<sql::CustomerRow>> seen(const CustomerKey& key);

  /// A customer that was locked as the batch began; `whole`: with all accounts that there are.
  void keep_locked(CustomerName name, std::optional<sql::CustomerRow> row, bool whole) {
    known_[std::move(name)] = {row, true, whole};
  }
  /// A customer of whom an account was locked as the batch began.
  void keep_seen(const CustomerName& name, sql::CustomerRow row) {
    Known& known = known_[name];
    if (!known.locked) known.row = row;
  }
  /// Whether this batch has found the customer and not changed it.
  bool is_known_to_exist(const CustomerKey& key);
  /// Whether the accounts of this locked customer were locked with it.
  bool holds_accounts(const CustomerKey& key);
  /// The instant of the batch, once it is known: what is locked later must not have changed since.
  void set_now(Timestamp now) { now_ = now; }
  /// Called after something was locked late, with the newest instant of all lanes.
  void check_not_moved(std::int64_t newest);

  /// Every customer that was asked for in any attempt of the batch, so that the next one can lock
  /// them all before it begins.
  const std::vector<CustomerKey>& asked() const { return asked_; }
  /// Notes a customer of whom something was locked late.
  void note_asked(const CustomerKey& key) { asked_.push_back(key); }

  /// A savepoint was opened; `undone` gives up the locks that were taken since.
  void savepoint() { since_savepoint_.clear(); }
  void undone();
  /// A customer's row is about to change.
  void forget(const CustomerName& name) { known_.erase(name); }
  /// After the commit: what this batch found or made of projects is there for all.
  void publish();

 private:
  Result<std::optional<sql::CustomerRow>> lock(const CustomerName& name);
  Result<std::optional<sql::CustomerRow>> make(const CustomerName& name);

  struct Known {
    std::optional<sql::CustomerRow> row;
    bool locked = false;
    bool whole = false;
  };

  /// What this batch knows of a customer; null: nothing.
  const Known* known(const CustomerKey& key);

  Connection& db_;
  KnownRows& known_rows_;
  std::optional<Timestamp> now_;
  std::unordered_map<std::string, std::int64_t> own_projects_;  // perhaps not committed
  std::unordered_map<CustomerName, Known, CustomerNameHash> known_;
  std::vector<CustomerName> since_savepoint_;
  std::vector<CustomerKey> asked_;
};

}  // namespace purser::postgres
