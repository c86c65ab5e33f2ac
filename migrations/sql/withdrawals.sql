-- What recipients have to forget, to correct or to stop using of what they received (see hub/partners). Nothing depends on
-- somebody remembering it: whatever may change what a recipient may keep is noted by the database, in the same transaction.

-- Customers about whom it is to be asked again what their recipients may keep. No domain table: rows come by the triggers
-- below and go with the act that asked again. urgency: 0 for what became of one customer, 1 for what became of many.
-- Of a value that was changed: its row, and what it was and became, sealed as they lay there.
CREATE TABLE recheck (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id uuid NOT NULL,
    urgency smallint NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now(),
    category_id uuid,
    value_id uuid,
    was bytea,
    became bytea
);
CREATE INDEX recheck_order ON recheck (urgency, id);

-- Parts of the catalogue that changed: all whose data went to this recipient, for this purpose, or from this organisation,
-- are to be looked through. reached: up to which customer that is done.
CREATE TABLE recheck_sweep (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id uuid NOT NULL,
    recipient_id uuid,
    purpose_id uuid,
    reached uuid
);

-- Whether anything of a customer's, or of another record of the same person, has ever gone to a recipient.
CREATE FUNCTION was_disclosed(of_customer uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM disclosure x WHERE x.customer_id = of_customer)
        OR EXISTS (SELECT FROM customer c WHERE c.id = of_customer AND c.survivor_id IS NOT NULL)
        OR EXISTS (SELECT FROM customer c WHERE c.survivor_id = of_customer)
$$;

-- What happened to customers bears on what their recipients may keep.
CREATE FUNCTION note_happening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO recheck (customer_id)
    SELECT a.customer_id FROM (SELECT DISTINCT customer_id FROM added) a WHERE was_disclosed(a.customer_id);
    RETURN NULL;
END $$;
CREATE TRIGGER note_happening AFTER INSERT ON customer_event REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION note_happening();
CREATE TRIGGER note_happening AFTER INSERT ON registry_check REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION note_happening();
CREATE TRIGGER note_happening AFTER INSERT ON collection REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION note_happening();
CREATE TRIGGER note_happening AFTER INSERT ON delivery REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION note_happening();
CREATE TRIGGER note_happening AFTER INSERT ON choice REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION note_happening();

-- So does who is the same person, and that somebody is erased: also where nothing but this is said of it.
CREATE FUNCTION note_family() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO recheck (customer_id)
    SELECT DISTINCT each FROM unnest(ARRAY[NEW.id, OLD.survivor_id, NEW.survivor_id]) AS each
    WHERE each IS NOT NULL AND was_disclosed(each);
    RETURN NULL;
END $$;
CREATE TRIGGER note_family AFTER UPDATE OF survivor_id, erased_at ON customer FOR EACH ROW
    WHEN (NEW.survivor_id IS DISTINCT FROM OLD.survivor_id OR NEW.erased_at IS DISTINCT FROM OLD.erased_at)
    EXECUTE FUNCTION note_family();

CREATE FUNCTION note_reversal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO recheck (customer_id, urgency)
    SELECT e.customer_id, 1 FROM (
        SELECT customer_id FROM collection WHERE import_id = NEW.id
        UNION SELECT customer_id FROM delivery WHERE import_id = NEW.id) e WHERE was_disclosed(e.customer_id);
    RETURN NULL;
END $$;
CREATE TRIGGER note_reversal AFTER UPDATE OF reversed_at ON import_batch
    FOR EACH ROW WHEN (NEW.reversed_at IS DISTINCT FROM OLD.reversed_at) EXECUTE FUNCTION note_reversal();

-- Whoever received a value that is changed or removed is to correct it. An erasure removes values too: that is another word.
CREATE FUNCTION note_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO recheck (customer_id, category_id, value_id, was, became)
        SELECT o.customer_id, o.category_id, o.id, o.sealed, n.sealed FROM gone o JOIN added n ON n.id = o.id
        WHERE n.sealed <> o.sealed AND was_disclosed(o.customer_id);
    ELSE
        INSERT INTO recheck (customer_id, category_id, value_id)
        SELECT o.customer_id, o.category_id, o.id FROM gone o JOIN customer c ON c.id = o.customer_id
        WHERE c.erased_at IS NULL AND was_disclosed(o.customer_id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER note_correction AFTER UPDATE ON profile_value REFERENCING OLD TABLE AS gone NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION note_correction();
CREATE TRIGGER note_removal AFTER DELETE ON profile_value REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION note_correction();

-- An address or number that has ended: identifiers are of the category contact.
CREATE FUNCTION note_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO recheck (customer_id, category_id, value_id)
    SELECT NEW.customer_id, k.id, NEW.id FROM category k JOIN customer c ON c.id = NEW.customer_id
    WHERE k.key = 'contact' AND c.erased_at IS NULL AND was_disclosed(NEW.customer_id);
    RETURN NULL;
END $$;
CREATE TRIGGER note_ended AFTER UPDATE OF ended_at ON identifier FOR EACH ROW
    WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION note_ended();

-- What is decided beforehand bears on many. Changes of one act about the same are noted once.
CREATE FUNCTION note_catalogue() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed jsonb := to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END);
    whose uuid := (changed ->> 'organisation_id')::uuid;
    towards uuid;
    about uuid;
