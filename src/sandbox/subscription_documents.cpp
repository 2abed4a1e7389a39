#include "sandbox/amounts.hpp"
#include "sandbox/subscriptions.hpp"

namespace purser::sandbox {
namespace {

std::string times(std::int64_t quantity, const std::string& name) {
  return quantity == 1 ? name : std::to_string(quantity) + " × " + name;
}

std::string every(const json::Value& price) {
  const json::Value& recurring = at(price, "recurring");
  const std::int64_t count = int_at(recurring, "interval_count");
  const std::string unit = text_at(recurring, "interval");
  return count == 1 ? unit : "every " + std::to_string(count) + " " + unit + "s";
}

json::Value item_document(World& world, const std::string& subscription, const Item& item) {
  return object({{"id", item.id},
                 {"object", "subscription_item"},
                 {"billing_thresholds", nullptr},
                 {"created", world.now_seconds()},
                 {"discounts", empty_array()},
                 {"metadata", item.metadata},
                 {"plan", plan_of(item.price)},
                 {"price", item.price},
                 {"quantity", item.quantity},
                 {"subscription", subscription},
                 {"tax_rates", empty_array()}});
}

Line line_for(const std::string& subscription, const Item& item, std::int64_t start,
              std::int64_t end) {
  Line line;
  line.price = item.price;
  line.quantity = item.quantity;
  line.currency = text_at(item.price, "currency");
  line.start = start;
  line.end = end;
  line.subscription = subscription;
  line.item = item.id;
  return line;
}

}  // namespace

CalendarInterval interval_of(const json::Value& price) {
  const json::Value& recurring = at(price, "recurring");
  return {parse_interval_unit(text_at(recurring, "interval")).value_or(IntervalUnit::kMonth),
          static_cast<int>(int_at(recurring, "interval_count"))};
}

std::vector<Item> items_of(const json::Value& subscription) {
  std::vector<Item> items;
  const json::Value& list = at(at(subscription, "items"), "data");
  if (list.as_array() == nullptr) return items;
  for (const json::Value& item : *list.as_array()) {
    items.push_back(
        {text_at(item, "id"), at(item, "price"), int_at(item, "quantity"), at(item, "metadata")});
  }
  return items;
}

std::int64_t amount_of(const std::vector<Item>& items) {
  std::int64_t sum = 0;
  for (const Item& item : items) sum += item.amount();
  return sum;
}

void show_items(World& world, json::Value& subscription, std::vector<Item>& items) {
  const std::string id = text_at(subscription, "id");
  json::Array data;
  for (Item& item : items) {
    if (item.id.empty()) item.id = world.new_id("si_", 14);
    json::Value doc = item_document(world, id, item);
    for (const Item& known : items_of(subscription)) {
      if (known.id != item.id) continue;
      for (const json::Value& before : *at(at(subscription, "items"), "data").as_array()) {
        if (text_at(before, "id") == item.id) set(doc, "created", at(before, "created"));
      }
    }
    data.push_back(std::move(doc));
  }
  set(subscription, "items",
      object({{"object", "list"},
              {"data", json::Value(std::move(data))},
              {"has_more", false},
              {"url", "/v1/subscription_items?subscription=" + id}}));
}

std::string product_name(const Scene& scene, const json::Value& price) {
  const Record* product = scene.find(kProduct, text_at(price, "product"));
  return product == nullptr ? "" : text_at(product->doc, "name");
}

Line period_line(const Scene& scene, const std::string& subscription, const Item& item,
                 std::int64_t start, std::int64_t end) {
  Line line = line_for(subscription, item, start, end);
  const auto currency = Currency::parse(line.currency);
  line.amount = item.amount();
  line.description = std::to_string(item.quantity) + " × " + product_name(scene, item.price) +
                     " (at " + display_amount(int_at(item.price, "unit_amount"), *currency) +
                     " / " + every(item.price) + ")";
  return line;
}

Line trial_line(const Scene& scene, const std::string& subscription, const Item& item,
                std::int64_t start, std::int64_t end) {
  Line line = line_for(subscription, item, start, end);
  line.description = "Trial period for " + times(item.quantity, product_name(scene, item.price));
  return line;
}

}  // namespace purser::sandbox
