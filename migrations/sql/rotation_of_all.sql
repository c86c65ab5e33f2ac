-- Every use of the keyring has keys that are replaced (see hub/rotation.py). ends_on: null for one that is needed for good.
ALTER TABLE keys.retired DROP CONSTRAINT retired_key_id_check,
    ADD CHECK (key_id ~ '^(wrap|index|ledger|seal|token|cursor)-[0-9a-f]{8}$'),
    ALTER COLUMN ends_on DROP NOT NULL,
    ADD CHECK (destroyed_at IS NULL OR ends_on IS NOT NULL);
GRANT UPDATE (wrapped) ON keys.partner_export_key TO hub_app;
GRANT UPDATE (email_blind, email_key) ON staff TO hub_app;
