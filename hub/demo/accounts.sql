-- The demo's accounts, in PostgreSQL: who Harbour acts for, in which matters, and what it billed. Nobody in it exists.
CREATE TABLE clients (
    id integer PRIMARY KEY, email text NOT NULL, phone text, name text, address text, client_since date NOT NULL,
    is_restricted boolean NOT NULL DEFAULT FALSE
);
CREATE INDEX ON clients (lower(email));
CREATE TABLE matters (
    id integer PRIMARY KEY, client_id integer NOT NULL REFERENCES clients (id), about text, opened_on date NOT NULL
);
CREATE INDEX ON matters (client_id);
CREATE TABLE invoices (
    number text PRIMARY KEY, matter_id integer NOT NULL REFERENCES matters (id), billed_to text,
    total numeric(10, 2) NOT NULL
);
CREATE INDEX ON invoices (matter_id);
CREATE TABLE privacy_hub_step (
    step varchar(60) PRIMARY KEY, fingerprint varchar(64) NOT NULL, evidence text NOT NULL, done_at varchar(40) NOT NULL
);
