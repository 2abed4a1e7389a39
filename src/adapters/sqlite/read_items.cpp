#include "adapters/sqlite/store.hpp"
#include "adapters/sqlite/view.hpp"
#include "codec/account_codec.hpp"

// The hot reads.

namespace purser::sqlite {
namespace {

Result<domain::ItemAccount> decoded(const StoredAccount& stored) {
  if (stored.blob.empty()) return domain::ItemAccount{};
  return codec::decode_account(stored.blob);
}

}  // namespace

void SqliteStore::read_items(const CustomerKey& customer, std::vector<ItemId> items,
                             std::function<void(Result<app::CustomerItems>)> done) {
  done(load_items(customer, items));
}

Result<app::CustomerItems> SqliteStore::load_items(const CustomerKey& customer,
                                                   const std::vector<ItemId>& items) {
  CommittedResolver resolver(*hot_, shared_);
  app::CustomerItems answer;
  answer.accounts.resize(items.size());
  PURSER_TRY(const auto project, resolver.project(customer.project));
  if (!project) return answer;
  PURSER_TRY(const auto row,
             resolver.customer(CustomerNameView{*project, customer.type, customer.id}));
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

std::optional<app::KnownOwned> SqliteStore::known_owned(const CustomerKey& customer) {
  const auto project = shared_.names.project(customer.project.str());
  if (!project) return std::nullopt;
  const auto row =
      shared_.customers.find(CustomerNameView{*project, customer.type, customer.id}).value;
  if (!row) return std::nullopt;
  OwnedCache::Found found = shared_.owned.find(row->id);
  if (!found.list) return std::nullopt;
  const bool exists = customer.type == CustomerType::kCustom || !row->deleted;
  return app::KnownOwned{exists, std::move(found.list)};
}

}  // namespace purser::sqlite
