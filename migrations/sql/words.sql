-- The projection, narrower: each word in a column that its purpose's number names, and three days in one number.
--
-- A crowd's time went into reading rows and into telling cases apart. Now a question about a purpose reads one word and one
-- instant, and compares when the customer was last in contact, what retention counts from and when the first register was
-- asked with one subtraction. Customers are laid out anew from their old rows, not from their events.

DROP VIEW customer_standing;
DROP FUNCTION with_said(customer_state, bigint[], timestamptz[]), with_days(customer_state, date[]), days_in(customer_state),
    hold_after(customer_state, timestamptz, text), speak_after(customer_state, timestamptz, uuid, text),
    state_at(uuid, uuid, timestamptz);
ALTER FUNCTION said_in(customer_state) RENAME TO said_before;
ALTER TABLE customer_state RENAME TO customer_state_before;
ALTER TABLE customer_past RENAME TO customer_past_before;
ALTER INDEX customer_state_pkey RENAME TO customer_state_before_pkey;
ALTER INDEX customer_state_joint RENAME TO customer_state_before_joint;
ALTER INDEX customer_past_pkey RENAME TO customer_past_before_pkey;
ALTER INDEX customer_past_closed RENAME TO customer_past_before_closed;
ALTER INDEX customer_past_joint RENAME TO customer_past_before_joint;

-- What a crowd looks at stands in front: the database reads a row up to the last column that is asked for.
CREATE TABLE customer_state (
    organisation_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    valid_from timestamptz NOT NULL,
    standing_id integer NOT NULL,
    holding_id integer NOT NULL,
    times bigint NOT NULL,    -- the days of contact_at, kept_from and checked_at: see `times_of`
    joint boolean NOT NULL,   -- belongs to a family of merged records
    day_1 date,               -- the days on which the categories held came in, ascending; from the fifth on in `days`
    day_2 date,
    day_3 date,
    day_4 date,
    days date[],
    checks timestamptz[],     -- when the standing's registries but the first were asked, in their order
    said bigint[],            -- what the columns below have no room for, ascending; once for each instant that lapses
    lapses timestamptz[],     -- beside `said`: the instants that the timed words turn on, ascending for each purpose; of more
                              -- than seven only the first, and then its code has 1 << 27
    -- What was said: the purpose's number << 32 | saying, in the column of the number's remainder by 16, plus one; what was
    -- said about all in the first. Beside it the one instant on which it turns, if it does. Of two purposes of one column
    -- that of the higher number, and of one purpose what turns on several instants, stand in `said`.
    word_0 bigint, lapse_0 timestamptz,
    word_1 bigint, lapse_1 timestamptz,
    word_2 bigint, lapse_2 timestamptz,
    word_3 bigint, lapse_3 timestamptz,
    word_4 bigint, lapse_4 timestamptz,
    word_5 bigint, lapse_5 timestamptz,
    word_6 bigint, lapse_6 timestamptz,
    word_7 bigint, lapse_7 timestamptz,
    word_8 bigint, lapse_8 timestamptz,
    word_9 bigint, lapse_9 timestamptz,
    word_10 bigint, lapse_10 timestamptz,
    word_11 bigint, lapse_11 timestamptz,
    word_12 bigint, lapse_12 timestamptz,
    word_13 bigint, lapse_13 timestamptz,
    word_14 bigint, lapse_14 timestamptz,
    word_15 bigint, lapse_15 timestamptz,
    word_16 bigint, lapse_16 timestamptz,
    contact_at timestamptz,   -- the customer's last own contact
    kept_from timestamptz,    -- what retention counts from; null while the relationship is active
    checked_at timestamptz    -- when the first of the standing's registries was asked
) WITH (fillfactor = 90);
CREATE TABLE customer_past (LIKE customer_state, valid_to timestamptz NOT NULL CHECK (valid_to > valid_from));

