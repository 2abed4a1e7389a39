#include "sandbox/api.hpp"

namespace purser::sandbox {
namespace {

constexpr std::size_t kMaxEndpoints = 16;

void apply_fields(Call& call, json::Value& endpoint) {
  Params& params = call.params;
  if (const auto url = params.url("url")) set(endpoint, "url", *url);
  if (const auto text = params.clearable_text("description")) set(endpoint, "description", *text);
  if (params.has("enabled_events")) {
    json::Array types;
    for (std::string& type : params.text_list("enabled_events"))
      types.emplace_back(std::move(type));
    if (types.empty()) params.complain(invalid("Invalid array", "enabled_events"));
    set(endpoint, "enabled_events", std::move(types));
  }
  params.apply_metadata(*endpoint.find("metadata"));
}

json::Value new_endpoint(Call& call) {
  return object({{"id", call.world.new_id("we_1")},
                 {"object", "webhook_endpoint"},
                 {"api_version", call.params.text("api_version")},
                 {"application", nullptr},
                 {"created", call.world.now_seconds()},
                 {"description", nullptr},
                 {"enabled_events", empty_array()},
                 {"livemode", false},
                 {"metadata", empty_object()},
                 {"status", "enabled"},
                 {"url", ""}});
}

std::size_t count_endpoints(Account& account) {
  std::size_t count = 0;
  for (const auto& endpoint : account.of(kEndpoint).in_order())
    count += endpoint->deleted() ? 0 : 1;
  return count;
}

Answer create_endpoint(Call& call) {
  json::Value endpoint = new_endpoint(call);
  for (const char* required : {"url", "enabled_events"}) {
    if (!call.params.has(required)) {
      call.params.complain(invalid("Missing required param: " + std::string(required) + ".",
                                   required, "parameter_missing"));
    }
  }
  apply_fields(call, endpoint);
  const bool connect = call.params.boolean("connect").value_or(false);
  if (const auto failure = call.params.finish()) return *failure;
  if (count_endpoints(call.account) >= kMaxEndpoints) {
    return invalid("You have reached the maximum of 16 test webhook endpoints.");
  }
  const std::string secret = call.world.new_id("whsec_", 32);
  call.world.put(call.account, kEndpoint, endpoint,
                 object({{"secret", secret}, {"connect", connect}}));
  set(endpoint, "secret", secret);  // shown this once
  return endpoint;
}

Answer update_endpoint(Call& call) {
  Record* record = call.world.find(call.account, kEndpoint, call.id());
  if (record == nullptr || record->deleted()) return no_such("webhook endpoint", call.id());
  json::Value endpoint = record->doc;
  apply_fields(call, endpoint);
  if (const auto disabled = call.params.boolean("disabled")) {
    set(endpoint, "status", *disabled ? "disabled" : "enabled");
  }
  if (const auto failure = call.params.finish()) return *failure;
  record->doc = std::move(endpoint);
  call.world.changed(call.account, kEndpoint, *record);
  return record->doc;
}

Answer delete_endpoint(Call& call) {
  Record* record = call.world.find(call.account, kEndpoint, call.id());
  if (const auto failure = call.params.finish()) return *failure;
  if (record == nullptr || record->deleted()) return no_such("webhook endpoint", call.id());
  record->doc = object({{"id", call.id()}, {"object", "webhook_endpoint"}, {"deleted", true}});
  record->hidden = object({{"deleted", true}});
  call.world.changed(call.account, kEndpoint, *record);
  return record->doc;
}

Answer retrieve_endpoint(Call& call) { return retrieve(call, kEndpoint, "webhook endpoint"); }

Answer list_endpoints(Call& call) {
  return list(call, kEndpoint, "/v1/webhook_endpoints", [](const Record&) { return true; });
}

}  // namespace

std::vector<Route> endpoint_routes() {
  return {{"POST", "/v1/webhook_endpoints", create_endpoint},
          {"GET", "/v1/webhook_endpoints", list_endpoints},
          {"GET", "/v1/webhook_endpoints/:id", retrieve_endpoint},
          {"POST", "/v1/webhook_endpoints/:id", update_endpoint},
          {"DELETE", "/v1/webhook_endpoints/:id", delete_endpoint}};
}

}  // namespace purser::sandbox