BEGIN
    CASE TG_TABLE_NAME
        WHEN 'organisation' THEN whose := NEW.id;
        WHEN 'arrangement' THEN towards := (changed ->> 'recipient_id')::uuid;
        WHEN 'recipient_membership' THEN
            SELECT r.organisation_id, r.id INTO whose, towards FROM recipient r WHERE r.id = (changed ->> 'recipient_id')::uuid;
        WHEN 'purpose' THEN about := NEW.id;
        WHEN 'formality_event' THEN NULL;
        ELSE
            SELECT p.organisation_id, p.id INTO whose, about FROM purpose p WHERE p.id = (changed ->> 'purpose_id')::uuid;
    END CASE;
    INSERT INTO recheck_sweep (organisation_id, recipient_id, purpose_id)
    SELECT whose, towards, about WHERE EXISTS (SELECT FROM disclosure x WHERE x.organisation_id = whose)
        AND NOT EXISTS (SELECT FROM recheck_sweep w WHERE w.organisation_id = whose AND w.reached IS NULL
            AND w.recipient_id IS NOT DISTINCT FROM towards AND w.purpose_id IS NOT DISTINCT FROM about
            AND w.xmin = pg_current_xact_id()::xid);
    RETURN NULL;
END $$;
CREATE TRIGGER note_catalogue AFTER UPDATE ON arrangement FOR EACH ROW EXECUTE FUNCTION note_catalogue();
CREATE TRIGGER note_catalogue AFTER INSERT OR UPDATE OR DELETE ON recipient_membership
    FOR EACH ROW EXECUTE FUNCTION note_catalogue();
CREATE TRIGGER note_catalogue AFTER UPDATE ON purpose FOR EACH ROW EXECUTE FUNCTION note_catalogue();
CREATE TRIGGER note_catalogue AFTER INSERT OR UPDATE OR DELETE ON purpose_basis
    FOR EACH ROW EXECUTE FUNCTION note_catalogue();
CREATE TRIGGER note_catalogue AFTER INSERT OR UPDATE OR DELETE ON purpose_relation
    FOR EACH ROW EXECUTE FUNCTION note_catalogue();
CREATE TRIGGER note_catalogue AFTER INSERT ON formality_event FOR EACH ROW EXECUTE FUNCTION note_catalogue();
CREATE TRIGGER note_catalogue AFTER UPDATE ON organisation FOR EACH ROW
    WHEN (NEW.strict_sharing IS DISTINCT FROM OLD.strict_sharing) EXECUTE FUNCTION note_catalogue();

-- What a recipient has to do, and what they say they did. reason: the rule that is in the way now, or a word of ours.
CREATE TABLE withdrawal (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    customer_id uuid NOT NULL REFERENCES customer (id),
    recipient_id uuid NOT NULL REFERENCES recipient (id),
    arrangement_id uuid REFERENCES arrangement (id),
    purpose_id uuid NOT NULL REFERENCES purpose (id),
    kind text NOT NULL CHECK (kind IN ('FORGET', 'CORRECT', 'STOP')),
    categories uuid[] NOT NULL CHECK (cardinality(categories) > 0),
    reason text NOT NULL CHECK (reason ~ '^[A-Za-z][A-Za-z0-9_.-]{0,99}$'),
    made_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    act_id uuid NOT NULL,
    answer text CHECK (answer IN ('DONE', 'NOT_HELD', 'KEPT')),
    ground text CHECK (ground IN ('LEGAL_DUTY', 'LEGAL_CLAIM', 'OWN_CUSTOMER', 'PUBLIC_INTEREST')),
    kept_until date,
    answered_at timestamptz,
    answered_by uuid,
    CHECK ((answer IS NULL) = (answered_at IS NULL)),
    CHECK ((answer IS NOT DISTINCT FROM 'KEPT') = (ground IS NOT NULL)),
    CHECK ((ground IS NULL) = (kept_until IS NULL))
);
CREATE INDEX withdrawal_customer ON withdrawal (customer_id, organisation_id);
CREATE INDEX withdrawal_open ON withdrawal (recipient_id, due_at) WHERE answered_at IS NULL;
CREATE INDEX withdrawal_recipient ON withdrawal (recipient_id, id);

