#include "purser/server_customer.hpp"

#include <utility>

#include "sdk/calls.hpp"

namespace purser::sdk {

using detail::body_of;
using detail::call;

namespace {

Error not_positive() { return {ErrorCode::kInvalidArgument, "The amount must be above 0."}; }

bool can_write(const std::optional<Time>& time) { return !time || codec::write_time(*time); }

Error unwritable_time() {
  return {ErrorCode::kInvalidArgument, "expires_at must lie between 1970 and 9999."};
}

}  // namespace

ServerCustomer::ServerCustomer(std::shared_ptr<detail::Core> core, CustomerType type,
                               std::string id)
    : Customer(std::move(core), type, std::move(id)) {}

Result<ServerItem> ServerCustomer::get_item(std::string_view item_id,
                                            const CallOptions& options) const {
  auto item = Customer::get_item(item_id, options);
  if (!item) return item.error();
  return ServerItem(*std::move(item), *this);
}

std::future<Result<ServerItem>> ServerCustomer::get_item_async(std::string item_id) const {
  return detail::async(
      core(), [self = *this, item_id = std::move(item_id)] { return self.get_item(item_id); });
}

Result<std::int64_t> ServerCustomer::change(std::string_view item_id, std::int64_t change,
                                            const ChangeOptions& options) const {
  if (!can_write(options.expires_at)) return unwritable_time();
  const std::string target = path("/items/") + percent_encode(item_id) + "/quantity";
  return call(
      core(),
      detail::send(core(), "POST", target, codec::write_change(change, options), options.call),
      body_of(codec::read_quantity));
}

Result<std::int64_t> ServerCustomer::increase_quantity(std::string_view item_id,
                                                       std::int64_t amount,
                                                       const ChangeOptions& options) const {
  if (amount <= 0) return not_positive();
  return change(item_id, amount, options);
}

Result<std::int64_t> ServerCustomer::decrease_quantity(std::string_view item_id,
                                                       std::int64_t amount,
                                                       const ChangeOptions& options) const {
  if (amount <= 0) return not_positive();
  if (options.expires_at) {
    return Error(ErrorCode::kInvalidArgument, "A decrease has no expires_at.");
  }
  return change(item_id, -amount, options);
}

Result<TryDecreaseResult> ServerCustomer::try_decrease(std::string_view item_id,
                                                       std::int64_t amount,
                                                       const ChangeOptions& options) const {
  if (amount <= 0) return not_positive();
  if (options.expires_at) {
    return Error(ErrorCode::kInvalidArgument, "A decrease has no expires_at.");
  }
  const std::string target = path("/items/") + percent_encode(item_id) + "/try-decrease";
  return call(core(),
              detail::send(core(), "POST", target, codec::write_try_decrease(amount, options),
                           options.call),
              body_of(codec::read_try_decrease));
}

Result<bool> ServerCustomer::try_decrease_quantity(std::string_view item_id, std::int64_t amount,
                                                   const ChangeOptions& options) const {
  auto result = try_decrease(item_id, amount, options);
  if (!result) return result.error();
  return result->success;
}

std::future<Result<std::int64_t>> ServerCustomer::increase_quantity_async(
    std::string item_id, std::int64_t amount, ChangeOptions options) const {
  return detail::async(
      core(), [self = *this, item_id = std::move(item_id), amount, options = std::move(options)] {
        return self.increase_quantity(item_id, amount, options);
      });
}

std::future<Result<std::int64_t>> ServerCustomer::decrease_quantity_async(
    std::string item_id, std::int64_t amount, ChangeOptions options) const {
  return detail::async(
      core(), [self = *this, item_id = std::move(item_id), amount, options = std::move(options)] {
        return self.decrease_quantity(item_id, amount, options);
      });
}

std::future<Result<bool>> ServerCustomer::try_decrease_quantity_async(std::string item_id,
                                                                      std::int64_t amount,
                                                                      ChangeOptions options) const {
  return detail::async(
      core(), [self = *this, item_id = std::move(item_id), amount, options = std::move(options)] {
        return self.try_decrease_quantity(item_id, amount, options);
      });
}

Result<BatchResult> ServerCustomer::change_items(const std::vector<BatchCommand>& commands,
                                                 const BatchOptions& options) const {
  if (commands.empty() || commands.size() > 1000) {
    return Error(ErrorCode::kInvalidArgument, "A batch has 1 to 1000 commands.");
  }
  for (const auto& command : commands) {
    if (!can_write(command.expires_at)) return unwritable_time();
  }
  return call(core(),
              detail::send(core(), "POST", path("/items/batch"),
                           codec::write_batch(commands, options), options.call),
              body_of(codec::read_batch));
}

std::future<Result<BatchResult>> ServerCustomer::change_items_async(
    std::vector<BatchCommand> commands, BatchOptions options) const {
  return detail::async(
      core(), [self = *this, commands = std::move(commands), options = std::move(options)] {
        return self.change_items(commands, options);
      });
}

Result<Page<LedgerEntry>> ServerCustomer::ledger(std::string_view item_id, const PageOptions& page,
                                                 const CallOptions& options) const {
  const std::string target = path("/items/") + percent_encode(item_id) + "/ledger";
  return call(
      core(), detail::get(core(), detail::with_page(target, page), options),
      [](const Answer& answer) { return codec::read_page(answer.body, codec::read_ledger_entry); });
}

std::future<Result<Page<LedgerEntry>>> ServerCustomer::ledger_async(std::string item_id,
                                                                    PageOptions page) const {
  return detail::async(core(), [self = *this, item_id = std::move(item_id),
                                page = std::move(page)] { return self.ledger(item_id, page); });
}

Result<Page<Transaction>> ServerCustomer::list_transactions(const PageOptions& page,
                                                            const CallOptions& options) const {
  return call(
      core(), detail::get(core(), detail::with_page(path("/transactions"), page), options),
      [](const Answer& answer) { return codec::read_page(answer.body, codec::read_transaction); });
}

std::future<Result<Page<Transaction>>> ServerCustomer::list_transactions_async(
    PageOptions page) const {
  return detail::async(
      core(), [self = *this, page = std::move(page)] { return self.list_transactions(page); });
}

Result<Grant> ServerCustomer::grant_product(const GrantOptions& options) const {
  return call(
      core(),
      detail::send(core(), "POST", path("/products"), codec::write_grant(options), options.call),
      body_of(codec::read_grant));
}

std::future<Result<Grant>> ServerCustomer::grant_product_async(GrantOptions options) const {
  return detail::async(
      core(), [self = *this, options = std::move(options)] { return self.grant_product(options); });
}

ServerUser::ServerUser(std::shared_ptr<detail::Core> core, User profile)
    : ServerCustomer(std::move(core), CustomerType::kUser, profile.id),
      profile_(std::move(profile)) {}

ServerTeam::ServerTeam(std::shared_ptr<detail::Core> core, TeamInfo info)
    : ServerCustomer(std::move(core), CustomerType::kTeam, info.id), info_(std::move(info)) {}

}  // namespace purser::sdk
