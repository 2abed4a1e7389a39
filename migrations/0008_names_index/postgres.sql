-- A customer is found by its name in the index alone: by the part that tells most customers apart first, and with
-- what is asked for beside it.
CREATE UNIQUE INDEX customers_by_name ON customers(external_id, project_id, type) INCLUDE (id, deleted_at);
ALTER TABLE customers DROP CONSTRAINT customers_project_id_type_external_id_key;
