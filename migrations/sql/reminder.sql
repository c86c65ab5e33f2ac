-- Staff are reminded of a request once at each share of its time, in percent; 100: it is overdue (see hub/rights/reminding.py).
CREATE TABLE rights_reminder (
    request_id uuid NOT NULL REFERENCES rights_request (id),
    share int NOT NULL CHECK (share IN (50, 80, 100)),
    organisation_id uuid NOT NULL REFERENCES organisation (id),
    reminded_at timestamptz NOT NULL,
    PRIMARY KEY (request_id, share)
);
CREATE INDEX rights_reminder_day ON rights_reminder (organisation_id, reminded_at);

SELECT guard_table('rights_reminder');
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON rights_reminder
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
GRANT SELECT ON rights_reminder TO hub_app, hub_read;
GRANT INSERT ON rights_reminder TO hub_app;
