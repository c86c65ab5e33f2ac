-- Staff of an organisation's desk (see hub/auth/staff.py). Name and address are sealed under the keyring, and so is the
-- secret of the authenticator; the password is an argon2id hash. code_step: the last thirty seconds whose code was taken.
CREATE TABLE staff (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    name bytea NOT NULL,
    email bytea NOT NULL,
    email_blind bytea NOT NULL CHECK (octet_length(email_blind) = 32),
    email_key text NOT NULL,
    roles text[] NOT NULL
        CHECK (cardinality(roles) > 0 AND roles <@ ARRAY['staff:reader', 'staff:conduct', 'staff:admin']),
    password text CHECK (password LIKE '$argon2id$%'),
    authenticator bytea,
    code_step bigint,
    created_at timestamptz NOT NULL,
    disabled_at timestamptz,
    CHECK (num_nonnulls(password, authenticator) IN (0, 2)),
    CHECK (code_step IS NULL OR authenticator IS NOT NULL)
);
CREATE UNIQUE INDEX staff_email ON staff (organisation_id, email_blind);

-- One link to set a password and an authenticator by; only its hash is kept.
CREATE TABLE staff_invitation (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    staff_id uuid NOT NULL REFERENCES staff (id),
    authenticator bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > created_at),
    ended_at timestamptz
);
CREATE UNIQUE INDEX staff_invitation_live ON staff_invitation (staff_id) WHERE ended_at IS NULL;

-- Who is signed in where. No domain table: rows come and go outside acts, and hold the hash of a random token.
CREATE TABLE staff_sign_in (
    digest bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    id uuid NOT NULL UNIQUE,
    staff_id uuid NOT NULL REFERENCES staff (id),
    begun_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now() CHECK (seen_at >= begun_at),
    proved_at timestamptz NOT NULL DEFAULT now() CHECK (proved_at >= begun_at)
) WITH (fillfactor = 70);
CREATE INDEX staff_sign_in_staff ON staff_sign_in (staff_id);
CREATE INDEX staff_sign_in_seen ON staff_sign_in (seen_at);

-- Who was shown whose details, why and until when; written before anything is shown (see hub/unmasking.py).
CREATE TABLE unmasking (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    staff_id uuid NOT NULL REFERENCES staff (id),
    request_id uuid NOT NULL REFERENCES rights_request (id),
    customer_id uuid REFERENCES customer (id),
    reason text NOT NULL CHECK (reason ~ '^[A-Z][A-Z0-9_]{0,63}$'),
    at timestamptz NOT NULL,
    until_at timestamptz NOT NULL CHECK (until_at > at),
    act_id uuid NOT NULL
);
CREATE INDEX unmasking_staff ON unmasking (staff_id, at);
CREATE INDEX unmasking_customer ON unmasking (customer_id, at) WHERE customer_id IS NOT NULL;
CREATE INDEX unmasking_organisation ON unmasking (organisation_id, at);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON unmasking
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

SELECT guard_table(name::regclass) FROM unnest(ARRAY['staff', 'staff_invitation', 'unmasking']) AS name;

GRANT SELECT ON staff, staff_invitation, staff_sign_in, unmasking TO hub_app, hub_read;
GRANT INSERT ON staff, staff_invitation, unmasking TO hub_app;
GRANT UPDATE (name, roles, password, authenticator, code_step, disabled_at) ON staff TO hub_app;
GRANT UPDATE (ended_at) ON staff_invitation TO hub_app;
GRANT INSERT, UPDATE, DELETE ON staff_sign_in TO hub_app;

-- Today's list: what is open, the soonest due first.
CREATE INDEX rights_request_today ON rights_request (organisation_id, (coalesce(due_on, 'infinity'::date)), id)
    WHERE closed_at IS NULL;
