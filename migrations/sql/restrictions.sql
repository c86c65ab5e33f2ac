-- Restrictions that were granted are lifted: their customer is told, then everybody who carried them out.

INSERT INTO rights_transition (was, state) VALUES
    ('ANSWERED', 'LIFTING'), ('PARTLY_ANSWERED', 'LIFTING'),
    ('LIFTING', 'ANSWERED'), ('LIFTING', 'PARTLY_ANSWERED'), ('LIFTING', 'LIFTED');
ALTER TABLE rights_request
    DROP CONSTRAINT rights_request_check4,
    ADD CONSTRAINT rights_request_closed CHECK ((state IN (
        'ANSWERED', 'PARTLY_ANSWERED', 'REFUSED', 'WITHDRAWN', 'EXPIRED', 'LIFTING', 'LIFTED')) = (closed_at IS NOT NULL)),
    ADD CONSTRAINT rights_request_lifted CHECK (state NOT IN ('LIFTING', 'LIFTED') OR kind = 'RESTRICTION');
ALTER TABLE rights_step
    DROP CONSTRAINT rights_step_operation_check,
    ADD CONSTRAINT rights_step_operation_check
        CHECK (operation IN ('FIND', 'EXPORT', 'CORRECT', 'ERASE', 'RESTRICT', 'LIFT'));
CREATE INDEX rights_request_lifting ON rights_request (cools_until) WHERE state = 'LIFTING';
