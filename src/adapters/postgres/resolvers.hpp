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

/// Of what is committed. Used by the thread that uses the connection.
class ViewResolver final : public sql::Resolver {
 public:
  ViewResolver(Connection& db, ProjectRows& projects) : db_(db), projects_(projects) {}
  Result<std::optional<std::int64_t>> project(const ProjectId& id) override;
  Result<std::optional<sql::CustomerRow>> customer(const CustomerKey& key) override;

 private:
  Connection& db_;
  ProjectRows& projects_;
};

/// Of a batch: whoever asks for a customer's row holds the customer until the batch ends. A custom
/// customer that has no row gets one: what cannot be locked could be made by another node
/// meanwhile.
class BatchResolver final : public sql::Resolver {
 public:
  BatchResolver(Connection& db, ProjectRows& projects) : db_(db), projects_(projects) {}

  Result<std::optional<std::int64_t>> project(const ProjectId& id) override;
  Result<std::optional<sql::CustomerRow>> customer(const CustomerKey& key) override;

  /// A customer that was locked as the batch began.
  void keep_locked(CustomerName name, std::optional<sql::CustomerRow> row) {
    known_[std::move(name)] = row;
  }
  /// The instant of the batch, once it is known: who is locked later must not have changed since.
  void set_now(Timestamp now) { now_ = now; }

  /// Every customer that was asked for in any attempt of the batch, so that the next one can lock
  /// them all before it begins.
  const std::vector<CustomerKey>& asked() const { return asked_; }

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
  Status check_not_moved();

  Connection& db_;
  ProjectRows& projects_;
  std::optional<Timestamp> now_;
  std::unordered_map<std::string, std::int64_t> own_projects_;  // perhaps not committed
  std::unordered_map<CustomerName, std::optional<sql::CustomerRow>, CustomerNameHash> known_;
  std::vector<CustomerName> since_savepoint_;
  std::vector<CustomerKey> asked_;
};

}  // namespace purser::postgres
