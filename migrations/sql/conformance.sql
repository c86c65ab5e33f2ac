-- Times that a partner's client of the sandbox was tried out (see hub/partners/conforming.py): how it answered what was
-- sent, and the made-up withdrawal that it has to acknowledge. Nobody real is in any of it.
CREATE TABLE conformance_run (
    id uuid PRIMARY KEY,
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    recipient_id uuid NOT NULL REFERENCES recipient (id),
    client_id uuid NOT NULL REFERENCES client (id),
    minutes integer NOT NULL CHECK (minutes BETWEEN 1 AND 1440),
    started_at timestamptz NOT NULL,
    tested_at timestamptz,
    results jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(results) = 'array' AND length(results::text) < 4096),
    withdrawal_id uuid REFERENCES withdrawal (id),
    until timestamptz,
    CHECK ((withdrawal_id IS NULL) = (until IS NULL)),
    CHECK (withdrawal_id IS NULL OR tested_at IS NOT NULL)
);
CREATE INDEX conformance_run_client ON conformance_run (client_id, id);
CREATE INDEX conformance_run_recipient ON conformance_run (recipient_id, id);

SELECT guard_table('conformance_run'::regclass);
GRANT SELECT ON conformance_run TO hub_app, hub_read;
GRANT INSERT ON conformance_run TO hub_app;
GRANT UPDATE (tested_at, results, withdrawal_id, until) ON conformance_run TO hub_app;
