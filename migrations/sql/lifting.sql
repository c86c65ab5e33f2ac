-- A stop ends (see hub/partners/withdrawals.py); what was to be forgotten or corrected stays so.
CREATE FUNCTION guard_lifting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM withdrawal w WHERE w.id = OLD.withdrawal_id AND w.kind = 'STOP') THEN
        RAISE EXCEPTION 'what was to be forgotten stays forgotten' USING ERRCODE = 'HB003';
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER guard_lifting BEFORE DELETE ON disclosure_end FOR EACH ROW EXECUTE FUNCTION guard_lifting();
GRANT DELETE ON disclosure_end TO hub_app;
