#include "adapters/postgres/remembered.hpp"

namespace purser::postgres {
namespace {

constexpr std::size_t kGeneration = 8'192;

}  // namespace

std::optional<RememberedAccounts::Account> RememberedAccounts::find(const ItemKey& key) {
  const std::lock_guard lock(mutex_);
  if (const auto found = young_.find(key); found != young_.end()) return found->second;
  const auto found = old_.find(key);
  if (found == old_.end()) return std::nullopt;
  Account account = std::move(found->second);
  old_.erase(found);
  put(key, account);
  return account;
}

void RememberedAccounts::keep(const ItemKey& key, Account account) {
  const std::lock_guard lock(mutex_);
  put(key, std::move(account));
}

void RememberedAccounts::forget(const ItemKey& key) {
  const std::lock_guard lock(mutex_);
  young_.erase(key);
  old_.erase(key);
}

void RememberedAccounts::put(const ItemKey& key, Account account) {
  if (young_.size() >= kGeneration && !young_.contains(key)) {
    old_ = std::move(young_);
    young_.clear();
  }
  young_.insert_or_assign(key, std::move(account));
}

}  // namespace purser::postgres
