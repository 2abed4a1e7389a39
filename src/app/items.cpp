#include "app/items.hpp"

#include <map>
#include <utility>

#include "app/ports/archived_history.hpp"

namespace purser::app {
namespace {

Result<ItemView> view_of(const domain::Item& item, domain::ItemAccount account, Timestamp now) {
  if (domain::is_due(account, now)) {
    PURSER_TRY(domain::Change due, domain::apply_due(std::move(account), now));
    account = std::move(due.account);
  }
  return ItemView{item.id, item.display_name, account.quantity()};
}

Error insufficient(const ChangeQuantity& command) {
  return {ErrorCode::kItemQuantityInsufficientAmount,
          "The customer would have less than nothing of the item; nothing was changed.",
          {{"item_id", command.key.item.str()},
           {"customer_id", command.key.customer.id},
           {"quantity", command.change.value()}}};
}

Result<domain::Change> decide_unbounded(domain::ItemAccount account, const ChangeQuantity& command,
                                        Timestamp now) {
  if (command.change.is_negative()) {
    return domain::decrease(std::move(account), -command.change, command.description, now);
  }
  domain::Grant grant;
  grant.amount = command.change;
  grant.expires_at = command.expires_at;
  grant.description = command.description;
  return domain::grant(std::move(account), grant, now);
}

/// Decides one change on an account. Errors: kQuantityOutOfRange, kSchemaError,
/// kItemQuantityInsufficientAmount.
Result<domain::Change> decide(domain::ItemAccount account, const ChangeQuantity& command,
                              Timestamp now) {
  PURSER_TRY(domain::Change change, decide_unbounded(std::move(account), command, now));
  const bool refused = !command.may_go_negative && change.account.quantity().is_negative();
  if (refused) return insufficient(command);
  return change;
}

Status check_change(const ChangeQuantity& command) {
  if (command.change.is_zero()) {
    return Error{ErrorCode::kSchemaError,
                 "The change must not be zero.",
                 {{"fields", std::vector<FieldError>{{"body.change", "must not be zero"}}}}};
  }
  if (command.change.is_negative() && command.expires_at) {
    return Error{
        ErrorCode::kSchemaError,
        "Only a positive change can expire.",
        {{"fields", std::vector<FieldError>{{"body.expires_at", "only with a positive change"}}}}};
  }
  return {};
}

Status check_amount(Quantity amount) {
  if (amount.is_positive()) return {};
  return Error{ErrorCode::kSchemaError,
               "The amount must be positive.",
               {{"fields", std::vector<FieldError>{{"body.amount", "must be positive"}}}}};
}

/// The item accounts that one batch command works on: read once, written once.
class WorkingSet {
 public:
  WorkingSet(const domain::Catalog& catalog, StoreBatch& batch)
      : catalog_(catalog), batch_(batch) {}

  Result<BatchResult> run(const BatchCommand& command) {
    if (const auto* change = std::get_if<ChangeQuantity>(&command)) return run(*change);
    return run(std::get<TryDecreaseQuantity>(command));
  }

  Status write() {
    for (auto& [key, state] : states_) {
      if (state.entries.empty()) continue;
      PURSER_CHECK_OK(batch_.put_item(key, state.account, state.entries));
    }
    return {};
  }

 private:
  struct State {
    domain::ItemAccount account;
    std::vector<domain::Entry> entries;
  };

  Result<BatchResult> run(const ChangeQuantity& command) {
    PURSER_CHECK_OK(check_change(command));
    PURSER_TRY(State * state, load(command.key));
    PURSER_TRY(domain::Change change, decide(state->account, command, batch_.now()));
    keep(*state, std::move(change));
    return BatchResult{true, state->account.quantity(), std::nullopt};
  }

  Result<BatchResult> run(const TryDecreaseQuantity& command) {
    PURSER_CHECK_OK(check_amount(command.amount));
    PURSER_TRY(State * state, load(command.key));
    PURSER_TRY(domain::TryDecrease tried, domain::try_decrease(state->account, command.amount,
                                                               command.description, batch_.now()));
    keep(*state, std::move(tried.change));
    return BatchResult{tried.success, state->account.quantity(), std::nullopt};
  }

  Result<State*> load(const ItemKey& key) {
    PURSER_CHECK_OK(require_item(catalog_, key));
    const auto found = states_.find(key);
    if (found != states_.end()) return &found->second;
    PURSER_TRY(domain::ItemAccount account, batch_.item(key));
    return &states_.emplace(key, State{std::move(account), {}}).first->second;
  }

