#include "adapters/sql/rows.hpp"

// Endpoints and what is delivered to them.

namespace purser::sql::rows {
namespace {

std::vector<std::string> unpack_event_types(std::string_view text) {
  std::vector<std::string> types;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) types.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return types;
}

}  // namespace

std::string pack_event_types(const std::vector<std::string>& types) {
  std::string packed;
  for (const std::string& type : types) packed.append(" ").append(type);
  if (!packed.empty()) packed += ' ';
  return packed;
}

Result<app::WebhookEndpoint> webhook_endpoint(Cursor& row) {
  app::WebhookEndpoint endpoint;
  endpoint.project = ProjectId(row.text(0));
  endpoint.id = row.text(1);
  endpoint.url = row.text(2);
  endpoint.description = row.text(3);
  endpoint.event_types = unpack_event_types(row.view(4));
  endpoint.disabled = row.enumeration(5, app::EndpointDisabled::kFailing);
  endpoint.sealed_secret = row.text(6);
  endpoint.sealed_previous_secret = row.text(7);
  endpoint.previous_until = row.optional_timestamp(8);
  endpoint.failing_since = row.optional_timestamp(9);
  if (!row.is_null(10)) {
    endpoint.replay = app::EventReplay{row.integer(10), row.integer(11), row.boolean(12)};
  }
  endpoint.created_at = row.timestamp(13);
  return row.checked(std::move(endpoint));
}

Result<app::WebhookDelivery> webhook_delivery(Cursor& row) {
  app::WebhookDelivery delivery;
  PURSER_TRY(delivery.event, outbox_event(row));
  delivery.endpoint = row.text(7);
  delivery.state = row.enumeration(8, app::DeliveryState::kFailed);
  delivery.attempts = static_cast<int>(row.integer(9));
  delivery.last_attempt_at = row.optional_timestamp(10);
  if (delivery.state == app::DeliveryState::kPending) {
    delivery.next_attempt_at = row.optional_timestamp(11);
  }
  delivery.response_status = static_cast<int>(row.integer(12));
  delivery.error = row.text(13);
  return row.checked(std::move(delivery));
}

}  // namespace purser::sql::rows
