#include "http/encode_endpoints.hpp"

#include "app/events.hpp"
#include "http/json_fields.hpp"

namespace purser::http {

void write(json::Writer& out, const app::WebhookEndpoint& endpoint) {
  out.begin_object().field("id", endpoint.id).field("url", endpoint.url);
  out.field("description", endpoint.description).key("event_types").begin_array();
  for (const std::string& type : endpoint.event_types) out.string(type);
  out.end_array().field("enabled", endpoint.disabled == app::EndpointDisabled::kNot);
  text_or_null(out, "disabled_reason", std::string(app::to_string(endpoint.disabled)));
  instant_or_null(out, "failing_since", endpoint.failing_since);
  out.field("replaying", endpoint.replay.has_value());
  instant(out, "created_at", endpoint.created_at);
  out.end_object();
}

void write(json::Writer& out, const app::WebhookDelivery& delivery) {
  const app::OutboxEvent& event = delivery.event;
  out.begin_object().field("id", app::event_name(event.id)).field("event_type", event.type);
  const auto& customer = event.customer;
  text_or_null(out, "customer_type", customer ? std::string(to_string(customer->type)) : "");
  text_or_null(out, "customer_id", customer ? customer->id : "");
  out.field("state", app::to_string(delivery.state)).key("attempts").integer(delivery.attempts);
  instant_or_null(out, "last_attempt_at", delivery.last_attempt_at);
  instant_or_null(out, "next_attempt_at", delivery.next_attempt_at);
  out.key("response_status");
  if (delivery.response_status == 0) {
    out.null();
  } else {
    out.integer(delivery.response_status);
  }
  text_or_null(out, "error", delivery.error);
  instant(out, "created_at", event.at);
  out.end_object();
}

std::string encode_endpoint_with_secret(const app::EndpointWithSecret& made) {
  json::Writer out;
  out.begin_object().key("endpoint");
  write(out, made.endpoint);
  return out.field("secret", made.secret.reveal()).end_object().take();
}

}  // namespace purser::http
