-- The projection: customer_state is, by construction, a replay of the events.
--
-- state_at says how a customer stood towards an organisation at an instant; project writes the versions
-- [valid_from, valid_to) from an instant on. Triggers on the event tables call it, so no writer can forget it.
-- Ties between events of one instant: the restrictive one wins.

CREATE FUNCTION state_at(of_customer uuid, towards uuid, moment timestamptz)
RETURNS TABLE (
    jurisdictions text[], relationship text, relationship_at timestamptz, age text,
    restricted boolean, held boolean, erased boolean, contact_at timestamptz,
    collections jsonb, deliveries jsonb, choices jsonb, registries jsonb
) LANGUAGE sql STABLE AS $$
    WITH event AS MATERIALIZED (
        SELECT e.aspect, e.value, e.happened_at, e.organisation_id FROM customer_event e
        WHERE e.customer_id = of_customer AND e.happened_at <= moment
          AND (e.organisation_id = towards OR e.organisation_id IS NULL)
    ), standing AS (
        SELECT e.value, e.happened_at FROM event e
        WHERE e.aspect = 'RELATIONSHIP' AND e.organisation_id IS NOT NULL
        ORDER BY e.happened_at DESC, array_position(ARRAY['CLOSED', 'NONE', 'NEGOTIATING', 'ACTIVE'], e.value) LIMIT 1
    ), place AS (
        SELECT DISTINCT ON (e.value) e.value, e.aspect FROM event e
        WHERE e.aspect IN ('JURISDICTION_BEGAN', 'JURISDICTION_ENDED')
        ORDER BY e.value, e.happened_at DESC, e.aspect
    ), intake AS (
        SELECT DISTINCT ON (category) category, c.id, c.source, c.happened_at, c.notice_version_id, c.optout_offered
        FROM collection c CROSS JOIN LATERAL unnest(c.categories) AS category
        WHERE c.customer_id = of_customer AND c.organisation_id = towards AND c.happened_at <= moment
          AND NOT EXISTS (SELECT FROM import_batch b WHERE b.id = c.import_id AND b.reversed_at IS NOT NULL)
        ORDER BY category, c.happened_at DESC, c.notice_version_id NULLS FIRST,
                 array_position(ARRAY['THIRD_PARTY', 'PUBLIC', 'CUSTOMER'], c.source), c.optout_offered, c.id
    ), told AS (
        SELECT DISTINCT ON (d.notice_version_id) d.notice_version_id, d.id, d.happened_at, d.locale FROM delivery d
        WHERE d.customer_id = of_customer AND d.organisation_id = towards AND d.happened_at <= moment
          AND NOT EXISTS (SELECT FROM import_batch b WHERE b.id = d.import_id AND b.reversed_at IS NOT NULL)
        ORDER BY d.notice_version_id, d.happened_at, d.id
    ), said AS (
        SELECT DISTINCT ON (c.kind, c.purpose_id, c.channel, c.recipient_id)
               c.kind, c.purpose_id, c.channel, c.recipient_id, c.action, c.id, c.happened_at, c.ends_at, c.grade, c.method
        FROM choice c
        WHERE c.customer_id = of_customer AND c.organisation_id = towards AND c.happened_at <= moment
          AND c.action <> 'ASKED'
        ORDER BY c.kind, c.purpose_id, c.channel, c.recipient_id, c.happened_at DESC,
                 array_position(ARRAY['UPHELD', 'PENDING', 'OPTED_OUT', 'REFUSED', 'WITHDRAWN',
                                      'OVERRULED', 'OPTED_IN', 'GIVEN'], c.action), c.id
    ), checked AS (
        SELECT DISTINCT ON (r.jurisdiction) r.jurisdiction, r.listed, r.happened_at FROM registry_check r
        WHERE r.customer_id = of_customer AND r.happened_at <= moment
        ORDER BY r.jurisdiction, r.happened_at DESC, r.listed DESC
    )
    SELECT
        coalesce((SELECT array_agg(p.value ORDER BY p.value) FROM place p WHERE p.aspect = 'JURISDICTION_BEGAN'), '{}'),
        coalesce((SELECT s.value FROM standing s), 'NONE'),
        (SELECT s.happened_at FROM standing s),
        coalesce((SELECT e.value FROM event e WHERE e.aspect = 'AGE'
                  ORDER BY e.happened_at DESC, array_position(ARRAY['UNDER_13', 'AGE_13', 'AGE_14', 'AGE_15',
                           'AGE_16_17', 'ADULT'], e.value) LIMIT 1), 'ADULT'),
        coalesce((SELECT e.value = 'ON' FROM event e WHERE e.aspect = 'RESTRICTION'
                  ORDER BY e.happened_at DESC, e.value DESC LIMIT 1), false),
        coalesce((SELECT e.value = 'ON' FROM event e WHERE e.aspect = 'HOLD'
                  ORDER BY e.happened_at DESC, e.value DESC LIMIT 1), false),
        EXISTS (SELECT FROM event e WHERE e.aspect = 'ERASURE'),
        greatest(
            (SELECT max(e.happened_at) FROM event e WHERE e.aspect = 'CONTACT'),
            (SELECT max(i.happened_at) FROM collection i WHERE i.customer_id = of_customer
                AND i.organisation_id = towards AND i.happened_at <= moment AND i.source = 'CUSTOMER'
                AND NOT EXISTS (SELECT FROM import_batch b WHERE b.id = i.import_id AND b.reversed_at IS NOT NULL)),
            (SELECT max(c.happened_at) FROM choice c WHERE c.customer_id = of_customer
                AND c.organisation_id = towards AND c.happened_at <= moment AND c.kind <> 'SIGNAL'
                AND c.action NOT IN ('ASKED', 'UPHELD', 'OVERRULED'))),  -- these are ours to say, not the customer's
        coalesce((SELECT jsonb_agg(jsonb_build_object('category', i.category, 'id', i.id, 'source', i.source,
                    'at', i.happened_at, 'version', i.notice_version_id, 'offered', i.optout_offered)
                    ORDER BY i.category) FROM intake i), '[]'),
        coalesce((SELECT jsonb_agg(jsonb_build_object('version', t.notice_version_id, 'id', t.id,
                    'at', t.happened_at, 'locale', t.locale) ORDER BY t.notice_version_id) FROM told t), '[]'),
        coalesce((SELECT jsonb_agg(jsonb_build_object('kind', s.kind, 'purpose', s.purpose_id, 'channel', s.channel,
                    'recipient', s.recipient_id, 'action', s.action, 'id', s.id, 'at', s.happened_at,
                    'ends', s.ends_at, 'grade', s.grade, 'method', s.method)
                    ORDER BY s.kind, s.purpose_id, s.channel, s.recipient_id) FROM said s), '[]'),
        coalesce((SELECT jsonb_agg(jsonb_build_object('jurisdiction', k.jurisdiction, 'listed', k.listed,
                    'at', k.happened_at) ORDER BY k.jurisdiction) FROM checked k), '[]')
