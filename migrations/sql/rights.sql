-- Rights requests: a row that follows its events, events that are only added, codes that are tried five times.

CREATE TABLE keys.request_key (
    request_id uuid PRIMARY KEY,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

SELECT guard_table(name::regclass) FROM unnest(ARRAY[
    'rights_request', 'rights_event', 'rights_code', 'rights_step', 'connected_system', 'keys.request_key']) AS name;

-- The legal moves, the same as in hub/rights/states.py. An event that moves a request names one of them.
CREATE TABLE rights_transition (
    was text NOT NULL,
    state text NOT NULL,
    PRIMARY KEY (was, state)
);
INSERT INTO rights_transition (was, state)
SELECT move.was, unnest(move.states) FROM (VALUES
    ('RECEIVED', ARRAY['VERIFYING', 'OPEN', 'WITHDRAWN']),
    ('VERIFYING', ARRAY['OPEN', 'PAUSED', 'REFUSED', 'WITHDRAWN', 'EXPIRED']),
    ('OPEN', ARRAY['GATHERING', 'DECIDING', 'COOLING_OFF', 'FULFILLING', 'PAUSED', 'HELD', 'ANSWERED', 'REFUSED', 'WITHDRAWN']),
    ('GATHERING', ARRAY['DECIDING', 'FULFILLING', 'PAUSED', 'HELD', 'REFUSED', 'WITHDRAWN']),
    ('DECIDING', ARRAY['COOLING_OFF', 'FULFILLING', 'PAUSED', 'HELD', 'ANSWERED', 'PARTLY_ANSWERED', 'REFUSED', 'WITHDRAWN']),
    ('COOLING_OFF', ARRAY['FULFILLING', 'PAUSED', 'HELD', 'WITHDRAWN']),
    ('FULFILLING', ARRAY['PAUSED', 'HELD', 'ANSWERED', 'PARTLY_ANSWERED']),
    ('PAUSED', ARRAY['VERIFYING', 'OPEN', 'GATHERING', 'DECIDING', 'COOLING_OFF', 'FULFILLING', 'REFUSED', 'WITHDRAWN', 'EXPIRED']),
    ('HELD', ARRAY['OPEN', 'GATHERING', 'DECIDING', 'COOLING_OFF', 'FULFILLING', 'REFUSED', 'WITHDRAWN'])
) AS move (was, states);

ALTER TABLE rights_request
    ADD CHECK (cardinality(jurisdictions) > 0 AND jurisdictions <@ ARRAY['AU', 'UK', 'ZA', 'MA', 'EU', 'US_CA']),
    ADD CHECK (channel IN ('PORTAL', 'APP', 'PHONE', 'POST', 'BRANCH', 'EMAIL', 'IMPORT')),
    ADD CHECK (asker IN ('SELF', 'AGENT', 'GUARDIAN', 'HEIR')),
    ADD CHECK (num_nonnulls(contact, contact_blind, contact_key) IN (0, 3)),
    ADD CHECK ((state IN ('PAUSED', 'HELD')) = (resumes_to IS NOT NULL)),
    ADD CHECK ((state = 'PAUSED') = (waiting_for IS NOT NULL)),
    ADD CHECK (state <> 'REFUSED' OR ground IS NOT NULL),
    ADD CHECK ((state IN ('ANSWERED', 'PARTLY_ANSWERED', 'REFUSED', 'WITHDRAWN', 'EXPIRED')) = (closed_at IS NOT NULL)),
    ADD CHECK (closed_at >= opened_at);
ALTER TABLE rights_event
    ADD FOREIGN KEY (was, state) REFERENCES rights_transition (was, state),
    ADD CHECK (num_nonnulls(was, state) IN (0, 2) OR kind = 'OPENED' AND was IS NULL);
ALTER TABLE rights_code
    ALTER tries SET DEFAULT 0,
    ADD CHECK (tries BETWEEN 0 AND 5), ADD CHECK (expires_at > sent_at), ADD CHECK (octet_length(digest) = 32);

ALTER TABLE connected_system ADD CHECK (kind IN ('MANUAL', 'SQL')), ADD CHECK (disabled_at >= created_at);
-- A step that ended without proof has not been done; one that is left out or refused says why.
ALTER TABLE rights_step
    ALTER attempts SET DEFAULT 0,
    ADD CHECK (kind IN ('HUB', 'MANUAL', 'SQL')),
    ADD CHECK (operation IN ('FIND', 'EXPORT', 'CORRECT', 'ERASE', 'RESTRICT')),
    ADD CHECK (state IN ('WAITING', 'RUNNING', 'WAITING_ON_OTHERS', 'FAILED', 'DONE', 'NOTHING', 'REFUSED', 'SKIPPED')),
    ADD CHECK ((state IN ('DONE', 'NOTHING', 'REFUSED', 'SKIPPED')) = (ended_at IS NOT NULL)),
    ADD CHECK ((state IN ('DONE', 'NOTHING')) <= (evidence IS NOT NULL)),
    ADD CHECK ((state IN ('REFUSED', 'SKIPPED', 'FAILED')) <= (why IS NOT NULL)),
    ADD CHECK ((state = 'RUNNING') = (lease_until IS NOT NULL));
CREATE INDEX rights_step_open ON rights_step (request_id, stage) WHERE ended_at IS NULL;
CREATE INDEX rights_step_due ON rights_step (next_at) WHERE ended_at IS NULL;
CREATE INDEX rights_request_cooling ON rights_request (cools_until) WHERE state = 'COOLING_OFF';

-- One code of a request counts at a time; what is due; what waits to be found by its address.
CREATE UNIQUE INDEX rights_code_live ON rights_code (request_id) WHERE ended_at IS NULL;
CREATE INDEX rights_request_due ON rights_request (organisation_id, due_on) WHERE closed_at IS NULL;
CREATE INDEX rights_request_state ON rights_request (organisation_id, state, id) WHERE closed_at IS NULL;

-- A request is where its events have brought it: nothing else moves it, and from where it is not, nothing does.
CREATE FUNCTION guard_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state IS DISTINCT FROM OLD.state AND NOT EXISTS (
            SELECT FROM rights_event e WHERE e.request_id = NEW.id AND e.act_id = current_setting('hub.act')::uuid
                AND e.was = OLD.state AND e.state = NEW.state) THEN
        RAISE EXCEPTION 'a rights request moves by its events' USING ERRCODE = 'HB010';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_move BEFORE UPDATE ON rights_request FOR EACH ROW EXECUTE FUNCTION guard_move();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rights_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON rights_request FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();

GRANT SELECT ON rights_request, rights_event, rights_code, rights_step, rights_transition, connected_system, keys.request_key
    TO hub_app, hub_read;
GRANT INSERT, UPDATE ON rights_request, rights_code, rights_step, connected_system TO hub_app;
GRANT INSERT ON rights_event TO hub_app;
GRANT INSERT, DELETE ON keys.request_key TO hub_app;
