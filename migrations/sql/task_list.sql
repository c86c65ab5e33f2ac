-- The hash of the token of a list, with every task that its letter reminded of (see hub/rights/mailing.py).
ALTER TABLE rights_task ADD CHECK (octet_length(of_list) = 32);
CREATE INDEX rights_task_of_list ON rights_task (of_list) WHERE of_list IS NOT NULL;
