-- Acts that share a statement share its work too: they are opened, recorded and written by one INSERT for each table, looked
-- at by one look for each guard, and their customers moved on by one statement for each part of the state.

-- Guards that looked row by row look once at all rows of a statement, and refuse what they refused.

CREATE FUNCTION guard_entries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added e LEFT JOIN public.act a ON a.id = e.act_id AND a.xid = pg_current_xact_id()
               WHERE a.id IS NULL OR e.xid <> a.xid OR e.recorded_at <> now()
                  OR (e.actor_kind, e.actor_id) IS DISTINCT FROM (a.actor_kind, a.actor_id)) THEN
        RAISE EXCEPTION 'ledger entry outside its act' USING ERRCODE = 'HB001';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER guard_entry ON ledger_entry;
DROP FUNCTION guard_entry();
CREATE TRIGGER guard_entries AFTER INSERT ON ledger_entry REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION guard_entries();

-- What an event names; its customer too, who was looked up by a foreign key, row by row.
CREATE FUNCTION guard_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added a WHERE NOT EXISTS (SELECT FROM organisation o WHERE o.id = a.organisation_id)
                                      OR NOT EXISTS (SELECT FROM customer c WHERE c.id = a.customer_id)) THEN
        RAISE EXCEPTION 'an event names an organisation or a customer that is not there'
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF EXISTS (SELECT FROM added a WHERE a.notice_version_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM notice_version v JOIN notice n ON n.id = v.notice_id WHERE v.id = a.notice_version_id
                AND v.published_at IS NOT NULL AND n.organisation_id = a.organisation_id)) THEN
        RAISE EXCEPTION 'only what its organisation has published can have been shown' USING ERRCODE = 'HB005';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION guard_named() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added a WHERE a.purpose_id IS NOT NULL AND NOT EXISTS (
                   SELECT FROM purpose p WHERE p.id = a.purpose_id AND p.organisation_id = a.organisation_id)
               OR a.recipient_id IS NOT NULL AND NOT EXISTS (
                   SELECT FROM recipient r WHERE r.id = a.recipient_id AND r.organisation_id = a.organisation_id)) THEN
        RAISE EXCEPTION 'a choice names what its organisation does not have' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON customer FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();
ALTER TABLE collection DROP CONSTRAINT collection_customer_id_fkey;
ALTER TABLE delivery DROP CONSTRAINT delivery_customer_id_fkey;
ALTER TABLE choice DROP CONSTRAINT choice_customer_id_fkey;
DROP TRIGGER guard_shown ON collection;
DROP TRIGGER guard_shown ON delivery;
DROP TRIGGER guard_shown ON choice;
DROP TRIGGER guard_named ON choice;
CREATE TRIGGER guard_events AFTER INSERT ON collection REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION guard_events();
CREATE TRIGGER guard_events AFTER INSERT ON delivery REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION guard_events();
CREATE TRIGGER guard_events AFTER INSERT ON choice REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION guard_events();
CREATE TRIGGER guard_named AFTER INSERT ON choice REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION guard_named();

-- As `was_disclosed` says it, without a call for each customer.
CREATE OR REPLACE FUNCTION note_happening() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO recheck (customer_id)
    SELECT DISTINCT a.customer_id FROM added a
    WHERE EXISTS (SELECT FROM disclosure x WHERE x.customer_id = a.customer_id)
       OR EXISTS (SELECT FROM customer c WHERE c.id = a.customer_id AND c.survivor_id IS NOT NULL)
       OR EXISTS (SELECT FROM customer c WHERE c.survivor_id = a.customer_id);
    RETURN NULL;
END $$;

