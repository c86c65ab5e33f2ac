-- A customer's own words about what was not corrected, sealed under their key and gone with it (see hub/disputes.py).
CREATE TABLE disputed_note (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    customer_id uuid NOT NULL REFERENCES customer (id),
    request_id uuid NOT NULL UNIQUE REFERENCES rights_request (id),
    fields text[] NOT NULL,
    sealed bytea NOT NULL,
    noted_at timestamptz NOT NULL,
    act_id uuid NOT NULL
);
CREATE INDEX disputed_note_customer ON disputed_note (customer_id, organisation_id);

-- A complaint about how another request was decided: somebody else decides it (see hub/rights/appealing.py).
CREATE TABLE rights_appeal (
    request_id uuid PRIMARY KEY REFERENCES rights_request (id),
    about_id uuid NOT NULL REFERENCES rights_request (id),
    CHECK (request_id <> about_id)
);
CREATE INDEX rights_appeal_about ON rights_appeal (about_id);

SELECT guard_table(name::regclass) FROM unnest(ARRAY['disputed_note', 'rights_appeal']) AS name;
CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON disputed_note
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rights_appeal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT ON disputed_note, rights_appeal TO hub_app, hub_read;
GRANT INSERT, DELETE ON disputed_note TO hub_app;
GRANT INSERT ON rights_appeal TO hub_app;
