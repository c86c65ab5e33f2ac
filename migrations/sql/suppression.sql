-- Addresses that get no marketing, whoever is met with them (see hub/suppression.py). A row holds no customer, no act, no
-- instant and no id that tells the time: nothing leads from it back to who was erased. Rows are only ever added.
CREATE TABLE suppression (
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    kind text NOT NULL CHECK (kind IN ('EMAIL', 'PHONE')),
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    channel text NOT NULL CHECK (channel IN ('EMAIL', 'SMS', 'PHONE', 'AUTO_CALL')),
    key_id text NOT NULL,
    reason text NOT NULL CHECK (reason IN ('ERASURE', 'ASKED', 'COMPLAINT')),
    added_on date NOT NULL,
    PRIMARY KEY (organisation_id, kind, digest, channel, reason)
);

-- Who was erased, as the journal outside the database has them (see hub/journal.py): a restored database is compared with it.
-- met: whether the customer was there to be erased; not so in a backup from before we knew them.
CREATE TABLE erasure (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    key_id text NOT NULL,
    erased_on date NOT NULL,
    met boolean NOT NULL DEFAULT true
);

-- When a database went on from a backup, and the newest seal that had left it: the hub goes on though it knows older ones only.
CREATE TABLE restoration (
    id uuid PRIMARY KEY,
    anchor bigint NOT NULL,
    finished_at timestamptz NOT NULL
);

SELECT guard_table(name::regclass) FROM unnest(ARRAY['suppression', 'erasure', 'restoration']) AS name;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON suppression
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON erasure
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON restoration
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT ON suppression, erasure, restoration TO hub_app, hub_read;
GRANT INSERT ON suppression, erasure, restoration TO hub_app;
