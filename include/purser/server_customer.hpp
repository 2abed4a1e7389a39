#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "purser/customer.hpp"

namespace purser::sdk {

class ServerItem;
namespace detail {
struct Handles;
}  // namespace detail

/// A customer as a server sees it: may be given things, and have things taken away.
///
/// Writing calls carry an idempotency key of their own (see CallOptions) and take effect at most
/// once however often they are retried. Thread safety, blocking and errors as for Customer.
class ServerCustomer : public Customer {
 public:
  /// As Customer::get_item, with the changing methods. Errors: kItemNotFound,
  /// kItemCustomerTypeDoesNotMatch.
  Result<ServerItem> get_item(std::string_view item_id, const CallOptions& call = {}) const;
  std::future<Result<ServerItem>> get_item_async(std::string item_id) const;

  /// Gives `amount` > 0 of an item and answers the quantity after it. A debt is paid first. A
  /// custom customer exists from its first increase on. Errors: kItemNotFound,
  /// kItemCustomerTypeDoesNotMatch, kQuantityOutOfRange, kInvalidArgument (amount ≤ 0).
  Result<std::int64_t> increase_quantity(std::string_view item_id, std::int64_t amount,
                                         const ChangeOptions& options = {}) const;
  std::future<Result<std::int64_t>> increase_quantity_async(std::string item_id,
                                                            std::int64_t amount,
                                                            ChangeOptions options = {}) const;

  /// Takes `amount` > 0, even what is not there: the quantity after it may be negative. Errors: as
  /// increase_quantity. `options.expires_at` must be absent.
  Result<std::int64_t> decrease_quantity(std::string_view item_id, std::int64_t amount,
                                         const ChangeOptions& options = {}) const;
  std::future<Result<std::int64_t>> decrease_quantity_async(std::string item_id,
                                                            std::int64_t amount,
                                                            ChangeOptions options = {}) const;

  /// Takes `amount` > 0 only if that much is there at that instant; else changes nothing and says
  /// false. Atomic under any concurrency: the way to spend prepaid credits. Errors: as
  /// increase_quantity.
  Result<bool> try_decrease_quantity(std::string_view item_id, std::int64_t amount,
                                     const ChangeOptions& options = {}) const;
  std::future<Result<bool>> try_decrease_quantity_async(std::string item_id, std::int64_t amount,
                                                        ChangeOptions options = {}) const;
  /// The same, and also answers how much there is after it.
  Result<TryDecreaseResult> try_decrease(std::string_view item_id, std::int64_t amount,
                                         const ChangeOptions& options = {}) const;

  /// 1–1000 changes in one request, answered in their order. Atomic (the default): all take effect
  /// or none; the outcomes then tell which one failed. Errors: those of the commands stand in the
  /// outcomes.
  Result<BatchResult> change_items(const std::vector<BatchCommand>& commands,
                                   const BatchOptions& options = {}) const;
  std::future<Result<BatchResult>> change_items_async(std::vector<BatchCommand> commands,
                                                      BatchOptions options = {}) const;

  /// An item's history, newest first. Errors: kItemNotFound, kInvalidCursor.
  Result<Page<LedgerEntry>> ledger(std::string_view item_id, const PageOptions& page = {},
                                   const CallOptions& call = {}) const;
  std::future<Result<Page<LedgerEntry>>> ledger_async(std::string item_id,
                                                      PageOptions page = {}) const;

  /// The customer's business events, newest first. Errors: kInvalidCursor.
  Result<Page<Transaction>> list_transactions(const PageOptions& page = {},
                                              const CallOptions& call = {}) const;
  std::future<Result<Page<Transaction>>> list_transactions_async(PageOptions page = {}) const;

  /// Gives a product without payment; with a price that has an interval, a subscription for which
  /// nobody pays. Errors: kProductDoesNotExist, kProductCustomerTypeDoesNotMatch,
  /// kProductAlreadyGranted, kProductNotStackable, kPriceNotFound, kAddOnRequiresBase,
  /// kProductLineConflict.
  Result<Grant> grant_product(const GrantOptions& options) const;
  std::future<Result<Grant>> grant_product_async(GrantOptions options) const;

 protected:
  friend class ServerApp;
  friend class ServerItem;
  ServerCustomer(std::shared_ptr<detail::Core> core, CustomerType type, std::string id);

 private:
  Result<std::int64_t> change(std::string_view item_id, std::int64_t change,
                              const ChangeOptions& options) const;
};

/// An item of a customer with the methods that change it. The quantity is the one at the time of
/// get_item and does not follow the changes; they answer the new one.
class ServerItem : public Item {
 public:
  /// As the methods of ServerCustomer with this item's id.
  Result<std::int64_t> increase_quantity(std::int64_t amount,
                                         const ChangeOptions& options = {}) const {
    return customer_.increase_quantity(id, amount, options);
  }
  Result<std::int64_t> decrease_quantity(std::int64_t amount,
                                         const ChangeOptions& options = {}) const {
    return customer_.decrease_quantity(id, amount, options);
  }
  Result<bool> try_decrease_quantity(std::int64_t amount, const ChangeOptions& options = {}) const {
    return customer_.try_decrease_quantity(id, amount, options);
  }
  std::future<Result<std::int64_t>> increase_quantity_async(std::int64_t amount,
                                                            ChangeOptions options = {}) const {
    return customer_.increase_quantity_async(id, amount, std::move(options));
  }
  std::future<Result<std::int64_t>> decrease_quantity_async(std::int64_t amount,
                                                            ChangeOptions options = {}) const {
    return customer_.decrease_quantity_async(id, amount, std::move(options));
  }
  std::future<Result<bool>> try_decrease_quantity_async(std::int64_t amount,
                                                        ChangeOptions options = {}) const {
    return customer_.try_decrease_quantity_async(id, amount, std::move(options));
  }

 private:
  friend class ServerCustomer;
  ServerItem(Item item, ServerCustomer customer)
      : Item(std::move(item)), customer_(std::move(customer)) {}
  ServerCustomer customer_;
};

/// A user of the project.
class ServerUser : public ServerCustomer {
 public:
  /// As it was when the handle was made.
  const User& profile() const { return profile_; }

 private:
  friend struct detail::Handles;
  ServerUser(std::shared_ptr<detail::Core> core, User profile);
  User profile_;
};

/// A team of the project.
class ServerTeam : public ServerCustomer {
 public:
  /// As it was when the handle was made.
  const TeamInfo& info() const { return info_; }

 private:
  friend struct detail::Handles;
  ServerTeam(std::shared_ptr<detail::Core> core, TeamInfo info);
  TeamInfo info_;
};

/// A customer that is neither user nor team: whatever the app names. Exists as soon as it is named.
class CustomCustomer : public ServerCustomer {
 private:
  friend class ServerApp;
  CustomCustomer(std::shared_ptr<detail::Core> core, std::string id)
      : ServerCustomer(std::move(core), CustomerType::kCustom, std::move(id)) {}
};

}  // namespace purser::sdk
