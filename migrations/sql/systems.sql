-- Systems behind HTTP and processors who are written to; keys that lead from system to system, kept with their step.
ALTER TABLE connected_system
    DROP CONSTRAINT connected_system_kind_check, ADD CHECK (kind IN ('MANUAL', 'EMAIL', 'SQL', 'HTTP'));
ALTER TABLE rights_step
    DROP CONSTRAINT rights_step_kind_check, ADD CHECK (kind IN ('HUB', 'WAY', 'MANUAL', 'EMAIL', 'SQL', 'HTTP'));
