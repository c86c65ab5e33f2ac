-- Customers handed over to partners, many by one statement (see hub/partners/handing.py).

-- What each was received under and for. Old rows say it by their decisions.
ALTER TABLE disclosure ADD COLUMN arrangement_id uuid, ADD COLUMN purpose_id uuid;
ALTER TABLE disclosure DISABLE TRIGGER USER;
UPDATE disclosure x SET arrangement_id = (d.question ->> 'arrangement')::uuid, purpose_id = (d.question ->> 'purpose')::uuid
FROM decision_subject s JOIN decision d ON d.id = s.decision_id WHERE s.id = x.decision_subject_id;
ALTER TABLE disclosure ENABLE TRIGGER USER;

-- The decision says whose data goes to whom, so it is looked at once for all rows of a statement; keys that would look up
-- customer, recipient and organisation once more, row by row, go.
ALTER TABLE disclosure DROP CONSTRAINT disclosure_customer_id_fkey, DROP CONSTRAINT disclosure_recipient_id_fkey,
    DROP CONSTRAINT disclosure_organisation_id_fkey;
DROP TRIGGER guard_disclosure ON disclosure;
DROP FUNCTION guard_disclosure();
CREATE FUNCTION guard_disclosures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added a
               LEFT JOIN decision_subject s ON s.id = a.decision_subject_id AND s.customer_id = a.customer_id
               LEFT JOIN decision d ON d.id = s.decision_id
               WHERE d.id IS NULL OR d.organisation_id <> a.organisation_id OR d.outcome <> 'ALLOW'
                  OR (d.question ->> 'act' IN ('DISCLOSE', 'SELL', 'POOL')) IS NOT TRUE
                  OR ((d.question ->> 'recipient')::uuid = a.recipient_id) IS NOT TRUE) THEN
        RAISE EXCEPTION 'a disclosure rests on a decision that allowed it' USING ERRCODE = 'HB030';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER guard_disclosures AFTER INSERT ON disclosure REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION guard_disclosures();

-- Decisions, whom they are about, what is disclosed under them, and the one entry about all of it. Arrays of one element for
-- each decision, then for each customer; categories: one list as text for each customer.
CREATE FUNCTION hand_over(
    towards uuid, recipient uuid, arrangement uuid, purpose uuid, rules_version text, gathered_at timestamptz,
    decision_ids uuid[], questions text[], facts text[], outcomes text[], rules text[],
    subject_ids uuid[], subject_decisions uuid[], customers uuid[], clauses uuid[], versions uuid[], collections uuid[],
    deliveries uuid[], disclosure_ids uuid[], categories text[],
    entry_id uuid, commitment bytea, leaves bytea[], bodies bytea[]
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    this act;
BEGIN
    this := this_act('disclosure');
    INSERT INTO decision (id, organisation_id, question, facts, outcome, rule, rules_version, actor_kind, actor_id, act_id,
                          decided_at)
    SELECT d.id, towards, d.question::jsonb, d.facts::jsonb, d.outcome, d.rule, hand_over.rules_version, this.actor_kind,
        this.actor_id, this.id, gathered_at
    FROM unnest(decision_ids, questions, facts, outcomes, rules) AS d (id, question, facts, outcome, rule);
    INSERT INTO decision_subject
        (id, decision_id, customer_id, clause_id, notice_version_id, collection_id, delivery_id)
    SELECT * FROM unnest(subject_ids, subject_decisions, customers, clauses, versions, collections, deliveries);
    INSERT INTO disclosure (id, organisation_id, customer_id, recipient_id, decision_subject_id, categories, recorded_at,
                            act_id, arrangement_id, purpose_id)
    SELECT x.id, towards, x.customer, recipient, x.subject, x.categories::uuid[], now(), this.id, arrangement, purpose
    FROM unnest(disclosure_ids, customers, subject_ids, hand_over.categories) AS x (id, customer, subject, categories);
    PERFORM ledger_append(entry_id, 'disclosure.recorded', CASE cardinality(customers) WHEN 1 THEN customers[1] END,
                          commitment, customers, leaves, bodies);
END $$;

-- The order in which partners page: by a hash of the id, in stretches.
CREATE INDEX customer_state_scattered ON customer_state (organisation_id, uuid_hash(customer_id));
