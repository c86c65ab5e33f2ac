-- Sign-ins that failed, counted (see hub/auth/attempts.py). Unlogged: losing it in a crash costs one minute of counting.
-- It is no domain table: rows come and go outside acts, and hold keyed hashes only.
CREATE UNLOGGED TABLE attempt (
    key bytea PRIMARY KEY CHECK (octet_length(key) = 32),
    failures integer NOT NULL CHECK (failures > 0),
    since timestamptz NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX attempt_since ON attempt (since);
GRANT SELECT, INSERT, UPDATE, DELETE ON attempt TO hub_app;
GRANT SELECT ON attempt TO hub_read;

-- What a client or a token may do never changes after it was made: only its end can be written.
REVOKE UPDATE, DELETE ON client FROM hub_app;
REVOKE UPDATE ON access_token FROM hub_app;
GRANT UPDATE (revoked_at) ON client, access_token TO hub_app;
ALTER TABLE client ADD CHECK (kind IN ('APP')), ADD CHECK (cardinality(scopes) > 0),
    ADD CHECK (revoked_at >= created_at);
ALTER TABLE access_token ADD CHECK (cardinality(scopes) > 0), ADD CHECK (expires_at > issued_at);
