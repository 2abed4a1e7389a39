#pragma once

// Item use cases. Writes are functions on a batch, so that the caller (HTTP) can put them through
// the engine under an idempotency key; all of them apply what is due first.

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "app/ports/clock.hpp"
#include "app/ports/store.hpp"
#include "app/registry.hpp"

namespace purser::app {

struct ItemView {
  ItemId id;
  std::string display_name;
  Quantity quantity;  ///< may be negative
};

struct ChangeQuantity {
  ItemKey key;
  Quantity change;                      ///< ≠ 0
  std::optional<Timestamp> expires_at;  ///< only with a positive change
  std::string description;
  bool may_go_negative = true;  ///< false: refused when the customer would have less than nothing
};
struct TryDecreaseQuantity {
  ItemKey key;
  Quantity amount;  ///< > 0
  std::string description;
};
struct TryDecreaseReply {
  bool success = false;
  Quantity quantity;
};
using BatchCommand = std::variant<ChangeQuantity, TryDecreaseQuantity>;
struct BatchResult {
  bool success = false;  ///< false: insufficient (try-decrease), or `error`
  Quantity quantity;
  std::optional<Error> error;
};
struct LedgerPage {
  std::vector<LedgerLine>
      lines;  ///< newest first; due things that are not recorded yet stand in front with id 0
  std::optional<std::int64_t> next_before;
};

/// Thread-safe; holds no state.
class Items {
 public:
  Items(Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  /// Errors of all: kItemNotFound, kItemCustomerTypeDoesNotMatch, kUserNotFound, kTeamNotFound.
  void get(const ProjectContext& context, const ItemKey& key,
           std::function<void(Result<ItemView>)> done);
  void list(const ProjectContext& context, const CustomerKey& customer,
            std::function<void(Result<std::vector<ItemView>>)> done);
  Result<LedgerPage> ledger(const ProjectContext& context, const ItemKey& key,
                            std::optional<std::int64_t> before, int limit);

  /// Further errors: kQuantityOutOfRange, kSchemaError (expires_at),
  /// kItemQuantityInsufficientAmount.
  static Result<Quantity> change(const ProjectContext& context, StoreBatch& batch,
                                 const ChangeQuantity& command);
  static Result<TryDecreaseReply> try_decrease(const ProjectContext& context, StoreBatch& batch,
                                               const TryDecreaseQuantity& command);
  /// 1–1000 commands for one customer. Atomic: all succeed or nothing changes (the result tells the
  /// first that failed). Otherwise each on its own, results in order.
  static Result<std::vector<BatchResult>> batch(const ProjectContext& context, StoreBatch& batch,
                                                const std::vector<BatchCommand>& commands,
                                                bool atomic, bool& accepted);

 private:
  Store& store_;
  const Clock& clock_;
};

/// The shared checks: the item exists and is for this type of customer.
Result<const domain::Item*> require_item(const domain::Catalog& catalog, const ItemKey& key);
/// Errors: kUserNotFound, kTeamNotFound.
Status require_customer_exists(StoreView& view, const CustomerKey& customer);
Error customer_not_found(const CustomerKey& customer);

}  // namespace purser::app
