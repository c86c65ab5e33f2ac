-- Systems in memory: for trying out and for tests.
ALTER TABLE connected_system
    DROP CONSTRAINT connected_system_kind_check, ADD CHECK (kind IN ('MANUAL', 'EMAIL', 'SQL', 'HTTP', 'MEMORY'));
ALTER TABLE rights_step
    DROP CONSTRAINT rights_step_kind_check, ADD CHECK (kind IN ('HUB', 'WAY', 'MANUAL', 'EMAIL', 'SQL', 'HTTP', 'MEMORY'));
