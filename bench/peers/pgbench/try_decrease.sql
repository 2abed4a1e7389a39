\set n random(0, :customers - 1)
WITH taken AS (
  UPDATE credits SET quantity = quantity - 1 WHERE customer = 'c' || :n::text AND quantity >= 1
  RETURNING customer, quantity)
INSERT INTO credits_ledger(customer, change, quantity_after) SELECT customer, -1, quantity FROM taken;
