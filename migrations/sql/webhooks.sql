-- Where a client is told things (see hub/webhooks). Its secrets are sealed under the keyring; those before count until
-- previous_until, so that a receiver can take the new ones over in peace.
CREATE TABLE webhook_endpoint (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    client_id uuid NOT NULL REFERENCES client (id),
    url text NOT NULL CHECK (length(url) BETWEEN 1 AND 2048),
    types text[] NOT NULL CHECK (cardinality(types) > 0),
    secrets bytea NOT NULL,
    previous bytea,
    previous_until timestamptz,
    created_at timestamptz NOT NULL,
    verified_at timestamptz,
    failing_since timestamptz,
    disabled_at timestamptz,
    disabled_why text CHECK (disabled_why IN ('GONE', 'FAILING', 'REMOVED')),
    CHECK ((previous IS NULL) = (previous_until IS NULL)),
    CHECK ((disabled_at IS NULL) = (disabled_why IS NULL))
);
CREATE INDEX webhook_endpoint_client ON webhook_endpoint (client_id, id);
CREATE INDEX webhook_endpoint_told ON webhook_endpoint (organisation_id) WHERE disabled_at IS NULL;

-- What is told: a type and ids, never what it is about.
CREATE TABLE webhook_message (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    type text NOT NULL CHECK (type ~ '^[a-z_]+(\.[a-z_]+)+$'),
    data jsonb NOT NULL CHECK (jsonb_typeof(data) = 'object' AND length(data::text) < 4096),
    at timestamptz NOT NULL,
    act_id uuid NOT NULL
);
CREATE INDEX webhook_message_at ON webhook_message (at);

-- What is told to whom, and how that goes. No domain table: claims and outcomes come and go outside acts; what was
-- announced, and that an endpoint was disabled, stands in the ledger.
CREATE TABLE webhook_delivery (
    id uuid PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES webhook_endpoint (id),
    message_id uuid NOT NULL REFERENCES webhook_message (id) ON DELETE CASCADE,
    state text NOT NULL DEFAULT 'WAITING' CHECK (state IN ('WAITING', 'DELIVERED', 'MERGED', 'FAILED')),
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    due_at timestamptz,
    claimed_until timestamptz,
    tried_at timestamptz,
    status integer,
    problem text CHECK (problem ~ '^[A-Z][A-Z0-9_]{0,63}$'),
    ended_at timestamptz,
    UNIQUE (endpoint_id, message_id),
    CHECK ((state = 'WAITING') = (due_at IS NOT NULL)),
    CHECK ((state = 'WAITING') = (ended_at IS NULL))
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (endpoint_id, due_at) WHERE state = 'WAITING';
CREATE INDEX webhook_delivery_claimed ON webhook_delivery (endpoint_id, claimed_until) WHERE claimed_until IS NOT NULL;
CREATE INDEX webhook_delivery_message ON webhook_delivery (message_id);

SELECT guard_table(name::regclass) FROM unnest(ARRAY['webhook_endpoint', 'webhook_message']) AS name;

GRANT SELECT ON webhook_endpoint, webhook_message, webhook_delivery TO hub_app, hub_read;
GRANT INSERT ON webhook_endpoint, webhook_message, webhook_delivery TO hub_app;
GRANT UPDATE (url, types, secrets, previous, previous_until, verified_at, failing_since, disabled_at, disabled_why)
    ON webhook_endpoint TO hub_app;
GRANT UPDATE ON webhook_delivery TO hub_app;
GRANT DELETE ON webhook_message, webhook_delivery TO hub_app;
