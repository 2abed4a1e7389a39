-- Subscriptions, invoices, refunds and disputes. SQLite cannot alter a CHECK or add a column that has no
-- default, so the tables that grew are made anew under another name, filled, and renamed; nothing refers to
-- them by row. notes.md says what older rows become.

CREATE TABLE purchases_next(
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
  -- The provider's subscription, as in the document, where an index can find it.
  remote_ref TEXT NOT NULL,
  subscription TEXT,
  refunded_quantity INTEGER NOT NULL CHECK(refunded_quantity BETWEEN 0 AND quantity),
  anchor INTEGER NOT NULL,
  wake_at INTEGER,
  created_at INTEGER NOT NULL,
  UNIQUE(project_id, id),
  CHECK((type = 1) = (subscription IS NOT NULL)),
  CHECK(remote_ref = '' OR type = 1)
) STRICT;
INSERT INTO purchases_next(row, project_id, id, customer_id, product_id, product, catalog_version, price_id,
    quantity, type, status, origin, payment_ref, remote_ref, subscription, refunded_quantity, anchor, wake_at,
    created_at)
  SELECT row, project_id, id, customer_id, product_id, product, catalog_version, price_id, quantity, type,
    status, origin, payment_ref, '', NULL, 0, created_at, NULL, created_at
  FROM purchases ORDER BY row;
DROP TABLE purchases;
ALTER TABLE purchases_next RENAME TO purchases;
CREATE UNIQUE INDEX purchases_by_payment ON purchases(project_id, payment_ref)
  WHERE payment_ref <> '';
CREATE UNIQUE INDEX purchases_by_subscription ON purchases(project_id, remote_ref)
  WHERE remote_ref <> '';
CREATE INDEX purchases_owned ON purchases(customer_id) WHERE status = 0;
CREATE INDEX purchases_due ON purchases(wake_at) WHERE wake_at IS NOT NULL;

CREATE TABLE transactions_next(
  row INTEGER PRIMARY KEY,
  project_id INTEGER NOT NULL REFERENCES projects(row),
  id TEXT NOT NULL,
  customer_id INTEGER NOT NULL REFERENCES customers(id),
  kind INTEGER NOT NULL CHECK(kind BETWEEN 0 AND 9),
  purchase_id TEXT NOT NULL,
  product_id TEXT NOT NULL,
  amount INTEGER,
  currency TEXT,
  payment_ref TEXT NOT NULL,
  at INTEGER NOT NULL,
  UNIQUE(project_id, id),
  CHECK((amount IS NULL) = (currency IS NULL))
) STRICT;
INSERT INTO transactions_next(row, project_id, id, customer_id, kind, purchase_id, product_id, amount, currency,
    payment_ref, at)
  SELECT t.row, t.project_id, t.id, t.customer_id, t.kind, t.purchase_id, coalesce(p.product_id, ''), t.amount,
    t.currency, t.payment_ref, t.at
  FROM transactions t LEFT JOIN purchases p ON p.project_id = t.project_id AND p.id = t.purchase_id
  ORDER BY t.row;
DROP TABLE transactions;
ALTER TABLE transactions_next RENAME TO transactions;
CREATE INDEX transactions_by_customer ON transactions(customer_id);

CREATE TABLE checkouts_next(
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
  trial_unit INTEGER CHECK(trial_unit BETWEEN 0 AND 3),
  trial_count INTEGER CHECK(trial_count BETWEEN 1 AND 1000),
  is_subscription INTEGER NOT NULL CHECK(is_subscription IN (0, 1)),
  from_client INTEGER NOT NULL CHECK(from_client IN (0, 1)),
  code_hash BLOB CHECK(length(code_hash) = 32),
  return_url TEXT NOT NULL,
  account_id TEXT NOT NULL,
  livemode INTEGER NOT NULL CHECK(livemode IN (0, 1)),
  state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 6),
  session_ref TEXT NOT NULL,
  url TEXT NOT NULL,
  purchase_id TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  next_check_at INTEGER NOT NULL,
  checks INTEGER NOT NULL,
  UNIQUE(project_id, id),
  CHECK((trial_unit IS NULL) = (trial_count IS NULL))
) STRICT;
INSERT INTO checkouts_next(row, project_id, id, customer_id, product_id, product, catalog_version, price_id,
    quantity, total, currency, trial_unit, trial_count, is_subscription, from_client, code_hash, return_url,
    account_id, livemode, state, session_ref, url, purchase_id, created_at, next_check_at, checks)
  SELECT row, project_id, id, customer_id, product_id, product, catalog_version, price_id, quantity, total,
    currency, NULL, NULL, 0, 0, NULL, return_url, account_id, livemode, state, session_ref, url, purchase_id,
    created_at, next_check_at, checks
  FROM checkouts ORDER BY row;
