-- Who may act for a customer. A link counts from when somebody has seen its proof, and never again once it has ended.
SELECT guard_table('representative'::regclass);

ALTER TABLE representative
    ADD CHECK (role IN ('AGENT', 'GUARDIAN', 'HEIR')),
    ADD CHECK (state IN ('PROPOSED', 'CONFIRMED', 'REJECTED', 'ENDED')),
    ADD CHECK (proof IN ('SIGNED_PERMISSION', 'POWER_OF_ATTORNEY', 'BIRTH_RECORD', 'COURT_ORDER', 'PROBATE')),
    ADD CHECK (ends_on >= starts_on),
    ADD CHECK (num_nonnulls(contact, contact_blind, contact_key) IN (0, 3)),
    ADD CHECK (state <> 'CONFIRMED' OR (proof IS NOT NULL AND checked_at IS NOT NULL)),
    ADD CHECK ((state IN ('REJECTED', 'ENDED')) = (reason IS NOT NULL AND ended_at IS NOT NULL)),
    ADD FOREIGN KEY (attachment_id) REFERENCES attachment (id);
CREATE INDEX representative_contact ON representative (organisation_id, contact_blind) WHERE state = 'CONFIRMED';
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON representative FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();

-- What is over stays over.
CREATE FUNCTION guard_representative() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('REJECTED', 'ENDED') OR (NEW.customer_id, NEW.organisation_id, NEW.role)
            IS DISTINCT FROM (OLD.customer_id, OLD.organisation_id, OLD.role) THEN
        RAISE EXCEPTION 'a representative who was ended or rejected stays so' USING ERRCODE = 'HB011';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_representative BEFORE UPDATE ON representative FOR EACH ROW EXECUTE FUNCTION guard_representative();

ALTER TABLE rights_request ADD CHECK (representative_id IS NULL OR asker <> 'SELF');
CREATE INDEX rights_request_representative ON rights_request (representative_id)
    WHERE representative_id IS NOT NULL AND closed_at IS NULL;

GRANT SELECT ON representative TO hub_app, hub_read;
GRANT INSERT, UPDATE ON representative TO hub_app;
