-- Whom of an organisation's staff a provider vouches for: a keyed hash of issuer and subject (see hub/auth/bound.py).
CREATE TABLE staff_identity (
    staff_id uuid PRIMARY KEY REFERENCES staff (id),
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    key_id text NOT NULL,
    bound_at timestamptz NOT NULL,
    UNIQUE (organisation_id, digest)
);
SELECT guard_table('staff_identity'::regclass);
GRANT SELECT ON staff_identity TO hub_app, hub_read;
GRANT INSERT, DELETE ON staff_identity TO hub_app;
