-- What apps keep about users and teams, and keys that end by themselves. notes.md says more.

ALTER TABLE users ADD COLUMN profile text NOT NULL DEFAULT '{}';
ALTER TABLE teams ADD COLUMN profile text NOT NULL DEFAULT '{}';
ALTER TABLE api_keys ADD COLUMN expires_at bigint;
