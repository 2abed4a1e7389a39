-- Events are delivered to endpoints. notes.md says how, and what older rows become.

CREATE TABLE webhook_endpoints(
  row INTEGER PRIMARY KEY,
  project_id INTEGER NOT NULL REFERENCES projects(row),
  id TEXT NOT NULL,
  url TEXT NOT NULL,
  description TEXT NOT NULL,
  -- Each type between two spaces; empty: all types.
  event_types TEXT NOT NULL,
  disabled INTEGER NOT NULL CHECK(disabled BETWEEN 0 AND 3),
  -- Nobody sees it any more; its deliveries are still being removed. It is disabled then, too.
  deleted INTEGER NOT NULL CHECK(deleted IN (0, 1)),
  secret BLOB NOT NULL,
  previous_secret BLOB NOT NULL,
  previous_until INTEGER,
  failing_since INTEGER,
  replay_after INTEGER,
  replay_until INTEGER,
  replay_delivered INTEGER NOT NULL CHECK(replay_delivered IN (0, 1)),
  created_at INTEGER NOT NULL,
  UNIQUE(project_id, id),
  CHECK((replay_after IS NULL) = (replay_until IS NULL)),
  CHECK(deleted = 0 OR disabled <> 0)
) STRICT;
CREATE INDEX webhook_endpoints_replaying ON webhook_endpoints(row) WHERE replay_after IS NOT NULL;
CREATE INDEX webhook_endpoints_deleted ON webhook_endpoints(row) WHERE deleted = 1;

-- One event for one endpoint. `customer_id` is 0 for events that are about no customer.
CREATE TABLE webhook_deliveries(
  event_id INTEGER NOT NULL REFERENCES outbox(id),
  endpoint INTEGER NOT NULL REFERENCES webhook_endpoints(row),
  customer_id INTEGER NOT NULL,
  state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 2),
  attempts INTEGER NOT NULL,
  last_attempt_at INTEGER,
  response_status INTEGER NOT NULL,
  error TEXT NOT NULL,
  PRIMARY KEY(event_id, endpoint)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_deliveries_listed ON webhook_deliveries(endpoint, event_id);
CREATE INDEX webhook_deliveries_by_state ON webhook_deliveries(endpoint, state, event_id);
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries(endpoint, customer_id, event_id)
  WHERE state = 0;

-- The lines: one for each customer (0: none) of whom an endpoint has pending deliveries.
CREATE TABLE webhook_lines(
  endpoint INTEGER NOT NULL REFERENCES webhook_endpoints(row),
  customer_id INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  PRIMARY KEY(endpoint, customer_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_lines_due ON webhook_lines(endpoint, next_at);

-- Events are forgotten by their age and replayed by project.
CREATE INDEX outbox_by_age ON outbox(at);
CREATE INDEX outbox_by_project ON outbox(project_id);
