#include <algorithm>

#include "sandbox/api.hpp"

namespace purser::sandbox {
namespace {

bool listens(const Record& endpoint, const std::string& type) {
  if (endpoint.deleted() || text_at(endpoint.doc, "status") != "enabled") return false;
  for (const json::Value& wanted : *at(endpoint.doc, "enabled_events").as_array()) {
    if (*wanted.as_string() == "*" || *wanted.as_string() == type) return true;
  }
  return false;
}

bool has_delivery_to(const json::Array& deliveries, const std::string& endpoint) {
  return std::any_of(deliveries.begin(), deliveries.end(), [&](const json::Value& delivery) {
    return text_at(delivery, "endpoint") == endpoint;
  });
}

void add_deliveries_to(json::Array& deliveries, Account& owner, bool from_connected,
                       const std::string& type) {
  for (const auto& endpoint : owner.of(kEndpoint).in_order()) {
    if (bool_at(endpoint->hidden, "connect") != from_connected || !listens(*endpoint, type))
      continue;
    if (has_delivery_to(deliveries, endpoint->id())) continue;
    deliveries.push_back(object({{"account", owner.id},
                                 {"endpoint", endpoint->id()},
                                 {"state", "pending"},
                                 {"attempts", 0}}));
  }
}

// To the account's own endpoints, and to those of its platform that listen to connected accounts.
void add_deliveries(json::Array& deliveries, World& world, Account& account,
                    const std::string& type) {
  add_deliveries_to(deliveries, account, false, type);
  if (account.owner.empty()) return;
  add_deliveries_to(deliveries, *world.find_account(account.owner), true, type);
}

// The members that an update changed, with their old values.
json::Value previous_attributes(const json::Value& before, const json::Value& after) {
  json::Value previous = empty_object();
  for (const auto& [key, value] : *before.as_object()) {
    if (!(at(after, key) == value)) previous.set(key, value);
  }
  return previous;
}

Answer retrieve_event(Call& call) { return retrieve(call, kEvent, "event"); }

Answer list_events(Call& call) {
  Filter filter = by_field(call, "type");
  if (call.params.has("types")) {
    filter = both(std::move(filter), [types = call.params.text_list("types")](const Record& event) {
      for (const std::string& type : types) {
        if (text_at(event.doc, "type") == type) return true;
      }
      return false;
    });
  }
  if (const auto delivered = call.params.boolean("delivery_success")) {
    filter = both(std::move(filter), [delivered = *delivered](const Record& event) {
      return (int_at(event.doc, "pending_webhooks") == 0) == delivered;
    });
  }
  return list(call, kEvent, "/v1/events", filter);
}

}  // namespace

void emit(World& world, Account& account, const Cause& cause, const std::string& type,
          const json::Value& subject, const json::Value& before) {
  json::Array deliveries;
  add_deliveries(deliveries, world, account, type);
  json::Value data = object({{"object", present(subject, world.base_url)}});
  if (!before.is_null()) {
    set(data, "previous_attributes", previous_attributes(before, subject));
  }
  const auto or_null = [](const std::string& text) {
    return text.empty() ? Any(nullptr) : Any(text);
  };
  json::Value event = object({{"id", world.new_id("evt_")}, {"object", "event"}});
  if (!account.owner.empty()) set(event, "account", account.id);
  set(event, "api_version", kApiVersion);
  set(event, "created", world.now_seconds());
  set(event, "data", std::move(data));
  set(event, "livemode", false);
  set(event, "pending_webhooks", static_cast<std::int64_t>(deliveries.size()));
  set(event, "request",
      object({{"id", or_null(cause.request_id)},
              {"idempotency_key", or_null(cause.idempotency_key)}}));
  set(event, "type", type);
  world.new_events.emplace_back(account.id, text_at(event, "id"));
  world.put(account, kEvent, std::move(event),
            object({{"deliveries", json::Value(std::move(deliveries))}}));
}

void add_new_endpoints(World& world, Account& account, Record& event) {
  add_deliveries(*event.hidden.find("deliveries")->as_array(), world, account,
                 text_at(event.doc, "type"));
}

void Scene::tell(const std::string& type, const json::Value& subject,
                 const json::Value& before) const {
  emit(world, account, cause, type, subject, before);
}

void save(const Scene& scene, std::string_view kind, Record& record, json::Value doc,
          const std::string& event) {
  if (doc == record.doc) return;
  std::swap(record.doc, doc);
  scene.changed(kind, record);
  scene.tell(event, record.doc, doc);
}

std::vector<Route> event_routes() {
  return {{"GET", "/v1/events", list_events}, {"GET", "/v1/events/:id", retrieve_event}};
}

}  // namespace purser::sandbox
