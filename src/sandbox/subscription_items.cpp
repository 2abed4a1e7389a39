#include <algorithm>

#include "sandbox/amounts.hpp"
#include "sandbox/catalog.hpp"
#include "sandbox/subscriptions.hpp"

// Reading what requests say about a subscription's items and billing.

namespace purser::sandbox {
namespace {

constexpr std::size_t kMaxItems = 20;
constexpr std::int64_t kMaxTrialSeconds = 730LL * 24 * 60 * 60;

std::optional<json::Value> read_item_price(Call& call, Params& params,
                                           std::vector<json::Value>& new_prices) {
  if (auto data = params.group("price_data")) {
    const std::string product = data->required_text("product");
    const Record* known = call.world.find(call.account, kProduct, product);
    if (known == nullptr || known->deleted()) {
      data->complain(no_such("product", product, data->full_name("product")));
    }
    if (!data->has("recurring")) data->required_text("recurring");
    new_prices.push_back(read_price(call, *data, product, false));
    return new_prices.back();
  }
  const auto id = params.text("price");
  if (!id) return std::nullopt;
  const Record* price = call.world.find(call.account, kPrice, *id);
  if (price == nullptr) {
    params.complain(no_such("price", *id, params.full_name("price")));
    return std::nullopt;
  }
  if (!bool_at(price->doc, "active")) {
    params.complain(
        invalid("The price specified is inactive. This field only accepts active prices.",
                params.full_name("price")));
  }
  if (text_at(price->doc, "type") != "recurring") {
    params.complain(
        invalid("The price specified is set to `type=one_time` but this field only accepts prices "
                "with `type=recurring`.",
                params.full_name("price")));
  }
  return price->doc;
}

void change_item(Call& call, Params& params, std::vector<Item>& items, const std::string& id,
                 std::vector<json::Value>& new_prices) {
  const auto known =
      std::find_if(items.begin(), items.end(), [&](const Item& item) { return item.id == id; });
  if (known == items.end()) {
    params.complain(no_such("subscription item", id, params.full_name("id")));
    return;
  }
  const bool deletes = params.boolean("deleted").value_or(false);
  (void)params.boolean("clear_usage");
  read_item(call, params, *known, new_prices);
  if (deletes) items.erase(known);
}

}  // namespace

void read_item(Call& call, Params& params, Item& item, std::vector<json::Value>& new_prices) {
  if (auto price = read_item_price(call, params, new_prices)) {
    item.price = *std::move(price);
    item.quantity = 1;
  } else if (item.price.is_null()) {
    params.complain(invalid("Missing required param: " + params.full_name("price") + ".",
                            params.full_name("price"), "parameter_missing"));
  }
  if (const auto quantity = params.integer("quantity", 0, 999'999)) item.quantity = *quantity;
  params.apply_metadata(item.metadata);
}

std::vector<Item> read_items(Call& call, Params& params, const std::vector<Item>& known,
                             std::vector<json::Value>& new_prices) {
  std::vector<Item> items = known;
  for (Params& entry : params.group_list("items")) {
    if (const auto id = entry.text("id")) {
      change_item(call, entry, items, *id, new_prices);
      continue;
    }
    Item item;
    read_item(call, entry, item, new_prices);
    items.push_back(std::move(item));
  }
  return items;
}

std::optional<Failure> check_items(const std::vector<Item>& items) {
  if (items.empty()) {
    return invalid("A subscription must have at least one active plan.", "items");
  }
  if (items.size() > kMaxItems) {
    return invalid("A subscription can have up to 20 items.", "items");
  }
  const json::Value& first = items[0].price;
  for (const Item& item : items) {
    if (text_at(item.price, "currency") != text_at(first, "currency")) {
      return invalid(
          "All prices on a subscription must have the same `currency`. If you need prices with "
          "different currencies, please use multiple subscriptions.",
          "items");
    }
    if (!(interval_of(item.price) == interval_of(first))) {
      return invalid(
          "All prices on a subscription must have the same `recurring.interval` and "
          "`recurring.interval_count`. If you need different intervals, please use multiple "
          "subscriptions.",
          "items");
    }
  }
  for (auto item = items.begin(); item != items.end(); ++item) {
    const auto same_price = [&](const Item& other) {
      return text_at(other.price, "id") == text_at(item->price, "id");
    };
    if (std::find_if(item + 1, items.end(), same_price) != items.end()) {
      return invalid("Cannot add multiple subscription items with the same plan: " +
                         text_at(item->price, "id"),
                     "items");
    }
  }
  const std::int64_t total = amount_of(items);
  if (total > kMaxAmount) {
    return invalid("The subscription's amount must be no more than 99999999 minor units.", "items",
                   "amount_too_large");
  }
  return std::nullopt;
}

void put_prices(const Scene& scene, std::vector<json::Value>& prices) {
  for (json::Value& price : prices) {
    scene.tell("price.created", price);
    scene.put(kPrice, std::move(price));
  }
  prices.clear();
}

std::optional<std::int64_t> read_trial_end(Call& call, Params& params) {
  if (!params.has("trial_end")) return std::nullopt;
  const std::int64_t now = call.world.now_seconds();
  if (params.is("trial_end", "now")) return now;
  const std::int64_t end = params.integer("trial_end", 0).value_or(now);
  if (end <= now) {
    params.complain(invalid("Invalid timestamp: must be an integer Unix timestamp in the future.",
                            params.full_name("trial_end")));
  } else if (end > now + kMaxTrialSeconds) {
    params.complain(invalid("The maximum number of trial period days is 730 (2 years).",
                            params.full_name("trial_end")));
  }
  return end;
}

void read_change(Call& call, Params& params, Change& change) {
  change.proration =
      params.one_of("proration_behavior", {"create_prorations", "always_invoice", "none"})
          .value_or("create_prorations");
  change.proration_date = params.integer("proration_date", 0);
  change.anchor_now =
      params.one_of("billing_cycle_anchor", {"unchanged", "now"}).value_or("unchanged") == "now";
  change.trial_end = read_trial_end(call, params);
}

}  // namespace purser::sandbox
