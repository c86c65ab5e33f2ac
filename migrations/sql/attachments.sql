-- Files that people sent. A file belongs to a request by its key: sealed under the request's, it goes where that goes.
SELECT guard_table('attachment'::regclass);

ALTER TABLE attachment
    ADD CHECK ((request_id IS NULL) = (file_key IS NULL)),
    ADD CHECK (kind IN ('PDF', 'JPEG', 'PNG', 'WEBP', 'TEXT', 'CSV', 'JSON', 'ZIP')),
    ADD CHECK (scan IN ('CLEAN', 'NOT_SCANNED')),
    ADD CHECK (size_bytes BETWEEN 0 AND 10485760);
CREATE INDEX attachment_unsent ON attachment (added_at) WHERE request_id IS NULL;

GRANT SELECT ON attachment TO hub_app, hub_read;
GRANT INSERT, UPDATE, DELETE ON attachment TO hub_app;
