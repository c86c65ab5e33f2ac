-- What disclosures rest on, looked up one by one along the indexes of ids (see hub/partners/handing.py).

-- As before, but no plan can read all decisions instead, or all of a customer: one that was made while there were hardly any
-- did, and was kept while thousands came.
CREATE OR REPLACE FUNCTION guard_disclosures() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM (
                   SELECT DISTINCT s.decision_id, a.organisation_id, a.recipient_id FROM added a
                   LEFT JOIN LATERAL (
                       SELECT s.decision_id FROM decision_subject s
                       WHERE s.id = a.decision_subject_id AND s.customer_id IS NOT DISTINCT FROM a.customer_id
                       OFFSET 0) s ON true) a
               LEFT JOIN LATERAL (SELECT * FROM decision d WHERE d.id = a.decision_id OFFSET 0) d ON true
               WHERE d.id IS NULL OR d.organisation_id <> a.organisation_id OR d.outcome <> 'ALLOW'
                  OR (d.question ->> 'act' IN ('DISCLOSE', 'SELL', 'POOL')) IS NOT TRUE
                  OR ((d.question ->> 'recipient')::uuid = a.recipient_id) IS NOT TRUE) THEN
        RAISE EXCEPTION 'a disclosure rests on a decision that allowed it' USING ERRCODE = 'HB030';
    END IF;
    RETURN NULL;
END $$;
