-- Whole acts in one statement: each opens itself, writes its ledger entry, remembers its answer under an idempotency key,
-- and keeps its rows, by the same guards as any other act. Several acts may share the statement, and so a commit: all of
-- them stand or none does.
CREATE TYPE whole_act AS (
    id uuid, operation text, actor_kind text, actor_id uuid, organisation_id uuid,
    entry_id uuid, event text, subject uuid, commitment bytea, detail_subjects uuid[], leaves bytea[], bodies bytea[],
    once_key text, once_fingerprint bytea, once_answer text
);

CREATE FUNCTION open_whole(w whole_act) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM open_act(w.id, w.operation, w.actor_kind, w.actor_id, w.organisation_id);
    IF w.once_key IS NOT NULL THEN
        INSERT INTO idempotent_answer (id, actor_id, key, operation, fingerprint, answer, created_at, expires_at)
        VALUES (w.id, coalesce(w.actor_id, '00000000-0000-0000-0000-000000000000'), w.once_key, w.operation,
                w.once_fingerprint, w.once_answer::jsonb, now(), now() + interval '1 day');
    END IF;
    PERFORM ledger_append(w.entry_id, w.event, w.subject, w.commitment, w.detail_subjects, w.leaves, w.bodies);
END $$;

-- What happened to customers, as an act brings it: the database adds which act it was, and when it was told.
CREATE TYPE new_choice AS (
    id uuid, customer_id uuid, organisation_id uuid, kind text, action text, purpose_id uuid, channel text,
    recipient_id uuid, grade text, ends_at timestamptz, wording text, wording_sha256 text, notice_version_id uuid,
    method text, happened_at timestamptz, evidence bytea
);
CREATE TYPE new_collection AS (
    id uuid, customer_id uuid, organisation_id uuid, source text, categories uuid[], notice_version_id uuid,
    shown_how text, shown_at timestamptz, optout_offered boolean, happened_at timestamptz
);
CREATE TYPE new_delivery AS (
    id uuid, customer_id uuid, organisation_id uuid, notice_version_id uuid, how text, locale text,
    happened_at timestamptz, proof bytea
);

CREATE FUNCTION add_events(of_act uuid, choices new_choice[], collections new_collection[], deliveries new_delivery[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF cardinality(choices) > 0 THEN
        INSERT INTO choice (id, customer_id, organisation_id, kind, action, purpose_id, channel, recipient_id, grade, ends_at,
                            wording, wording_sha256, notice_version_id, method, happened_at, evidence, recorded_at, act_id)
        SELECT n.*, now(), of_act FROM unnest(choices) n;
    END IF;
    IF cardinality(collections) > 0 THEN
        INSERT INTO collection (id, customer_id, organisation_id, source, categories, notice_version_id, shown_how, shown_at,
                                optout_offered, happened_at, recorded_at, act_id)
        SELECT n.*, now(), of_act FROM unnest(collections) n;
    END IF;
    IF cardinality(deliveries) > 0 THEN
        INSERT INTO delivery (id, customer_id, organisation_id, notice_version_id, how, locale, happened_at, proof,
                              recorded_at, act_id)
        SELECT n.*, now(), of_act FROM unnest(deliveries) n;
    END IF;
END $$;

-- An act that only adds what happened to one customer (none: an entry alone). It was prepared without a lock, so the
-- customer is held and looked at again; in the order of their ids, so that two statements never wait for each other.
CREATE TYPE kept_events AS (
    act whole_act, customer_id uuid, towards uuid,
    choices new_choice[], collections new_collection[], deliveries new_delivery[]
);

CREATE FUNCTION keep_events(kept kept_events[]) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    k kept_events;
    gone boolean;
BEGIN
    FOR k IN SELECT * FROM unnest(kept) e ORDER BY e.customer_id LOOP
        IF k.customer_id IS NOT NULL THEN
            SELECT c.erased_at IS NOT NULL INTO gone FROM customer c WHERE c.id = k.customer_id AND (
                EXISTS (SELECT FROM customer_state s WHERE s.customer_id = c.id AND s.organisation_id = k.towards)
                OR EXISTS (SELECT FROM identifier i WHERE i.customer_id = c.id AND i.organisation_id = k.towards))
            FOR NO KEY UPDATE OF c;
            IF gone IS NULL THEN
                RAISE EXCEPTION 'the customer is none of the organisation' USING ERRCODE = 'HB008';
            ELSIF gone THEN
                RAISE EXCEPTION 'the customer is erased' USING ERRCODE = 'HB009';
            END IF;
        END IF;
        PERFORM open_whole(k.act);
        PERFORM add_events((k.act).id, k.choices, k.collections, k.deliveries);
    END LOOP;
    RETURN now();
END $$;
