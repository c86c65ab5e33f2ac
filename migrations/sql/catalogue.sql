-- What an organisation has decided beforehand, as documents: read whole, told apart by a clock, remembered when it changes.
--
-- catalogue_clock goes up with every act that changes the catalogue, so that a process knows whether what it holds is stale.
-- catalogue_past keeps a document as it was until an instant. Before its first record a thing counts as it was first
-- recorded: nothing says that it was otherwise. Days of arrangements, memberships and formalities are the rows' own.

CREATE TABLE catalogue_clock (
    id integer PRIMARY KEY CHECK (id = 1),
    number bigint NOT NULL
);
INSERT INTO catalogue_clock VALUES (1, 1);

CREATE TABLE catalogue_past (
    kind text NOT NULL,
    id uuid NOT NULL,
    valid_to timestamptz NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    document jsonb NOT NULL,
    PRIMARY KEY (kind, id, valid_to, xid)
);

CREATE FUNCTION catalogue_document(kind text, of uuid) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN CASE kind
        WHEN 'ORGANISATION' THEN (
            SELECT jsonb_build_object('strict_sharing', o.strict_sharing) FROM organisation o WHERE o.id = of)
        WHEN 'CATEGORY' THEN (
            SELECT jsonb_build_object('key', c.key, 'sensitivity', c.sensitivity, 'by_jurisdiction', c.sensitivity_by_jurisdiction)
            FROM category c WHERE c.id = of)
        WHEN 'PURPOSE' THEN (
            SELECT jsonb_build_object('key', p.key, 'number', p.number, 'kind', p.kind, 'categories', p.categories,
                'departments', p.departments, 'retention_months', p.retention_months, 'retired_at', p.retired_at,
                'bases', coalesce((SELECT jsonb_object_agg(b.jurisdiction, jsonb_build_array(b.basis, b.special_condition IS NOT NULL))
                                   FROM purpose_basis b WHERE b.purpose_id = p.id), '{}'),
                'relations', coalesce((SELECT jsonb_object_agg(r.related_to_id, r.kind)
                                       FROM purpose_relation r WHERE r.purpose_id = p.id), '{}'))
            FROM purpose p WHERE p.id = of)
        WHEN 'RECIPIENT' THEN (
            SELECT jsonb_build_object('key', r.key, 'country', r.country, 'classes', coalesce((
                SELECT jsonb_agg(jsonb_build_array(m.recipient_class_id, greatest(m.starts_on, '0001-01-01'),
                                                   CASE WHEN m.ends_on IS NOT NULL THEN least(m.ends_on, '9999-12-31') END))
                FROM recipient_membership m WHERE m.recipient_id = r.id), '[]'))
            FROM recipient r WHERE r.id = of)
        WHEN 'ARRANGEMENT' THEN (
            SELECT jsonb_build_object('key', a.key, 'recipient', a.recipient_id, 'kind', a.kind, 'starts_on', greatest(a.starts_on, '0001-01-01'),
                'ends_on', CASE WHEN a.ends_on IS NOT NULL THEN least(a.ends_on, '9999-12-31') END, 'purposes', a.purposes, 'categories', a.categories, 'country', a.destination_country,
                'safeguard', a.safeguard)
            FROM arrangement a WHERE a.id = of)
        WHEN 'DEPARTMENT' THEN (SELECT jsonb_build_object('key', d.key) FROM department d WHERE d.id = of)
        WHEN 'ACTIVITY' THEN (
            SELECT jsonb_build_object('key', a.key, 'jurisdictions', a.jurisdictions, 'archived_at', a.archived_at,
                'purposes', coalesce((SELECT jsonb_agg(jsonb_build_array(m.purpose_id, m.joined_at, m.left_at))
                                      FROM activity_purpose m WHERE m.activity_id = a.id), '[]'),
                'events', coalesce((SELECT jsonb_agg(jsonb_build_array(e.jurisdiction, e.step, e.state, e.happened_at,
                                                                       e.recorded_at,
                                        CASE WHEN e.valid_until IS NOT NULL THEN least(e.valid_until, '9999-12-31') END))
                                    FROM formality_event e WHERE e.activity_id = a.id), '[]'))
            FROM activity a WHERE a.id = of)
        WHEN 'VERSION' THEN (
            SELECT jsonb_build_object('number', v.number, 'notice', n.id, 'notice_key', n.key, 'notice_name', n.name,
                'published_at', v.published_at,
                'complete', coalesce((SELECT jsonb_object_agg(t.jurisdiction, t.complete) FROM notice_verdict t
                                      WHERE t.notice_version_id = v.id), '{}'),
                'clauses', coalesce((SELECT jsonb_agg(jsonb_build_object('id', c.id, 'key', c.key, 'purpose', c.purpose_id,
                    'is_primary', c.is_primary, 'categories', c.categories, 'recipients', c.recipients,
                    'classes', c.recipient_classes, 'channels', c.channels, 'texts', c.texts) ORDER BY c.key)
                    FROM clause c WHERE c.notice_version_id = v.id), '[]'))
            FROM notice_version v JOIN notice n ON n.id = v.notice_id WHERE v.id = of)
    END;