  static void keep(State& state, domain::Change change) {
    state.account = std::move(change.account);
    for (domain::Entry& entry : change.entries) state.entries.push_back(std::move(entry));
  }

  const domain::Catalog& catalog_;
  StoreBatch& batch_;
  std::map<ItemKey, State> states_;
};

const ItemKey& key_of(const BatchCommand& command) {
  return std::visit([](const auto& c) -> const ItemKey& { return c.key; }, command);
}

/// What is due but not recorded yet, as lines in front of the first page.
std::vector<LedgerLine> due_lines(std::vector<domain::Entry> entries) {
  std::vector<LedgerLine> lines;
  lines.reserve(entries.size());
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    lines.push_back({0, std::move(*entry)});
  }
  return lines;
}

/// The quantity that an item's history ends with.
Result<Quantity> newest_quantity(StoreView& view, const ItemKey& key,
                                 const std::vector<LedgerLine>& lines) {
  if (!lines.empty()) return lines.front().entry.quantity_after;
  PURSER_TRY(const auto opening, ArchivedHistory::opening_in(view, key));
  return opening ? opening->quantity : Quantity{};
}

}  // namespace

Error customer_not_found(const CustomerKey& customer) {
  switch (customer.type) {
    case CustomerType::kUser:
      return {ErrorCode::kUserNotFound, "User not found.", {{"user_id", customer.id}}};
    case CustomerType::kTeam:
      return {ErrorCode::kTeamNotFound, "Team not found.", {{"team_id", customer.id}}};
    case CustomerType::kCustom:
      break;
  }
  return {ErrorCode::kCustomerNotFound,
          "No such customer for this caller; custom customers need a server key.",
          {{"customer_id", customer.id}}};
}

Result<const domain::Item*> require_item(const domain::Catalog& catalog, const ItemKey& key) {
  const domain::Item* item = catalog.find_item(key.item);
  if (item == nullptr) {
    return Error{ErrorCode::kItemNotFound,
                 "The catalog has no item \"" + key.item.str() + "\"; add it, or check the id.",
                 {{"item_id", key.item.str()}}};
  }
  if (item->customer_type != key.customer.type) {
    return Error{ErrorCode::kItemCustomerTypeDoesNotMatch,
                 "The item \"" + key.item.str() + "\" is for customers of type " +
                     std::string(to_string(item->customer_type)) + ", not " +
                     std::string(to_string(key.customer.type)) + ".",
                 {{"item_id", key.item.str()},
                  {"customer_id", key.customer.id},
                  {"item_customer_type", std::string(to_string(item->customer_type))},
                  {"actual_customer_type", std::string(to_string(key.customer.type))}}};
  }
  return item;
}

Status require_customer_exists(StoreView& view, const CustomerKey& customer) {
  if (customer.type == CustomerType::kCustom) return {};  // exists as soon as it is named
  PURSER_TRY(const bool exists, view.customer_exists(customer));
  if (!exists) return customer_not_found(customer);
  return {};
}

void Items::get(const ProjectContext& context, const ItemKey& key,
                std::function<void(Result<ItemView>)> done) {
  auto item = require_item(*context.catalog, key);
  if (!item) return done(std::move(item).error());
  store_.read_items(key.customer, {key.item},
                    [this, catalog = context.catalog, item = *item, customer = key.customer,
                     done = std::move(done)](Result<CustomerItems> found) {
                      if (!found) return done(std::move(found).error());
                      if (!found->customer_exists && customer.type != CustomerType::kCustom) {
                        return done(customer_not_found(customer));
                      }
                      done(view_of(*item, std::move(found->accounts.front()), clock_.now()));
                    });
}

void Items::list(const ProjectContext& context, const CustomerKey& customer,
                 std::function<void(Result<std::vector<ItemView>>)> done) {
  std::vector<const domain::Item*> items;
  std::vector<ItemId> ids;
  for (const auto& [id, item] : context.catalog->items) {
    if (item.customer_type != customer.type) continue;
    items.push_back(&item);
    ids.push_back(item.id);
  }
  store_.read_items(customer, std::move(ids),
                    [this, catalog = context.catalog, items = std::move(items), customer,
                     done = std::move(done)](Result<CustomerItems> found) {
                      if (!found) return done(std::move(found).error());
                      if (!found->customer_exists && customer.type != CustomerType::kCustom) {
                        return done(customer_not_found(customer));
                      }
                      const Timestamp now = clock_.now();
                      std::vector<ItemView> views;
                      views.reserve(items.size());
                      for (std::size_t i = 0; i < items.size(); ++i) {
                        auto view = view_of(*items[i], std::move(found->accounts[i]), now);
                        if (!view) return done(std::move(view).error());
                        views.push_back(*std::move(view));
                      }
                      done(std::move(views));
                    });
}

