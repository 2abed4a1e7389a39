#include "adapters/sql/reads.hpp"
#include "adapters/sql/rows.hpp"

// Endpoints, and what is on its way to them.

namespace purser::sql {

Result<std::optional<app::WebhookEndpoint>> Reads::webhook_endpoint(const ProjectId& project,
                                                                    const std::string& id) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query_for_update("e",
                                        "SELECT " PURSER_ENDPOINT_COLUMNS
                                        "WHERE e.project_id = $1 AND e.id = $2 AND e.deleted = 0",
                                        row, id),
                   rows::webhook_endpoint);
}

Result<std::vector<app::WebhookEndpoint>> Reads::webhook_endpoints(const ProjectId& project,
                                                                   const app::PageRequest& page) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::all(db_.query("SELECT " PURSER_ENDPOINT_COLUMNS
                             "WHERE e.project_id = $1 AND e.id > $2 AND e.deleted = 0 "
                             "ORDER BY e.id LIMIT $3",
                             row, page.after, page.limit),
                   rows::webhook_endpoint);
}

Result<std::optional<app::WebhookDelivery>> Reads::webhook_delivery(const ProjectId& project,
                                                                    const std::string& endpoint,
                                                                    std::int64_t event) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::one(db_.query_for_update("d",
                                        "SELECT " PURSER_DELIVERY_COLUMNS
                                        "WHERE e.project_id = $1 AND e.id = $2 AND e.deleted = 0 "
                                        "AND d.event_id = $3",
                                        row, endpoint, event),
                   rows::webhook_delivery);
}

Result<std::vector<app::WebhookDelivery>> Reads::webhook_deliveries(
    const ProjectId& project, const std::string& endpoint, std::optional<app::DeliveryState> state,
    std::optional<std::int64_t> before, int limit) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  const std::int64_t last = before.value_or(kNewest);
  if (state) {
    return rows::all(db_.query("SELECT " PURSER_DELIVERY_COLUMNS
                               "WHERE e.project_id = $1 AND e.id = $2 AND e.deleted = 0 "
                               "AND d.state = $3 AND d.event_id < $4 "
                               "ORDER BY d.event_id DESC LIMIT $5",
                               row, endpoint, *state, last, limit),
                     rows::webhook_delivery);
  }
  return rows::all(
      db_.query("SELECT " PURSER_DELIVERY_COLUMNS
                "WHERE e.project_id = $1 AND e.id = $2 AND e.deleted = 0 AND d.event_id < $3 "
                "ORDER BY d.event_id DESC LIMIT $4",
                row, endpoint, last, limit),
      rows::webhook_delivery);
}

// In no order: each time others come first. Endpoints that are due for ever, and be they more than
// are asked for, keep no other from its turn, and several nodes begin with different ones.
Result<std::vector<app::WebhookEndpoint>> Reads::due_webhook_endpoints(Timestamp now, int limit) {
  return rows::all(
      db_.query("SELECT " PURSER_ENDPOINT_COLUMNS
                "WHERE e.disabled = 0 AND EXISTS(SELECT 1 FROM webhook_lines l "
                "WHERE l.endpoint = e.row AND l.next_at <= $1) ORDER BY random() LIMIT $2",
                now, limit),
      rows::webhook_endpoint);
}

Result<std::vector<app::WebhookDelivery>> Reads::due_webhooks(const ProjectId& project,
                                                              const std::string& endpoint,
                                                              Timestamp now, int limit) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  return rows::all(
      db_.query("SELECT " PURSER_DELIVERY_COLUMNS
                "WHERE e.project_id = $1 AND e.id = $2 AND e.disabled = 0 AND l.next_at <= $3 "
                "AND " PURSER_FIRST_OF_LINE "ORDER BY l.next_at, d.event_id LIMIT $4",
                row, endpoint, now, limit),
      rows::webhook_delivery);
}

Result<std::vector<app::WebhookEndpoint>> Reads::replaying_webhook_endpoints(int limit) {
  return rows::all(db_.query("SELECT " PURSER_ENDPOINT_COLUMNS
                             "WHERE e.replay_after IS NOT NULL AND e.deleted = 0 "
                             "ORDER BY random() LIMIT $1",
                             limit),
                   rows::webhook_endpoint);
}

Result<std::int64_t> Reads::last_event(const ProjectId& project, std::optional<Timestamp> before) {
  PURSER_TRY(const std::int64_t row, row_of(resolver_, project));
  if (!before) {
    PURSER_TRY(const auto newest, db_.integer("SELECT id FROM outbox WHERE project_id = $1 "
                                              "ORDER BY id DESC LIMIT 1",
                                              row));
    return newest.value_or(0);
  }
  PURSER_TRY(const auto first, db_.integer("SELECT min(id) FROM outbox WHERE project_id = $1 "
                                           "AND at >= $2",
                                           row, *before));
  PURSER_TRY(const auto id, db_.integer("SELECT id FROM outbox WHERE project_id = $1 AND id < $2 "
                                        "ORDER BY id DESC LIMIT 1",
                                        row, first.value_or(kNewest)));
  return id.value_or(0);
}

}  // namespace purser::sql
