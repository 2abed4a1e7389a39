#pragma once

// The accounts that this node committed last, as they lay in the database then. A batch of those
// alone is decided at once and needs one round trip: its transaction checks that nobody has changed
// them, and fails otherwise.

#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "adapters/postgres/batch.hpp"

namespace purser::postgres {

/// Thread-safe, and bounded: the accounts that were kept or found longest ago go first.
class RememberedAccounts {
 public:
  struct Account {
    AccountRows rows;
    StoredAccount stored;
    std::int64_t at = 0;  ///< not before the last change: the instant of the batch that saw it
  };

  std::optional<Account> find(const ItemKey& key);
  void keep(const ItemKey& key, Account account);
  /// What turned out to be changed by somebody else.
  void forget(const ItemKey& key);

 private:
  using Accounts = std::unordered_map<ItemKey, Account>;
  void put(const ItemKey& key, Account account);

  std::mutex mutex_;
  Accounts young_;  // when it is full it becomes the old one, which goes
  Accounts old_;
};

}  // namespace purser::postgres
