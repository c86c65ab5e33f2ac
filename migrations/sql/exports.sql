-- Exports: everybody a partner may receive, as one file (see hub/partners/exports.py). Each export has a key of its own.
CREATE TABLE keys.partner_export_key (
    export_id uuid PRIMARY KEY,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE partner_export (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    recipient_id uuid NOT NULL REFERENCES recipient (id),
    client_id uuid NOT NULL,
    arrangement_id uuid NOT NULL REFERENCES arrangement (id),
    purpose_id uuid NOT NULL REFERENCES purpose (id),
    format text NOT NULL CHECK (format IN ('NDJSON', 'CSV')),
    encrypt_to text,
    state text NOT NULL CHECK (state IN ('WAITING', 'RUNNING', 'READY', 'CANCELLED', 'FAILED', 'EXPIRED')),
    bits smallint,           -- 2^bits parts; once it is begun
    columns text[],          -- of a CSV file: those of the profile
    sealed bytea,            -- what the encryption to the partner's key is made from
    size_bytes bigint,
    digest bytea,
    reason text,
    requested_at timestamptz NOT NULL,
    ready_at timestamptz,
    until_at timestamptz,
    ended_at timestamptz,
    act_id uuid NOT NULL,
    CHECK ((state IN ('CANCELLED', 'FAILED', 'EXPIRED')) = (ended_at IS NOT NULL)),
    CHECK (state <> 'READY' OR (digest IS NOT NULL AND size_bytes IS NOT NULL AND until_at IS NOT NULL))
);
CREATE INDEX partner_export_recipient ON partner_export (recipient_id, id);
CREATE INDEX partner_export_open ON partner_export (state, id) WHERE ended_at IS NULL;

-- What has been decided, recorded and written of it. place: of the stored object; null where it has no row,
-- or has gone.
CREATE TABLE partner_export_part (
    export_id uuid NOT NULL REFERENCES partner_export (id),
    number integer NOT NULL,
    rows integer NOT NULL,
    size_bytes bigint NOT NULL,
    place text,
    PRIMARY KEY (export_id, number)
);

SELECT guard_table(name::regclass)
FROM unnest(ARRAY['partner_export', 'partner_export_part', 'keys.partner_export_key']) AS name;
GRANT SELECT ON partner_export, partner_export_part, keys.partner_export_key TO hub_app, hub_read;
GRANT INSERT, UPDATE ON partner_export TO hub_app;
GRANT INSERT ON partner_export_part TO hub_app;
GRANT UPDATE (place) ON partner_export_part TO hub_app;
GRANT INSERT, DELETE ON keys.partner_export_key TO hub_app;
