-- Which tables are guarded, who may do what, what a row may say.

SELECT guard_table(name::regclass) FROM unnest(ARRAY[
    'organisation', 'department', 'category', 'purpose', 'purpose_relation', 'purpose_basis', 'recipient_class',
    'recipient', 'recipient_membership', 'arrangement', 'notice', 'notice_version', 'notice_text', 'clause',
    'notice_verdict', 'customer', 'customer_event', 'identifier', 'profile_value', 'registry_check', 'merge_proposal',
    'collection', 'delivery', 'choice', 'decision', 'decision_subject', 'import_batch', 'client', 'access_token',
    'idempotent_answer', 'keys.customer_key']) AS name;

-- A published notice version, and all that hangs on it, never changes.
CREATE FUNCTION guard_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_TABLE_NAME = 'notice_version' THEN
        IF OLD.published_at IS NOT NULL THEN
            RAISE EXCEPTION 'a published notice version never changes' USING ERRCODE = 'HB004';
        END IF;
    ELSIF EXISTS (SELECT FROM notice_version v WHERE v.published_at IS NOT NULL AND v.id IN (
            CASE WHEN TG_OP <> 'INSERT' THEN OLD.notice_version_id END,
            CASE WHEN TG_OP <> 'DELETE' THEN NEW.notice_version_id END)) THEN
        RAISE EXCEPTION 'a published notice version never changes' USING ERRCODE = 'HB004';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER guard_published BEFORE UPDATE OR DELETE ON notice_version
    FOR EACH ROW EXECUTE FUNCTION guard_published();
CREATE TRIGGER guard_published BEFORE INSERT OR UPDATE OR DELETE ON notice_text
    FOR EACH ROW EXECUTE FUNCTION guard_published();
CREATE TRIGGER guard_published BEFORE INSERT OR UPDATE OR DELETE ON clause
    FOR EACH ROW EXECUTE FUNCTION guard_published();
CREATE TRIGGER guard_published BEFORE INSERT OR UPDATE OR DELETE ON notice_verdict
    FOR EACH ROW EXECUTE FUNCTION guard_published();

-- What an event names is looked up by triggers, not by foreign keys: those would lock the row of the organisation, of the
-- purpose and of the version for every event, and all writers would meet there. The rows named are never deleted.
CREATE FUNCTION refuse_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a row of % is kept: events name it', TG_TABLE_NAME USING ERRCODE = 'HB007';
END $$;
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON organisation FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON category FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON purpose FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();
CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON recipient FOR EACH STATEMENT EXECUTE FUNCTION refuse_delete();
ALTER TABLE choice DROP CONSTRAINT choice_organisation_id_fkey, DROP CONSTRAINT choice_purpose_id_fkey,
    DROP CONSTRAINT choice_recipient_id_fkey, DROP CONSTRAINT choice_notice_version_id_fkey;
ALTER TABLE collection DROP CONSTRAINT collection_organisation_id_fkey, DROP CONSTRAINT collection_notice_version_id_fkey;
ALTER TABLE delivery DROP CONSTRAINT delivery_organisation_id_fkey, DROP CONSTRAINT delivery_notice_version_id_fkey;

-- Only what its organisation has published can have been shown.
CREATE FUNCTION guard_shown() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM organisation o WHERE o.id = NEW.organisation_id) THEN
        RAISE EXCEPTION 'an event names an organisation that is not there' USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF NEW.notice_version_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM notice_version v JOIN notice n ON n.id = v.notice_id WHERE v.id = NEW.notice_version_id
                AND v.published_at IS NOT NULL AND n.organisation_id = NEW.organisation_id) THEN
        RAISE EXCEPTION 'only what its organisation has published can have been shown' USING ERRCODE = 'HB005';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_shown BEFORE INSERT ON collection FOR EACH ROW EXECUTE FUNCTION guard_shown();
CREATE TRIGGER guard_shown BEFORE INSERT ON delivery FOR EACH ROW EXECUTE FUNCTION guard_shown();
CREATE TRIGGER guard_shown BEFORE INSERT ON choice FOR EACH ROW EXECUTE FUNCTION guard_shown();

CREATE FUNCTION guard_named() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.purpose_id IS NOT NULL AND NOT EXISTS (
           SELECT FROM purpose p WHERE p.id = NEW.purpose_id AND p.organisation_id = NEW.organisation_id)
       OR NEW.recipient_id IS NOT NULL AND NOT EXISTS (
           SELECT FROM recipient r WHERE r.id = NEW.recipient_id AND r.organisation_id = NEW.organisation_id) THEN
        RAISE EXCEPTION 'a choice names what its organisation does not have' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_named BEFORE INSERT ON choice FOR EACH ROW EXECUTE FUNCTION guard_named();

ALTER TABLE arrangement ADD CHECK (ends_on IS NULL OR ends_on >= starts_on),
    ADD CHECK (kind IN ('REFERRAL', 'ALLIANCE', 'SALE', 'RENTAL', 'POOLING', 'PROCESSOR')),
    ADD CHECK (safeguard IN ('NONE', 'CONTRACT', 'BINDING_RULES'));
ALTER TABLE recipient_membership ADD CHECK (ends_on IS NULL OR ends_on >= starts_on);
ALTER TABLE purpose ADD CHECK (kind IN ('SERVICE', 'MARKETING', 'FRAUD', 'OTHER'));
ALTER TABLE purpose_relation ADD CHECK (kind IN ('DIRECTLY', 'RELATED')), ADD CHECK (purpose_id <> related_to_id);
ALTER TABLE purpose_basis ADD CHECK (basis IN ('CONSENT', 'CONTRACT', 'LEGAL_OBLIGATION', 'VITAL_INTEREST',
    'PUBLIC_TASK', 'LEGITIMATE_INTEREST', 'RECOGNISED_INTEREST', 'NONE')),
    ADD CHECK (jurisdiction IN ('AU', 'UK', 'ZA', 'MA', 'EU', 'US_CA'));
