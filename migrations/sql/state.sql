-- The projection, narrow: one row per organisation and customer, of instants, ids and interned parts.
--
-- What many customers have in common is kept once and named by a number:
--   standing  where they live, relationship, age, restriction, hold, erasure, what the registers said
--   holding   which categories came in from whom, under which notice version; which versions reached them, in what order
--   saying    their last words that bear on one purpose, in what order
-- These hold no instant: orders are ranks, days are slots. A row adds the instants that time is compared with. So a million
-- customers come to a few hundred distinct combinations, and a decision reads one narrow row.
--
-- customer_state is how it is now; customer_past holds the versions [valid_from, valid_to) before. Both are a replay of the
-- events by construction: triggers on the event tables write them, so no writer can forget it. Ties between events of one
-- instant: the restrictive one wins.

DROP TRIGGER project_events ON customer_event;
DROP TRIGGER project_events ON registry_check;
DROP TRIGGER project_events ON collection;
DROP TRIGGER project_events ON delivery;
DROP TRIGGER project_events ON choice;
DROP FUNCTION project_events();
DROP FUNCTION project(uuid[], timestamptz);
DROP FUNCTION state_at(uuid, uuid, timestamptz);

CREATE TABLE standing (
    id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    jurisdictions text[] NOT NULL,
    relationship text NOT NULL,
    age text NOT NULL,
    restricted boolean NOT NULL,
    held boolean NOT NULL,
    erased boolean NOT NULL,
    registries text[] NOT NULL,  -- 'AU:LISTED' or 'AU:FREE', in the order of checked_at
    UNIQUE (jurisdictions, relationship, age, restricted, held, erased, registries)
);
-- content: {"intake": [[category, source, version shown, governing version, opt-out offered, slot], ...],
--           "told": [[version, rank], ...]}; slot: which of the days, from 1; rank: order of first deliveries.
CREATE TABLE holding (
    id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    digest bytea NOT NULL UNIQUE,
    content jsonb NOT NULL
);
-- content: [[rank, kind, is of this purpose, channel, recipient, action, grade, timed, turn], ...]; rank: order in time;
-- timed: ENDS (a stated end), CALL (a consent to calls without one): the turn-th of the row's `lapses` about the purpose is
-- the instant; OVER (it ended in a silence that is over, and no contact revives it); or null.
CREATE TABLE saying (
    id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    digest bytea NOT NULL UNIQUE,
    content jsonb NOT NULL
);

ALTER TABLE purpose ADD COLUMN number integer GENERATED ALWAYS AS IDENTITY UNIQUE;

-- Columns of a fixed length stand first, and a crowd needs no more of most rows: to look into arrays took a third of its time.
CREATE TABLE customer_state (
    organisation_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    valid_from timestamptz NOT NULL,
    about bigint NOT NULL,    -- what was said is about: a bit for each purpose (`mark_of`), the lowest for words about all
    timed bigint NOT NULL,    -- likewise, which of it turns on instants
    contact_at timestamptz,   -- the customer's last own contact
    standing_id integer NOT NULL,
    holding_id integer NOT NULL,
    joint boolean NOT NULL,   -- belongs to a family of merged records
    day_1 date,               -- the days on which the categories held came in, ascending; from the fifth on in `days`
    day_2 date,
    day_3 date,
    day_4 date,
    kept_from timestamptz,    -- what retention counts from; null while the relationship is active
    checked_at timestamptz,   -- when the first of the standing's registries was asked
    said_1 bigint,            -- the first four of what was said
    said_2 bigint,
    said_3 bigint,
    said_4 bigint,
    said bigint[],            -- per purpose: number << 32 (0 for all) | saying, ascending; once for each instant that lapses;
                              -- null where four columns say it all and nothing is timed
    lapses timestamptz[],     -- beside `said`: the instants that the timed words turn on, ascending for each purpose; of more
                              -- than seven only the first, and then its code has 1 << 31
    days date[],
    checks timestamptz[],     -- when the standing's other registries were asked, in their order
    PRIMARY KEY (customer_id, organisation_id)
) WITH (fillfactor = 90);

