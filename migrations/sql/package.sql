-- Copies of what is held: the parts that systems gave, the packages built from them, and what staff took out of them.
-- Rows say where a sealed object lies and what it is like, never what it holds.
CREATE TABLE package_part (
    id uuid PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES rights_request (id),
    step_id uuid REFERENCES rights_step (id),
    kind text NOT NULL CHECK (kind IN ('ROWS', 'FILE')),
    place text NOT NULL UNIQUE REFERENCES stored_object (place),
    name bytea,
    media_type text NOT NULL,
    shape jsonb NOT NULL DEFAULT '[]',
    added_at timestamptz NOT NULL,
    act_id uuid NOT NULL,
    CHECK ((kind = 'FILE') = (name IS NOT NULL)),
    CHECK (kind = 'FILE' OR step_id IS NOT NULL)
);
CREATE INDEX package_part_request ON package_part (request_id);
CREATE UNIQUE INDEX package_part_rows ON package_part (step_id) WHERE kind = 'ROWS';

-- A package is BUILDING, then BUILT, then RELEASED to the customer, then EXPIRED and gone; REPLACED by a later one.
CREATE TABLE package (
    id uuid PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES rights_request (id),
    number integer NOT NULL CHECK (number > 0),
    state text NOT NULL CHECK (state IN ('BUILDING', 'BUILT', 'RELEASED', 'EXPIRED', 'REPLACED')),
    place text UNIQUE REFERENCES stored_object (place),
    manifest bytea CHECK (octet_length(manifest) = 32),
    files integer,
    begun_at timestamptz NOT NULL,
    built_at timestamptz,
    released_at timestamptz,
    until_at timestamptz,
    ended_at timestamptz,
    act_id uuid NOT NULL,
    UNIQUE (request_id, number),
    CHECK ((state IN ('BUILT', 'RELEASED')) = (place IS NOT NULL)),
    CHECK ((built_at IS NOT NULL) = (manifest IS NOT NULL AND files IS NOT NULL)),
    CHECK ((state = 'RELEASED') <= (released_at IS NOT NULL AND until_at > released_at)),
    CHECK ((state IN ('EXPIRED', 'REPLACED')) = (ended_at IS NOT NULL))
);
CREATE UNIQUE INDEX package_live ON package (request_id) WHERE ended_at IS NULL;
CREATE INDEX package_until ON package (until_at) WHERE state = 'RELEASED';
CREATE INDEX package_building ON package (begun_at) WHERE state = 'BUILDING';

-- What staff take out, with the reason that the customer is told: a collection, a field of it, or a range of its rows.
CREATE TABLE package_redaction (
    id uuid PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES rights_request (id),
    part_id uuid NOT NULL,
    collection text,
    field text,
    first_row integer CHECK (first_row > 0),
    last_row integer CHECK (last_row >= first_row),
    reason text NOT NULL CHECK (reason ~ '^[A-Z_]{1,63}$'),
    made_at timestamptz NOT NULL,
    ended_at timestamptz,
    act_id uuid NOT NULL,
    CHECK ((first_row IS NULL) = (last_row IS NULL)),
    CHECK (collection IS NOT NULL OR num_nonnulls(field, first_row) = 0)
);
CREATE INDEX package_redaction_request ON package_redaction (request_id) WHERE ended_at IS NULL;

SELECT guard_table(name::regclass) FROM unnest(ARRAY['package_part', 'package', 'package_redaction']) AS name;
GRANT SELECT ON package_part, package, package_redaction TO hub_app, hub_read;
GRANT INSERT, DELETE ON package_part TO hub_app;
GRANT INSERT, UPDATE ON package, package_redaction TO hub_app;