-- Three days in one number, in fields of sixteen bits with a bit above each that is set: to take three other days, so laid
-- out without those bits, from it leaves the bit of each day that is not earlier. In 62 and below the last contact, in 45
-- what retention counts from (both, where there is none, later than all), in 28 the first register (or earlier than all).
-- Days count from 1900, and end in 2079. What they are compared with begins at midnight, UTC.
CREATE FUNCTION times_of(contact timestamptz, kept timestamptz, checked timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT (f.day[1] << 46) | (f.day[2] << 29) | (f.day[3] << 12) FROM (SELECT ARRAY[
        65536 | least(greatest(coalesce((contact AT TIME ZONE 'UTC')::date - '1900-01-01'::date, 65535), 0), 65535)::bigint,
        65536 | least(greatest(coalesce((kept AT TIME ZONE 'UTC')::date - '1900-01-01'::date, 65535), 0), 65535)::bigint,
        65536 | least(greatest(coalesce((checked AT TIME ZONE 'UTC')::date - '1900-01-01'::date, 0), 0), 65534)::bigint
    ] AS day) f
$$;

-- How lists are laid out in a row, and read from it.
CREATE FUNCTION with_times(made customer_state) RETURNS customer_state LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    made.times := times_of(made.contact_at, made.kept_from, made.checked_at);
    RETURN made;
END $$;
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
CREATE FUNCTION words_in(made customer_state) RETURNS bigint[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY[made.word_1, made.word_2, made.word_3, made.word_4, made.word_5, made.word_6, made.word_7,
        made.word_8, made.word_9, made.word_10, made.word_11, made.word_12, made.word_13, made.word_14,
        made.word_15, made.word_16]
$$;
CREATE FUNCTION turns_in(made customer_state) RETURNS timestamptz[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY[made.lapse_1, made.lapse_2, made.lapse_3, made.lapse_4, made.lapse_5, made.lapse_6, made.lapse_7,
        made.lapse_8, made.lapse_9, made.lapse_10, made.lapse_11, made.lapse_12, made.lapse_13, made.lapse_14,
        made.lapse_15, made.lapse_16]
$$;
CREATE FUNCTION with_words(made customer_state, words bigint[], turns timestamptz[]) RETURNS customer_state
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    made.word_1 := words[1]; made.word_2 := words[2]; made.word_3 := words[3]; made.word_4 := words[4];
    made.word_5 := words[5]; made.word_6 := words[6]; made.word_7 := words[7]; made.word_8 := words[8];
    made.word_9 := words[9]; made.word_10 := words[10]; made.word_11 := words[11]; made.word_12 := words[12];
    made.word_13 := words[13]; made.word_14 := words[14]; made.word_15 := words[15]; made.word_16 := words[16];
    made.lapse_1 := turns[1]; made.lapse_2 := turns[2]; made.lapse_3 := turns[3]; made.lapse_4 := turns[4];
    made.lapse_5 := turns[5]; made.lapse_6 := turns[6]; made.lapse_7 := turns[7]; made.lapse_8 := turns[8];
    made.lapse_9 := turns[9]; made.lapse_10 := turns[10]; made.lapse_11 := turns[11]; made.lapse_12 := turns[12];
    made.lapse_13 := turns[13]; made.lapse_14 := turns[14]; made.lapse_15 := turns[15]; made.lapse_16 := turns[16];
    RETURN made;
END $$;

-- All that was said, ascending, once for each instant that lapses; and the instants beside it, null where there are none.
CREATE FUNCTION said_in(made customer_state, OUT said bigint[], OUT lapses timestamptz[]) LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    SELECT array_agg(u.code ORDER BY u.code, u.lapse),
        CASE WHEN max(u.lapse) IS NOT NULL THEN array_agg(u.lapse ORDER BY u.code, u.lapse) END
    INTO said, lapses FROM (
        SELECT made.word_0, made.lapse_0
        UNION ALL SELECT * FROM unnest(words_in(made), turns_in(made))
        UNION ALL SELECT * FROM unnest(made.said, made.lapses)
    ) AS u (code, lapse) WHERE u.code IS NOT NULL;
END $$;
CREATE FUNCTION with_said(made customer_state, codes bigint[], instants timestamptz[]) RETURNS customer_state
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    words bigint[] := array_fill(NULL::bigint, ARRAY[16]);
    turns timestamptz[] := array_fill(NULL::timestamptz, ARRAY[16]);
    place integer;
BEGIN
    made.word_0 := NULL;
    made.lapse_0 := NULL;
    made.said := NULL;
    made.lapses := NULL;
    FOR i IN 1 .. coalesce(cardinality(codes), 0) LOOP
        place := codes[i] >> 32;
        IF codes[i] = codes[i - 1] OR codes[i] = codes[i + 1] OR words[place % 16 + 1] IS NOT NULL AND place > 0 THEN
            made.said := made.said || codes[i];
            made.lapses := made.lapses || instants[i];
        ELSIF place = 0 THEN
            made.word_0 := codes[i];
            made.lapse_0 := instants[i];
        ELSE
            words[place % 16 + 1] := codes[i];
            turns[place % 16 + 1] := instants[i];
        END IF;
    END LOOP;
    made.lapses := nullif(made.lapses, array_fill(NULL::timestamptz, ARRAY[coalesce(cardinality(made.lapses), 0)]));
    RETURN with_words(made, words, turns);
END $$;

-- With one purpose's words in their place. Mostly they fit into its column, whatever else was said.
CREATE FUNCTION with_word(made customer_state, code bigint, instants timestamptz[]) RETURNS customer_state
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    place CONSTANT integer := (code >> 32) % 16 + 1;
    words bigint[] := words_in(made);
    turns timestamptz[];
    spoke record;
BEGIN
    IF code >> 32 > 0 AND made.said IS NULL AND coalesce(cardinality(instants), 0) < 2
       AND coalesce(words[place] >> 32 = code >> 32, true) THEN
        turns := turns_in(made);
        words[place] := code;
        turns[place] := instants[1];
        RETURN with_words(made, words, turns);
    END IF;
    spoke := said_in(made);
    spoke := said_with(spoke.said, spoke.lapses, code, instants);
    RETURN with_said(made, spoke.said, spoke.lapses);
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
    RETURN with_times(made);
END $$;

-- What bears on one purpose (NULL: on all): the words about it and those about all; nothing where no word is about it.
CREATE OR REPLACE FUNCTION said_about(of_customer uuid, towards uuid, moment timestamptz, about uuid,
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
            code := code | (1::bigint << 27);
            lapses := lapses[1:1];
        END IF;
    END IF;
END $$;

-- Rewrites the versions of some customers from `since` on: there is one for each instant at which something happened.
-- Locks the customers in id order first: of two writers to one customer the second waits, and then sees the first
-- one's events. A pair of customer and organisation is written from its beginning when it is first met: before that, what
-- happened to the person elsewhere makes them no customer of the organisation.
CREATE OR REPLACE FUNCTION project(these uuid[], since timestamptz) RETURNS void
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
        SELECT s AS row, i.valid_to FROM (
            SELECT customer_id, organisation_id, at,
                lead(at) OVER (PARTITION BY customer_id, organisation_id ORDER BY at) AS valid_to
            FROM unnest(customers, organisations, instants) AS i (customer_id, organisation_id, at)
        ) i CROSS JOIN LATERAL state_at(i.customer_id, i.organisation_id, i.at) s
    ), past AS (
        INSERT INTO customer_past SELECT (m.row).*, m.valid_to FROM made m WHERE m.valid_to IS NOT NULL
    )
    INSERT INTO customer_state SELECT (m.row).* FROM made m WHERE m.valid_to IS NULL;
END $$;

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
    place integer := (base >> 32) % 16 + 1;
    was bigint := (words_in(made))[place];
    turn timestamptz := (turns_in(made))[place];
    became integer;
    sign bytea;
    spoke record;
BEGIN
    IF (was >> 32) << 32 IS DISTINCT FROM base THEN
        was := made.word_0;  -- what was said about all
        turn := made.lapse_0;
        IF made.said IS NOT NULL THEN
            spoke := said_in(made);
            place := width_bucket(base | 4294967295, spoke.said);
            IF (spoke.said[place] >> 32) << 32 IS DISTINCT FROM base THEN
                place := CASE WHEN spoke.said[1] >> 32 = 0 THEN 1 END;
            END IF;
            was := spoke.said[place];
            turn := spoke.lapses[place];
        END IF;
    END IF;
    was := coalesce(was & 134217727, 0);
    IF turn IS NULL THEN
        sign := sha256(convert_to('saying ' || event, 'UTF8'));
        SELECT k.to_id INTO became FROM part_step k WHERE k.from_id = was AND k.mark = sign;
    END IF;
    IF became IS NOT NULL THEN
        code := base | became;
        RETURN;
    END IF;
    SELECT s.code, s.lapses INTO code, lapses FROM said_about(made.customer_id, made.organisation_id, moment, about) s;
    IF sign IS NOT NULL AND code IS NOT NULL AND lapses IS NULL THEN
        INSERT INTO part_step VALUES (was, sign, code & 134217727) ON CONFLICT DO NOTHING;
    END IF;
END $$;

CREATE OR REPLACE FUNCTION advance(of_customer uuid, towards uuid, moment timestamptz, part text, about uuid, is_contact boolean,
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
    IF is_contact AND is_silence(made.contact_at, moment) AND (said_in(made)).said IS NOT NULL THEN
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
            made := with_word(made, spoke.code, spoke.lapses);
        END IF;
    END IF;
    IF is_contact THEN
        made.contact_at := greatest(made.contact_at, moment);
        SELECT t.relationship INTO relationship FROM standing t WHERE t.id = made.standing_id;
        IF relationship IN ('NONE', 'NEGOTIATING') THEN
            made.kept_from := moment;
        END IF;
        made := with_times(made);
    END IF;
    INSERT INTO customer_past SELECT s.*, moment FROM customer_state s
    WHERE s.customer_id = of_customer AND s.organisation_id = towards AND s.valid_from < moment;
    UPDATE customer_state s SET valid_from = moment, contact_at = made.contact_at, holding_id = made.holding_id,
        times = made.times, day_1 = made.day_1, day_2 = made.day_2, day_3 = made.day_3, day_4 = made.day_4,
        days = made.days, kept_from = made.kept_from, said = made.said, lapses = made.lapses, word_0 = made.word_0,
        lapse_0 = made.lapse_0, word_1 = made.word_1, lapse_1 = made.lapse_1, word_2 = made.word_2, lapse_2 = made.lapse_2,
        word_3 = made.word_3, lapse_3 = made.lapse_3, word_4 = made.word_4, lapse_4 = made.lapse_4, word_5 = made.word_5,
        lapse_5 = made.lapse_5, word_6 = made.word_6, lapse_6 = made.lapse_6, word_7 = made.word_7, lapse_7 = made.lapse_7,
        word_8 = made.word_8, lapse_8 = made.lapse_8, word_9 = made.word_9, lapse_9 = made.lapse_9, word_10 = made.word_10,
        lapse_10 = made.lapse_10, word_11 = made.word_11, lapse_11 = made.lapse_11, word_12 = made.word_12,
        lapse_12 = made.lapse_12, word_13 = made.word_13, lapse_13 = made.lapse_13, word_14 = made.word_14,
        lapse_14 = made.lapse_14, word_15 = made.word_15, lapse_15 = made.lapse_15, word_16 = made.word_16,
        lapse_16 = made.lapse_16
    WHERE s.customer_id = of_customer AND s.organisation_id = towards;
    RETURN true;
END $$;

-- Rows as they were, laid out anew.
CREATE FUNCTION moved(old customer_state_before) RETURNS customer_state LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    made customer_state;
BEGIN
    SELECT old.organisation_id, old.customer_id, old.valid_from, old.contact_at, old.standing_id, old.holding_id,
        old.joint, old.day_1, old.day_2, old.day_3, old.day_4, old.kept_from, old.checked_at, old.days, old.checks
    INTO made.organisation_id, made.customer_id, made.valid_from, made.contact_at, made.standing_id,
        made.holding_id, made.joint, made.day_1, made.day_2, made.day_3, made.day_4, made.kept_from,
        made.checked_at, made.days, made.checks;
    -- The bit of words that turn on many instants was the 31st, and is the 27th.
    RETURN with_times(with_said(made, ARRAY(SELECT CASE WHEN c.code & (1::bigint << 31) = 0 THEN c.code
        ELSE c.code - (1::bigint << 31) + (1::bigint << 27) END FROM unnest(said_before(old)) WITH ORDINALITY AS c (code, place)
        ORDER BY c.place), old.lapses));
END $$;
INSERT INTO customer_state SELECT s.* FROM customer_state_before b CROSS JOIN LATERAL moved(b) s;
INSERT INTO customer_past SELECT s.*, b.valid_to FROM customer_past_before b CROSS JOIN LATERAL moved(ROW(b.organisation_id,
    b.customer_id, b.valid_from, b.about, b.timed, b.contact_at, b.standing_id, b.holding_id, b.joint, b.day_1, b.day_2, b.day_3,
    b.day_4, b.kept_from, b.checked_at, b.said_1, b.said_2, b.said_3, b.said_4, b.said, b.lapses, b.days, b.checks
    )::customer_state_before) s ORDER BY b.valid_to;
DROP FUNCTION moved(customer_state_before), said_before(customer_state_before), mark_of(bigint);
DROP TABLE customer_state_before, customer_past_before;

ALTER TABLE customer_state ADD CONSTRAINT customer_state_pkey PRIMARY KEY (customer_id, organisation_id);
CREATE INDEX customer_state_joint ON customer_state (organisation_id, customer_id) WHERE joint;
ALTER TABLE customer_past ADD CONSTRAINT customer_past_pkey PRIMARY KEY (customer_id, organisation_id, valid_from);
-- Versions are closed in the order of time, nearly: an instant in the past skips what was closed before it.
CREATE INDEX customer_past_closed ON customer_past USING brin (valid_to) WITH (pages_per_range = 32);
CREATE INDEX customer_past_joint ON customer_past (organisation_id, valid_to) WHERE joint;
ANALYZE customer_state, customer_past;

-- How a customer stands, in words, for reading one or a page of them.
CREATE VIEW customer_standing AS
    SELECT s.organisation_id, s.customer_id, s.valid_from, s.contact_at, t.jurisdictions, t.relationship, t.age,
        t.restricted, t.held, t.erased,
        (SELECT max(e.happened_at) FROM customer_event e WHERE e.customer_id = s.customer_id
            AND e.organisation_id = s.organisation_id AND e.aspect = 'RELATIONSHIP') AS relationship_at
    FROM customer_state s JOIN standing t ON t.id = s.standing_id;
GRANT SELECT ON customer_state, customer_past, customer_standing TO hub_app, hub_read;
