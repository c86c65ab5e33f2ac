-- Referrals: a disclosure with a need, an offer and an outcome (see hub/partners/states.py).
--
-- need is sealed under the customer's key. fields: which values would be passed on; none: all of the categories.
-- link: the digest of the token in the letter that asks. expires_at: of the question, then of the offer.
CREATE TABLE referral_transition (
    was text NOT NULL,
    becomes text NOT NULL,
    PRIMARY KEY (was, becomes)
);
INSERT INTO referral_transition VALUES
    ('ASKING', 'OFFERED'), ('ASKING', 'CLOSED'),
    ('OFFERED', 'ACCEPTED'), ('OFFERED', 'DECLINED'), ('OFFERED', 'EXPIRED'), ('OFFERED', 'WITHDRAWN'),
    ('ACCEPTED', 'DONE');

CREATE TABLE referral (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    customer_id uuid NOT NULL REFERENCES customer (id),
    recipient_id uuid NOT NULL REFERENCES recipient (id),
    purpose_id uuid NOT NULL REFERENCES purpose (id),
    arrangement_id uuid NOT NULL REFERENCES arrangement (id),
    categories uuid[] NOT NULL CHECK (cardinality(categories) > 0),
    fields text[] NOT NULL,
    need bytea NOT NULL,
    state text NOT NULL CHECK (state IN
        ('ASKING', 'OFFERED', 'ACCEPTED', 'DECLINED', 'DONE', 'EXPIRED', 'CLOSED', 'WITHDRAWN')),
    decision_id uuid NOT NULL REFERENCES decision_subject (id),
    disclosure_id uuid UNIQUE REFERENCES disclosure (id),
    question_id uuid UNIQUE REFERENCES consent_question (id),
    link bytea UNIQUE,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    act_id uuid NOT NULL,
    CHECK (state <> 'ASKING' OR question_id IS NOT NULL),
    CHECK ((state IN ('ASKING', 'CLOSED')) = (disclosure_id IS NULL))
);
CREATE UNIQUE INDEX referral_open ON referral (customer_id, recipient_id, purpose_id) WHERE state IN ('ASKING', 'OFFERED');
CREATE INDEX referral_customer ON referral (customer_id);
CREATE INDEX referral_organisation ON referral (organisation_id, id);
CREATE INDEX referral_recipient ON referral (recipient_id, id) WHERE disclosure_id IS NOT NULL;
CREATE INDEX referral_due ON referral (expires_at) WHERE state IN ('ASKING', 'OFFERED');

-- What became of one. why: a code, as of a refusal or an outcome.
CREATE TABLE referral_event (
    id uuid PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES referral (id),
    state text NOT NULL,
    why text,
    at timestamptz NOT NULL,
    act_id uuid NOT NULL
);
CREATE INDEX referral_event_referral ON referral_event (referral_id, id);

SELECT guard_table(name::regclass) FROM unnest(ARRAY['referral', 'referral_event']) AS name;

-- Without a decision about that customer there is no referral, and without a disclosure that rests on one that allowed it
-- nothing is released: not by habit, by the database.
CREATE FUNCTION guard_referral() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.state <> OLD.state AND NOT EXISTS (
            SELECT FROM referral_transition t WHERE t.was = OLD.state AND t.becomes = NEW.state) THEN
        RAISE EXCEPTION 'a referral does not become % from %', NEW.state, OLD.state USING ERRCODE = 'HB031';
    END IF;
    IF TG_OP = 'INSERT' AND NOT EXISTS (
            SELECT FROM decision_subject s JOIN decision d ON d.id = s.decision_id
            WHERE s.id = NEW.decision_id AND s.customer_id = NEW.customer_id
              AND d.organisation_id = NEW.organisation_id
              AND (d.question ->> 'recipient')::uuid = NEW.recipient_id) THEN
        RAISE EXCEPTION 'a referral rests on a decision' USING ERRCODE = 'HB031';
    END IF;
    IF NEW.disclosure_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM disclosure x WHERE x.id = NEW.disclosure_id AND x.customer_id = NEW.customer_id
              AND x.organisation_id = NEW.organisation_id AND x.recipient_id = NEW.recipient_id
              AND NEW.categories <@ x.categories) THEN
        RAISE EXCEPTION 'a referral is released by a disclosure of just that' USING ERRCODE = 'HB031';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_referral BEFORE INSERT OR UPDATE ON referral FOR EACH ROW EXECUTE FUNCTION guard_referral();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON referral_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT ON referral, referral_event, referral_transition TO hub_app, hub_read;
GRANT INSERT ON referral, referral_event TO hub_app;
GRANT UPDATE (state, disclosure_id, expires_at, link) ON referral TO hub_app;
