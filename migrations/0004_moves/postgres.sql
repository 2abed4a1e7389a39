-- Stores that are moved here from SQLite. notes.md says more.

-- The store that was moved here. Until `finished_at` says when it was all there, nothing may be served.
CREATE TABLE moves(
  source text NOT NULL,
  began_at bigint NOT NULL,
  finished_at bigint
);
