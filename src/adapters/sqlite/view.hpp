#pragma once

#include "adapters/sql/reads.hpp"
#include "adapters/sqlite/connection_pool.hpp"
#include "adapters/sqlite/resolver.hpp"

namespace purser::sqlite {

// What a view stands on; a base of its own because it must be there before the reads.
struct ViewGround {
  ViewGround(ConnectionPool& pool, SharedState& shared)
      : resolver(pool, shared), owned_cache(shared.owned) {}
  CommittedResolver resolver;
  OwnedCache& owned_cache;
};

/// A reading connection, borrowed from the pool. Each call sees what is committed when it is made.
class View final : private ViewGround, public sql::ReadsBy<app::StoreView> {
 public:
  View(ConnectionPool& pool, SharedState& shared)
      : ViewGround(pool, shared), ReadsBy(resolver.connection(), resolver) {}

  Result<app::OwnedPurchases> shared_owned(const CustomerKey& customer) override;
  Result<domain::ItemAccount> item(const ItemKey& key) override;
  Result<std::vector<app::LedgerLine>> ledger(const ItemKey& key,
                                              std::optional<std::int64_t> before,
                                              int limit) override;
  Result<std::optional<app::IdempotencyRecord>> idempotency(const ProjectId& project,
                                                            const std::string& key) override;

 private:
  Result<std::optional<AccountKey>> find_account(const ItemKey& key);
};

}  // namespace purser::sqlite