-- An entry carries the actor of its act.
CREATE OR REPLACE FUNCTION ledger_append(
    entry_id uuid, event text, subject uuid, commitment bytea, subjects uuid[], leaves bytea[], bodies bytea[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    this act;
BEGIN
    SELECT * INTO this FROM act WHERE id = nullif(current_setting('hub.act', true), '')::uuid AND xid = pg_current_xact_id();
    IF this.id IS NULL THEN
        this := this_act('ledger_entry');
    END IF;
    INSERT INTO ledger_entry (id, act_id, event, subject, actor_kind, actor_id, commitment, detail_count)
    VALUES (entry_id, this.id, event, subject, this.actor_kind, this.actor_id, commitment, cardinality(bodies));
    INSERT INTO ledger_detail (entry_id, index, subject, leaf_hash, body)
    SELECT entry_id, detail.ordinality - 1, detail.subject, detail.leaf_hash, detail.body
    FROM unnest(subjects, leaves, bodies) WITH ORDINALITY AS detail (subject, leaf_hash, body, ordinality);
END $$;

-- Whole acts, all that share a statement, with their entries. The last of them is the one that is open while their rows are
-- written, and is looked at again at commit; the others can write nothing that is not written here.
CREATE FUNCTION open_acts(acts whole_act[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    WITH opened AS (
        INSERT INTO act (id, operation, actor_kind, actor_id, organisation_id)
        SELECT w.id, w.operation, w.actor_kind, w.actor_id, w.organisation_id FROM unnest(acts) w
    ), recorded AS (
        INSERT INTO ledger_entry (id, act_id, event, subject, actor_kind, actor_id, commitment, detail_count)
        SELECT w.entry_id, w.id, w.event, w.subject, w.actor_kind, w.actor_id, w.commitment, cardinality(w.bodies)
        FROM unnest(acts) w
    )
    INSERT INTO ledger_detail (entry_id, index, subject, leaf_hash, body)
    SELECT w.entry_id, d.ordinality - 1, d.subject, d.leaf_hash, d.body FROM unnest(acts) w
    CROSS JOIN LATERAL unnest(w.detail_subjects, w.leaves, w.bodies) WITH ORDINALITY AS d (subject, leaf_hash, body, ordinality);
END $$;
REVOKE EXECUTE ON FUNCTION open_acts(whole_act[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_acts(whole_act[]) TO hub_app;

CREATE FUNCTION guard_unopened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added a WHERE a.id IS DISTINCT FROM nullif(current_setting('hub.act', true), '')::uuid
               AND NOT EXISTS (SELECT FROM public.ledger_entry e WHERE e.act_id = a.id)) THEN
        RAISE EXCEPTION 'an act that is not open is recorded where it is made' USING ERRCODE = 'HB002';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER guard_unopened AFTER INSERT ON act REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION guard_unopened();
DROP TRIGGER close_act ON act;
CREATE CONSTRAINT TRIGGER close_act AFTER INSERT ON act DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.id = nullif(current_setting('hub.act', true), '')::uuid) EXECUTE FUNCTION close_act();

DROP FUNCTION open_whole(whole_act);
CREATE FUNCTION open_whole(acts whole_act[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    last CONSTANT whole_act := acts[cardinality(acts)];
BEGIN
    PERFORM open_act(last.id, last.operation, last.actor_kind, last.actor_id, last.organisation_id);
    PERFORM open_acts(acts);
    IF EXISTS (SELECT FROM unnest(acts) w WHERE w.once_key IS NOT NULL) THEN
        INSERT INTO idempotent_answer (id, actor_id, key, operation, fingerprint, answer, created_at, expires_at)
        SELECT w.id, coalesce(w.actor_id, '00000000-0000-0000-0000-000000000000'), w.once_key, w.operation,
            w.once_fingerprint, w.once_answer::jsonb, now(), now() + interval '1 day'
        FROM unnest(acts) w WHERE w.once_key IS NOT NULL;
    END IF;
END $$;

-- Deliveries come first: what came in at the same instant is read under what was just told.
CREATE OR REPLACE FUNCTION add_events(of_act uuid, choices new_choice[], collections new_collection[], deliveries new_delivery[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    kept kept_events;
BEGIN
    kept.act.id := of_act;
    kept.choices := choices;
    kept.collections := collections;
    kept.deliveries := deliveries;
    PERFORM add_events(ARRAY[kept]);
END $$;
CREATE FUNCTION add_events(kept kept_events[]) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    has record;
BEGIN
    SELECT sum(cardinality(k.choices)) AS choices, sum(cardinality(k.collections)) AS collections,
        sum(cardinality(k.deliveries)) AS deliveries INTO has FROM unnest(kept) k;
    IF has.deliveries > 0 THEN
        INSERT INTO delivery (id, customer_id, organisation_id, notice_version_id, how, locale, happened_at, proof,
                              recorded_at, act_id)
        SELECT n.*, now(), (k.act).id FROM unnest(kept) k CROSS JOIN LATERAL unnest(k.deliveries) n;
    END IF;
    IF has.collections > 0 THEN
        INSERT INTO collection (id, customer_id, organisation_id, source, categories, notice_version_id, shown_how, shown_at,
                                optout_offered, happened_at, recorded_at, act_id)
        SELECT n.*, now(), (k.act).id FROM unnest(kept) k CROSS JOIN LATERAL unnest(k.collections) n;
    END IF;
    IF has.choices > 0 THEN
        INSERT INTO choice (id, customer_id, organisation_id, kind, action, purpose_id, channel, recipient_id, grade, ends_at,
                            wording, wording_sha256, notice_version_id, method, happened_at, evidence, recorded_at, act_id)
        SELECT n.*, now(), (k.act).id FROM unnest(kept) k CROSS JOIN LATERAL unnest(k.choices) n;
    END IF;
END $$;

-- Their customers are held in the order of their ids, so that two statements never wait for each other.
CREATE OR REPLACE FUNCTION keep_events(kept kept_events[]) RETURNS timestamptz
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    met bigint;
    is_gone boolean;
BEGIN
    SELECT count(*), bool_or(h.is_gone) INTO met, is_gone FROM (
        SELECT c.erased_at IS NOT NULL AS is_gone FROM unnest(kept) k JOIN customer c ON c.id = k.customer_id
        WHERE EXISTS (SELECT FROM customer_state s WHERE s.customer_id = c.id AND s.organisation_id = k.towards)
           OR EXISTS (SELECT FROM identifier i WHERE i.customer_id = c.id AND i.organisation_id = k.towards)
        ORDER BY c.id FOR NO KEY UPDATE OF c) h;
    IF met < (SELECT count(k.customer_id) FROM unnest(kept) k) THEN
        RAISE EXCEPTION 'the customer is none of the organisation' USING ERRCODE = 'HB008';
    ELSIF is_gone THEN
        RAISE EXCEPTION 'the customer is erased' USING ERRCODE = 'HB009';
    END IF;
    PERFORM open_whole(ARRAY(SELECT k.act FROM unnest(kept) k));
    PERFORM add_events(kept);
    RETURN now();
END $$;

CREATE OR REPLACE FUNCTION keep_decisions(kept kept_act[]) RETURNS void
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM open_whole(ARRAY(SELECT k.act FROM unnest(kept) k));
    INSERT INTO decision (id, organisation_id, question, facts, outcome, rule, rules_version, actor_kind, actor_id,
                          act_id, decided_at)
    SELECT d.id, (k.act).organisation_id, d.question::jsonb, d.facts::jsonb, d.outcome, d.rule, k.rules_version,
           (k.act).actor_kind, (k.act).actor_id, (k.act).id, k.gathered_at
    FROM unnest(kept) k CROSS JOIN LATERAL unnest(k.decision_ids, k.questions, k.facts, k.outcomes, k.rules)
        AS d (id, question, facts, outcome, rule);
    INSERT INTO decision_subject
        (id, decision_id, customer_id, clause_id, notice_version_id, collection_id, delivery_id)
    SELECT s.* FROM unnest(kept) k CROSS JOIN LATERAL unnest(k.subject_ids, k.subject_decisions, k.customers, k.clauses,
                                                             k.versions, k.collections, k.deliveries) s;
END $$;

-- In one expression, which the database folds into the statement that asks.
CREATE OR REPLACE FUNCTION times_of(contact timestamptz, kept timestamptz, checked timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
    SELECT ((65536 | least(greatest(coalesce((contact AT TIME ZONE 'UTC')::date - '1900-01-01'::date, 65535), 0), 65535)::bigint) << 46)
         | ((65536 | least(greatest(coalesce((kept AT TIME ZONE 'UTC')::date - '1900-01-01'::date, 65535), 0), 65535)::bigint) << 29)
         | ((65536 | least(greatest(coalesce((checked AT TIME ZONE 'UTC')::date - '1900-01-01'::date, 0), 0), 65534)::bigint) << 12)
$$;

-- What a part of the state becomes by an event follows from what it was (`part_step`): told of a delivery, holding of a
-- collection, saying of a word about one purpose.
CREATE FUNCTION mark_of(part text, event text) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(part || ' ' || event, 'UTF8'))
$$;

-- What happened to one customer by one statement. at: when, null where not all of it was at one instant or it is not
-- everyday; about: the one purpose that was spoken of; event: its description without an instant, where it is one event.
CREATE TYPE happened AS (
    customer_id uuid, organisation_id uuid, at timestamptz, about uuid, is_contact boolean, event text
);

-- The holding after a delivery of a version, where some version was told before: without any, it may govern what came in
-- within the last month.
CREATE FUNCTION holding_told(content jsonb, version text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN bool_or(t.told ->> 0 = version) THEN content ELSE jsonb_set(content, '{told}',
        content -> 'told' || jsonb_build_array(jsonb_build_array(version, 1 + max((t.told ->> 1)::integer)))) END
    FROM jsonb_array_elements(content -> 'told') AS t (told) HAVING count(*) > 0
$$;

-- The holding after a collection by the customer, on the last of the days, its version shown at once or never; and which of
-- the days it still needs. event: see `project_holdings`. Without a version the last that was told governs.
CREATE FUNCTION holding_added(content jsonb, event text, day integer, OUT became jsonb, OUT slots integer[])
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    was_offered CONSTANT boolean := split_part(event, ' ', 2)::boolean;
    shown CONSTANT uuid := nullif(split_part(event, ' ', 3), '-')::uuid;
    categories CONSTANT uuid[] := split_part(event, ' ', 4)::uuid[];
    governed_by uuid := shown;
BEGIN
    IF shown IS NULL THEN
        SELECT (t.told ->> 0)::uuid INTO governed_by FROM jsonb_array_elements(content -> 'told') AS t (told)
        ORDER BY (t.told ->> 1)::integer DESC, (t.told ->> 0)::uuid LIMIT 1;
    END IF;
    SELECT jsonb_set(content, '{intake}', jsonb_agg(jsonb_build_array(r.category, r.source, r.version, r.governing, r.offered, r.slot)
                                                    ORDER BY r.category)), array_agg(DISTINCT r.was)
    INTO became, slots FROM (
        SELECT i.*, dense_rank() OVER (ORDER BY i.was) AS slot FROM (
            SELECT (o.held ->> 0)::uuid AS category, o.held -> 1 AS source, o.held -> 2 AS version, o.held -> 3 AS governing,
                o.held -> 4 AS offered, (o.held ->> 5)::integer AS was
            FROM jsonb_array_elements(content -> 'intake') AS o (held) WHERE (o.held ->> 0)::uuid <> ALL (categories)
            UNION ALL SELECT c, to_jsonb('CUSTOMER'::text), to_jsonb(shown), to_jsonb(governed_by),
                to_jsonb(was_offered), day FROM unnest(categories) c
        ) i
    ) r;
END $$;

-- Either of them, replayed where its event is not one alone, and remembered.
DROP FUNCTION hold_after(customer_state, timestamptz, text);
CREATE FUNCTION hold_after(made customer_state, moment timestamptz, part text, event text,
    OUT holding_id integer, OUT collected_on date[])
LANGUAGE plpgsql AS $$
DECLARE
    day CONSTANT date := (moment AT TIME ZONE 'UTC')::date;
    before CONSTANT date[] := days_in(made);
    days CONSTANT date[] := CASE WHEN part = 'told' OR before[cardinality(before)] = day THEN before ELSE before || day END;
    sign CONSTANT bytea := mark_of(part, CASE part WHEN 'told' THEN '' ELSE (days = before)::text END || event);
    content CONSTANT jsonb := (SELECT h.content FROM holding h WHERE h.id = made.holding_id AND sign IS NOT NULL);
    held record;
    became jsonb;
    slots integer[];
BEGIN
    IF part = 'told' THEN
        became := holding_told(content, event);
        slots := ARRAY(SELECT generate_series(1, cardinality(days)));
    ELSIF sign IS NOT NULL THEN
        SELECT a.became, a.slots INTO became, slots FROM holding_added(content, event, cardinality(days)) a;
    END IF;
    IF became IS NULL THEN
        held := holding_at(made.customer_id, made.organisation_id, moment);
        holding_id := holding_of(held.content);
        collected_on := held.collected_on;
    ELSE
        holding_id := holding_of(became);
        collected_on := days_kept(days, slots);
        INSERT INTO part_step VALUES (made.holding_id, sign, holding_id, slots) ON CONFLICT DO NOTHING;
    END IF;
END $$;
CREATE FUNCTION days_kept(days date[], slots integer[]) RETURNS date[] LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN cardinality(slots) = cardinality(days) THEN days
        ELSE ARRAY(SELECT days[k.slot] FROM unnest(slots) WITH ORDINALITY AS k (slot, place) ORDER BY k.place) END
$$;

-- One customer, whatever it takes: `part` is replayed where no step is known. false: the whole state has to be.
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
    -- Of two events at one instant the restrictive one wins: that takes a replay. What was told then is in the holding, so one
    -- collection beside it is none of those.
    IF moment = made.valid_from AND (part <> 'holding' OR 1 < (SELECT count(*) FROM collection c
            WHERE c.customer_id = of_customer AND c.organisation_id = towards AND c.happened_at = moment)) THEN
        event := NULL;
    END IF;
    IF is_contact AND is_silence(made.contact_at, moment) AND (said_in(made)).said IS NOT NULL THEN
        IF part = 'holding' THEN
            RETURN false;  -- what was said before this silence has ended
        END IF;
        about := NULL;
    END IF;
    IF part <> 'saying' THEN
        held := hold_after(made, moment, part, event);
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

-- Many customers at once, where a step is known: their states as they were become versions, and their parts take the step.
-- Each returns what it left.
CREATE FUNCTION step_holdings(these happened[], part text) RETURNS happened[] LANGUAGE plpgsql AS $$
BEGIN
    WITH step AS MATERIALIZED (
        SELECT h.*, k.to_id, k.kept, d.days, greatest(s.contact_at, CASE WHEN h.is_contact THEN h.at END) AS contact_at,
            CASE WHEN h.is_contact AND t.relationship IN ('NONE', 'NEGOTIATING') THEN h.at ELSE s.kept_from END AS kept_from
        FROM unnest(these) h
        JOIN customer_state s ON s.customer_id = h.customer_id AND s.organisation_id = h.organisation_id
        JOIN standing t ON t.id = s.standing_id
        CROSS JOIN LATERAL (SELECT days_in(s) AS before, (h.at AT TIME ZONE 'UTC')::date AS day OFFSET 0) b
        CROSS JOIN LATERAL (SELECT coalesce(b.before[cardinality(b.before)] = b.day, false) AS is_known) n
        CROSS JOIN LATERAL (SELECT CASE WHEN part = 'told' OR n.is_known THEN b.before ELSE b.before || b.day END AS days) d
        JOIN part_step k ON k.from_id = s.holding_id
            AND k.mark = mark_of(part, CASE part WHEN 'told' THEN '' ELSE n.is_known::text END || h.event)
        WHERE (h.at > s.valid_from OR h.at = s.valid_from AND part = 'holding' AND 1 = (SELECT count(*) FROM collection c
                  WHERE c.customer_id = h.customer_id AND c.organisation_id = h.organisation_id AND c.happened_at = h.at))
          AND NOT (h.is_contact AND coalesce(is_silence(s.contact_at, h.at), false))
    ), past AS (
        INSERT INTO customer_past SELECT s.*, e.at FROM step e
        JOIN customer_state s ON s.customer_id = e.customer_id AND s.organisation_id = e.organisation_id AND s.valid_from < e.at
    ), taken AS (
        UPDATE customer_state s SET valid_from = e.at, holding_id = e.to_id, contact_at = e.contact_at, kept_from = e.kept_from,
            times = times_of(e.contact_at, e.kept_from, s.checked_at), day_1 = e.days[1], day_2 = e.days[2], day_3 = e.days[3],
            day_4 = e.days[4], days = nullif(e.days[5:], '{}')
        FROM (SELECT g.customer_id, g.organisation_id, g.at, g.to_id, g.contact_at, g.kept_from,
                  CASE WHEN cardinality(g.kept) = cardinality(g.days) THEN g.days ELSE days_kept(g.days, g.kept) END AS days
              FROM step g OFFSET 0) e
        WHERE s.customer_id = e.customer_id AND s.organisation_id = e.organisation_id
        RETURNING s.customer_id, s.organisation_id
    )
    SELECT array_agg(h) INTO these FROM unnest(these) h WHERE NOT EXISTS (
        SELECT FROM taken k WHERE k.customer_id = h.customer_id AND k.organisation_id = h.organisation_id);
    RETURN these;
END $$;

-- A word stands in the column that its purpose's number names, unless another purpose's does.
CREATE FUNCTION step_words(these happened[]) RETURNS happened[] LANGUAGE plpgsql AS $$
BEGIN
    WITH step AS MATERIALIZED (
        SELECT h.*, p.number % 16 + 1 AS place, (p.number::bigint << 32) | k.to_id AS code,
            greatest(s.contact_at, CASE WHEN h.is_contact THEN h.at END) AS contact_at,
            CASE WHEN h.is_contact AND t.relationship IN ('NONE', 'NEGOTIATING') THEN h.at ELSE s.kept_from END AS kept_from
        FROM unnest(these) h
        JOIN purpose p ON p.id = h.about
        JOIN customer_state s ON s.customer_id = h.customer_id AND s.organisation_id = h.organisation_id
        JOIN standing t ON t.id = s.standing_id
        CROSS JOIN LATERAL (SELECT (words_in(s))[p.number % 16 + 1] AS word, (turns_in(s))[p.number % 16 + 1] AS turn OFFSET 0) o
        JOIN part_step k ON k.from_id = (coalesce(o.word, s.word_0, 0) & 134217727)::integer AND k.mark = mark_of('saying', h.event)
        WHERE h.at > s.valid_from AND s.said IS NULL AND (o.word >> 32 = p.number) IS NOT FALSE
          AND CASE WHEN o.word IS NULL THEN s.lapse_0 ELSE o.turn END IS NULL
          AND NOT (h.is_contact AND coalesce(is_silence(s.contact_at, h.at), false))
    ), past AS (
        INSERT INTO customer_past SELECT s.*, e.at FROM step e
        JOIN customer_state s ON s.customer_id = e.customer_id AND s.organisation_id = e.organisation_id AND s.valid_from < e.at
    ), taken AS (
        UPDATE customer_state s SET valid_from = e.at, contact_at = e.contact_at, kept_from = e.kept_from,
        times = times_of(e.contact_at, e.kept_from, s.checked_at),
        word_1 = CASE e.place WHEN 1 THEN e.code ELSE s.word_1 END, lapse_1 = CASE e.place WHEN 1 THEN NULL ELSE s.lapse_1 END,
        word_2 = CASE e.place WHEN 2 THEN e.code ELSE s.word_2 END, lapse_2 = CASE e.place WHEN 2 THEN NULL ELSE s.lapse_2 END,
        word_3 = CASE e.place WHEN 3 THEN e.code ELSE s.word_3 END, lapse_3 = CASE e.place WHEN 3 THEN NULL ELSE s.lapse_3 END,
        word_4 = CASE e.place WHEN 4 THEN e.code ELSE s.word_4 END, lapse_4 = CASE e.place WHEN 4 THEN NULL ELSE s.lapse_4 END,
        word_5 = CASE e.place WHEN 5 THEN e.code ELSE s.word_5 END, lapse_5 = CASE e.place WHEN 5 THEN NULL ELSE s.lapse_5 END,
        word_6 = CASE e.place WHEN 6 THEN e.code ELSE s.word_6 END, lapse_6 = CASE e.place WHEN 6 THEN NULL ELSE s.lapse_6 END,
        word_7 = CASE e.place WHEN 7 THEN e.code ELSE s.word_7 END, lapse_7 = CASE e.place WHEN 7 THEN NULL ELSE s.lapse_7 END,
        word_8 = CASE e.place WHEN 8 THEN e.code ELSE s.word_8 END, lapse_8 = CASE e.place WHEN 8 THEN NULL ELSE s.lapse_8 END,
        word_9 = CASE e.place WHEN 9 THEN e.code ELSE s.word_9 END, lapse_9 = CASE e.place WHEN 9 THEN NULL ELSE s.lapse_9 END,
        word_10 = CASE e.place WHEN 10 THEN e.code ELSE s.word_10 END, lapse_10 = CASE e.place WHEN 10 THEN NULL ELSE s.lapse_10 END,
        word_11 = CASE e.place WHEN 11 THEN e.code ELSE s.word_11 END, lapse_11 = CASE e.place WHEN 11 THEN NULL ELSE s.lapse_11 END,
        word_12 = CASE e.place WHEN 12 THEN e.code ELSE s.word_12 END, lapse_12 = CASE e.place WHEN 12 THEN NULL ELSE s.lapse_12 END,
        word_13 = CASE e.place WHEN 13 THEN e.code ELSE s.word_13 END, lapse_13 = CASE e.place WHEN 13 THEN NULL ELSE s.lapse_13 END,
        word_14 = CASE e.place WHEN 14 THEN e.code ELSE s.word_14 END, lapse_14 = CASE e.place WHEN 14 THEN NULL ELSE s.lapse_14 END,
        word_15 = CASE e.place WHEN 15 THEN e.code ELSE s.word_15 END, lapse_15 = CASE e.place WHEN 15 THEN NULL ELSE s.lapse_15 END,
        word_16 = CASE e.place WHEN 16 THEN e.code ELSE s.word_16 END, lapse_16 = CASE e.place WHEN 16 THEN NULL ELSE s.lapse_16 END
        FROM step e WHERE s.customer_id = e.customer_id AND s.organisation_id = e.organisation_id
        RETURNING s.customer_id, s.organisation_id
    )
    SELECT array_agg(h) INTO these FROM unnest(these) h WHERE NOT EXISTS (
        SELECT FROM taken k WHERE k.customer_id = h.customer_id AND k.organisation_id = h.organisation_id);
    RETURN these;
END $$;

-- Moves customers on by what happened to them since an instant: by a step, else one by one, else by a replay of all.
CREATE FUNCTION move_on(these happened[], part text, since timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    h happened;
    left_over uuid[];
BEGIN
    PERFORM FROM customer c WHERE c.id IN (SELECT o.customer_id FROM unnest(these) o) ORDER BY c.id FOR NO KEY UPDATE;
    these := CASE part WHEN 'saying' THEN step_words(these) ELSE step_holdings(these, part) END;
    FOREACH h IN ARRAY coalesce(these, '{}') LOOP
        IF h.at IS NULL OR NOT advance(h.customer_id, h.organisation_id, h.at, part, h.about, h.is_contact, h.event) THEN
            left_over := left_over || h.customer_id;
        END IF;
    END LOOP;
    IF left_over IS NOT NULL THEN
        PERFORM project(left_over, since);
    END IF;
END $$;
REVOKE EXECUTE ON FUNCTION step_words(happened[]), step_holdings(happened[], text), move_on(happened[], text, timestamptz) FROM PUBLIC;

-- What is said by customers, or given by or told to them, is mostly later than all there is of theirs. A plan is made for each
-- table, so a column may be named that only one of them has.
CREATE OR REPLACE FUNCTION project_words() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    these happened[];
    since timestamptz;
BEGIN
    IF current_setting('hub.project', true) = 'later' THEN
        INSERT INTO projection_due SELECT current_setting('hub.act')::uuid, a.customer_id, min(a.happened_at)
        FROM added a GROUP BY a.customer_id;
        RETURN NULL;
    END IF;
    SELECT array_agg(ROW(g.customer_id, g.organisation_id, CASE WHEN g.since = g.until THEN g.since END,
            CASE WHEN g.about[1] = ALL (g.about) THEN g.about[1] END, g.is_contact, g.event)::happened), min(g.since)
    INTO these, since FROM (
        SELECT a.customer_id, a.organisation_id, min(a.happened_at) AS since, max(a.happened_at) AS until,
            array_agg(a.purpose_id) AS about,
            bool_or(a.kind <> 'SIGNAL' AND a.action NOT IN ('ASKED', 'UPHELD', 'OVERRULED')) AS is_contact,
            CASE WHEN count(*) = 1 THEN min(CASE WHEN a.ends_at IS NULL AND NOT (a.kind = 'CONSENT' AND a.action = 'GIVEN'
                                                      AND coalesce(a.channel, '') IN ('PHONE', 'AUTO_CALL'))
                THEN concat_ws(' ', a.kind, a.action, coalesce(a.channel, '-'), coalesce(a.recipient_id::text, '-'), a.grade) END)
            END AS event
        FROM added a GROUP BY a.customer_id, a.organisation_id) g;
    IF these IS NOT NULL THEN
        PERFORM move_on(these, 'saying', since);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION project_holdings() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    these happened[];
    since timestamptz;
BEGIN
    IF current_setting('hub.project', true) = 'later' THEN
        INSERT INTO projection_due SELECT current_setting('hub.act')::uuid, a.customer_id, min(a.happened_at)
        FROM added a GROUP BY a.customer_id;
        RETURN NULL;
    END IF;
    IF TG_TABLE_NAME = 'collection' THEN
        SELECT array_agg(ROW(g.customer_id, g.organisation_id, CASE WHEN g.since = g.until AND g.is_plain THEN g.since END, NULL,
                             true, g.event)::happened), min(g.since)
        INTO these, since FROM (
            SELECT a.customer_id, a.organisation_id, min(a.happened_at) AS since, max(a.happened_at) AS until,
                bool_and(a.source = 'CUSTOMER' AND coalesce(a.shown_at <= a.happened_at, true)) AS is_plain,
                CASE WHEN count(*) = 1 THEN min(CASE WHEN a.import_id IS NULL THEN concat_ws(' ', '', a.optout_offered,
                    coalesce(a.notice_version_id::text, '-'), (SELECT array_agg(DISTINCT k) FROM unnest(a.categories) k)) END)
                END AS event
            FROM added a GROUP BY a.customer_id, a.organisation_id) g;
    ELSE
        SELECT array_agg(ROW(g.customer_id, g.organisation_id, CASE WHEN g.since = g.until THEN g.since END, NULL, false,
                             g.event)::happened), min(g.since)
        INTO these, since FROM (
            SELECT a.customer_id, a.organisation_id, min(a.happened_at) AS since, max(a.happened_at) AS until,
                CASE WHEN count(*) = 1 THEN min(CASE WHEN a.import_id IS NULL THEN a.notice_version_id::text END) END AS event
            FROM added a GROUP BY a.customer_id, a.organisation_id) g;
    END IF;
    IF these IS NOT NULL THEN
        PERFORM move_on(these, CASE TG_TABLE_NAME WHEN 'collection' THEN 'holding' ELSE 'told' END, since);
    END IF;
    RETURN NULL;
END $$;
