-- Keys of the keyring that wrapped data keys and do so no more (see hub/rotation.py); the keys themselves lie elsewhere.
CREATE TABLE keys.retired (
    key_id text PRIMARY KEY CHECK (key_id ~ '^wrap-[0-9a-f]{8}$'),
    retired_at timestamptz NOT NULL,
    ends_on date NOT NULL,
    destroyed_at timestamptz CHECK (destroyed_at >= retired_at)
);
SELECT guard_table('keys.retired'::regclass);
GRANT SELECT ON keys.retired TO hub_app, hub_read;
GRANT INSERT ON keys.retired TO hub_app;
GRANT UPDATE (destroyed_at) ON keys.retired TO hub_app;
GRANT UPDATE (wrapped) ON keys.request_key TO hub_app;
GRANT UPDATE (sealed) ON keys.sentinel TO hub_app;
