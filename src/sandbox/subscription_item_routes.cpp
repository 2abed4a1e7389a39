#include <algorithm>

#include "sandbox/subscriptions.hpp"

// A subscription's items one by one. Each change is an update of the subscription.
// Source: https://docs.stripe.com/api/subscription_items

namespace purser::sandbox {
namespace {

const json::Array& documents_of(const Record& subscription) {
  return *at(at(subscription.doc, "items"), "data").as_array();
}

const json::Value* find_document(const Record& subscription, const std::string& id) {
  const json::Array& items = documents_of(subscription);
  const auto found = std::find_if(items.begin(), items.end(), [&](const json::Value& item) {
    return text_at(item, "id") == id;
  });
  return found == items.end() ? nullptr : &*found;
}

Record* subscription_with(const Scene& scene, const std::string& item) {
  for (const auto& subscription : scene.account.of(kSubscription).in_order()) {
    if (find_document(*subscription, item) != nullptr) return subscription.get();
  }
  return nullptr;
}

Failure no_such_item(const std::string& id) { return no_such("subscription_item", id); }

/// An update that leaves everything as it is.
Update unchanged(const Record& subscription) {
  Update update;
  update.doc = subscription.doc;
  update.change.items = items_of(subscription.doc);
  update.changes_billing = true;
  return update;
}

void read_proration(Params& params, Change& change) {
  change.proration =
      params.one_of("proration_behavior", {"create_prorations", "always_invoice", "none"})
          .value_or("create_prorations");
  change.proration_date = params.integer("proration_date", 0);
}

std::optional<Failure> carry_out(Call& call, Record& subscription, Update& update) {
  read_proration(call.params, update.change);
  if (auto failure = check_items(update.change.items)) {
    failure->param.clear();  // there is no `items` in these requests
    call.params.complain(*std::move(failure));
  }
  if (auto failure = call.params.finish()) return failure;
  return apply_update(call.scene(), subscription, update);
}

Answer create_item(Call& call) {
  const Scene scene = call.scene();
  const std::string id = call.params.required_text("subscription");
  if (const auto failure = id.empty() ? call.params.finish() : std::nullopt) return *failure;
  Record* subscription = scene.find(kSubscription, id);
  if (subscription == nullptr) return no_such("subscription", id, "subscription");
  enter_time_of(scene, subscription->doc);
  Update update = unchanged(*subscription);
  Item item;
  read_item(call, call.params, item, update.new_prices);
  update.change.items.push_back(std::move(item));
  read_payment(call.params, update);
  if (auto failure = carry_out(call, *subscription, update)) return *std::move(failure);
  return documents_of(*subscription).back();
}

Answer retrieve_item(Call& call) {
  if (const auto failure = call.params.finish()) return *failure;
  const Record* subscription = subscription_with(call.scene(), call.id());
  if (subscription == nullptr) return no_such_item(call.id());
  return *find_document(*subscription, call.id());
}

std::vector<Item>::iterator find_item(std::vector<Item>& items, const std::string& id) {
  return std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.id == id; });
}

Answer update_item(Call& call) {
  const Scene scene = call.scene();
  Record* subscription = subscription_with(scene, call.id());
  if (subscription == nullptr) return no_such_item(call.id());
  enter_time_of(scene, subscription->doc);
  Update update = unchanged(*subscription);
  Item& item = *find_item(update.change.items, call.id());
  read_item(call, call.params, item, update.new_prices);
  read_payment(call.params, update);
  if (auto failure = carry_out(call, *subscription, update)) return *std::move(failure);
  return *find_document(*subscription, call.id());
}

Answer delete_item(Call& call) {
  const Scene scene = call.scene();
  Record* subscription = subscription_with(scene, call.id());
  if (subscription == nullptr) return no_such_item(call.id());
  enter_time_of(scene, subscription->doc);
  Update update = unchanged(*subscription);
  update.change.items.erase(find_item(update.change.items, call.id()));
  (void)call.params.boolean("clear_usage");
  if (auto failure = carry_out(call, *subscription, update)) return *std::move(failure);
  return object({{"id", call.id()}, {"object", "subscription_item"}, {"deleted", true}});
}

Answer list_items(Call& call) {
  const std::string id = call.params.required_text("subscription");
  const Record* subscription = call.world.find(call.account, kSubscription, id);
  if (subscription == nullptr && !id.empty()) {
    call.params.complain(no_such("subscription", id, "subscription"));
  }
  std::vector<Record> items;
  if (subscription != nullptr) {
    for (const json::Value& item : *at(at(subscription->doc, "items"), "data").as_array()) {
      items.push_back({item, empty_object()});
    }
  }
  std::vector<const Record*> pointers;
  pointers.reserve(items.size());
  for (const Record& item : items) pointers.push_back(&item);
  return list_of(call, "/v1/subscription_items", pointers, "subscription_item");
}

}  // namespace

std::vector<Route> subscription_item_routes() {
  return {{"POST", "/v1/subscription_items", create_item},
          {"GET", "/v1/subscription_items", list_items},
          {"GET", "/v1/subscription_items/:id", retrieve_item},
          {"POST", "/v1/subscription_items/:id", update_item},
          {"DELETE", "/v1/subscription_items/:id", delete_item}};
}

}  // namespace purser::sandbox
