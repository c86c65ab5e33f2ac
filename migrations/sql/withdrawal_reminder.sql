-- How often a recipient was reminded of a withdrawal: when half of its time is over, and when most of it is.
ALTER TABLE withdrawal ADD COLUMN reminded smallint NOT NULL DEFAULT 0 CHECK (reminded BETWEEN 0 AND 2);
GRANT UPDATE (reminded) ON withdrawal TO hub_app;
