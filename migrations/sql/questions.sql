-- Consent questions: written once, ended once; their events are only ever added.

SELECT guard_table(name::regclass) FROM unnest(ARRAY['consent_question', 'consent_question_event']) AS name;

ALTER TABLE consent_question
    ALTER channels SET DEFAULT '{}',
    ADD CHECK (channels <@ ARRAY['EMAIL', 'SMS', 'IN_APP', 'PHONE', 'AUTO_CALL', 'POST']),
    ADD CHECK (grade IN ('GIVEN', 'EXPLICIT', 'GUARDIAN')),
    ADD CHECK (cardinality(places) > 0 AND places <@ ARRAY['PORTAL', 'PAPER', 'SERVICE_FLOW', 'BRANCH', 'PHONE']),
    ADD CHECK (jsonb_typeof(wording) = 'object' AND wording <> '{}'),
    ADD CHECK (jsonb_typeof(benefit) = 'object' AND benefit <> '{}'),
    ADD CHECK (expires_at > put_at),
    ADD CHECK (consent_ends_at > expires_at),
    ADD CHECK (ended_at >= put_at);
ALTER TABLE consent_question_event
    ALTER choices SET DEFAULT '{}',
    ADD CHECK (happened_at <= recorded_at),
    ADD CHECK (CASE kind
        WHEN 'PUT' THEN num_nonnulls(place, method, locale) = 0
        WHEN 'SHOWN' THEN num_nulls(place, method, locale) = 0
        WHEN 'ANSWERED_YES' THEN num_nulls(place, method, locale) = 0 AND choices <> '{}'
        WHEN 'ANSWERED_NO' THEN num_nulls(place, method, locale) = 0 AND choices <> '{}'
        WHEN 'LAPSED' THEN num_nonnulls(place, method, locale) = 0
        WHEN 'CANCELLED' THEN num_nonnulls(place, method, locale) = 0
        ELSE false END);

-- A question is put once and ends once.
CREATE UNIQUE INDEX consent_question_event_put ON consent_question_event (question_id) WHERE kind = 'PUT';
CREATE UNIQUE INDEX consent_question_event_end ON consent_question_event (question_id)
    WHERE kind IN ('ANSWERED_YES', 'ANSWERED_NO', 'LAPSED', 'CANCELLED');
-- What waits for its end, and the batches.
CREATE INDEX consent_question_open ON consent_question (expires_at) WHERE ended_at IS NULL;
CREATE INDEX consent_question_campaign ON consent_question (organisation_id, campaign, id) WHERE campaign IS NOT NULL;

-- ended_at follows the events, and nothing follows an end.
CREATE FUNCTION end_question() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.kind IN ('ANSWERED_YES', 'ANSWERED_NO', 'LAPSED', 'CANCELLED') THEN
        UPDATE consent_question SET ended_at = NEW.happened_at WHERE id = NEW.question_id AND ended_at IS NULL;
    ELSE
        PERFORM FROM consent_question WHERE id = NEW.question_id AND ended_at IS NULL;
    END IF;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'this consent question has ended' USING ERRCODE = 'HB006';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER end_question AFTER INSERT ON consent_question_event FOR EACH ROW EXECUTE FUNCTION end_question();
REVOKE EXECUTE ON FUNCTION end_question() FROM PUBLIC;

-- Only a published version can be shown with a question.
CREATE TRIGGER guard_shown BEFORE INSERT ON consent_question FOR EACH ROW EXECUTE FUNCTION guard_shown();

GRANT SELECT ON consent_question, consent_question_event TO hub_app, hub_read;
GRANT INSERT ON consent_question, consent_question_event TO hub_app;
