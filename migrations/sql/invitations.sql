-- The secret of an authenticator is with its invitation while that can be taken up, and then with the account or nowhere.
ALTER TABLE staff_invitation
    ALTER authenticator DROP NOT NULL,
    ALTER authenticator TYPE bytea USING CASE WHEN ended_at IS NULL THEN authenticator END,
    ADD CHECK (ended_at IS NOT NULL OR authenticator IS NOT NULL);
GRANT UPDATE (authenticator) ON staff_invitation TO hub_app;
