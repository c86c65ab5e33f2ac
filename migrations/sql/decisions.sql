-- Decisions kept as evidence, each call a whole act: the decisions, whom they are about, the entry, the answer.
CREATE TYPE kept_act AS (
    act whole_act, rules_version text,
    decision_ids uuid[], questions text[], facts text[], outcomes text[], rules text[],
    subject_ids uuid[], subject_decisions uuid[], customers uuid[], clauses uuid[], versions uuid[], collections uuid[],
    deliveries uuid[], gathered_at timestamptz
);

CREATE FUNCTION keep_decisions(kept kept_act[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    k kept_act;
BEGIN
    FOREACH k IN ARRAY kept LOOP
        PERFORM open_whole(k.act);
        INSERT INTO decision (id, organisation_id, question, facts, outcome, rule, rules_version, actor_kind, actor_id,
                              act_id, decided_at)
        SELECT d.id, (k.act).organisation_id, d.question::jsonb, d.facts::jsonb, d.outcome, d.rule, k.rules_version,
               (k.act).actor_kind, (k.act).actor_id, (k.act).id, k.gathered_at
        FROM unnest(k.decision_ids, k.questions, k.facts, k.outcomes, k.rules) AS d (id, question, facts, outcome, rule);
        INSERT INTO decision_subject
            (id, decision_id, customer_id, clause_id, notice_version_id, collection_id, delivery_id)
        SELECT * FROM unnest(k.subject_ids, k.subject_decisions, k.customers, k.clauses, k.versions, k.collections,
                             k.deliveries);
    END LOOP;
END $$;
