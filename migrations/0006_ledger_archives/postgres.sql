-- Months of the ledger that lie in files. notes.md says more.

-- What was written to a file and is not in `ledger` any more: the lines above the archive before, up to `up_to`.
CREATE TABLE ledger_archives(
  up_to bigint PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  lines bigint NOT NULL,
  sha256 bytea NOT NULL CHECK(length(sha256) = 32),
  archived_at bigint NOT NULL
);

-- What the archived lines of an account came to: folding goes on from here. `at`: of the last of them; `greatest`:
-- the greatest quantity that they ever left.
CREATE TABLE ledger_openings(
  customer_id bigint NOT NULL,
  item_id bigint NOT NULL,
  last_entry bigint NOT NULL,
  account bytea NOT NULL,
  at bigint NOT NULL,
  greatest bigint NOT NULL,
  PRIMARY KEY(customer_id, item_id)
);

-- What archived lines granted of the account for each purchase.
CREATE TABLE ledger_opening_grants(
  customer_id bigint NOT NULL,
  item_id bigint NOT NULL,
  source text COLLATE "C" NOT NULL,
  sales bigint NOT NULL,
  sold_at bigint,
  repeats bigint NOT NULL,
  first_repeat_at bigint,
  last_repeat_at bigint,
  switched smallint NOT NULL CHECK(switched IN (0, 1)),
  PRIMARY KEY(customer_id, item_id, source),
  CHECK((sales = 0) = (sold_at IS NULL)),
  CHECK((repeats = 0) = (first_repeat_at IS NULL)),
  CHECK((repeats = 0) = (last_repeat_at IS NULL))
);
