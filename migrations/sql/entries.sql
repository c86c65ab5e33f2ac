-- Acts that add nothing but an entry about one customer, column by column: their rows are few and alike, and an array of
-- plain values takes a fraction of what one of composites does, here and in the program. A customer is held while it is
-- noted that somebody looked: nobody is erased meanwhile, and others may look.
CREATE FUNCTION keep_entries(
    acts uuid[], operations text[], kinds text[], actors uuid[], organisations uuid[], entries uuid[], events text[],
    subjects uuid[], towards uuid[], commitments bytea[], leaves bytea[], bodies bytea[],
    once_keys text[], fingerprints bytea[], answers text[]
) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    last CONSTANT integer := cardinality(acts);
    met bigint;
    is_gone boolean;
BEGIN
    SELECT count(*), bool_or(h.is_gone) INTO met, is_gone FROM (
        SELECT c.erased_at IS NOT NULL AS is_gone FROM unnest(subjects, towards) AS k (subject, towards)
        JOIN customer c ON c.id = k.subject
        WHERE EXISTS (SELECT FROM customer_state s WHERE s.customer_id = c.id AND s.organisation_id = k.towards)
           OR EXISTS (SELECT FROM identifier i WHERE i.customer_id = c.id AND i.organisation_id = k.towards)
        ORDER BY c.id FOR SHARE OF c) h;
    IF met < last THEN
        RAISE EXCEPTION 'the customer is none of the organisation' USING ERRCODE = 'HB008';
    ELSIF is_gone THEN
        RAISE EXCEPTION 'the customer is erased' USING ERRCODE = 'HB009';
    END IF;
    PERFORM open_act(acts[last], operations[last], kinds[last], actors[last], organisations[last]);
    WITH opened AS (
        INSERT INTO act (id, operation, actor_kind, actor_id, organisation_id)
        SELECT * FROM unnest(acts, operations, kinds, actors, organisations)
    ), recorded AS (
        INSERT INTO ledger_entry (id, act_id, event, subject, actor_kind, actor_id, commitment, detail_count)
        SELECT e.*, 1 FROM unnest(entries, acts, events, subjects, kinds, actors, commitments) e
    )
    INSERT INTO ledger_detail (entry_id, index, subject, leaf_hash, body)
    SELECT d.id, 0, d.subject, d.leaf, d.body FROM unnest(entries, subjects, leaves, bodies) AS d (id, subject, leaf, body);
    IF array_remove(once_keys, NULL) <> '{}' THEN
        INSERT INTO idempotent_answer (id, actor_id, key, operation, fingerprint, answer, created_at, expires_at)
        SELECT o.id, coalesce(o.actor, '00000000-0000-0000-0000-000000000000'), o.key, o.operation, o.fingerprint,
            o.answer::jsonb, now(), now() + interval '1 day'
        FROM unnest(acts, actors, once_keys, operations, fingerprints, answers)
            AS o (id, actor, key, operation, fingerprint, answer) WHERE o.key IS NOT NULL;
    END IF;
    RETURN now();
END $$;
REVOKE EXECUTE ON FUNCTION keep_entries(
    uuid[], text[], text[], uuid[], uuid[], uuid[], text[], uuid[], uuid[], bytea[], bytea[], bytea[], text[], bytea[], text[])
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION keep_entries(
    uuid[], text[], text[], uuid[], uuid[], uuid[], text[], uuid[], uuid[], bytea[], bytea[], bytea[], text[], bytea[], text[])
    TO hub_app;

-- Leaves come with their seal, by one statement for all of a batch: it is looked for once, and never deleted.
CREATE FUNCTION guard_leaves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT DISTINCT a.seal_number FROM added a) s
               WHERE NOT EXISTS (SELECT FROM public.ledger_seal l WHERE l.number = s.seal_number)) THEN
        RAISE EXCEPTION 'a leaf of a seal that is not there' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
ALTER TABLE ledger_leaf DROP CONSTRAINT ledger_leaf_seal_number_fkey;
CREATE TRIGGER guard_leaves AFTER INSERT ON ledger_leaf REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION guard_leaves();
