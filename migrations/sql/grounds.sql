-- Customers handed over, with what many of them have in common said once (see hub/partners/handing.py).

-- Whom decisions are about, and which: looked up one by one along their indexes. A join with a table that grew was planned
-- while it was small, and read all of it.
CREATE OR REPLACE FUNCTION guard_subjects() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whom CONSTANT uuid[] := ARRAY(SELECT DISTINCT a.customer_id FROM added a);
    decided CONSTANT uuid[] := ARRAY(SELECT DISTINCT a.decision_id FROM added a);
BEGIN
    IF (SELECT count(*) FROM (SELECT FROM customer c WHERE c.id = ANY (whom) ORDER BY c.id FOR KEY SHARE) c) < cardinality(whom)
            OR (SELECT count(*) FROM decision d WHERE d.id = ANY (decided)) < cardinality(decided) THEN
        RAISE EXCEPTION 'a decision is about a customer' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

-- As before, but what a decision says is read once for all that rest on it.
CREATE OR REPLACE FUNCTION guard_disclosures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM (
                   SELECT DISTINCT s.decision_id, a.organisation_id, a.recipient_id FROM added a
                   LEFT JOIN decision_subject s ON s.id = a.decision_subject_id AND s.customer_id = a.customer_id) a
               LEFT JOIN decision d ON d.id = a.decision_id
               WHERE d.id IS NULL OR d.organisation_id <> a.organisation_id OR d.outcome <> 'ALLOW'
                  OR (d.question ->> 'act' IN ('DISCLOSE', 'SELL', 'POOL')) IS NOT TRUE
                  OR ((d.question ->> 'recipient')::uuid = a.recipient_id) IS NOT TRUE) THEN
        RAISE EXCEPTION 'a disclosure rests on a decision that allowed it' USING ERRCODE = 'HB030';
    END IF;
    RETURN NULL;
END $$;

-- As record_handed, which older code calls, but what those who stand alike have in common comes once. Arrays have an element
-- for each decision, then for each ground: its decision, what was shown, and a list of categories. Lists, spelled as arrays,
-- have one for each customer, which of the grounds first; leaves: 32 bytes each.
CREATE FUNCTION record_grounds(
    towards uuid, recipient uuid, arrangement uuid, purpose uuid, rules_version text, gathered_at timestamptz,
    decision_ids text[], questions text[], facts text[], outcomes text[], rules text[],
    decided text[], clauses text[], versions text[], kept text[],
    which text, subject_ids text, customers text, collections text, deliveries text, disclosure_ids text,
    entry_id uuid, commitment bytea, leaves bytea, bodies bytea[]
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    this act;
    grounds CONSTANT integer[] := which::integer[];
    subjects CONSTANT uuid[] := subject_ids::uuid[];
    whom CONSTANT uuid[] := customers::uuid[];
BEGIN
    IF is_blocked(recipient, now()) THEN
        RETURN false;
    END IF;
    this := this_act('disclosure');
    INSERT INTO decision (id, organisation_id, question, facts, outcome, rule, rules_version, actor_kind, actor_id, act_id,
                          decided_at)
    SELECT d.id::uuid, towards, d.question::jsonb, d.facts::jsonb, d.outcome, d.rule, record_grounds.rules_version,
        this.actor_kind, this.actor_id, this.id, gathered_at
    FROM unnest(decision_ids, questions, facts, outcomes, rules) AS d (id, question, facts, outcome, rule);
    INSERT INTO decision_subject
        (id, decision_id, customer_id, clause_id, notice_version_id, collection_id, delivery_id)
    SELECT x.id, g.decision, x.customer, g.clause, g.version, x.collection, x.delivery
    FROM unnest(subjects, grounds, whom, collections::uuid[], deliveries::uuid[])
        AS x (id, ground, customer, collection, delivery)
    JOIN (SELECT g.number, g.decision::uuid, g.clause::uuid, g.version::uuid
          FROM unnest(decided, clauses, versions) WITH ORDINALITY AS g (decision, clause, version, number)
          OFFSET 0  -- read once, not for each customer
    ) g ON g.number = x.ground;
    INSERT INTO disclosure (id, organisation_id, customer_id, recipient_id, decision_subject_id, categories, recorded_at,
                            act_id, arrangement_id, purpose_id)
    SELECT x.id, towards, x.customer, recipient, x.subject, g.categories, now(), this.id, arrangement, purpose
    FROM unnest(disclosure_ids::uuid[], whom, subjects, grounds) AS x (id, customer, subject, ground)
    JOIN (SELECT g.number, g.list::uuid[] AS categories FROM unnest(kept) WITH ORDINALITY AS g (list, number) OFFSET 0) g
        ON g.number = x.ground;
    INSERT INTO ledger_entry (id, act_id, event, subject, actor_kind, actor_id, commitment, detail_count)
    VALUES (entry_id, this.id, 'disclosure.recorded', CASE cardinality(whom) WHEN 1 THEN whom[1] END, this.actor_kind,
            this.actor_id, commitment, cardinality(bodies));
    INSERT INTO ledger_detail (entry_id, index, subject, leaf_hash, body)
    SELECT entry_id, d.place - 1, d.subject, substring(leaves FROM 32 * d.place::integer - 31 FOR 32), d.body
    FROM unnest(whom, bodies) WITH ORDINALITY AS d (subject, body, place);
    RETURN true;
END $$;

-- The same as a whole act, of customers about whom was decided before anybody held them. They, and the arrangement, are held
-- now, and everything has to be as it was seen: the catalogue by its number, each of their records by the transaction that
-- wrote how it stands, nobody one with anybody else, and the day. Else nothing is kept. Says KEPT, BLOCKED or CHANGED.
CREATE FUNCTION record_unheld(
    act_id uuid, operation text, actor_kind text, actor_id uuid, clock bigint, records text, seen text,
    towards uuid, recipient uuid, arrangement uuid, purpose uuid, rules_version text, gathered_at timestamptz,
    decision_ids text[], questions text[], facts text[], outcomes text[], rules text[],
    decided text[], clauses text[], versions text[], kept text[],
    which text, subject_ids text, customers text, collections text, deliveries text, disclosure_ids text,
    entry_id uuid, commitment bytea, leaves bytea, bodies bytea[]
) RETURNS text LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    whom CONSTANT uuid[] := records::uuid[];
BEGIN
    PERFORM FROM arrangement a WHERE a.id = arrangement FOR SHARE;
    PERFORM FROM customer c WHERE c.id = ANY (whom) OR c.survivor_id = ANY (whom) ORDER BY c.id FOR SHARE;
    IF now()::date <> gathered_at::date OR clock IS DISTINCT FROM (SELECT number FROM catalogue_clock)
        OR (SELECT count(*) FROM customer c WHERE c.id = ANY (whom) OR c.survivor_id = ANY (whom)) <> cardinality(whom)
        OR EXISTS (SELECT FROM unnest(whom, seen::text[]) AS r (id, version)
                   LEFT JOIN customer_state s ON s.customer_id = r.id AND s.organisation_id = towards
                   WHERE s.xmin::text IS DISTINCT FROM r.version) THEN
        RETURN 'CHANGED';
    END IF;
    PERFORM open_act(act_id, operation, actor_kind, actor_id, towards);
    RETURN CASE WHEN record_grounds(
        towards, recipient, arrangement, purpose, rules_version, gathered_at, decision_ids, questions, facts, outcomes, rules,
        decided, clauses, versions, kept, which, subject_ids, customers, collections, deliveries, disclosure_ids,
        entry_id, commitment, leaves, bodies) THEN 'KEPT' ELSE 'BLOCKED' END;
END $$;
