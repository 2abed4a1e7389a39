#pragma once

// From the application's names to row numbers, through the caches.

#include <cstdint>
#include <optional>

#include "adapters/sql/resolver.hpp"
#include "adapters/sqlite/connection_pool.hpp"
#include "adapters/sqlite/shared_state.hpp"
#include "types/customer.hpp"
#include "types/result.hpp"

namespace purser::sqlite {

/// Finds the row numbers of item names too; an empty optional means that there is no such row.
class Resolver : public sql::Resolver {
 public:
  virtual Result<std::optional<std::int64_t>> item(std::int64_t project, const ItemId& item) = 0;
};

// The queries behind the caches.
Result<std::optional<std::int64_t>> load_project_row(Connection& db, std::string_view id);
Result<std::optional<std::int64_t>> load_item_row(Connection& db, std::int64_t project,
                                                  std::string_view item);
Result<std::optional<CustomerRow>> load_customer_row(Connection& db, const CustomerNameView& name);
/// No row: an empty account.
Result<StoredAccount> load_account(Connection& db, const AccountKey& key);

/// The resolver of readers: what is committed, through the shared caches. A connection is borrowed
/// when the caches do not know an answer, and then kept.
class CommittedResolver final : public Resolver {
 public:
  CommittedResolver(ConnectionPool& pool, SharedState& shared) : pool_(pool), shared_(shared) {}
  Result<std::optional<std::int64_t>> project(const ProjectId& id) override;
  Result<std::optional<std::int64_t>> item(std::int64_t project, const ItemId& item) override;
  Result<std::optional<CustomerRow>> customer(const CustomerKey& key) override;
  Result<std::optional<CustomerRow>> customer(const CustomerNameView& name);
  /// The account as last committed.
  Result<StoredAccount> account(const AccountKey& key);

  Connection& connection();

 private:
  // Load what is asked for and some of what lies behind it in the database, into the caches while
  // they have room: the descent to a page costs far more than its rows, and after a start memory
  // fills with a fraction of the descents.
  Result<std::optional<CustomerRow>> load_run(const CustomerNameView& name);
  /// Nothing: a commit came in between, try again.
  Result<std::optional<StoredAccount>> load_run(const AccountKey& key);

  ConnectionPool& pool_;
  std::optional<ConnectionPool::Lent> lent_;
  SharedState& shared_;
};

}  // namespace purser::sqlite