DROP TABLE checkouts;
ALTER TABLE checkouts_next RENAME TO checkouts;
CREATE UNIQUE INDEX checkouts_by_session ON checkouts(project_id, session_ref)
  WHERE session_ref <> '';
CREATE UNIQUE INDEX checkouts_by_code ON checkouts(code_hash) WHERE code_hash IS NOT NULL;
CREATE INDEX checkouts_open ON checkouts(next_check_at) WHERE state = 1;

CREATE TABLE trials(
  customer_id INTEGER NOT NULL REFERENCES customers(id),
  name TEXT NOT NULL,
  used_at INTEGER NOT NULL,
  PRIMARY KEY(customer_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE invoices(
  row INTEGER PRIMARY KEY,
  project_id INTEGER NOT NULL REFERENCES projects(row),
  id TEXT NOT NULL,
  customer_id INTEGER NOT NULL REFERENCES customers(id),
  purchase_id TEXT NOT NULL,
  number TEXT NOT NULL,
  status INTEGER NOT NULL CHECK(status BETWEEN 0 AND 4),
  total INTEGER NOT NULL,
  currency TEXT NOT NULL,
  amount_paid INTEGER NOT NULL,
  refunded INTEGER NOT NULL CHECK(refunded BETWEEN 0 AND amount_paid),
  payment_ref TEXT NOT NULL,
  hosted_url TEXT NOT NULL,
  period_start INTEGER,
  period_end INTEGER,
  created_at INTEGER NOT NULL,
  UNIQUE(project_id, id)
) STRICT;
CREATE UNIQUE INDEX invoices_by_payment ON invoices(project_id, payment_ref)
  WHERE payment_ref <> '';
CREATE INDEX invoices_by_customer ON invoices(customer_id);
CREATE INDEX invoices_by_purchase ON invoices(project_id, purchase_id);
-- What was sold so far can be refunded like what is sold from now on.
INSERT INTO invoices(project_id, id, customer_id, purchase_id, number, status, total, currency, amount_paid,
    refunded, payment_ref, hosted_url, period_start, period_end, created_at)
  SELECT p.project_id, p.id, p.customer_id, p.id, '', 2, t.amount, t.currency, t.amount, 0, p.payment_ref, '',
    NULL, NULL, p.created_at
  FROM purchases p JOIN transactions t ON t.project_id = p.project_id AND t.purchase_id = p.id AND t.kind = 0
  WHERE p.origin = 0 AND p.payment_ref <> '' AND t.amount > 0
  ORDER BY p.row
  ON CONFLICT(project_id, id) DO NOTHING;

CREATE TABLE refunds(
  row INTEGER PRIMARY KEY,
  project_id INTEGER NOT NULL REFERENCES projects(row),
  id TEXT NOT NULL,
  purchase_id TEXT NOT NULL,
  invoice_id TEXT NOT NULL,
  payment_ref TEXT NOT NULL,
  amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  quantity INTEGER NOT NULL CHECK(quantity >= 0),
  reason TEXT NOT NULL,
  state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 2),
  remote_ref TEXT NOT NULL,
  error TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE(project_id, id)
) STRICT;
CREATE UNIQUE INDEX refunds_by_remote ON refunds(project_id, remote_ref) WHERE remote_ref <> '';
CREATE INDEX refunds_by_purchase ON refunds(project_id, purchase_id);

CREATE TABLE disputes(
  row INTEGER PRIMARY KEY,
  project_id INTEGER NOT NULL REFERENCES projects(row),
  id TEXT NOT NULL,
  purchase_id TEXT NOT NULL,
  payment_ref TEXT NOT NULL,
  amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 2),
  taken TEXT NOT NULL,
  ended_purchase INTEGER NOT NULL CHECK(ended_purchase IN (0, 1)),
  created_at INTEGER NOT NULL,
  UNIQUE(project_id, id)
) STRICT;

-- Operators page through the inbox, often through what did not go well.
CREATE INDEX inbox_by_project ON inbox(project_id);
CREATE INDEX inbox_by_state ON inbox(project_id, state);
