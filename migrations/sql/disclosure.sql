-- Data of one customer went to one recipient, under one decision about just that (see hub/disclosures.py).
CREATE TABLE disclosure (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    customer_id uuid NOT NULL REFERENCES customer (id),
    recipient_id uuid NOT NULL REFERENCES recipient (id),
    decision_subject_id uuid NOT NULL REFERENCES decision_subject (id),
    categories uuid[] NOT NULL CHECK (cardinality(categories) > 0),
    recorded_at timestamptz NOT NULL,
    act_id uuid NOT NULL
);
CREATE INDEX disclosure_customer ON disclosure (customer_id, organisation_id);
CREATE INDEX disclosure_organisation ON disclosure (organisation_id, id);

-- Which step of a request is to tell which recipient of it, what they said, and why they need not be told.
CREATE TABLE rights_telling (
    step_id uuid PRIMARY KEY REFERENCES rights_step (id),
    recipient_id uuid NOT NULL REFERENCES recipient (id),
    excuses text[] NOT NULL,
    excuse text CHECK (excuse = ANY (excuses)),
    CHECK (excuses <@ ARRAY['IMPOSSIBLE', 'DISPROPORTIONATE', 'IMPRACTICABLE', 'UNLAWFUL', 'NO_EFFECT'])
);

SELECT guard_table(name::regclass) FROM unnest(ARRAY['disclosure', 'rights_telling']) AS name;

-- Without a decision that allowed it there is no disclosure: not by habit, by the database.
CREATE FUNCTION guard_disclosure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM decision_subject s JOIN decision d ON d.id = s.decision_id
        WHERE s.id = NEW.decision_subject_id AND s.customer_id = NEW.customer_id
          AND d.organisation_id = NEW.organisation_id AND d.outcome = 'ALLOW'
          AND d.question ->> 'act' IN ('DISCLOSE', 'SELL', 'POOL')
          AND (d.question ->> 'recipient')::uuid = NEW.recipient_id) THEN
        RAISE EXCEPTION 'a disclosure rests on a decision that allowed it' USING ERRCODE = 'HB030';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_disclosure BEFORE INSERT ON disclosure FOR EACH ROW EXECUTE FUNCTION guard_disclosure();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON disclosure
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT ON disclosure, rights_telling TO hub_app, hub_read;
GRANT INSERT ON disclosure, rights_telling TO hub_app;
GRANT UPDATE (excuse) ON rights_telling TO hub_app;