$$;

-- Everything that bears on how a customer stands, with its instant; organisation NULL: towards all. A version shown later
-- than the data came in counts from then on.
CREATE VIEW happening AS
    SELECT customer_id, organisation_id, happened_at FROM customer_event
    UNION ALL SELECT customer_id, NULL, happened_at FROM registry_check
    UNION ALL SELECT customer_id, organisation_id, happened_at FROM collection
    UNION ALL SELECT customer_id, organisation_id, shown_at FROM collection WHERE shown_at > happened_at
    UNION ALL SELECT customer_id, organisation_id, happened_at FROM delivery
    UNION ALL SELECT customer_id, organisation_id, happened_at FROM choice;

-- Rewrites the versions of some customers from `since` on: there is one for each instant at which something happened.
-- Locks the customers in id order first: of two writers to one customer the second waits, and then sees the first
-- one's events. A pair of customer and organisation is written from its beginning when it is first met.
-- Its plans are made once for a connection: making them costs twenty times what running them does.
CREATE FUNCTION project(these uuid[], since timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    customers uuid[];
    organisations uuid[];
    instants timestamptz[];
BEGIN
    PERFORM FROM customer WHERE id = ANY (these) ORDER BY id FOR NO KEY UPDATE;
    DELETE FROM customer_state s WHERE s.customer_id = ANY (these) AND s.valid_from >= since;

    WITH met AS (
        SELECT s.customer_id, s.organisation_id FROM customer_state s WHERE s.customer_id = ANY (these) GROUP BY 1, 2
    ), pair AS (
        SELECT met.*, since AS first FROM met
        UNION ALL (
            SELECT h.customer_id, h.organisation_id, '-infinity'::timestamptz FROM happening h
            WHERE h.customer_id = ANY (these) AND h.happened_at >= since AND h.organisation_id IS NOT NULL
            EXCEPT SELECT met.*, '-infinity'::timestamptz FROM met)
    ), instant AS (
        SELECT DISTINCT p.customer_id, p.organisation_id, h.happened_at
        FROM pair p JOIN happening h ON h.customer_id = p.customer_id AND h.happened_at >= p.first
             AND (h.organisation_id = p.organisation_id OR h.organisation_id IS NULL)
    )
    SELECT array_agg(i.customer_id), array_agg(i.organisation_id), array_agg(i.happened_at)
    INTO customers, organisations, instants FROM instant i;

    UPDATE customer_state s SET valid_to = next.began
    FROM (SELECT i.customer_id, i.organisation_id, min(i.at) AS began
          FROM unnest(customers, organisations, instants) AS i (customer_id, organisation_id, at) GROUP BY 1, 2) next
    WHERE s.customer_id = next.customer_id AND s.organisation_id = next.organisation_id AND s.valid_to > next.began;

    INSERT INTO customer_state (organisation_id, customer_id, valid_from, valid_to, jurisdictions, relationship,
        relationship_at, age, restricted, held, erased, contact_at, collections, deliveries, choices, registries)
    SELECT i.organisation_id, i.customer_id, i.at,
        lead(i.at, 1, 'infinity') OVER (PARTITION BY i.customer_id, i.organisation_id ORDER BY i.at), s.*
    FROM unnest(customers, organisations, instants) AS i (customer_id, organisation_id, at)
    CROSS JOIN LATERAL state_at(i.customer_id, i.organisation_id, i.at) s;
END $$;

-- An act that writes many events per customer (an import) sets hub.project = 'later': its customers are then
-- projected once, by the deferred trigger that every act has.
CREATE FUNCTION project_events() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    these uuid[];
    since timestamptz;
BEGIN
    SELECT array_agg(DISTINCT customer_id), min(happened_at) INTO these, since FROM added;
    IF these IS NULL THEN
        RETURN NULL;
    END IF;
    IF current_setting('hub.project', true) = 'later' THEN
        INSERT INTO projection_due SELECT current_setting('hub.act')::uuid, customer_id, min(happened_at)
        FROM added GROUP BY customer_id;
    ELSE
        PERFORM project(these, since);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER project_events AFTER INSERT ON customer_event REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION project_events();
CREATE TRIGGER project_events AFTER INSERT ON registry_check REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION project_events();
CREATE TRIGGER project_events AFTER INSERT ON collection REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION project_events();
CREATE TRIGGER project_events AFTER INSERT ON delivery REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION project_events();
CREATE TRIGGER project_events AFTER INSERT ON choice REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION project_events();

-- Taking an import back takes its collections and deliveries out of the replay.
CREATE FUNCTION project_reversal() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    these uuid[];
    since timestamptz;
BEGIN
    SELECT array_agg(DISTINCT e.customer_id), min(e.happened_at) INTO these, since FROM (
        SELECT customer_id, happened_at FROM collection WHERE import_id = NEW.id
        UNION ALL SELECT customer_id, happened_at FROM delivery WHERE import_id = NEW.id) e;
    IF these IS NULL THEN
        RETURN NULL;
    END IF;
    IF current_setting('hub.project', true) = 'later' THEN
        INSERT INTO projection_due SELECT current_setting('hub.act')::uuid, customer_id, since
        FROM unnest(these) AS customer_id;
    ELSE
        PERFORM project(these, since);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER project_reversal AFTER UPDATE OF reversed_at ON import_batch
    FOR EACH ROW WHEN (NEW.reversed_at IS DISTINCT FROM OLD.reversed_at) EXECUTE FUNCTION project_reversal();

-- At commit: what was put off is projected, and an act that wrote must have recorded.
CREATE FUNCTION close_act() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    these uuid[];
    since timestamptz;
BEGIN
    IF current_setting('hub.project', true) = 'later' THEN
        SELECT array_agg(DISTINCT customer_id), min(d.since) INTO these, since FROM projection_due d WHERE act_id = NEW.id;
    END IF;
    IF these IS NOT NULL THEN
        DELETE FROM projection_due WHERE act_id = NEW.id;
        PERFORM project(these, since);
    END IF;
    IF NOT EXISTS (SELECT FROM ledger_entry WHERE act_id = NEW.id) THEN
        RAISE EXCEPTION 'act % wrote without recording', NEW.operation USING ERRCODE = 'HB002';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER close_act AFTER INSERT ON act DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION close_act();
