-- The tables of a hand-written credits service: bench/peers/fastify and pgbench work on them.
-- :customers is how many there are.
CREATE TABLE credits(customer text PRIMARY KEY, quantity bigint NOT NULL);
CREATE TABLE credits_ledger(
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer text NOT NULL,
  change bigint NOT NULL,
  quantity_after bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO credits SELECT 'c' || n, 1000000000 FROM generate_series(0, :customers - 1) AS n;
ANALYZE credits;
