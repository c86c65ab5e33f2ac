-- A recipient may have been blocked, have ended that by itself, and be blocked anew: what was asked about the first time is
-- not agreed to the second time (hub/partners/blocks.py), and somebody asks again.
DROP INDEX partner_release_one;
CREATE INDEX partner_release_open ON partner_release (recipient_id, asked_at) WHERE agreed_at IS NULL;
