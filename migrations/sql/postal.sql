-- Postal addresses that get no marketing, too: by their hash, on the channel that they are reached on.
ALTER TABLE suppression DROP CONSTRAINT suppression_kind_check, DROP CONSTRAINT suppression_channel_check,
    ADD CHECK (kind IN ('EMAIL', 'PHONE', 'POSTAL')),
    ADD CHECK (channel IN ('EMAIL', 'SMS', 'PHONE', 'AUTO_CALL', 'POST')),
    ADD CHECK ((kind = 'POSTAL') = (channel = 'POST'));