-- Which disclosures a withdrawal ends: what is disclosed after it is held anew.
CREATE TABLE disclosure_end (
    disclosure_id uuid PRIMARY KEY REFERENCES disclosure (id),
    withdrawal_id uuid NOT NULL REFERENCES withdrawal (id)
);
CREATE INDEX disclosure_end_withdrawal ON disclosure_end (withdrawal_id);

-- Its place in the feed of its recipient, given once the ledger has sealed it, in the order of the ledger; counted by each
-- recipient's own numbers, without a gap. Neither table is a domain table: both follow from what is.
CREATE TABLE withdrawal_waiting (withdrawal_id uuid PRIMARY KEY, act_id uuid NOT NULL);
CREATE TABLE withdrawal_place (
    recipient_id uuid NOT NULL,
    number bigint NOT NULL CHECK (number > 0),
    withdrawal_id uuid NOT NULL UNIQUE REFERENCES withdrawal (id),
    PRIMARY KEY (recipient_id, number)
);
CREATE FUNCTION await_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO withdrawal_waiting SELECT a.id, a.act_id FROM added a;
    RETURN NULL;
END $$;
CREATE TRIGGER await_place AFTER INSERT ON withdrawal REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION await_place();

-- Until when a withdrawal is to be acknowledged under an arrangement; without a row the setting says it.
CREATE TABLE arrangement_clock (
    arrangement_id uuid PRIMARY KEY REFERENCES arrangement (id),
    acknowledge_days integer NOT NULL CHECK (acknowledge_days BETWEEN 1 AND 90)
);

-- Recipients that get nothing more, until two people agree that they may again. A recipient that signs in and leaves a
-- withdrawal unacknowledged past its clock gets nothing either; no row says so, as it is so by itself.
CREATE TABLE partner_block (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    recipient_id uuid NOT NULL REFERENCES recipient (id),
    reason text NOT NULL,
    blocked_by uuid,
    blocked_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE UNIQUE INDEX partner_block_one ON partner_block (recipient_id) WHERE ended_at IS NULL;

-- That a recipient may receive again: asked for by one person, with a reason, and agreed to by another.
CREATE TABLE partner_release (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    recipient_id uuid NOT NULL REFERENCES recipient (id),
    reason text NOT NULL,
    asked_by uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    agreed_by uuid CHECK (agreed_by <> asked_by),
    agreed_at timestamptz,
    CHECK ((agreed_by IS NULL) = (agreed_at IS NULL))
);
CREATE UNIQUE INDEX partner_release_one ON partner_release (recipient_id) WHERE agreed_at IS NULL;

SELECT guard_table(name::regclass) FROM unnest(ARRAY['withdrawal', 'disclosure_end', 'arrangement_clock', 'partner_block',
    'partner_release']) AS name;

-- What a recipient was told stays as it was; only their answer is added, and the day until which it is waited for.
CREATE FUNCTION guard_withdrawal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.organisation_id, NEW.customer_id, NEW.recipient_id, NEW.arrangement_id, NEW.purpose_id, NEW.kind,
        NEW.categories, NEW.reason, NEW.made_at, NEW.act_id) IS DISTINCT FROM (OLD.id, OLD.organisation_id, OLD.customer_id,
        OLD.recipient_id, OLD.arrangement_id, OLD.purpose_id, OLD.kind, OLD.categories, OLD.reason, OLD.made_at, OLD.act_id) THEN
        RAISE EXCEPTION 'a withdrawal stays what it was' USING ERRCODE = 'HB003';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_withdrawal BEFORE UPDATE ON withdrawal FOR EACH ROW EXECUTE FUNCTION guard_withdrawal();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON withdrawal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT ON recheck, recheck_sweep, withdrawal, disclosure_end, withdrawal_waiting, withdrawal_place, arrangement_clock,
    partner_block, partner_release TO hub_app, hub_read;
GRANT INSERT, UPDATE, DELETE ON recheck, recheck_sweep, withdrawal_waiting, arrangement_clock TO hub_app;
GRANT INSERT ON withdrawal, withdrawal_place, partner_block, partner_release TO hub_app;
GRANT INSERT, UPDATE ON disclosure_end TO hub_app;
GRANT UPDATE (due_at, answer, ground, kept_until, answered_at, answered_by) ON withdrawal TO hub_app;
GRANT UPDATE (ended_at) ON partner_block TO hub_app;
GRANT UPDATE (agreed_by, agreed_at) ON partner_release TO hub_app;

-- Which withdrawals a step of a rights request waits for (see hub/rights/feeding.py).
CREATE TABLE rights_told (
    step_id uuid NOT NULL REFERENCES rights_step (id),
    withdrawal_id uuid NOT NULL REFERENCES withdrawal (id),
    PRIMARY KEY (step_id, withdrawal_id)
);
CREATE INDEX rights_told_withdrawal ON rights_told (withdrawal_id);
SELECT guard_table('rights_told');
GRANT SELECT ON rights_told TO hub_app, hub_read;
GRANT INSERT ON rights_told TO hub_app;
