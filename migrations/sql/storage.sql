-- Objects that count (see hub/storage.py). What they hold lies in the storage, sealed; an object that has no row here is
-- swept away. digest: SHA-256 of the object as it is sealed.
CREATE TABLE stored_object (
    place text PRIMARY KEY CHECK (place ~ '^[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9.-]*){1,7}$'),
    size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    noted_at timestamptz NOT NULL
);
SELECT guard_table('stored_object');
GRANT SELECT, INSERT, DELETE ON stored_object TO hub_app;
GRANT SELECT ON stored_object TO hub_read;
