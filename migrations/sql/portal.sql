-- Visits to the portal by people who are not signed in (see hub/auth/sessions.py). A visit is no domain table: rows come
-- and go outside acts. It holds the hash of a random token, and what was typed so far, sealed under the keyring.
CREATE TABLE portal_visit (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    sealed bytea NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now() CHECK (seen_at >= begun_at)
) WITH (fillfactor = 70);
CREATE INDEX portal_visit_seen ON portal_visit (seen_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON portal_visit TO hub_app;
GRANT SELECT ON portal_visit TO hub_read;
