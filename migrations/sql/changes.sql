-- What became of requests is followed in the order of the ledger, act by act (see hub/rights/changes.py).
CREATE INDEX rights_event_act ON rights_event (act_id);
