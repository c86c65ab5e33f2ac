-- Links by which somebody without an account says what they found: only the hash of a link's token is kept.
SELECT guard_table('rights_task'::regclass);
ALTER TABLE rights_task
    ADD UNIQUE (digest), ADD CHECK (octet_length(digest) = 32), ADD CHECK (expires_at > sent_at), ADD CHECK (opened_at >= sent_at);
CREATE INDEX rights_step_asked ON rights_step (asked_at) WHERE ended_at IS NULL AND asked_at IS NOT NULL;
GRANT SELECT ON rights_task TO hub_app, hub_read;
GRANT INSERT, UPDATE ON rights_task TO hub_app;
