-- The demo's diary, in SQLite: who came to see us, when and why. Nobody in it exists.
CREATE TABLE visitors (id INTEGER PRIMARY KEY, email TEXT NOT NULL, name TEXT, phone TEXT);
CREATE INDEX visitors_by_email ON visitors (lower(email));
CREATE TABLE appointments (
    id INTEGER PRIMARY KEY, visitor_id INTEGER NOT NULL REFERENCES visitors (id), starts_on DATE NOT NULL, room TEXT,
    about TEXT
);
CREATE INDEX appointments_by_visitor ON appointments (visitor_id);
CREATE TABLE privacy_hub_step (
    step VARCHAR(60) NOT NULL, fingerprint VARCHAR(64) NOT NULL, evidence TEXT NOT NULL, done_at VARCHAR(40) NOT NULL,
    PRIMARY KEY (step)
);
