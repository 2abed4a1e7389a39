#include "adapters/sql/rows.hpp"
#include "adapters/sql/writes.hpp"

// Endpoints, their lines and deliveries. Who takes something from a line locks it before looking
// whether anything is left; who puts something in touches it after putting it in. So a line is
// never removed under what another node has just put in.

namespace purser::sql {
namespace {

constexpr std::size_t kMaxErrorBytes = 500;

struct Waiting {
  std::int64_t event = 0;
  std::int64_t endpoint = 0;
  std::int64_t customer = 0;
};
Result<Waiting> waiting(Cursor& row) {
  return Waiting{row.integer(0), row.integer(1), row.integer(2)};
}

}  // namespace

Result<std::int64_t> BatchWrites::endpoint_row(const ProjectId& project, const std::string& id) {
  PURSER_TRY(const std::int64_t owner, row_of(resolver_, project));
  PURSER_TRY(const auto row,
             db_.integer("SELECT row FROM webhook_endpoints WHERE project_id = $1 AND id = $2 "
                         "AND deleted = 0",
                         owner, id));
  return row.value_or(kNoRow);
}

Status BatchWrites::insert_webhook_endpoint(const app::WebhookEndpoint& endpoint) {
  PURSER_TRY(const std::int64_t project, project_row(endpoint.project));
  PURSER_CHECK_OK(before_write());
  return db_.run(
      "INSERT INTO webhook_endpoints(project_id, id, url, description, event_types, disabled, "
      "deleted, secret, previous_secret, replay_delivered, created_at) "
      "VALUES($1,$2,$3,$4,$5,$6,0,$7,$8,0,$9)",
      project, endpoint.id, endpoint.url, endpoint.description,
      rows::pack_event_types(endpoint.event_types), endpoint.disabled, Blob{endpoint.sealed_secret},
      Blob{endpoint.sealed_previous_secret}, endpoint.created_at);
}

Status BatchWrites::update_webhook_endpoint(const app::WebhookEndpoint& endpoint) {
  PURSER_TRY(const std::int64_t row, endpoint_row(endpoint.project, endpoint.id));
  PURSER_CHECK_OK(before_write());
  // It may have been enabled, or a replay begins.
  if (endpoint.disabled == app::EndpointDisabled::kNot) queued_webhooks_ = true;
  const auto& replay = endpoint.replay;
  const auto after = replay ? std::optional(replay->after) : std::nullopt;
  const auto until = replay ? std::optional(replay->until) : std::nullopt;
  return update_row(
      "webhook endpoint",
      "UPDATE webhook_endpoints SET url = $1, description = $2, event_types = $3, disabled = $4, "
      "secret = $5, previous_secret = $6, previous_until = $7, failing_since = $8, "
      "replay_after = $9, replay_until = $10, replay_delivered = $11 WHERE row = $12",
      endpoint.url, endpoint.description, rows::pack_event_types(endpoint.event_types),
      endpoint.disabled, Blob{endpoint.sealed_secret}, Blob{endpoint.sealed_previous_secret},
      endpoint.previous_until, endpoint.failing_since, after, until,
      replay && replay->delivered_too, row);
}

Status BatchWrites::delete_webhook_endpoint(const ProjectId& project, const std::string& id) {
  PURSER_TRY(const std::int64_t row, endpoint_row(project, id));
  PURSER_CHECK_OK(before_write());
  return update_row("webhook endpoint",
                    "UPDATE webhook_endpoints SET deleted = 1, disabled = $1, replay_after = NULL, "
                    "replay_until = NULL WHERE row = $2",
                    app::EndpointDisabled::kByHand, row);
}

Status BatchWrites::queue_webhooks(std::int64_t project, std::int64_t event, std::int64_t customer,
                                   const std::string& type) {
  PURSER_TRY(const std::int64_t queued,
             db_.change("INSERT INTO webhook_deliveries(event_id, endpoint, customer_id, state, "
                        "attempts, response_status, error) "
                        "SELECT CAST($1 AS bigint), e.row, CAST($2 AS bigint), 0, 0, 0, '' "
                        "FROM webhook_endpoints e WHERE e.project_id = $3 AND e.disabled = 0 "
                        "AND (e.event_types = '' OR e.event_types LIKE $4)",
                        event, customer, project, "% " + type + " %"));
  if (queued == 0) return {};
  queued_webhooks_ = true;
  return db_.run(
      "INSERT INTO webhook_lines(endpoint, customer_id, next_at) "
      "SELECT d.endpoint, d.customer_id, CAST($1 AS bigint) FROM webhook_deliveries d "
      "WHERE d.event_id = $2 "
      "ON CONFLICT(endpoint, customer_id) DO UPDATE SET next_at = webhook_lines.next_at",
      now(), event);
}

Status BatchWrites::record_webhook(const ProjectId& project, const app::WebhookDelivery& delivery) {
  PURSER_TRY(const std::int64_t endpoint, endpoint_row(project, delivery.endpoint));
  PURSER_CHECK_OK(before_write());
  PURSER_TRY(const std::int64_t recorded,
             db_.change("UPDATE webhook_deliveries SET state = $1, attempts = $2, "
                        "last_attempt_at = $3, response_status = $4, error = $5 "
                        "WHERE event_id = $6 AND endpoint = $7",
                        delivery.state, delivery.attempts, delivery.last_attempt_at,
                        delivery.response_status,
                        std::string_view(delivery.error).substr(0, kMaxErrorBytes),
                        delivery.event.id, endpoint));
  if (recorded == 0) return {};
  PURSER_TRY(const auto customer, db_.integer("SELECT customer_id FROM webhook_deliveries "
                                              "WHERE event_id = $1 AND endpoint = $2",
                                              delivery.event.id, endpoint));
  if (delivery.state != app::DeliveryState::kPending) return move_line_on(endpoint, *customer);
  return db_.run("UPDATE webhook_lines SET next_at = $1 WHERE endpoint = $2 AND customer_id = $3",
                 delivery.next_attempt_at.value_or(now()), endpoint, *customer);
}

Status BatchWrites::move_line_on(std::int64_t endpoint, std::int64_t customer) {
  if (db_.locks_rows()) {
    PURSER_TRY(Cursor line, db_.query_for_update("webhook_lines",
                                                 "SELECT next_at FROM webhook_lines "
                                                 "WHERE endpoint = $1 AND customer_id = $2",
                                                 endpoint, customer));
    PURSER_CHECK_OK(line.step());
  }
  PURSER_TRY(
      const std::int64_t goes_on,
      db_.change("UPDATE webhook_lines SET next_at = $1 WHERE endpoint = $2 AND customer_id = $3 "
                 "AND EXISTS(SELECT 1 FROM webhook_deliveries d WHERE d.endpoint = $2 "
                 "AND d.customer_id = $3 AND d.state = 0)",
                 now(), endpoint, customer));
  if (goes_on > 0) return {};
  return db_.run("DELETE FROM webhook_lines WHERE endpoint = $1 AND customer_id = $2", endpoint,
                 customer);
}

Result<bool> BatchWrites::requeue_webhook(const ProjectId& project, const std::string& endpoint,
                                          std::int64_t event) {
  PURSER_TRY(const std::int64_t row, endpoint_row(project, endpoint));
  PURSER_CHECK_OK(before_write());
  PURSER_TRY(const std::int64_t queued,
             db_.change("UPDATE webhook_deliveries SET state = 0, attempts = 0 "
                        "WHERE event_id = $1 AND endpoint = $2",
                        event, row));
  if (queued == 0) return false;
  queued_webhooks_ = true;
  PURSER_CHECK_OK(
      db_.run("INSERT INTO webhook_lines(endpoint, customer_id, next_at) "
              "SELECT d.endpoint, d.customer_id, CAST($1 AS bigint) FROM webhook_deliveries d "
              "WHERE d.event_id = $2 AND d.endpoint = $3 "
              "ON CONFLICT(endpoint, customer_id) DO UPDATE SET next_at = excluded.next_at",
              now(), event, row));
  return true;
}

Status BatchWrites::end_replay(std::int64_t endpoint) {
  return db_.run(
      "UPDATE webhook_endpoints SET replay_after = NULL, replay_until = NULL WHERE row = $1",
      endpoint);
}

Result<int> BatchWrites::replay_webhooks(const ProjectId& project, const std::string& endpoint,
                                         int limit) {
  PURSER_TRY(const auto found, webhook_endpoint(project, endpoint));
  if (!found || !found->replay) return 0;
  PURSER_TRY(const std::int64_t row, endpoint_row(project, endpoint));
  PURSER_TRY(const std::int64_t owner, project_row(project));
  PURSER_CHECK_OK(before_write());
  const app::EventReplay& replay = *found->replay;
  PURSER_TRY(Cursor step, db_.query("SELECT count(*), max(id) FROM (SELECT id FROM outbox "
                                    "WHERE project_id = $1 AND id > $2 AND id <= $3 "
                                    "ORDER BY id LIMIT $4) s",
                                    owner, replay.after, replay.until, limit));
  PURSER_CHECK_OK(step.step());
  const auto looked_at = static_cast<int>(step.integer(0));
  const std::int64_t last = step.integer(1);
  if (looked_at == 0) {
    PURSER_CHECK_OK(end_replay(row));
    return 0;
  }
  PURSER_CHECK_OK(
      db_.run("INSERT INTO webhook_deliveries(event_id, endpoint, customer_id, state, attempts, "
              "response_status, error) SELECT o.id, e.row, coalesce(o.customer_id, 0), 0, 0, 0, '' "
              "FROM webhook_endpoints e JOIN outbox o ON o.project_id = e.project_id "
              "WHERE e.row = $1 AND o.id > $2 AND o.id <= $3 "
              "AND (e.event_types = '' OR e.event_types LIKE '% ' || o.type || ' %') "
              "ON CONFLICT(event_id, endpoint) DO UPDATE SET state = 0, attempts = 0 "
              "WHERE webhook_deliveries.state = 2 OR (webhook_deliveries.state = 1 AND $4 = 1)",
              row, replay.after, last, replay.delivered_too));
  PURSER_CHECK_OK(db_.run(
      "INSERT INTO webhook_lines(endpoint, customer_id, next_at) "
      "SELECT DISTINCT d.endpoint, d.customer_id, CAST($1 AS bigint) FROM webhook_deliveries d "
      "WHERE d.endpoint = $2 AND d.event_id > $3 AND d.event_id <= $4 AND d.state = 0 "
      "ON CONFLICT(endpoint, customer_id) DO UPDATE SET next_at = webhook_lines.next_at",
      now(), row, replay.after, last));
  if (looked_at < limit) {
    PURSER_CHECK_OK(end_replay(row));
  } else {
    PURSER_CHECK_OK(
        db_.run("UPDATE webhook_endpoints SET replay_after = $1 WHERE row = $2", last, row));
  }
  return looked_at;
}

Result<int> BatchWrites::purge_waiting(Timestamp before, int limit) {
  PURSER_TRY(const auto old,
             rows::all(db_.query("SELECT d.event_id, d.endpoint, d.customer_id "
                                 "FROM webhook_endpoints e JOIN webhook_deliveries d "
                                 "ON d.endpoint = e.row AND d.state = 0 WHERE e.disabled <> 0 "
                                 "AND e.deleted = 0 AND d.event_id <= (SELECT o.id FROM outbox o "
                                 "WHERE o.at < $1 ORDER BY o.at DESC, o.id DESC LIMIT 1) LIMIT $2",
                                 before, limit),
                       waiting));
  for (const Waiting& one : old) {
    PURSER_CHECK_OK(db_.run("DELETE FROM webhook_deliveries WHERE event_id = $1 AND endpoint = $2",
                            one.event, one.endpoint));
    PURSER_CHECK_OK(move_line_on(one.endpoint, one.customer));
  }
  return static_cast<int>(old.size());
}

Result<int> BatchWrites::purge_events(Timestamp before, int limit) {
  PURSER_CHECK_OK(before_write());
  PURSER_TRY(const int waiting, purge_waiting(before, limit));
  PURSER_TRY(
      std::int64_t gone,
      db_.change("DELETE FROM webhook_deliveries WHERE (event_id, endpoint) IN ("
                 "SELECT d.event_id, d.endpoint FROM outbox o JOIN webhook_deliveries d "
                 "ON d.event_id = o.id AND d.state <> 0 WHERE o.at < $1 ORDER BY o.at LIMIT $2)",
                 before, limit));
  // The newest stays: the ids of events go on behind it.
  PURSER_TRY(const std::int64_t events,
             db_.change("DELETE FROM outbox WHERE id IN (SELECT o.id FROM outbox o "
                        "WHERE o.at < $1 AND o.id < (SELECT max(id) FROM outbox) "
                        "AND NOT EXISTS(SELECT 1 FROM webhook_deliveries d WHERE d.event_id = o.id)"
                        " ORDER BY o.at LIMIT $2)",
                        before, limit));
  PURSER_TRY(const std::int64_t left,
             db_.change("DELETE FROM webhook_deliveries WHERE (event_id, endpoint) IN ("
                        "SELECT d.event_id, d.endpoint FROM webhook_endpoints e "
                        "JOIN webhook_deliveries d ON d.endpoint = e.row "
                        "WHERE e.deleted = 1 LIMIT $1)",
                        limit));
  PURSER_TRY(const std::int64_t lines,
             db_.change("DELETE FROM webhook_lines WHERE (endpoint, customer_id) IN ("
                        "SELECT l.endpoint, l.customer_id FROM webhook_endpoints e "
                        "JOIN webhook_lines l ON l.endpoint = e.row "
                        "WHERE e.deleted = 1 LIMIT $1)",
                        limit));
  gone += waiting + events + left + lines;
  if (gone > 0) return static_cast<int>(gone);
  PURSER_TRY(const std::int64_t endpoints,
             db_.change("DELETE FROM webhook_endpoints WHERE deleted = 1 "
                        "AND NOT EXISTS(SELECT 1 FROM webhook_deliveries d "
                        "WHERE d.endpoint = webhook_endpoints.row) "
                        "AND NOT EXISTS(SELECT 1 FROM webhook_lines l "
                        "WHERE l.endpoint = webhook_endpoints.row)"));
  return static_cast<int>(endpoints);
}

}  // namespace purser::sql
