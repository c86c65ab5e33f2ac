-- Letters: written once, then moved on by the worker alone; revisions of templates are only ever added.

SELECT guard_table(name::regclass) FROM unnest(ARRAY['letter', 'letter_revision']) AS name;

ALTER TABLE letter_revision
    ADD CHECK (template ~ '^[a-z_]{1,63}$'),
    ADD CHECK (locale IN ('en', 'fr', 'ar')),
    ADD CHECK (number > 0 AND template_version > 0),
    ADD CHECK ((subject IS NULL) = (body IS NULL));
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON letter_revision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

ALTER TABLE letter
    ALTER attempts SET DEFAULT 0,
    ALTER reason SET DEFAULT '',
    ADD CHECK (template ~ '^[a-z_]{1,63}$'),
    ADD CHECK (template_version > 0 AND attempts >= 0),
    ADD CHECK (state IN ('QUEUED', 'SENT', 'FAILED', 'BOUNCED', 'SUPPRESSED')),
    ADD CHECK ((state = 'QUEUED') = (next_at IS NOT NULL)),
    ADD CHECK ((state IN ('SENT', 'BOUNCED')) = (sent_at IS NOT NULL)),
    ADD CHECK (state <> 'QUEUED' OR content IS NOT NULL),
    ADD CHECK (state NOT IN ('FAILED', 'BOUNCED', 'SUPPRESSED') OR reason <> ''),
    ADD CHECK (reason ~ '^[A-Z0-9_]{0,63}$'),
    ADD CHECK (until_at > queued_at);

-- What waits.
CREATE INDEX letter_due ON letter (next_at) WHERE state = 'QUEUED';

-- An end stays an end; only what was sent can still come back.
CREATE FUNCTION guard_letter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> OLD.state AND OLD.state <> 'QUEUED' AND NOT (OLD.state = 'SENT' AND NEW.state = 'BOUNCED') THEN
        RAISE EXCEPTION 'a letter that is % does not become %', OLD.state, NEW.state USING ERRCODE = 'HB020';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_letter BEFORE UPDATE ON letter FOR EACH ROW EXECUTE FUNCTION guard_letter();

GRANT SELECT ON letter, letter_revision TO hub_app, hub_read;
GRANT INSERT ON letter, letter_revision TO hub_app;
GRANT UPDATE (state, attempts, next_at, sent_at, reason, content) ON letter TO hub_app;