Result<LedgerPage> Items::ledger(const ProjectContext& context, const ItemKey& key,
                                 std::optional<std::int64_t> before, int limit) {
  PURSER_CHECK_OK(require_item(*context.catalog, key));
  const auto view = store_.view();
  PURSER_CHECK_OK(require_customer_exists(*view, key.customer));
  LedgerPage page;
  // One line more than asked tells whether there is a next page.
  PURSER_TRY(page.lines, view->ledger(key, before, limit + 1));
  std::vector<LedgerLine> due;
  if (!before) {
    PURSER_TRY(domain::ItemAccount account, view->item(key));
    PURSER_TRY(const Quantity newest, newest_quantity(*view, key, page.lines));
    const Timestamp now = clock_.now();
    if (newest != account.quantity()) {
      // A commit came between the two reads; it has recorded what was due.
      PURSER_TRY(page.lines, view->ledger(key, before, limit + 1));
    } else if (domain::is_due(account, now)) {
      PURSER_TRY(domain::Change change, domain::apply_due(std::move(account), now));
      due = due_lines(std::move(change.entries));
    }
  }
  if (page.lines.size() > static_cast<std::size_t>(limit)) {
    page.lines.resize(static_cast<std::size_t>(limit));
    page.next_before = page.lines.back().id;
  }
  page.lines.insert(page.lines.begin(), std::make_move_iterator(due.begin()),
                    std::make_move_iterator(due.end()));
  return page;
}

Result<Quantity> Items::change(const ProjectContext& context, StoreBatch& batch,
                               const ChangeQuantity& command) {
  PURSER_CHECK_OK(check_change(command));
  PURSER_CHECK_OK(require_item(*context.catalog, command.key));
  PURSER_CHECK_OK(require_customer_exists(batch, command.key.customer));
  PURSER_TRY(domain::ItemAccount account, batch.item(command.key));
  PURSER_TRY(const domain::Change change, decide(std::move(account), command, batch.now()));
  PURSER_CHECK_OK(batch.put_item(command.key, change.account, change.entries));
  return change.account.quantity();
}

Result<TryDecreaseReply> Items::try_decrease(const ProjectContext& context, StoreBatch& batch,
                                             const TryDecreaseQuantity& command) {
  PURSER_CHECK_OK(check_amount(command.amount));
  PURSER_CHECK_OK(require_item(*context.catalog, command.key));
  PURSER_CHECK_OK(require_customer_exists(batch, command.key.customer));
  PURSER_TRY(domain::ItemAccount account, batch.item(command.key));
  PURSER_TRY(
      const domain::TryDecrease tried,
      domain::try_decrease(std::move(account), command.amount, command.description, batch.now()));
  if (!tried.change.entries.empty()) {
    PURSER_CHECK_OK(batch.put_item(command.key, tried.change.account, tried.change.entries));
  }
  return TryDecreaseReply{tried.success, tried.change.account.quantity()};
}

Result<std::vector<BatchResult>> Items::batch(const ProjectContext& context, StoreBatch& batch,
                                              const std::vector<BatchCommand>& commands,
                                              bool atomic, bool& accepted) {
  accepted = true;
  std::vector<BatchResult> results;
  if (commands.empty()) return results;
  const CustomerKey& customer = key_of(commands.front()).customer;
  PURSER_CHECK_OK(require_customer_exists(batch, customer));
  results.reserve(commands.size());
  WorkingSet set(*context.catalog, batch);
  for (const BatchCommand& command : commands) {
    if (key_of(command).customer != customer) {
      return Error::internal("an item batch names more than one customer");
    }
    auto result = set.run(command);
    if (!result && result.error().code == ErrorCode::kStoreUnavailable) {
      return std::move(result).error();
    }
    if (result) {
      results.push_back(*std::move(result));
    } else {
      results.push_back({false, Quantity{}, std::move(result).error()});
    }
    if (atomic && !results.back().success) {
      accepted = false;  // nothing was written: the set is dropped
      return results;
    }
  }
  PURSER_CHECK_OK(set.write());
  return results;
}

}  // namespace purser::app
