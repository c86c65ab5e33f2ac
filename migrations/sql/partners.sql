-- A partner is a recipient that signs in. What it may do has nothing in common with what an app may: scopes of the one
-- are refused to the other by the database too.
ALTER TABLE client DROP CONSTRAINT client_kind_check,
    ADD CONSTRAINT client_kind_check CHECK (kind IN ('APP', 'PARTNER')),
    ADD CONSTRAINT client_partner_check CHECK ((kind = 'PARTNER') = (recipient_id IS NOT NULL)),
    ADD CONSTRAINT client_partner_scopes_check CHECK (CASE kind
        WHEN 'PARTNER' THEN array_to_string(scopes, ' ') ~ '^partner:[a-z]+( partner:[a-z]+)*$'
        ELSE array_to_string(scopes, ' ') !~ '(^| )partner:' END),
    ADD CONSTRAINT client_partner_place_check CHECK (kind = 'PARTNER' OR arrangements IS NULL),
    ADD CONSTRAINT client_partner_department_check CHECK (kind = 'APP' OR department_id IS NULL),
    ADD CONSTRAINT client_arrangements_check CHECK (cardinality(arrangements) > 0),
    ADD CONSTRAINT client_auth_method_check CHECK (auth_method IN ('client_secret', 'private_key_jwt')),
    ADD CONSTRAINT client_secret_check CHECK ((auth_method = 'client_secret') = (secret_hash IS NOT NULL)),
    ADD CONSTRAINT client_jwks_check CHECK (jwks_url IS NULL OR auth_method = 'private_key_jwt');
CREATE INDEX client_recipient ON client (recipient_id, id) WHERE recipient_id IS NOT NULL;

-- A sandbox is of a real organisation, and of itself there is none.
CREATE UNIQUE INDEX organisation_sandbox ON organisation (sandbox_of_id) WHERE sandbox_of_id IS NOT NULL;
ALTER TABLE organisation ADD CONSTRAINT organisation_sandbox_check CHECK (sandbox_of_id <> id);

-- Public keys that clients sign their assertions with (see hub/auth/signing_keys.py): brought by somebody, or fetched
-- from the client's own address. A key that has ended never counts again, whoever brings it.
CREATE TABLE client_key (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES client (id),
    kid text NOT NULL CHECK (kid ~ '^[A-Za-z0-9._~:=+-]{1,100}$'),
    algorithm text NOT NULL CHECK (algorithm IN ('EdDSA', 'ES256', 'PS256')),
    jwk jsonb NOT NULL CHECK (NOT jwk ?| ARRAY['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']),
    source text NOT NULL CHECK (source IN ('UPLOAD', 'JWKS')),
    created_at timestamptz NOT NULL,
    ended_at timestamptz CHECK (ended_at >= created_at),
    UNIQUE (client_id, kid)
);

-- When the keys of a client were last fetched from its address, and what was wrong with what came.
CREATE TABLE client_jwks (
    client_id uuid PRIMARY KEY REFERENCES client (id),
    tried_at timestamptz,
    fetched_at timestamptz,
    failures integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    problem text CHECK (problem ~ '^[A-Z][A-Z0-9_]{0,63}$')
);

-- Assertions that were used, until they would not count any more. No domain table: rows come and go outside acts, and
-- hold the hash of an id that a client made up. Logged, unlike the counts of attempts: after a crash none counts twice.
CREATE TABLE assertion_used (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    expires_at timestamptz NOT NULL
);
CREATE INDEX assertion_used_expires ON assertion_used (expires_at);

SELECT guard_table(name::regclass) FROM unnest(ARRAY['client_key', 'client_jwks']) AS name;

GRANT SELECT ON client_key, client_jwks, assertion_used TO hub_app, hub_read;
GRANT INSERT ON client_key, client_jwks, assertion_used TO hub_app;
GRANT UPDATE (ended_at) ON client_key TO hub_app;
GRANT UPDATE (tried_at, fetched_at, failures, problem) ON client_jwks TO hub_app;
GRANT UPDATE, DELETE ON assertion_used TO hub_app;  -- to lock what is cleared away takes the right to change it
