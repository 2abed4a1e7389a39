#include "adapters/sqlite/store.hpp"
#include "adapters/sqlite/view.hpp"
#include "codec/account_codec.hpp"

// The hot read.

namespace purser::sqlite {
namespace {

Result<domain::ItemAccount> decoded(const StoredAccount& stored) {
  if (stored.blob.empty()) return domain::ItemAccount{};
  return codec::decode_account(stored.blob);
}

}  // namespace

void SqliteStore::read_items(const CustomerKey& customer, std::vector<ItemId> items,
                             std::function<void(Result<app::CustomerItems>)> done) {
  if (auto cached = cached_items(customer, items)) {
    done(*std::move(cached));
    return;
  }
  done(load_items(customer, items));
}

/// The answer when all of it is in memory.
std::optional<app::CustomerItems> SqliteStore::cached_items(const CustomerKey& customer,
                                                            const std::vector<ItemId>& items) {
  const auto project = shared_.names.project(customer.project.str());
  if (!project) return std::nullopt;
  const auto row = shared_.customers.find(CustomerNameView{*project, customer.type, customer.id});
  if (!row.value || row.value->deleted) return std::nullopt;
  app::CustomerItems answer;
  answer.customer_exists = true;
  answer.accounts.reserve(items.size());
  for (const ItemId& item : items) {
    const auto item_row = shared_.names.item(*project, item.str());
    if (!item_row) return std::nullopt;
    const auto stored = shared_.accounts.find(AccountKey{row.value->id, *item_row});
    if (!stored.value) return std::nullopt;
    auto account = decoded(*stored.value);
    if (!account) return std::nullopt;  // the slow path reports it
    answer.accounts.push_back(*std::move(account));
  }
  return answer;
}

Result<app::CustomerItems> SqliteStore::load_items(const CustomerKey& customer,
                                                   const std::vector<ItemId>& items) {
  ConnectionPool::Lent connection(*hot_);
  CommittedResolver resolver(*connection, shared_);
  app::CustomerItems answer;
  answer.accounts.resize(items.size());
  PURSER_TRY(const auto project, resolver.project(customer.project));
  if (!project) return answer;
  PURSER_TRY(const auto row, resolver.customer(customer));
  const bool custom = customer.type == CustomerType::kCustom;
  answer.customer_exists = custom || (row && !row->deleted);
  if (!row || !answer.customer_exists) return answer;
  for (std::size_t i = 0; i < items.size(); ++i) {
    PURSER_TRY(const auto item, resolver.item(*project, items[i]));
    if (!item) continue;
    PURSER_TRY(const StoredAccount stored, resolver.account({row->id, *item}));
    PURSER_TRY(answer.accounts[i], decoded(stored));
  }
  return answer;
}

}  // namespace purser::sqlite
