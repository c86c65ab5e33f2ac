-- Which requests came in by a file (see hub/rights/importing.py): by a keyed hash of each row's own reference, or of all that
-- stands in it, so that a row is taken in once.
CREATE TABLE rights_intake (
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    mark bytea NOT NULL CHECK (octet_length(mark) = 32),
    request_id uuid NOT NULL REFERENCES rights_request (id),
    PRIMARY KEY (organisation_id, mark)
);
SELECT guard_table('rights_intake'::regclass);
GRANT SELECT, INSERT ON rights_intake TO hub_app;
GRANT SELECT ON rights_intake TO hub_read;
