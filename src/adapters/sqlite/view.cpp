#include "adapters/sqlite/view.hpp"

#include "adapters/sqlite/history.hpp"
#include "codec/account_codec.hpp"

namespace purser::sqlite {

Result<std::optional<AccountKey>> View::find_account(const ItemKey& key) {
  PURSER_TRY(const auto customer, resolver.customer(key.customer));
  if (!customer) return std::optional<AccountKey>();
  PURSER_TRY(const auto project, resolver.project(key.customer.project));
  PURSER_TRY(const auto item, resolver.item(*project, key.item));
  if (!item) return std::optional<AccountKey>();
  return std::optional(AccountKey{customer->id, *item});
}

Result<app::OwnedPurchases> View::shared_owned(const CustomerKey& customer) {
  PURSER_TRY(const auto row, resolver.customer(customer));
  if (!row) return std::make_shared<const std::vector<domain::Purchase>>();
  OwnedCache::Found found = owned_cache.find(row->id);
  if (found.list) return std::move(found.list);
  PURSER_TRY(app::OwnedPurchases loaded, app::StoreView::shared_owned(customer));
  owned_cache.offer(row->id, loaded, found);
  return loaded;
}

Result<domain::ItemAccount> View::item(const ItemKey& key) {
  PURSER_TRY(const auto account, find_account(key));
  if (!account) return domain::ItemAccount{};
  PURSER_TRY(const StoredAccount stored, resolver.account(*account));
  if (stored.blob.empty()) return domain::ItemAccount{};
  return codec::decode_account(stored.blob);
}

Result<std::vector<app::LedgerLine>> View::ledger(const ItemKey& key,
                                                  std::optional<std::int64_t> before, int limit) {
  PURSER_TRY(const auto account, find_account(key));
  if (!account) return std::vector<app::LedgerLine>{};
  PURSER_TRY(const StoredAccount stored, resolver.account(*account));
  return ledger_chain(resolver.connection(), *account, stored.last_entry, before, limit);
}

Result<std::optional<app::IdempotencyRecord>> View::idempotency(const ProjectId& project,
                                                                const std::string& key) {
  return load_idempotency(resolver.connection(), resolver, project, key);
}

}  // namespace purser::sqlite
