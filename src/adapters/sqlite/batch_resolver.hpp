#pragma once

#include <unordered_set>

#include "adapters/sqlite/resolver.hpp"

namespace purser::sqlite {

/// The resolver of a batch: it sees the batch's own rows, and keeps them from the shared caches
/// until they are committed.
class BatchResolver final : public Resolver {
 public:
  BatchResolver(Connection& db, SharedState& shared) : db_(db), shared_(shared) {}

  Result<std::optional<std::int64_t>> project(const ProjectId& id) override;
  Result<std::optional<std::int64_t>> item(std::int64_t project, const ItemId& item) override;
  Result<std::optional<CustomerRow>> customer(const CustomerKey& key) override;

  /// Says that this batch changes the row of a customer: from now on the database is asked.
  void touch(CustomerName name) { touched_.insert(std::move(name)); }
  /// Forgets rows that may have been taken back.
  void undone() { names_.clear(); }
  /// After the commit.
  void publish();

 private:
  Connection& db_;
  SharedState& shared_;
  std::unordered_set<CustomerName, CustomerNameHash> touched_;
  Names names_;  // found or made by this batch
};

}  // namespace purser::sqlite
