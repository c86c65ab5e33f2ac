-- A drafted arrangement counts for nothing: it is not in the catalogue that decisions are read against.
ALTER TABLE arrangement ALTER state SET DEFAULT 'IN_FORCE',
    ADD CHECK (state IN ('DRAFT', 'IN_FORCE')),
    ADD CHECK (keep_days BETWEEN 1 AND 36500),
    ADD CHECK ((picture IS NULL) = (pictured_at IS NULL));

CREATE OR REPLACE VIEW catalogue_item AS
    SELECT 'ORGANISATION' AS kind, o.id, o.id AS organisation_id FROM organisation o
    UNION ALL SELECT 'CATEGORY', c.id, NULL FROM category c
    UNION ALL SELECT 'PURPOSE', p.id, p.organisation_id FROM purpose p
    UNION ALL SELECT 'RECIPIENT', r.id, r.organisation_id FROM recipient r
    UNION ALL SELECT 'ARRANGEMENT', a.id, a.organisation_id FROM arrangement a WHERE a.state <> 'DRAFT'
    UNION ALL SELECT 'DEPARTMENT', d.id, d.organisation_id FROM department d
    UNION ALL SELECT 'ACTIVITY', a.id, a.organisation_id FROM activity a
    UNION ALL SELECT 'VERSION', v.id, n.organisation_id FROM notice_version v JOIN notice n ON n.id = v.notice_id
        WHERE v.published_at IS NOT NULL;

-- What came into force never becomes a draft again.
CREATE FUNCTION guard_arrangement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'DRAFT' THEN
            RAISE EXCEPTION 'an arrangement that was in force is kept' USING ERRCODE = 'HB032';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.state = 'IN_FORCE' AND NEW.state = 'DRAFT' THEN
        RAISE EXCEPTION 'an arrangement in force is no draft any more' USING ERRCODE = 'HB032';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_arrangement BEFORE UPDATE OR DELETE ON arrangement
    FOR EACH ROW EXECUTE FUNCTION guard_arrangement();

-- The signed text. It is no personal data, and lies in the storage under a key of its own.
CREATE TABLE arrangement_document (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    arrangement_id uuid NOT NULL REFERENCES arrangement (id) ON DELETE CASCADE,
    sha256 text NOT NULL,
    file_key bytea NOT NULL,
    name bytea NOT NULL,
    kind text NOT NULL,
    size_bytes integer NOT NULL CHECK (size_bytes BETWEEN 0 AND 10485760),
    scan text NOT NULL CHECK (scan IN ('CLEAN', 'NOT_SCANNED')),
    added_at timestamptz NOT NULL,
    act_id uuid NOT NULL
);
CREATE INDEX arrangement_document_arrangement ON arrangement_document (arrangement_id, id);
SELECT guard_table('arrangement_document'::regclass);
GRANT SELECT ON arrangement_document TO hub_app, hub_read;
GRANT INSERT, DELETE ON arrangement_document TO hub_app;
