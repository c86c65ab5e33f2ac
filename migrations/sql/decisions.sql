-- A whole act in one statement: opens it, keeps decisions and their subjects, writes the ledger entry, remembers
-- the answer under an idempotency key. One round trip, one transaction, the same guards as any other act.
CREATE FUNCTION keep_decisions(
    act_id uuid, operation text, actor_kind text, actor_id uuid, organisation_id uuid, rules_version text,
    decision_ids uuid[], questions text[], facts text[], outcomes text[], rules text[],
    subject_ids uuid[], subject_decisions uuid[], customers uuid[], clauses uuid[], versions uuid[], collections uuid[],
    deliveries uuid[],
    entry_id uuid, event text, entry_subject uuid, commitment bytea, detail_subjects uuid[], leaves bytea[], bodies bytea[],
    once_key text, once_fingerprint bytea, once_answer text, gathered_at timestamptz
) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz := now();
BEGIN
    PERFORM open_act(act_id, operation, actor_kind, actor_id, organisation_id);
    IF once_key IS NOT NULL THEN
        INSERT INTO idempotent_answer (id, actor_id, key, operation, fingerprint, answer, created_at, expires_at)
        VALUES (act_id, actor_id, once_key, operation, once_fingerprint, once_answer::jsonb, moment,
                moment + interval '1 day');
    END IF;
    INSERT INTO decision (id, organisation_id, question, facts, outcome, rule, rules_version, actor_kind, actor_id,
                          act_id, decided_at)
    SELECT d.id, organisation_id, d.question::jsonb, d.facts::jsonb, d.outcome, d.rule, rules_version, actor_kind,
           actor_id, act_id, gathered_at
    FROM unnest(decision_ids, questions, facts, outcomes, rules) AS d (id, question, facts, outcome, rule);
    INSERT INTO decision_subject (id, decision_id, customer_id, clause_id, notice_version_id, collection_id, delivery_id)
    SELECT * FROM unnest(subject_ids, subject_decisions, customers, clauses, versions, collections, deliveries);
    PERFORM ledger_append(entry_id, event, entry_subject, commitment, detail_subjects, leaves, bodies);
    RETURN moment;
END $$;
