-- The first schema. Times are milliseconds since 1970 in UTC; enumerations are the numbers that
-- src/app/records.hpp and src/domain/*.hpp give them; notes.md says why the hot tables look as they do.

CREATE TABLE meta(
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Every ledger line up to this id is in `balances`.
INSERT INTO meta(name, value) VALUES('folded_up_to', 0);

CREATE TABLE projects(
  row INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  display_name TEXT NOT NULL,
  settings TEXT NOT NULL,
  payments TEXT NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE api_keys(
  project_id INTEGER NOT NULL REFERENCES projects(row),
  id TEXT NOT NULL,
  access INTEGER NOT NULL CHECK(access BETWEEN 0 AND 2),
  hash BLOB NOT NULL UNIQUE CHECK(length(hash) = 32),
  hint TEXT NOT NULL,
  description TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_used_at INTEGER,
  revoked_at INTEGER,
  PRIMARY KEY(project_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE signing_keys(
  row INTEGER PRIMARY KEY,
  project_id INTEGER NOT NULL REFERENCES projects(row),
  kid TEXT NOT NULL,
  public_jwk TEXT NOT NULL,
  sealed_private_key BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE(project_id, kid)
) STRICT;

-- Found by name on the hot path, in one descent; `id` is what other tables hold.
CREATE TABLE customers(
  project_id INTEGER NOT NULL REFERENCES projects(row),
  type INTEGER NOT NULL CHECK(type BETWEEN 0 AND 2),
  external_id TEXT NOT NULL,
  id INTEGER NOT NULL UNIQUE,
  deleted_at INTEGER,
  PRIMARY KEY(project_id, type, external_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE users(
  project_id INTEGER NOT NULL REFERENCES projects(row),
  id TEXT NOT NULL,
  display_name TEXT NOT NULL,
  primary_email TEXT,
  external_subject TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY(project_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX users_by_subject ON users(project_id, external_subject)
  WHERE external_subject <> '';

CREATE TABLE teams(
  project_id INTEGER NOT NULL REFERENCES projects(row),
  id TEXT NOT NULL,
  display_name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY(project_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE memberships(
  project_id INTEGER NOT NULL,
  team_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  administrator INTEGER NOT NULL CHECK(administrator IN (0, 1)),
  created_at INTEGER NOT NULL,
  PRIMARY KEY(project_id, team_id, user_id),
  FOREIGN KEY(project_id, team_id) REFERENCES teams(project_id, id),
  FOREIGN KEY(project_id, user_id) REFERENCES users(project_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX memberships_by_user ON memberships(project_id, user_id, team_id);

CREATE TABLE sessions(
  project_id INTEGER NOT NULL,
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  refresh_hash BLOB NOT NULL CHECK(length(refresh_hash) = 32),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER,
  PRIMARY KEY(project_id, id),
  UNIQUE(project_id, refresh_hash),
  FOREIGN KEY(project_id, user_id) REFERENCES users(project_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_user ON sessions(project_id, user_id);

CREATE TABLE catalogs(
  project_id INTEGER NOT NULL REFERENCES projects(row),
  version INTEGER NOT NULL CHECK(version > 0),
  document TEXT NOT NULL,
  PRIMARY KEY(project_id, version)
) STRICT, WITHOUT ROWID;

-- Small numbers for the item ids of a project, so that ledger lines stay small.
CREATE TABLE item_names(
  row INTEGER PRIMARY KEY,
  project_id INTEGER NOT NULL REFERENCES projects(row),
  item TEXT NOT NULL,
  UNIQUE(project_id, item)
) STRICT;

-- Append only, in commit order. `previous` is the line before this one of the same customer and item, 0 at
-- the start: a page of an item's history walks that chain and needs no index.
CREATE TABLE ledger(
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL,
  item_id INTEGER NOT NULL,
  previous INTEGER NOT NULL,
  change INTEGER NOT NULL,
  quantity_after INTEGER NOT NULL,
  cause INTEGER NOT NULL,
  at INTEGER NOT NULL,
  source TEXT,
  expires_at INTEGER,
  ends_with_source INTEGER,
  description TEXT
) STRICT;

-- The accounts, written behind the ledger: a row says how the account stood after line `last_entry`.
CREATE TABLE balances(
  customer_id INTEGER NOT NULL,
  item_id INTEGER NOT NULL,
  last_entry INTEGER NOT NULL,
  account BLOB NOT NULL,
  PRIMARY KEY(customer_id, item_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE purchases(
  row INTEGER PRIMARY KEY,
  project_id INTEGER NOT NULL REFERENCES projects(row),
  id TEXT NOT NULL,
  customer_id INTEGER NOT NULL REFERENCES customers(id),
  product_id TEXT NOT NULL,
  product TEXT NOT NULL,
  catalog_version INTEGER NOT NULL,
  price_id TEXT,
  quantity INTEGER NOT NULL CHECK(quantity >= 1),
  type INTEGER NOT NULL CHECK(type BETWEEN 0 AND 1),
  status INTEGER NOT NULL CHECK(status BETWEEN 0 AND 2),
  origin INTEGER NOT NULL CHECK(origin BETWEEN 0 AND 2),
  payment_ref TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE(project_id, id)
) STRICT;
CREATE UNIQUE INDEX purchases_by_payment ON purchases(project_id, payment_ref)
  WHERE payment_ref <> '';
CREATE INDEX purchases_owned ON purchases(customer_id) WHERE status = 0;

CREATE TABLE transactions(
  row INTEGER PRIMARY KEY,
  project_id INTEGER NOT NULL REFERENCES projects(row),
  id TEXT NOT NULL,
  customer_id INTEGER NOT NULL REFERENCES customers(id),
  kind INTEGER NOT NULL CHECK(kind BETWEEN 0 AND 2),
  purchase_id TEXT NOT NULL,
  amount INTEGER,
  currency TEXT,
  payment_ref TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE(project_id, id),
  CHECK((amount IS NULL) = (currency IS NULL))
) STRICT;
CREATE INDEX transactions_by_customer ON transactions(customer_id);

CREATE TABLE checkouts(
  row INTEGER PRIMARY KEY,
  project_id INTEGER NOT NULL REFERENCES projects(row),
  id TEXT NOT NULL,
  customer_id INTEGER NOT NULL REFERENCES customers(id),
  product_id TEXT NOT NULL,
  product TEXT NOT NULL,
  catalog_version INTEGER NOT NULL,
  price_id TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  total INTEGER NOT NULL,
  currency TEXT NOT NULL,
  return_url TEXT NOT NULL,
  account_id TEXT NOT NULL,
  livemode INTEGER NOT NULL CHECK(livemode IN (0, 1)),
  state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 5),
  session_ref TEXT NOT NULL,
  url TEXT NOT NULL,
  purchase_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  next_check_at INTEGER NOT NULL,
  checks INTEGER NOT NULL,
  UNIQUE(project_id, id)
) STRICT;
CREATE UNIQUE INDEX checkouts_by_session ON checkouts(project_id, session_ref)
  WHERE session_ref <> '';
CREATE INDEX checkouts_open ON checkouts(next_check_at) WHERE state = 1;

CREATE TABLE remotes(
  project_id INTEGER NOT NULL REFERENCES projects(row),
  account_id TEXT NOT NULL,
  kind INTEGER NOT NULL CHECK(kind BETWEEN 0 AND 2),
  local TEXT NOT NULL,
  remote TEXT NOT NULL,
  PRIMARY KEY(project_id, account_id, kind, local),
  UNIQUE(project_id, account_id, kind, remote)
) STRICT, WITHOUT ROWID;

CREATE TABLE inbox(
  row INTEGER PRIMARY KEY,
  project_id INTEGER NOT NULL REFERENCES projects(row),
  event_id TEXT NOT NULL,
  type TEXT NOT NULL,
  object_id TEXT NOT NULL,
  payload TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 3),
  attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  error TEXT NOT NULL,
  UNIQUE(project_id, event_id)
) STRICT;
CREATE INDEX inbox_pending ON inbox(next_at) WHERE state = 0;

CREATE TABLE intentions(
  row INTEGER PRIMARY KEY,
  project_id INTEGER NOT NULL REFERENCES projects(row),
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  done INTEGER NOT NULL CHECK(done IN (0, 1)),
  error TEXT NOT NULL,
  UNIQUE(project_id, id)
) STRICT;
CREATE INDEX intentions_due ON intentions(next_at) WHERE done = 0;

-- Business events. Ids come from the same sequence as the ledger's.
CREATE TABLE outbox(
  id INTEGER PRIMARY KEY,
  project_id INTEGER NOT NULL REFERENCES projects(row),
  customer_id INTEGER REFERENCES customers(id),
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- `key` is the caller's text, or the sixteen bytes of a UUID in its canonical form. Rows lie in the order
-- of their making, so that old ones are forgotten from the front without an index over time.
CREATE TABLE idempotency(
  row INTEGER PRIMARY KEY,
  project_id INTEGER NOT NULL,
  key ANY NOT NULL,
  request_hash BLOB NOT NULL CHECK(length(request_hash) = 32),
  created_at INTEGER NOT NULL,
  status INTEGER,
  body BLOB,
  operation TEXT,
  owner TEXT,
  UNIQUE(project_id, key)
) STRICT;
