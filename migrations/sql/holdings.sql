-- What systems hold about a customer, as they said it when somebody asked: sealed under the customer's key, for a day.
SELECT guard_table(name::regclass) FROM unnest(ARRAY['look', 'look_part']) AS name;
ALTER TABLE look ADD CHECK (expires_at > asked_at);
CREATE INDEX look_expires ON look (expires_at);
ALTER TABLE look_part
    ADD CHECK (state IN ('WAITING', 'DONE', 'NOTHING', 'FAILED', 'SKIPPED', 'BY_HAND')),
    ADD CHECK ((state IN ('DONE', 'NOTHING')) <= (as_of IS NOT NULL)),
    ADD CHECK ((state = 'DONE') = (sealed IS NOT NULL));
GRANT SELECT, INSERT, DELETE ON look TO hub_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON look_part TO hub_app;
GRANT SELECT ON look, look_part TO hub_read;