ALTER TABLE customer ADD CHECK (kind IN ('PERSON', 'ORGANISATION')), ADD CHECK (survivor_id <> id);
ALTER TABLE customer_event ADD CHECK (CASE aspect
    WHEN 'RELATIONSHIP' THEN value IN ('NONE', 'NEGOTIATING', 'ACTIVE', 'CLOSED') AND organisation_id IS NOT NULL
    WHEN 'JURISDICTION_BEGAN' THEN value IN ('AU', 'UK', 'ZA', 'MA', 'EU', 'US_CA')
    WHEN 'JURISDICTION_ENDED' THEN value IN ('AU', 'UK', 'ZA', 'MA', 'EU', 'US_CA')
    WHEN 'AGE' THEN value IN ('UNDER_13', 'AGE_13', 'AGE_14', 'AGE_15', 'AGE_16_17', 'ADULT')
    WHEN 'RESTRICTION' THEN value IN ('ON', 'OFF')
    WHEN 'HOLD' THEN value IN ('ON', 'OFF')
    WHEN 'ERASURE' THEN value = 'ON'
    WHEN 'CONTACT' THEN true
    ELSE false END);
ALTER TABLE identifier ADD CHECK (kind IN ('EMAIL', 'PHONE', 'EXTERNAL')),
    ADD CHECK ((kind = 'EXTERNAL') = (system IS NOT NULL));
ALTER TABLE collection ADD CHECK (source IN ('CUSTOMER', 'THIRD_PARTY', 'PUBLIC')),
    ADD CHECK (cardinality(categories) > 0), ADD CHECK (happened_at <= recorded_at), ADD CHECK (shown_at <= recorded_at);
ALTER TABLE delivery ADD CHECK (happened_at <= recorded_at);
ALTER TABLE customer_event ADD CHECK (happened_at <= recorded_at);
ALTER TABLE registry_check ADD CHECK (happened_at <= recorded_at);
ALTER TABLE choice ADD CHECK (happened_at <= recorded_at), ADD CHECK (CASE kind
    WHEN 'CONSENT' THEN action IN ('ASKED', 'GIVEN', 'REFUSED', 'WITHDRAWN') AND purpose_id IS NOT NULL
        AND (action <> 'GIVEN' OR grade IS NOT NULL)
    WHEN 'TRANSFER' THEN action IN ('GIVEN', 'WITHDRAWN') AND recipient_id IS NOT NULL
    WHEN 'MARKETING' THEN action = 'OPTED_OUT'
    WHEN 'SHARING' THEN action IN ('OPTED_OUT', 'OPTED_IN')
    WHEN 'SIGNAL' THEN action IN ('OPTED_OUT', 'OPTED_IN')
    WHEN 'LIMIT' THEN action IN ('OPTED_OUT', 'OPTED_IN')
    WHEN 'OBJECTION' THEN action IN ('PENDING', 'UPHELD', 'OVERRULED', 'WITHDRAWN')
    ELSE false END),
    ADD CHECK (channel IN ('EMAIL', 'SMS', 'IN_APP', 'PHONE', 'AUTO_CALL', 'POST')),
    ADD CHECK (grade IN ('GIVEN', 'EXPLICIT', 'GUARDIAN'));
ALTER TABLE decision ADD CHECK (outcome IN ('ALLOW', 'DENY', 'CONSENT_NEEDED', 'NOTICE_NEEDED', 'FORMALITY_NEEDED'));

-- One living record per external id of a system: the automatic merge rule rests on it.
CREATE UNIQUE INDEX identifier_external ON identifier (organisation_id, system, blind)
    WHERE kind = 'EXTERNAL' AND ended_at IS NULL;
CREATE UNIQUE INDEX customer_state_now ON customer_state (organisation_id, customer_id) WHERE valid_to = 'infinity';
CREATE INDEX customer_state_customer ON customer_state (customer_id);
CREATE INDEX decision_recent ON decision (organisation_id, id);

-- Grants. Events, decisions and the ledger: insert and read only.
REVOKE ALL ON ALL TABLES IN SCHEMA public, keys FROM PUBLIC;
GRANT USAGE ON SCHEMA public, keys TO hub_app, hub_read, hub_sealer, hub_retention;
GRANT SELECT ON ALL TABLES IN SCHEMA public, keys TO hub_app, hub_read;
GRANT INSERT, UPDATE, DELETE ON organisation, department, category, purpose, purpose_relation, purpose_basis,
    recipient_class, recipient, recipient_membership, arrangement, notice, notice_version, notice_text, clause,
    notice_verdict, customer, identifier, profile_value, merge_proposal, import_batch, client, access_token,
    idempotent_answer, keys.customer_key TO hub_app;
GRANT INSERT ON customer_event, registry_check, collection, delivery, choice, decision, decision_subject,
    ledger_entry, ledger_detail TO hub_app;
GRANT INSERT ON keys.sentinel TO hub_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO hub_app;
GRANT SELECT ON ledger_entry, ledger_detail, ledger_leaf, ledger_node, ledger_seal TO hub_sealer;
GRANT INSERT ON ledger_leaf, ledger_node, ledger_seal TO hub_sealer;
GRANT SELECT ON ledger_entry, ledger_detail TO hub_retention;
GRANT UPDATE (body, emptied_at) ON ledger_detail TO hub_retention;
REVOKE EXECUTE ON FUNCTION project(uuid[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION project(uuid[], timestamptz) TO hub_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON procrastinate_jobs, procrastinate_events, procrastinate_workers,
    procrastinate_periodic_defers TO hub_app;
