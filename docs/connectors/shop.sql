-- The shop of shop.yml, with two made-up customers, for SQLite: to try the guide docs/connectors.md.
CREATE TABLE customers (
    id INTEGER PRIMARY KEY, email VARCHAR(80) UNIQUE, phone VARCHAR(30), name VARCHAR(100) NOT NULL,
    born_on DATE, is_restricted BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE TABLE addresses (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
    street VARCHAR(100), city VARCHAR(100)
);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
    wish TEXT, total NUMERIC(10, 2) NOT NULL
);
CREATE TABLE parcels (
    order_id INTEGER REFERENCES orders (id), place INTEGER, left_with VARCHAR(100), PRIMARY KEY (order_id, place)
);
CREATE TABLE invoices (
    number VARCHAR(20) PRIMARY KEY, order_id INTEGER REFERENCES orders (id), billed_to VARCHAR(100)
);
INSERT INTO customers VALUES
    (1, 'anna.lindqvist@example.com', '+46700000001', 'Anna Lindqvist', '1980-02-29', FALSE),
    (2, 'bert.okafor@example.com', '+46700000002', 'Bert Okafor', NULL, FALSE);
INSERT INTO addresses VALUES (11, 1, '1 Elm Row', 'Lund'), (12, 1, '2 Oak Lane', 'Malmo'), (13, 2, '3 Ash Walk', 'Lund');
INSERT INTO orders VALUES (101, 1, 'ring twice, please', 12), (102, 1, NULL, 30), (103, 2, 'no nuts', 5);
INSERT INTO parcels VALUES (101, 1, 'Mrs Berg'), (101, 2, 'Mr Dahl'), (103, 1, 'Ms Falk');
INSERT INTO invoices VALUES ('2026-1', 101, 'Anna Lindqvist'), ('2026-2', 103, 'Bert Okafor');
