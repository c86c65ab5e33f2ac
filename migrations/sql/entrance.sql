-- Customers sign in at the portal (see hub/entrance.py): a visit may be a customer's, and a code lets them in. Like visits,
-- attempts and their codes are no domain tables: they come and go.
ALTER TABLE portal_visit
    ADD id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD customer_id uuid REFERENCES customer (id),
    ADD identified text CHECK (identified IN ('CODE', 'TWO_IDENTIFIERS')),
    ADD confirmed_at timestamptz,
    ADD CHECK (num_nonnulls(customer_id, identified) IN (0, 2)),
    ADD CHECK (confirmed_at IS NULL OR customer_id IS NOT NULL);
CREATE UNIQUE INDEX portal_visit_id ON portal_visit (id);
CREATE INDEX portal_visit_customer ON portal_visit (customer_id) WHERE customer_id IS NOT NULL;

-- link: the hash of what the letter's link holds.
CREATE TABLE portal_attempt (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    link bytea CHECK (octet_length(link) = 32),
    begun_at timestamptz NOT NULL
);
CREATE INDEX portal_attempt_begun ON portal_attempt (begun_at);
CREATE TABLE portal_code (
    id uuid PRIMARY KEY,
    attempt_id uuid NOT NULL REFERENCES portal_attempt (id) ON DELETE CASCADE,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    tries int NOT NULL DEFAULT 0 CHECK (tries BETWEEN 0 AND 5),
    sent_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > sent_at),
    ended_at timestamptz
);
CREATE UNIQUE INDEX portal_code_live ON portal_code (attempt_id) WHERE ended_at IS NULL;
CREATE INDEX portal_code_attempt ON portal_code (attempt_id);

-- Whoever proves an address follows the requests that name it.
CREATE INDEX rights_request_contact ON rights_request (organisation_id, contact_blind) WHERE contact_blind IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON portal_attempt, portal_code TO hub_app;
GRANT SELECT ON portal_attempt, portal_code TO hub_read;