END $$;

-- Everything an organisation has in force or has published, one document each.
CREATE VIEW catalogue_item AS
    SELECT 'ORGANISATION' AS kind, o.id, o.id AS organisation_id FROM organisation o
    UNION ALL SELECT 'CATEGORY', c.id, NULL FROM category c
    UNION ALL SELECT 'PURPOSE', p.id, p.organisation_id FROM purpose p
    UNION ALL SELECT 'RECIPIENT', r.id, r.organisation_id FROM recipient r
    UNION ALL SELECT 'ARRANGEMENT', a.id, a.organisation_id FROM arrangement a
    UNION ALL SELECT 'DEPARTMENT', d.id, d.organisation_id FROM department d
    UNION ALL SELECT 'ACTIVITY', a.id, a.organisation_id FROM activity a
    UNION ALL SELECT 'VERSION', v.id, n.organisation_id FROM notice_version v JOIN notice n ON n.id = v.notice_id
        WHERE v.published_at IS NOT NULL;

-- Keeps the document as it was before this act. A thing made by this very act was nothing before.
CREATE FUNCTION remember_document(of_kind text, of uuid, made_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF made_at < now() AND NOT EXISTS (SELECT FROM catalogue_past p
            WHERE p.kind = of_kind AND p.id = of AND p.valid_to = now() AND p.xid = pg_current_xact_id()) THEN
        INSERT INTO catalogue_past (kind, id, valid_to, document) VALUES (of_kind, of, now(), catalogue_document(of_kind, of));
    END IF;
END $$;

CREATE FUNCTION remember_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM remember_document(TG_ARGV[0], OLD.id, OLD.created_at);
    RETURN NEW;
END $$;
CREATE TRIGGER remember_change BEFORE UPDATE ON organisation FOR EACH ROW EXECUTE FUNCTION remember_change('ORGANISATION');
CREATE TRIGGER remember_change BEFORE UPDATE ON category FOR EACH ROW EXECUTE FUNCTION remember_change('CATEGORY');
CREATE TRIGGER remember_change BEFORE UPDATE ON purpose FOR EACH ROW EXECUTE FUNCTION remember_change('PURPOSE');
CREATE TRIGGER remember_change BEFORE UPDATE ON recipient FOR EACH ROW EXECUTE FUNCTION remember_change('RECIPIENT');
CREATE TRIGGER remember_change BEFORE UPDATE ON arrangement FOR EACH ROW EXECUTE FUNCTION remember_change('ARRANGEMENT');

CREATE FUNCTION remember_purpose() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM remember_document('PURPOSE', p.id, p.created_at) FROM purpose p
    WHERE p.id = CASE WHEN TG_OP = 'DELETE' THEN OLD.purpose_id ELSE NEW.purpose_id END;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER remember_purpose BEFORE INSERT OR UPDATE OR DELETE ON purpose_basis
    FOR EACH ROW EXECUTE FUNCTION remember_purpose();
CREATE TRIGGER remember_purpose BEFORE INSERT OR UPDATE OR DELETE ON purpose_relation
    FOR EACH ROW EXECUTE FUNCTION remember_purpose();

-- The clock is moved at the end of the act (see close_act), so that its row is locked for no longer than the commit takes.
CREATE FUNCTION mark_catalogue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('hub.catalogue', 'changed', true);
    RETURN NULL;
END $$;
CREATE FUNCTION clock_table(watched regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER mark_catalogue AFTER INSERT OR UPDATE OR DELETE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION mark_catalogue()', watched);
END $$;
SELECT clock_table(name::regclass) FROM unnest(ARRAY['organisation', 'department', 'category', 'purpose', 'purpose_relation',
    'purpose_basis', 'recipient', 'recipient_membership', 'arrangement', 'notice', 'notice_version', 'notice_verdict',
    'activity', 'activity_purpose', 'formality_event']) AS name;

-- At commit: what was put off is projected, the catalogue's clock moves, and an act that wrote must have recorded.
CREATE OR REPLACE FUNCTION close_act() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    these uuid[];
    since timestamptz;
BEGIN
    IF current_setting('hub.project', true) = 'later' THEN
        SELECT array_agg(DISTINCT customer_id), min(d.since) INTO these, since FROM projection_due d WHERE act_id = NEW.id;
    END IF;
    IF these IS NOT NULL THEN
        DELETE FROM projection_due WHERE act_id = NEW.id;
        PERFORM project(these, since);
    END IF;
    IF NOT EXISTS (SELECT FROM ledger_entry WHERE act_id = NEW.id) THEN
        RAISE EXCEPTION 'act % wrote without recording', NEW.operation USING ERRCODE = 'HB002';
    END IF;
    IF current_setting('hub.catalogue', true) = 'changed' THEN
        PERFORM set_config('hub.catalogue', '', true);
        UPDATE catalogue_clock SET number = number + 1;
    END IF;
    RETURN NULL;
END $$;

GRANT SELECT ON catalogue_clock, catalogue_past, catalogue_item TO hub_app, hub_read;
