#include "purser/customer.hpp"

#include <utility>

#include "sdk/calls.hpp"

namespace purser::sdk {

namespace detail {

void post(const std::shared_ptr<Core>& core, std::function<void()> work) {
  core->executor.post(std::move(work));
}

}  // namespace detail

using detail::body_of;
using detail::call;

Customer::Customer(std::shared_ptr<detail::Core> core, CustomerType type, std::string id)
    : core_(std::move(core)), type_(type), id_(std::move(id)) {}

std::string Customer::path(std::string_view rest) const {
  std::string text = "/customers/";
  text.append(to_string(type_)).append("/").append(percent_encode(id_)).append(rest);
  return text;
}

Result<std::string> Customer::create_checkout_url(const CheckoutOptions& options) const {
  return call(
      core_,
      detail::send(core_, "POST", path("/checkout"), codec::write_checkout(options), options.call),
      body_of(codec::read_checkout_url));
}

Result<Item> Customer::get_item(std::string_view item_id, const CallOptions& options) const {
  return call(core_, detail::get(core_, path("/items/") + percent_encode(item_id), options),
              body_of(codec::read_item));
}

Result<std::vector<Item>> Customer::list_items(const CallOptions& options) const {
  std::vector<Item> items;
  PageOptions page;
  for (;;) {
    auto part =
        call(core_, detail::get(core_, detail::with_page(path("/items"), page), options),
             [](const Answer& answer) { return codec::read_page(answer.body, codec::read_item); });
    if (!part) return part.error();
    for (auto& item : part->items) items.push_back(std::move(item));
    if (!part->next_cursor) return items;
    if (part->next_cursor == page.cursor) {
      return Error(ErrorCode::kMalformedAnswer, "The list of items has a page without an end.");
    }
    page.cursor = part->next_cursor;
  }
}

Result<bool> Customer::has_item(std::string_view item_id, const CallOptions& options) const {
  auto item = Customer::get_item(item_id, options);
  if (!item) return item.error();
  return item->quantity > 0;
}

Result<std::int64_t> Customer::get_item_quantity(std::string_view item_id,
                                                 const CallOptions& options) const {
  auto item = Customer::get_item(item_id, options);
  if (!item) return item.error();
  return item->quantity;
}

Result<Page<CustomerProduct>> Customer::list_products(const PageOptions& page,
                                                      const CallOptions& options) const {
  return call(
      core_, detail::get(core_, detail::with_page(path("/products"), page), options),
      [](const Answer& answer) { return codec::read_page(answer.body, codec::read_product); });
}

CurrentUser::CurrentUser(std::shared_ptr<detail::Core> core, User profile)
    : Customer(std::move(core), CustomerType::kUser, profile.id), profile_(std::move(profile)) {}

Team::Team(std::shared_ptr<detail::Core> core, TeamInfo info)
    : Customer(std::move(core), CustomerType::kTeam, info.id), info_(std::move(info)) {}

}  // namespace purser::sdk