-- The bit of a purpose, by its number. There are fewer bits than there may be purposes: two may share one, so a bit only says
-- that it is worth looking.
CREATE FUNCTION mark_of(number bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN number = 0 THEN 1 ELSE 1::bigint << (number % 62 + 1)::integer END
$$;

-- How lists are laid out in a row, and read from it.
CREATE FUNCTION with_said(made customer_state, said bigint[], lapses timestamptz[]) RETURNS customer_state
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    SELECT coalesce(bit_or(mark_of(u.code >> 32)), 0),
        coalesce(bit_or(mark_of(u.code >> 32)) FILTER (WHERE u.lapse IS NOT NULL), 0)
    INTO made.about, made.timed FROM unnest(said, lapses) AS u (code, lapse);
    made.said_1 := said[1];
    made.said_2 := said[2];
    made.said_3 := said[3];
    made.said_4 := said[4];
    made.said := CASE WHEN made.timed <> 0 OR cardinality(said) > 4 THEN said END;
    made.lapses := lapses;
    RETURN made;
END $$;
CREATE FUNCTION said_in(made customer_state) RETURNS bigint[] LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(made.said, nullif(array_remove(ARRAY[made.said_1, made.said_2, made.said_3, made.said_4], NULL), '{}'))
$$;
CREATE FUNCTION with_days(made customer_state, days date[]) RETURNS customer_state LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    made.day_1 := days[1];
    made.day_2 := days[2];
    made.day_3 := days[3];
    made.day_4 := days[4];
    made.days := nullif(days[5:], '{}');
    RETURN made;
END $$;
CREATE FUNCTION days_in(made customer_state) RETURNS date[] LANGUAGE sql IMMUTABLE AS $$
    SELECT array_remove(ARRAY[made.day_1, made.day_2, made.day_3, made.day_4], NULL) || made.days
$$;

CREATE INDEX customer_state_joint ON customer_state (organisation_id, customer_id) WHERE joint;

CREATE TABLE customer_past (
    LIKE customer_state,
    valid_to timestamptz NOT NULL CHECK (valid_to > valid_from),
    PRIMARY KEY (customer_id, organisation_id, valid_from)
);
-- Versions are closed in the order of time, nearly: an instant in the past skips what was closed before it.
CREATE INDEX customer_past_closed ON customer_past USING brin (valid_to) WITH (pages_per_range = 32);
CREATE INDEX customer_past_joint ON customer_past (organisation_id, valid_to) WHERE joint;

-- How a customer stands, in words, for reading one or a page of them.
CREATE VIEW customer_standing AS
    SELECT s.organisation_id, s.customer_id, s.valid_from, s.contact_at, t.jurisdictions, t.relationship, t.age,
        t.restricted, t.held, t.erased,
        (SELECT max(e.happened_at) FROM customer_event e WHERE e.customer_id = s.customer_id
            AND e.organisation_id = s.organisation_id AND e.aspect = 'RELATIONSHIP') AS relationship_at
    FROM customer_state s JOIN standing t ON t.id = s.standing_id;

-- The latest collection of each category, the first delivery of each version, the last word in each scope, as of an instant.
-- A version was shown at collection if that was by the instant, and within 30 days ("as soon as practicable", APP 5.1);
-- one shown later is told like any other.

CREATE FUNCTION intakes_at(of_customer uuid, towards uuid, moment timestamptz)
RETURNS TABLE (category uuid, id uuid, source text, at timestamptz, version uuid, offered boolean)
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (k.category) k.category, c.id, c.source, c.happened_at, shown.version, c.optout_offered
    FROM collection c CROSS JOIN LATERAL unnest(c.categories) AS k (category)
    CROSS JOIN LATERAL (SELECT CASE WHEN c.shown_at > least(moment, c.happened_at + interval '30 days') THEN NULL
                                    ELSE c.notice_version_id END AS version) shown
    WHERE c.customer_id = of_customer AND c.organisation_id = towards AND c.happened_at <= moment
      AND (c.import_id IS NULL
           OR NOT EXISTS (SELECT FROM import_batch b WHERE b.id = c.import_id AND b.reversed_at IS NOT NULL))
    ORDER BY k.category, c.happened_at DESC, shown.version NULLS FIRST,
             array_position(ARRAY['THIRD_PARTY', 'PUBLIC', 'CUSTOMER'], c.source), c.optout_offered, c.id
$$;

CREATE FUNCTION told_at(of_customer uuid, towards uuid, moment timestamptz)
RETURNS TABLE (version uuid, id uuid, at timestamptz, locale text, how text)
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (d.notice_version_id) d.notice_version_id, d.id, d.happened_at, d.locale, d.how FROM delivery d
    WHERE d.customer_id = of_customer AND d.organisation_id = towards AND d.happened_at <= moment
      AND (d.import_id IS NULL
           OR NOT EXISTS (SELECT FROM import_batch b WHERE b.id = d.import_id AND b.reversed_at IS NOT NULL))
    ORDER BY d.notice_version_id, d.happened_at, d.id
$$;

CREATE FUNCTION words_at(of_customer uuid, towards uuid, moment timestamptz)
RETURNS TABLE (kind text, purpose uuid, channel text, recipient uuid, action text, id uuid, at timestamptz,
               ends timestamptz, grade text, method text)
LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (c.kind, c.purpose_id, c.channel, c.recipient_id)
        c.kind, c.purpose_id, c.channel, c.recipient_id, c.action, c.id, c.happened_at, c.ends_at, c.grade, c.method
    FROM choice c
    WHERE c.customer_id = of_customer AND c.organisation_id = towards AND c.happened_at <= moment
      AND c.action <> 'ASKED'
    ORDER BY c.kind, c.purpose_id, c.channel, c.recipient_id, c.happened_at DESC,
             array_position(ARRAY['UPHELD', 'PENDING', 'OPTED_OUT', 'REFUSED', 'WITHDRAWN',
                                  'OVERRULED', 'OPTED_IN', 'GIVEN'], c.action),
             array_position(ARRAY['GIVEN', 'EXPLICIT', 'GUARDIAN'], c.grade), c.ends_at, c.id
$$;

-- Whether the house period lies between two contacts: it ends on the same day of the month, or the month's last.
CREATE FUNCTION is_silence(earlier timestamptz, later timestamptz) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT (earlier AT TIME ZONE 'UTC')::date + interval '24 months' <= (later AT TIME ZONE 'UTC')::date
$$;

-- When the customer was last in contact again after the house period without contact (`consent_months.house`): what they
-- agreed to before that, without a stated end, had ended. Settling an objection and asking are ours to do, a signal is the
-- browser's: neither is contact.
CREATE FUNCTION woken_at(of_customer uuid, towards uuid, moment timestamptz) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    WITH contact AS (
        SELECT e.happened_at AS at FROM customer_event e WHERE e.customer_id = of_customer AND e.aspect = 'CONTACT'
          AND (e.organisation_id = towards OR e.organisation_id IS NULL)
        UNION SELECT c.happened_at FROM choice c WHERE c.customer_id = of_customer AND c.organisation_id = towards
          AND c.kind <> 'SIGNAL' AND c.action NOT IN ('ASKED', 'UPHELD', 'OVERRULED')
        UNION SELECT c.happened_at FROM collection c WHERE c.customer_id = of_customer AND c.organisation_id = towards
          AND c.source = 'CUSTOMER' AND (c.import_id IS NULL OR NOT EXISTS
              (SELECT FROM import_batch b WHERE b.id = c.import_id AND b.reversed_at IS NOT NULL))
    ), stretch AS (
        SELECT at, lag(at) OVER (ORDER BY at) AS before FROM contact WHERE at <= moment
    )
    SELECT max(at) FROM stretch WHERE is_silence(before, at)
$$;

-- The number of a part: found, or given now. Of two writers with the same new part the second waits for the first.

CREATE FUNCTION holding_of(content jsonb) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    mark CONSTANT bytea := sha256(convert_to(content::text, 'UTF8'));
    found integer;
BEGIN
    SELECT h.id INTO found FROM holding h WHERE h.digest = mark;
    IF found IS NULL THEN
        INSERT INTO holding (digest, content) VALUES (mark, holding_of.content) ON CONFLICT (digest) DO NOTHING;
        SELECT h.id INTO found FROM holding h WHERE h.digest = mark;
    END IF;
    RETURN found;
END $$;

CREATE FUNCTION saying_of(content jsonb) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    mark CONSTANT bytea := sha256(convert_to(content::text, 'UTF8'));
    found integer;
BEGIN
    SELECT s.id INTO found FROM saying s WHERE s.digest = mark;
    IF found IS NULL THEN
        INSERT INTO saying (digest, content) VALUES (mark, saying_of.content) ON CONFLICT (digest) DO NOTHING;
        SELECT s.id INTO found FROM saying s WHERE s.digest = mark;
    END IF;
    RETURN found;
END $$;

CREATE FUNCTION standing_of(s standing) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    found integer;
BEGIN
    SELECT t.id INTO found FROM standing t WHERE (t.jurisdictions, t.relationship, t.age, t.restricted, t.held, t.erased,
        t.registries) = (s.jurisdictions, s.relationship, s.age, s.restricted, s.held, s.erased, s.registries);
    IF found IS NULL THEN
        INSERT INTO standing (jurisdictions, relationship, age, restricted, held, erased, registries)
        VALUES (s.jurisdictions, s.relationship, s.age, s.restricted, s.held, s.erased, s.registries)
        ON CONFLICT DO NOTHING;
        SELECT t.id INTO found FROM standing t WHERE (t.jurisdictions, t.relationship, t.age, t.restricted, t.held, t.erased,
            t.registries) = (s.jurisdictions, s.relationship, s.age, s.restricted, s.held, s.erased, s.registries);
    END IF;
    RETURN found;
END $$;

-- The three parts of a row, each a replay of its own events.

CREATE FUNCTION standing_at(of_customer uuid, towards uuid, moment timestamptz,
    OUT standing standing, OUT relationship_at timestamptz, OUT contact_at timestamptz, OUT checked_at timestamptz[])
LANGUAGE plpgsql STABLE AS $$
BEGIN
    WITH event AS MATERIALIZED (
        SELECT e.aspect, e.value, e.happened_at, e.organisation_id FROM customer_event e
        WHERE e.customer_id = of_customer AND e.happened_at <= moment
          AND (e.organisation_id = towards OR e.organisation_id IS NULL)
    ), related AS (
        SELECT e.value, e.happened_at FROM event e
        WHERE e.aspect = 'RELATIONSHIP' AND e.organisation_id IS NOT NULL
        ORDER BY e.happened_at DESC, array_position(ARRAY['CLOSED', 'NONE', 'NEGOTIATING', 'ACTIVE'], e.value) LIMIT 1
    ), place AS (
        SELECT DISTINCT ON (e.value) e.value, e.aspect FROM event e
        WHERE e.aspect IN ('JURISDICTION_BEGAN', 'JURISDICTION_ENDED')
        ORDER BY e.value, e.happened_at DESC, e.aspect
    ), checked AS (
        SELECT DISTINCT ON (r.jurisdiction) r.jurisdiction, r.listed, r.happened_at FROM registry_check r
        WHERE r.customer_id = of_customer AND r.happened_at <= moment
        ORDER BY r.jurisdiction, r.happened_at DESC, r.listed DESC
    )
    SELECT
        coalesce((SELECT array_agg(p.value ORDER BY p.value) FROM place p WHERE p.aspect = 'JURISDICTION_BEGAN'), '{}'),
        coalesce((SELECT r.value FROM related r), 'NONE'),
        coalesce((SELECT e.value FROM event e WHERE e.aspect = 'AGE'
                  ORDER BY e.happened_at DESC, array_position(ARRAY['UNDER_13', 'AGE_13', 'AGE_14', 'AGE_15',
                           'AGE_16_17', 'ADULT'], e.value) LIMIT 1), 'ADULT'),
        coalesce((SELECT e.value = 'ON' FROM event e WHERE e.aspect = 'RESTRICTION'
                  ORDER BY e.happened_at DESC, e.value DESC LIMIT 1), false),
        coalesce((SELECT e.value = 'ON' FROM event e WHERE e.aspect = 'HOLD'
                  ORDER BY e.happened_at DESC, e.value DESC LIMIT 1), false),
        EXISTS (SELECT FROM event e WHERE e.aspect = 'ERASURE'),
        coalesce((SELECT array_agg(k.jurisdiction || CASE WHEN k.listed THEN ':LISTED' ELSE ':FREE' END
                                   ORDER BY k.jurisdiction) FROM checked k), '{}'),
        (SELECT array_agg(k.happened_at ORDER BY k.jurisdiction) FROM checked k),
        (SELECT r.happened_at FROM related r),
        (SELECT max(e.happened_at) FROM event e WHERE e.aspect = 'CONTACT')
    INTO standing.jurisdictions, standing.relationship, standing.age, standing.restricted, standing.held, standing.erased,
        standing.registries, checked_at, relationship_at, contact_at;
END $$;

-- Australia reads a category under the version shown when it was collected; without one, under the last version that had
-- reached the customer by then; without that, under the first that did within 30 days ("as soon as practicable", APP 5.1).
-- Versions stand by (at, version descending): the last at or before an instant is the lowest version of its latest.
CREATE FUNCTION holding_at(of_customer uuid, towards uuid, moment timestamptz,
    OUT content jsonb, OUT collected_on date[], OUT last_at timestamptz)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    versions uuid[];
    reached timestamptz[];
    told jsonb;
    intake jsonb;
BEGIN
    SELECT array_agg(k.version ORDER BY k.at, k.version DESC), array_agg(k.at ORDER BY k.at),
        jsonb_agg(jsonb_build_array(k.version, k.rank) ORDER BY k.rank, k.version)
    INTO versions, reached, told
    FROM (SELECT t.version, t.at, dense_rank() OVER (ORDER BY t.at) AS rank FROM told_at(of_customer, towards, moment) t) k;
    SELECT jsonb_agg(jsonb_build_array(r.category, r.source, r.version, coalesce(r.version,
            versions[width_bucket(r.at, reached)],
            CASE WHEN reached[1] <= r.at + interval '30 days' THEN versions[width_bucket(reached[1], reached)] END
        ), r.offered, r.slot) ORDER BY r.category), array_agg(DISTINCT r.day), max(r.at)
    INTO intake, collected_on, last_at
    FROM (
        SELECT i.*, d.day, dense_rank() OVER (ORDER BY d.day) AS slot
        FROM intakes_at(of_customer, towards, moment) i CROSS JOIN LATERAL (SELECT (i.at AT TIME ZONE 'UTC')::date AS day) d
    ) r;
    content := jsonb_build_object('intake', coalesce(intake, '[]'), 'told', coalesce(told, '[]'));
END $$;

-- What bears on one purpose (NULL: on all): the words about it and those about all; nothing where no word is about it.
CREATE FUNCTION said_about(of_customer uuid, towards uuid, moment timestamptz, about uuid,
    OUT code bigint, OUT lapses timestamptz[])
LANGUAGE plpgsql AS $$
DECLARE
    heard record;
    woken timestamptz;  -- read only where there is a consent old enough
BEGIN
    IF EXISTS (SELECT FROM choice c WHERE c.customer_id = of_customer AND c.organisation_id = towards AND c.kind = 'CONSENT'
               AND c.action = 'GIVEN' AND c.ends_at IS NULL AND c.happened_at < moment - interval '23 months') THEN
        woken := woken_at(of_customer, towards, moment);
    END IF;
    SELECT h.*, y.id, coalesce(p.number, 0)::bigint << 32 AS base
    INTO heard
    FROM (
        SELECT jsonb_agg(jsonb_build_array(w.rank, w.kind, w.purpose IS NOT NULL, w.channel, w.recipient, w.action, w.grade, w.timed,
                                           CASE WHEN w.timed IN ('ENDS', 'CALL') THEN w.turn END)
                         ORDER BY w.rank, w.kind, w.purpose, w.channel, w.recipient) AS content,
            bool_or(w.purpose IS NOT DISTINCT FROM about) AS is_own,
            array_agg(DISTINCT w.lapse) FILTER (WHERE w.lapse IS NOT NULL) AS lapses
        FROM (
            SELECT o.*, dense_rank() OVER (ORDER BY o.at) AS rank, t.timed, l.lapse, dense_rank() OVER (ORDER BY l.lapse) AS turn
            FROM words_at(of_customer, towards, moment) o CROSS JOIN LATERAL (SELECT CASE
                WHEN o.action <> 'GIVEN' THEN NULL WHEN o.ends IS NOT NULL THEN 'ENDS'
                WHEN o.kind = 'CONSENT' AND o.at < woken THEN 'OVER'
                WHEN o.kind = 'CONSENT' AND o.channel IN ('PHONE', 'AUTO_CALL') THEN 'CALL' END AS timed) t
            CROSS JOIN LATERAL (SELECT CASE t.timed WHEN 'ENDS' THEN o.ends WHEN 'CALL' THEN o.at END AS lapse) l
            WHERE o.purpose = about OR o.purpose IS NULL
        ) w
    ) h LEFT JOIN purpose p ON p.id = about LEFT JOIN saying y ON y.digest = sha256(convert_to(h.content::text, 'UTF8'));
    IF heard.is_own THEN
        code := heard.base | coalesce(heard.id, saying_of(heard.content));
        lapses := heard.lapses;
        IF cardinality(lapses) > 7 THEN  -- a key counts no further: these are read by their own words
            code := code | (1::bigint << 31);
            lapses := lapses[1:1];
        END IF;
    END IF;
END $$;

CREATE FUNCTION said_at(of_customer uuid, towards uuid, moment timestamptz,
    OUT said bigint[], OUT lapses timestamptz[])
LANGUAGE plpgsql AS $$
BEGIN
    SELECT array_agg(h.code ORDER BY h.code, l.at), CASE WHEN max(l.at) IS NOT NULL THEN array_agg(l.at ORDER BY h.code, l.at) END
    INTO said, lapses
    FROM (SELECT DISTINCT w.purpose FROM words_at(of_customer, towards, moment) w) s
    CROSS JOIN LATERAL said_about(of_customer, towards, moment, s.purpose) h
    LEFT JOIN LATERAL unnest(h.lapses) AS l (at) ON true
    WHERE h.code IS NOT NULL;
END $$;

CREATE FUNCTION state_at(of_customer uuid, towards uuid, moment timestamptz) RETURNS customer_state
LANGUAGE plpgsql AS $$
DECLARE
    made customer_state;
    stood record;
    held record;
    spoke record;
BEGIN
    stood := standing_at(of_customer, towards, moment);
    held := holding_at(of_customer, towards, moment);
    spoke := said_at(of_customer, towards, moment);
    made.organisation_id := towards;
    made.customer_id := of_customer;
    made.valid_from := moment;
    -- Settling an objection and asking are ours to do, a signal is the browser's: neither is contact.
    made.contact_at := greatest(stood.contact_at, (SELECT max(c.happened_at) FROM choice c
        WHERE c.customer_id = of_customer AND c.organisation_id = towards AND c.happened_at <= moment
          AND c.kind <> 'SIGNAL' AND c.action NOT IN ('ASKED', 'UPHELD', 'OVERRULED')),
        (SELECT max(c.happened_at) FROM collection c
        WHERE c.customer_id = of_customer AND c.organisation_id = towards AND c.happened_at <= moment
          AND c.source = 'CUSTOMER' AND (c.import_id IS NULL OR NOT EXISTS
              (SELECT FROM import_batch b WHERE b.id = c.import_id AND b.reversed_at IS NOT NULL))));
    made.kept_from := CASE (stood.standing).relationship WHEN 'CLOSED' THEN stood.relationship_at WHEN 'ACTIVE' THEN NULL
        ELSE coalesce(greatest(made.contact_at, stood.relationship_at), held.last_at) END;
    made.standing_id := standing_of(stood.standing);
    made.holding_id := holding_of(held.content);
    made.joint := EXISTS (SELECT FROM customer c WHERE c.id = of_customer AND c.survivor_id IS NOT NULL)
        OR EXISTS (SELECT FROM customer c WHERE c.survivor_id = of_customer);
    made := with_days(made, held.collected_on);
    made := with_said(made, spoke.said, spoke.lapses);
    made.checked_at := stood.checked_at[1];
    made.checks := nullif(stood.checked_at[2:], '{}');
    RETURN made;
END $$;

-- Rewrites the versions of some customers from `since` on: there is one for each instant at which something happened.
-- Locks the customers in id order first: of two writers to one customer the second waits, and then sees the first
-- one's events. A pair of customer and organisation is written from its beginning when it is first met: before that, what
-- happened to the person elsewhere makes them no customer of the organisation.
CREATE FUNCTION project(these uuid[], since timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    customers uuid[];
    organisations uuid[];
    instants timestamptz[];
BEGIN
    PERFORM FROM customer WHERE id = ANY (these) ORDER BY id FOR NO KEY UPDATE;
    WITH met AS (
        SELECT s.customer_id, s.organisation_id FROM customer_state s WHERE s.customer_id = ANY (these)
    ), pair AS (
        SELECT met.*, since AS first FROM met
        UNION ALL (
            SELECT h.customer_id, h.organisation_id, '-infinity'::timestamptz FROM happening h
            WHERE h.customer_id = ANY (these) AND h.happened_at >= since AND h.organisation_id IS NOT NULL
            EXCEPT SELECT met.*, '-infinity'::timestamptz FROM met)
    ), begun AS (
        SELECT pair.*, own.at FROM pair CROSS JOIN LATERAL (SELECT min(h.happened_at) AS at FROM happening h
            WHERE h.customer_id = pair.customer_id AND h.organisation_id = pair.organisation_id) own
    ), instant AS (  -- OFFSET 0: customer by customer, also where the planner knows nothing of the tables yet
        SELECT DISTINCT p.customer_id, p.organisation_id, h.happened_at FROM begun p CROSS JOIN LATERAL (
            SELECT h.organisation_id, h.happened_at FROM happening h
            WHERE h.customer_id = p.customer_id AND h.happened_at >= p.first OFFSET 0) h
        WHERE h.organisation_id = p.organisation_id OR (h.organisation_id IS NULL AND h.happened_at >= p.at)
    )
    SELECT array_agg(i.customer_id), array_agg(i.organisation_id), array_agg(i.happened_at)
    INTO customers, organisations, instants FROM instant i;

    DELETE FROM customer_past p WHERE p.customer_id = ANY (these) AND p.valid_from >= since;
    WITH next AS (
        SELECT i.customer_id, i.organisation_id, min(i.at) AS began
        FROM unnest(customers, organisations, instants) AS i (customer_id, organisation_id, at) GROUP BY 1, 2
    ), cut AS (
        UPDATE customer_past p SET valid_to = next.began FROM next
        WHERE p.customer_id = next.customer_id AND p.organisation_id = next.organisation_id AND p.valid_to > next.began
    ), gone AS (
        DELETE FROM customer_state s USING next
        WHERE s.customer_id = next.customer_id AND s.organisation_id = next.organisation_id
        RETURNING s.*, next.began
    )
    INSERT INTO customer_past SELECT * FROM gone WHERE gone.valid_from < gone.began;

    WITH made AS MATERIALIZED (
        SELECT s.*, i.valid_to FROM (
            SELECT customer_id, organisation_id, at,
                lead(at) OVER (PARTITION BY customer_id, organisation_id ORDER BY at) AS valid_to
            FROM unnest(customers, organisations, instants) AS i (customer_id, organisation_id, at)
        ) i CROSS JOIN LATERAL state_at(i.customer_id, i.organisation_id, i.at) s
    ), past AS (
        INSERT INTO customer_past SELECT made.* FROM made WHERE made.valid_to IS NOT NULL
    )
    INSERT INTO customer_state SELECT m.organisation_id, m.customer_id, m.valid_from, m.about, m.timed, m.contact_at,
        m.standing_id, m.holding_id, m.joint, m.day_1, m.day_2, m.day_3, m.day_4, m.kept_from, m.checked_at, m.said_1,
        m.said_2, m.said_3, m.said_4, m.said, m.lapses, m.days, m.checks
    FROM made m WHERE m.valid_to IS NULL;
END $$;

-- What was said, with one purpose's words in their place.
CREATE FUNCTION said_with(codes bigint[], instants timestamptz[], code bigint, turns timestamptz[],
    OUT said bigint[], OUT lapses timestamptz[])
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    base CONSTANT bigint := (code >> 32) << 32;
    before integer := coalesce(width_bucket(base - 1, codes), 0);
    upto integer := coalesce(width_bucket(base | 4294967295, codes), 0);
BEGIN
    said := codes[:before] || array_fill(code, ARRAY[greatest(cardinality(turns), 1)]) || codes[upto + 1:];
    IF turns IS NOT NULL OR instants IS NOT NULL THEN
        instants := coalesce(instants, array_fill(NULL::timestamptz, ARRAY[coalesce(cardinality(codes), 0)]));
        lapses := nullif(instants[:before] || coalesce(turns, ARRAY[NULL::timestamptz]) || instants[upto + 1:],
                         array_fill(NULL::timestamptz, ARRAY[cardinality(said)]));
    END IF;
END $$;

-- The everyday case, at a fraction of the cost: one customer said something, gave data or was told, and nothing of theirs
-- is later. Only the part concerned is replayed; `about`, where it is given, is the one purpose that was spoken of. And
-- what a part becomes by an event is the same for all customers: with `event`, its description without an instant, the
-- part is replayed once and remembered as a step. Returns false where it is not the everyday case.

-- What a part (a holding, a saying; the mark says which) became by an event. kept: which of the days, the new one last, it
-- still needs.
CREATE TABLE part_step (
    from_id integer NOT NULL,
    mark bytea NOT NULL,
    to_id integer NOT NULL,
    kept integer[],
    PRIMARY KEY (from_id, mark)
);

-- A collection by the customer, its version shown at once or never: the holding after it follows from the holding before,
-- the event, and whether the day is new.
CREATE FUNCTION hold_after(made customer_state, moment timestamptz, event text,
    OUT holding_id integer, OUT collected_on date[])
LANGUAGE plpgsql AS $$
DECLARE
    day CONSTANT date := (moment AT TIME ZONE 'UTC')::date;
    before CONSTANT date[] := days_in(made);
    days CONSTANT date[] := CASE WHEN before[cardinality(before)] = day THEN before ELSE before || day END;
    sign CONSTANT bytea := sha256(convert_to('holding ' || (days = before)::text || event, 'UTF8'));
    held record;
    kept integer[];
BEGIN
    IF sign IS NOT NULL THEN
        SELECT k.to_id, k.kept INTO holding_id, kept FROM part_step k WHERE k.from_id = made.holding_id AND k.mark = sign;
        IF holding_id IS NOT NULL THEN
            collected_on := CASE WHEN cardinality(kept) = cardinality(days) THEN days
                ELSE ARRAY(SELECT days[k.slot] FROM unnest(kept) WITH ORDINALITY AS k (slot, place) ORDER BY k.place) END;
            RETURN;
        END IF;
    END IF;
    held := holding_at(made.customer_id, made.organisation_id, moment);
    holding_id := holding_of(held.content);
    collected_on := held.collected_on;
    IF sign IS NOT NULL THEN
        INSERT INTO part_step VALUES (made.holding_id, sign, holding_id,
            ARRAY(SELECT array_position(days, d.day) FROM unnest(collected_on) WITH ORDINALITY AS d (day, place) ORDER BY d.place))
        ON CONFLICT DO NOTHING;
    END IF;
END $$;

-- A word about one purpose, where nothing that bears on it turns on an instant: then what bears on it afterwards follows
-- from what did before, and the word.
CREATE FUNCTION speak_after(made customer_state, moment timestamptz, about uuid, event text,
    OUT code bigint, OUT lapses timestamptz[])
LANGUAGE plpgsql AS $$
DECLARE
    base CONSTANT bigint := (SELECT p.number::bigint << 32 FROM purpose p WHERE p.id = about);
    said CONSTANT bigint[] := said_in(made);
    place integer := coalesce(width_bucket(base | 4294967295, said), 0);
    was integer := 0;
    became integer;
    sign bytea;
BEGIN
    IF (said[place] >> 32) << 32 IS DISTINCT FROM base THEN
        place := CASE WHEN said[1] >> 32 = 0 THEN 1 END;  -- what was said about all
    END IF;
    IF place IS NOT NULL THEN
        was := said[place] & 2147483647;
    END IF;
    IF made.lapses[place] IS NULL THEN
        sign := sha256(convert_to('saying ' || event, 'UTF8'));
        SELECT k.to_id INTO became FROM part_step k WHERE k.from_id = was AND k.mark = sign;
    END IF;
    IF became IS NOT NULL THEN
        code := base | became;
        RETURN;
    END IF;
    SELECT s.code, s.lapses INTO code, lapses FROM said_about(made.customer_id, made.organisation_id, moment, about) s;
    IF sign IS NOT NULL AND code IS NOT NULL AND lapses IS NULL THEN
        INSERT INTO part_step VALUES (was, sign, code & 2147483647) ON CONFLICT DO NOTHING;
    END IF;
END $$;

CREATE FUNCTION advance(of_customer uuid, towards uuid, moment timestamptz, part text, about uuid, is_contact boolean,
    event text)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    made customer_state;
    relationship text;
    held record;
    spoke record;
BEGIN
    PERFORM FROM customer WHERE id = of_customer FOR NO KEY UPDATE;
    SELECT * INTO made FROM customer_state s WHERE s.customer_id = of_customer AND s.organisation_id = towards;
    IF made.valid_from IS NULL OR moment < made.valid_from THEN
        RETURN false;
    END IF;
    IF moment = made.valid_from THEN
        event := NULL;  -- of two events at one instant the restrictive one wins: that takes a replay
    END IF;
    IF is_contact AND made.about <> 0 AND is_silence(made.contact_at, moment) THEN
        IF part = 'holding' THEN
            RETURN false;  -- what was said before this silence has ended
        END IF;
        about := NULL;
    END IF;
    IF part = 'holding' THEN
        held := hold_after(made, moment, event);
        made.holding_id := held.holding_id;
        made := with_days(made, held.collected_on);
    ELSIF about IS NULL THEN
        spoke := said_at(of_customer, towards, moment);
        made := with_said(made, spoke.said, spoke.lapses);
    ELSE
        spoke := speak_after(made, moment, about, event);
        IF spoke.code IS NOT NULL THEN
            spoke := said_with(said_in(made), made.lapses, spoke.code, spoke.lapses);
            made := with_said(made, spoke.said, spoke.lapses);
        END IF;
    END IF;
    IF is_contact THEN
        made.contact_at := greatest(made.contact_at, moment);
        SELECT t.relationship INTO relationship FROM standing t WHERE t.id = made.standing_id;
        IF relationship IN ('NONE', 'NEGOTIATING') THEN
            made.kept_from := moment;
        END IF;
    END IF;
    INSERT INTO customer_past SELECT s.*, moment FROM customer_state s
    WHERE s.customer_id = of_customer AND s.organisation_id = towards AND s.valid_from < moment;
    UPDATE customer_state s SET valid_from = moment, about = made.about, timed = made.timed, contact_at = made.contact_at,
        holding_id = made.holding_id, day_1 = made.day_1, day_2 = made.day_2, day_3 = made.day_3, day_4 = made.day_4,
        kept_from = made.kept_from, said_1 = made.said_1, said_2 = made.said_2, said_3 = made.said_3, said_4 = made.said_4,
        said = made.said, lapses = made.lapses, days = made.days
    WHERE s.customer_id = of_customer AND s.organisation_id = towards;
    RETURN true;
END $$;

-- An act that writes many events per customer (an import) sets hub.project = 'later': its customers are then
-- projected once, by the deferred trigger that every act has.
CREATE FUNCTION project_events() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    these uuid[];
    since timestamptz;
BEGIN
    IF current_setting('hub.project', true) = 'later' THEN
        INSERT INTO projection_due SELECT current_setting('hub.act')::uuid, a.customer_id, min(a.happened_at)
        FROM added a GROUP BY a.customer_id;
        RETURN NULL;
    END IF;
    SELECT array_agg(DISTINCT a.customer_id), min(a.happened_at) INTO these, since FROM added a;
    IF these IS NOT NULL THEN
        PERFORM project(these, since);
    END IF;
    RETURN NULL;
END $$;

-- What is said by one customer, or given by or told to one, is mostly later than all there is of theirs: then the state is
-- advanced. A plan is made for each table, so a column may be named that only one of them has.
CREATE FUNCTION project_words() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    these uuid[];
    towards uuid[];
    about uuid[];
    since timestamptz;
    until timestamptz;
    is_contact boolean;
    event text;
BEGIN
    IF current_setting('hub.project', true) = 'later' THEN
        INSERT INTO projection_due SELECT current_setting('hub.act')::uuid, a.customer_id, min(a.happened_at)
        FROM added a GROUP BY a.customer_id;
        RETURN NULL;
    END IF;
    SELECT array_agg(a.customer_id), array_agg(a.organisation_id), array_agg(a.purpose_id), min(a.happened_at),
        max(a.happened_at), bool_or(a.kind <> 'SIGNAL' AND a.action NOT IN ('ASKED', 'UPHELD', 'OVERRULED')),
        CASE WHEN count(*) = 1 THEN min(CASE WHEN a.ends_at IS NULL AND NOT (a.kind = 'CONSENT' AND a.action = 'GIVEN'
                                                  AND coalesce(a.channel, '') IN ('PHONE', 'AUTO_CALL'))
            THEN concat_ws(' ', a.kind, a.action, coalesce(a.channel, '-'), coalesce(a.recipient_id::text, '-'), a.grade) END) END
    INTO these, towards, about, since, until, is_contact, event FROM added a;
    IF these[1] = ALL (these) AND towards[1] = ALL (towards) AND since = until THEN
        IF advance(these[1], towards[1], since, 'said', CASE WHEN about[1] = ALL (about) THEN about[1] END, is_contact,
                   event) THEN
            RETURN NULL;
        END IF;
    END IF;
    IF these IS NOT NULL THEN
        PERFORM project(these, since);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION project_holdings() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    these uuid[];
    towards uuid[];
    since timestamptz;
    until timestamptz;
    is_plain boolean := true;
    event text;
BEGIN
    IF current_setting('hub.project', true) = 'later' THEN
        INSERT INTO projection_due SELECT current_setting('hub.act')::uuid, a.customer_id, min(a.happened_at)
        FROM added a GROUP BY a.customer_id;
        RETURN NULL;
    END IF;
    SELECT array_agg(a.customer_id), array_agg(a.organisation_id), min(a.happened_at), max(a.happened_at)
    INTO these, towards, since, until FROM added a;
    IF TG_TABLE_NAME = 'collection' THEN
        SELECT bool_and(a.source = 'CUSTOMER' AND coalesce(a.shown_at <= a.happened_at, true)), CASE WHEN count(*) = 1 THEN min(
            CASE WHEN a.import_id IS NULL THEN concat_ws(' ', '',
                a.optout_offered, coalesce(a.notice_version_id::text, '-'), (SELECT array_agg(DISTINCT k) FROM unnest(a.categories) k)) END) END
        INTO is_plain, event FROM added a;
    END IF;
    IF is_plain AND these[1] = ALL (these) AND towards[1] = ALL (towards) AND since = until THEN
        IF advance(these[1], towards[1], since, 'holding', NULL, TG_TABLE_NAME = 'collection', event) THEN
            RETURN NULL;
        END IF;
    END IF;
    IF these IS NOT NULL THEN
        PERFORM project(these, since);
    END IF;
    RETURN NULL;
END $$;

-- A register is asked about a person, for whoever holds the data.
CREATE FUNCTION project_checks() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    these uuid[];
    since timestamptz;
BEGIN
    SELECT array_agg(DISTINCT customer_id), min(happened_at) INTO these, since FROM added;
    IF these IS NOT NULL AND current_setting('hub.project', true) = 'later' THEN
        INSERT INTO projection_due SELECT current_setting('hub.act')::uuid, customer_id, min(happened_at)
        FROM added GROUP BY customer_id;
    ELSIF these IS NOT NULL THEN
        PERFORM project(these, since);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER project_events AFTER INSERT ON customer_event REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION project_events();
CREATE TRIGGER project_events AFTER INSERT ON registry_check REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION project_checks();
CREATE TRIGGER project_events AFTER INSERT ON collection REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION project_holdings();
CREATE TRIGGER project_events AFTER INSERT ON delivery REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION project_holdings();
CREATE TRIGGER project_events AFTER INSERT ON choice REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION project_words();

-- Who is merged with whom is read beside the rows: a row only says that there is somebody.
CREATE FUNCTION project_family() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    these uuid[] := ARRAY[NEW.id, OLD.survivor_id, NEW.survivor_id];
BEGIN
    UPDATE customer_state s SET joint = family.joint FROM (
        SELECT c.id, c.survivor_id IS NOT NULL OR EXISTS (SELECT FROM customer m WHERE m.survivor_id = c.id) AS joint
        FROM customer c WHERE c.id = ANY (these)) family
    WHERE s.customer_id = family.id AND s.joint <> family.joint;
    UPDATE customer_past p SET joint = s.joint FROM customer_state s
    WHERE p.customer_id = ANY (these) AND s.customer_id = p.customer_id AND s.organisation_id = p.organisation_id
      AND p.joint <> s.joint;
    RETURN NULL;
END $$;
CREATE TRIGGER project_family AFTER UPDATE OF survivor_id ON customer
    FOR EACH ROW WHEN (NEW.survivor_id IS DISTINCT FROM OLD.survivor_id) EXECUTE FUNCTION project_family();

-- Grants: everybody reads; only the functions above write.
GRANT SELECT ON standing, holding, saying, part_step, customer_state, customer_past, customer_standing TO hub_app, hub_read;
REVOKE EXECUTE ON FUNCTION project(uuid[], timestamptz), advance(uuid, uuid, timestamptz, text, uuid, boolean, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION project(uuid[], timestamptz) TO hub_app;

SELECT project(array_agg(c.id), '-infinity') FROM customer c;
