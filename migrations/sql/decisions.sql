-- Whole acts in one statement: each opens itself, keeps its decisions and their subjects, writes its ledger entry and
-- remembers its answer under an idempotency key, by the same guards as any other act. Several acts may share the
-- statement, and so a commit: all of them stand or none does.
CREATE TYPE kept_act AS (
    act_id uuid, operation text, actor_kind text, actor_id uuid, organisation_id uuid, rules_version text,
    decision_ids uuid[], questions text[], facts text[], outcomes text[], rules text[],
    subject_ids uuid[], subject_decisions uuid[], customers uuid[], clauses uuid[], versions uuid[], collections uuid[],
    deliveries uuid[],
    entry_id uuid, event text, entry_subject uuid, commitment bytea, detail_subjects uuid[], leaves bytea[], bodies bytea[],
    once_key text, once_fingerprint bytea, once_answer text, gathered_at timestamptz
);

CREATE FUNCTION keep_decisions(kept kept_act[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    k kept_act;
BEGIN
    FOREACH k IN ARRAY kept LOOP
        PERFORM open_act(k.act_id, k.operation, k.actor_kind, k.actor_id, k.organisation_id);
        IF k.once_key IS NOT NULL THEN
            INSERT INTO idempotent_answer (id, actor_id, key, operation, fingerprint, answer, created_at, expires_at)
            VALUES (k.act_id, k.actor_id, k.once_key, k.operation, k.once_fingerprint, k.once_answer::jsonb, now(),
                    now() + interval '1 day');
        END IF;
        INSERT INTO decision (id, organisation_id, question, facts, outcome, rule, rules_version, actor_kind, actor_id,
                              act_id, decided_at)
        SELECT d.id, k.organisation_id, d.question::jsonb, d.facts::jsonb, d.outcome, d.rule, k.rules_version,
               k.actor_kind, k.actor_id, k.act_id, k.gathered_at
        FROM unnest(k.decision_ids, k.questions, k.facts, k.outcomes, k.rules) AS d (id, question, facts, outcome, rule);
        INSERT INTO decision_subject
            (id, decision_id, customer_id, clause_id, notice_version_id, collection_id, delivery_id)
        SELECT * FROM unnest(k.subject_ids, k.subject_decisions, k.customers, k.clauses, k.versions, k.collections,
                             k.deliveries);
        PERFORM ledger_append(k.entry_id, k.event, k.entry_subject, k.commitment, k.detail_subjects, k.leaves, k.bodies);
    END LOOP;
END $$;
