-- Customers handed over, kept and read by one statement (see hub/partners/handing.py).

-- What is offered of customers, sealed: a row for each, and one more where there are notes. Marks say what each value is: the
-- place of its category among those that are offered and its field, or the kind of an identifier. In one order for everybody,
-- so that most have the same marks; the order says nothing of when a value came in.
CREATE FUNCTION offered_values(whom uuid[], towards uuid, offered uuid[], with_contact boolean)
RETURNS TABLE (customer_id uuid, marks text, ids text[], sealed bytea[], about text[]) LANGUAGE sql STABLE AS $$
    SELECT v.customer_id, string_agg(v.mark, ' ' ORDER BY v.mark, v.id),
        array_agg(v.id::text ORDER BY v.mark, v.id), array_agg(v.sealed ORDER BY v.mark, v.id),
        NULL::text[]
    FROM (
        SELECT p.customer_id, array_position(offered, p.category_id) || '.' || p.field AS mark, p.id, p.sealed
        FROM profile_value p
        WHERE p.customer_id = ANY (whom) AND p.organisation_id = towards AND p.category_id = ANY (offered)
        UNION ALL
        SELECT i.customer_id, i.kind, i.id, i.sealed FROM identifier i
        WHERE with_contact AND i.customer_id = ANY (whom) AND i.organisation_id = towards AND i.ended_at IS NULL
          AND i.kind IN ('EMAIL', 'PHONE')
    ) v GROUP BY v.customer_id
    UNION ALL
    SELECT n.customer_id, NULL, array_agg(n.id::text), array_agg(n.sealed), array_agg(array_to_string(n.fields, ' '))
    FROM disputed_note n WHERE n.customer_id = ANY (whom) AND n.organisation_id = towards GROUP BY n.customer_id
$$;

-- As record_unheld, and then what is offered of these customers, as it is now that they are held: whoever corrects a value
-- later finds that it was disclosed. The first row says what record_unheld does, and nothing else.
CREATE FUNCTION hand_over_unheld(
    act_id uuid, operation text, actor_kind text, actor_id uuid, clock bigint, records text, seen text,
    towards uuid, recipient uuid, arrangement uuid, purpose uuid, rules_version text, gathered_at timestamptz,
    decision_ids text[], questions text[], facts text[], outcomes text[], rules text[],
    decided text[], clauses text[], versions text[], kept text[],
    which text, subject_ids text, customers text, collections text, deliveries text, disclosure_ids text,
    entry_id uuid, commitment bytea, leaves bytea, bodies bytea[], offered uuid[], with_contact boolean
) RETURNS TABLE (said text, customer_id uuid, marks text, ids text[], sealed bytea[], about text[])
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    said := record_unheld(
        act_id, operation, actor_kind, actor_id, clock, records, seen, towards, recipient, arrangement, purpose, rules_version,
        gathered_at, decision_ids, questions, facts, outcomes, rules, decided, clauses, versions, kept, which, subject_ids,
        customers, collections, deliveries, disclosure_ids, entry_id, commitment, leaves, bodies);
    RETURN NEXT;
    IF said = 'KEPT' THEN
        RETURN QUERY SELECT said, v.* FROM offered_values(customers::uuid[], towards, offered, with_contact) v;
    END IF;
END $$;
