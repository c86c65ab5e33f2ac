-- Roles, acts, guards and the ledger: what the database itself refuses.
--
-- hub_app        the application: writes domain tables, only inside an act that records itself
-- hub_read       read-only snapshots
-- hub_sealer     reads the ledger, writes leaves, nodes and seals
-- hub_retention  may empty ledger details, leaving a tombstone

DO $$
DECLARE
    wanted text;
    -- From 16 on, whoever makes a role is a member of it and yet may not act in it.
    may_act text := CASE WHEN current_setting('server_version_num')::integer < 160000 THEN 'MEMBER' ELSE 'SET' END;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['hub_app', 'hub_read', 'hub_sealer', 'hub_retention'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- another database of this cluster is being migrated at the same time
            END;
        END IF;
        IF NOT pg_has_role(current_user, wanted, may_act) THEN
            EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
        END IF;
    END LOOP;
END $$;

CREATE SCHEMA IF NOT EXISTS keys;

-- Wrapped data keys live apart so that they can have a backup of their own, with a short retention.
CREATE TABLE keys.customer_key (
    customer_id uuid PRIMARY KEY,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE keys.sentinel (
    id integer PRIMARY KEY CHECK (id = 1),
    sealed bytea NOT NULL
);

-- One row per act that wrote or recorded; a deferred trigger demands its ledger entry.
CREATE TABLE act (
    id uuid PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    operation text NOT NULL,
    actor_kind text NOT NULL,
    actor_id uuid,
    organisation_id uuid,
    at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ledger_entry (
    id uuid PRIMARY KEY,
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    act_id uuid NOT NULL,  -- found by guard_entry: a foreign key would look a second time
    event text NOT NULL,
    subject uuid,
    actor_kind text NOT NULL,
    actor_id uuid,
    commitment bytea NOT NULL CHECK (octet_length(commitment) = 32),
    detail_count integer NOT NULL CHECK (detail_count > 0),
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ledger_entry_order ON ledger_entry (xid, sequence);
CREATE INDEX ledger_entry_act ON ledger_entry (act_id);
CREATE INDEX ledger_entry_subject ON ledger_entry (subject, recorded_at) WHERE subject IS NOT NULL;

CREATE TABLE ledger_detail (
    entry_id uuid NOT NULL,  -- found by guard_detail; entries are never deleted
    index integer NOT NULL,
    subject uuid,
    leaf_hash bytea NOT NULL CHECK (octet_length(leaf_hash) = 32),  -- salted; stays when the body goes
    body bytea,
    emptied_at timestamptz,
    PRIMARY KEY (entry_id, index),
    CHECK ((body IS NULL) = (emptied_at IS NOT NULL))
);
CREATE INDEX ledger_detail_subject ON ledger_detail (subject, entry_id) WHERE subject IS NOT NULL;

CREATE TABLE ledger_seal (
    number bigint PRIMARY KEY,
    first_position bigint NOT NULL,
    size bigint NOT NULL,
    root bytea NOT NULL,
    previous bytea NOT NULL,
    frontier bytea[] NOT NULL,
    horizon xid8 NOT NULL,
    cluster text NOT NULL,  -- whose transaction ids the horizon is in; another one after a restore
    sealed_at timestamptz NOT NULL,
    key_id text NOT NULL,
    signature bytea NOT NULL
);

CREATE TABLE ledger_leaf (
    position bigint PRIMARY KEY,
    entry_id uuid NOT NULL UNIQUE,
    leaf_hash bytea NOT NULL,
    seal_number bigint NOT NULL REFERENCES ledger_seal (number) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE ledger_node (
    level smallint NOT NULL,
    index bigint NOT NULL,
    hash bytea NOT NULL,
    PRIMARY KEY (level, index)
);

-- Customers whose projection an act asked to have written at its end (see projection.sql).
CREATE TABLE projection_due (
    act_id uuid NOT NULL,
    customer_id uuid NOT NULL,
    since timestamptz NOT NULL
);
CREATE INDEX projection_due_act ON projection_due (act_id);

-- plpgsql, here and below, because it keeps its plans from call to call; PostgreSQL's SQL functions do so only from 18 on.
-- An act is opened by naming it; its row is written with the first thing it writes, so that one that writes nothing costs
-- nothing and leaves nothing.
CREATE FUNCTION open_act(act_id uuid, operation text, actor_kind text, actor_id uuid, organisation_id uuid)
RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('hub.act', act_id::text, true), set_config('hub.actor',
        operation || ' ' || actor_kind || ' ' || coalesce(actor_id::text, '') || ' ' || coalesce(organisation_id::text, ''), true);
    RETURN now();
END $$;

-- The act that is open in this very transaction.
CREATE FUNCTION this_act(towards text) RETURNS act
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    named text[];
    found act;
BEGIN
    SELECT * INTO found FROM act WHERE id = nullif(current_setting('hub.act', true), '')::uuid AND xid = pg_current_xact_id();
    IF found.id IS NULL THEN
        named := string_to_array(nullif(current_setting('hub.actor', true), ''), ' ', '');
        INSERT INTO act (id, operation, actor_kind, actor_id, organisation_id)
        SELECT nullif(current_setting('hub.act', true), '')::uuid, named[1], named[2], named[3]::uuid, named[4]::uuid
        WHERE named IS NOT NULL ON CONFLICT DO NOTHING RETURNING * INTO found;
    END IF;
    IF found.id IS NULL THEN
        RAISE EXCEPTION 'write to % outside an act', towards USING ERRCODE = 'HB001';
    END IF;
    RETURN found;
END $$;

-- Statement trigger on every domain table: an act of this very transaction must be open.
CREATE FUNCTION guard_act() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM act WHERE id = nullif(current_setting('hub.act', true), '')::uuid AND xid = pg_current_xact_id()) THEN
        PERFORM this_act(TG_TABLE_NAME);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION guard_table(guarded regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER guard_act BEFORE INSERT OR UPDATE OR DELETE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION guard_act()', guarded);
    EXECUTE format('CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION guard_act()', guarded);
END $$;

-- The ledger only grows, for everybody who has not first disabled a trigger as its owner.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'HB003';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_leaf
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_node
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_seal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON ledger_detail
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON act
    FOR EACH STATEMENT WHEN (current_user = 'hub_app') EXECUTE FUNCTION refuse_change();

-- An entry belongs to the act that is open and to its actor, and its details to an entry of this transaction.
CREATE FUNCTION guard_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    current act;
BEGIN
    SELECT * INTO current FROM act WHERE id = NEW.act_id AND xid = pg_current_xact_id()
        AND id = nullif(current_setting('hub.act', true), '')::uuid;
    IF current.id IS NULL THEN
        current := this_act(TG_TABLE_NAME);
    END IF;
    IF NEW.act_id <> current.id OR NEW.xid <> current.xid OR NEW.recorded_at <> now() THEN
        RAISE EXCEPTION 'ledger entry outside its act' USING ERRCODE = 'HB001';
    END IF;
    NEW.actor_kind := current.actor_kind;
    NEW.actor_id := current.actor_id;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_entry BEFORE INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION guard_entry();

CREATE FUNCTION guard_detail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM added a WHERE NOT EXISTS (
            SELECT FROM ledger_entry e WHERE e.id = a.entry_id AND e.xid = pg_current_xact_id())) THEN
        RAISE EXCEPTION 'ledger detail outside its act' USING ERRCODE = 'HB001';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER guard_detail AFTER INSERT ON ledger_detail REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION guard_detail();

CREATE FUNCTION guard_tombstone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.body IS NOT NULL OR NEW.entry_id <> OLD.entry_id OR NEW.index <> OLD.index
       OR NEW.subject IS DISTINCT FROM OLD.subject OR NEW.leaf_hash <> OLD.leaf_hash THEN
        RAISE EXCEPTION 'a ledger detail can only be emptied' USING ERRCODE = 'HB003';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard_tombstone BEFORE UPDATE ON ledger_detail FOR EACH ROW EXECUTE FUNCTION guard_tombstone();

CREATE FUNCTION ledger_append(
    entry_id uuid, event text, subject uuid, commitment bytea, subjects uuid[], leaves bytea[], bodies bytea[]
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_entry (id, act_id, event, subject, commitment, detail_count)
    VALUES (entry_id, nullif(current_setting('hub.act', true), '')::uuid, event, subject, commitment, cardinality(bodies));
    INSERT INTO ledger_detail (entry_id, index, subject, leaf_hash, body)
    SELECT entry_id, detail.ordinality - 1, detail.subject, detail.leaf_hash, detail.body
    FROM unnest(subjects, leaves, bodies) WITH ORDINALITY AS detail (subject, leaf_hash, body, ordinality);
END $$;
