-- Customers handed over, looked up once for all of them (see hub/partners/handing.py).

-- Whom decisions are about is looked up once for a statement, in place of foreign keys that look row by row. Customers are
-- held meanwhile, as by such a key; neither they nor decisions are ever deleted, and disclosures have a guard that looks at
-- theirs.
ALTER TABLE decision_subject DROP CONSTRAINT decision_subject_customer_id_fkey,
    DROP CONSTRAINT decision_subject_decision_id_fkey;
ALTER TABLE disclosure DROP CONSTRAINT disclosure_decision_subject_id_fkey;
CREATE FUNCTION guard_subjects() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM customer c WHERE c.id IN (SELECT a.customer_id FROM added a) ORDER BY c.id FOR KEY SHARE OF c;
    IF EXISTS (SELECT FROM added a LEFT JOIN customer c ON c.id = a.customer_id LEFT JOIN decision d ON d.id = a.decision_id
               WHERE c.id IS NULL OR d.id IS NULL) THEN
        RAISE EXCEPTION 'a decision is about a customer' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER guard_subjects AFTER INSERT ON decision_subject REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION guard_subjects();

-- Whether a recipient gets nothing more (see hub/partners/blocks.py).
CREATE FUNCTION is_blocked(recipient uuid, moment timestamptz) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM partner_block b WHERE b.recipient_id = recipient AND b.ended_at IS NULL)
        OR (EXISTS (SELECT FROM withdrawal w WHERE w.recipient_id = recipient AND w.answered_at IS NULL AND w.due_at < moment)
            AND EXISTS (SELECT FROM client c WHERE c.recipient_id = recipient));
END $$;

-- Decisions, whom they are about, what is disclosed under them, and the one entry about all of it; false where the recipient
-- is blocked. Arrays have an element for each decision; lists, spelled as arrays, one for each customer. kept: lists of
-- categories, and for each customer which of them; leaves: 32 bytes each.
CREATE FUNCTION record_handed(
    towards uuid, recipient uuid, arrangement uuid, purpose uuid, rules_version text, gathered_at timestamptz,
    decision_ids text[], questions text[], facts text[], outcomes text[], rules text[],
    subject_ids text, subject_decisions text, customers text, clauses text, versions text, collections text, deliveries text,
    disclosure_ids text, kept text[], which text, entry_id uuid, commitment bytea, leaves bytea, bodies bytea[]
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    this act;
    subjects CONSTANT uuid[] := subject_ids::uuid[];
    whom CONSTANT uuid[] := customers::uuid[];
BEGIN
    IF is_blocked(recipient, now()) THEN
        RETURN false;
    END IF;
    this := this_act('disclosure');
    INSERT INTO decision (id, organisation_id, question, facts, outcome, rule, rules_version, actor_kind, actor_id, act_id,
                          decided_at)
    SELECT d.id::uuid, towards, d.question::jsonb, d.facts::jsonb, d.outcome, d.rule, record_handed.rules_version,
        this.actor_kind, this.actor_id, this.id, gathered_at
    FROM unnest(decision_ids, questions, facts, outcomes, rules) AS d (id, question, facts, outcome, rule);
    INSERT INTO decision_subject
        (id, decision_id, customer_id, clause_id, notice_version_id, collection_id, delivery_id)
    SELECT * FROM unnest(subjects, subject_decisions::uuid[], whom, clauses::uuid[], versions::uuid[], collections::uuid[],
                         deliveries::uuid[]);
    INSERT INTO disclosure (id, organisation_id, customer_id, recipient_id, decision_subject_id, categories, recorded_at,
                            act_id, arrangement_id, purpose_id)
    SELECT x.id, towards, x.customer, recipient, x.subject, kept[x.which]::uuid[], now(), this.id, arrangement, purpose
    FROM unnest(disclosure_ids::uuid[], whom, subjects, record_handed.which::integer[]) AS x (id, customer, subject, which);
    INSERT INTO ledger_entry (id, act_id, event, subject, actor_kind, actor_id, commitment, detail_count)
    VALUES (entry_id, this.id, 'disclosure.recorded', CASE cardinality(whom) WHEN 1 THEN whom[1] END, this.actor_kind,
            this.actor_id, commitment, cardinality(bodies));
    INSERT INTO ledger_detail (entry_id, index, subject, leaf_hash, body)
    SELECT entry_id, d.place - 1, d.subject, substring(leaves FROM 32 * d.place::integer - 31 FOR 32), d.body
    FROM unnest(whom, bodies) WITH ORDINALITY AS d (subject, body, place);
    RETURN true;
END $$;
