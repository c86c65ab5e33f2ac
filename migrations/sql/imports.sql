-- Rows of imported files that have landed, known by a keyed hash of what they say: a row that says nothing new changes
-- nothing, in whatever file and order it comes again. The hash outlives the customer's erasure, as a suppression does.
CREATE TABLE import_row (
    organisation_id uuid NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    import_id uuid NOT NULL REFERENCES import_batch (id),
    customer_id uuid NOT NULL REFERENCES customer (id),
    act_id uuid NOT NULL,
    PRIMARY KEY (organisation_id, digest)
);
CREATE INDEX import_row_batch ON import_row (import_id, customer_id);
SELECT guard_table('import_row');
GRANT SELECT ON import_row TO hub_app, hub_read;
GRANT INSERT, DELETE ON import_row TO hub_app;

-- A file that was taken back may be imported again.
CREATE UNIQUE INDEX import_batch_file ON import_batch (organisation_id, fingerprint) WHERE reversed_at IS NULL;
ALTER TABLE import_batch ADD CHECK (rows_done >= 0);

-- What an import brought is found by it when it is taken back.
CREATE INDEX customer_import ON customer (import_id) WHERE import_id IS NOT NULL;
CREATE INDEX collection_import ON collection (import_id) WHERE import_id IS NOT NULL;
CREATE INDEX delivery_import ON delivery (import_id) WHERE import_id IS NOT NULL;
