-- The processing register: what a row may say, who may write it, and where an activity stands with an authority.

SELECT guard_table(name::regclass) FROM unnest(ARRAY['activity', 'activity_purpose', 'formality_event']) AS name;

ALTER TABLE activity ADD UNIQUE (id, organisation_id),
    ADD CHECK (cardinality(jurisdictions) > 0
               AND jurisdictions <@ ARRAY['AU', 'UK', 'ZA', 'MA', 'EU', 'US_CA']),
    ADD CHECK (handover IN ('NEVER', 'FREE', 'PAID')), ADD CHECK (archived_at >= created_at);
ALTER TABLE activity_purpose ADD CHECK (left_at >= joined_at);
CREATE UNIQUE INDEX activity_purpose_now ON activity_purpose (activity_id, purpose_id) WHERE left_at IS NULL;

-- A step belongs to the organisation of its activity, and leads where that step leads.
ALTER TABLE formality_event
    ADD FOREIGN KEY (activity_id, organisation_id) REFERENCES activity (id, organisation_id),
    ADD CHECK (jurisdiction IN ('MA', 'ZA')),
    ADD CHECK (CASE step
        WHEN 'FILED' THEN state = 'PENDING' AND jurisdiction = 'MA'
        WHEN 'APPLIED' THEN state = 'PENDING'
        WHEN 'DEMANDED' THEN state = 'PENDING' AND jurisdiction = 'MA'
        WHEN 'INVESTIGATED' THEN state = 'PENDING' AND jurisdiction = 'ZA'
        WHEN 'RECEIVED' THEN state = 'DECLARED' AND jurisdiction = 'MA'
        WHEN 'AUTHORISED' THEN state = 'AUTHORISED'
        WHEN 'PRESUMED' THEN state = 'AUTHORISED' AND jurisdiction = 'ZA'
        WHEN 'AMENDED' THEN state IN ('DECLARED', 'AUTHORISED')
        WHEN 'REFUSED' THEN state = 'REFUSED'
        WHEN 'WITHDRAWN' THEN state = 'REFUSED'
        WHEN 'ENDED' THEN state = 'NONE'
        ELSE false END),
    ADD CHECK ((state IN ('DECLARED', 'AUTHORISED')) = (number IS NOT NULL)),
    ADD CHECK (valid_until IS NULL OR state IN ('DECLARED', 'AUTHORISED')),
    ADD CHECK (valid_until >= (happened_at AT TIME ZONE 'UTC')::date),
    ADD CHECK (happened_at <= recorded_at);

-- An authority gives a number once.
CREATE UNIQUE INDEX formality_number ON formality_event (organisation_id, jurisdiction, lower(number))
    WHERE step IN ('RECEIVED', 'AUTHORISED', 'PRESUMED');

-- Steps are only added; an activity is never deleted, and a purpose that left stays on record.
GRANT SELECT ON activity, activity_purpose, formality_event TO hub_app, hub_read;
GRANT INSERT, UPDATE ON activity, activity_purpose TO hub_app;
GRANT INSERT ON formality_event TO hub_app;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON formality_event
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Where activities stood at an instant: their last step until then, or NONE once its last day has passed. Of steps at
-- one instant the most restrictive counts. The same in Python: hub/filings.py.
CREATE FUNCTION activity_formality(activities uuid[], instant timestamptz)
RETURNS TABLE (activity_id uuid, jurisdiction text, state text, recorded_at timestamptz) LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (e.activity_id, e.jurisdiction) e.activity_id, e.jurisdiction,
        CASE WHEN e.valid_until < (instant AT TIME ZONE 'UTC')::date THEN 'NONE' ELSE e.state END, e.recorded_at
    FROM formality_event e
    WHERE e.activity_id = ANY (activities) AND e.happened_at <= instant
    ORDER BY e.activity_id, e.jurisdiction, e.happened_at DESC,
        array_position(ARRAY['REFUSED', 'NONE', 'PENDING', 'DECLARED', 'AUTHORISED'], e.state),
        e.valid_until, e.recorded_at, e.id
$$;

-- Where purposes stood: the worst of the activities they belonged to at that instant; NONE if there was none. What was
-- granted before a purpose joined its activity does not cover it. A row per purpose and jurisdiction, always.
CREATE FUNCTION purpose_formality(purposes uuid[], instant timestamptz)
RETURNS TABLE (purpose_id uuid, jurisdiction text, state text) LANGUAGE sql STABLE AS $$
    WITH belonging AS (
        SELECT DISTINCT ON (m.activity_id, m.purpose_id) m.activity_id, m.purpose_id, m.joined_at
        FROM activity_purpose m
        WHERE m.purpose_id = ANY (purposes) AND (m.left_at IS NULL OR m.left_at > instant)
        ORDER BY m.activity_id, m.purpose_id, m.joined_at
    ), living AS (
        SELECT b.purpose_id, b.joined_at, b.activity_id, j.jurisdiction
        FROM belonging b
        JOIN activity a ON a.id = b.activity_id AND (a.archived_at IS NULL OR a.archived_at > instant)
        CROSS JOIN LATERAL unnest(a.jurisdictions) AS j (jurisdiction)
    ), standing AS (
        SELECT * FROM activity_formality(ARRAY(SELECT l.activity_id FROM living l), instant)
    )
    SELECT p.id, place.jurisdiction, coalesce(
        (ARRAY['REFUSED', 'NONE', 'PENDING', 'DECLARED', 'AUTHORISED'])[min(
            CASE WHEN l.activity_id IS NULL THEN NULL ELSE array_position(
                ARRAY['REFUSED', 'NONE', 'PENDING', 'DECLARED', 'AUTHORISED'],
                CASE WHEN s.state IN ('DECLARED', 'AUTHORISED') AND s.recorded_at < l.joined_at THEN 'NONE'
                     ELSE coalesce(s.state, 'NONE') END) END)],
        'NONE')
    FROM unnest(purposes) AS p (id)
    CROSS JOIN (VALUES ('MA'), ('ZA')) AS place (jurisdiction)
    LEFT JOIN living l ON l.purpose_id = p.id AND l.jurisdiction = place.jurisdiction
    LEFT JOIN standing s ON s.activity_id = l.activity_id AND s.jurisdiction = l.jurisdiction
    GROUP BY p.id, place.jurisdiction
$$;
