"""The shop of docs/connectors/shop.yml: its tables on any engine, two customers, and who they are."""

from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from workers.connectors.connector import Change, Subject
from workers.connectors.dataset_files import read
from workers.connectors.sql.journal import TABLE

FILE = Path(__file__).resolve().parents[2] / "docs" / "connectors" / "shop.yml"
DATASETS = read(FILE.read_bytes())
KEY = bytes(range(32))

ANNA = Subject({"email": ("anna.lindqvist@example.com",), "phone": ("+46700000001",)})
BERT = Subject({"email": ("bert.okafor@example.com",), "phone": ("+46700000002",)})
NOBODY = Subject({"email": ("nobody@example.com",), "phone": ("+46799999999",)})
MOVED = Change("user.contact.address.street", "7 New Harbour Street")

metadata = sa.MetaData()
customers = sa.Table(
    "customers",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("email", sa.String(80), unique=True),
    sa.Column("phone", sa.String(30)),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("born_on", sa.Date),
    sa.Column("is_restricted", sa.Boolean, nullable=False, default=False),
)
addresses = sa.Table(
    "addresses",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), nullable=False),
    sa.Column("street", sa.String(100)),
    sa.Column("city", sa.String(100)),
)
orders = sa.Table(
    "orders",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), nullable=False),
    sa.Column("wish", sa.Text),
    sa.Column("total", sa.Numeric(10, 2), nullable=False),
)
parcels = sa.Table(
    "parcels",
    metadata,
    sa.Column("order_id", sa.Integer, sa.ForeignKey("orders.id"), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("left_with", sa.String(100)),
)
invoices = sa.Table(
    "invoices",
    metadata,
    sa.Column("number", sa.String(20), primary_key=True),
    sa.Column("order_id", sa.Integer, sa.ForeignKey("orders.id")),
    sa.Column("billed_to", sa.String(100)),
)
ROWS: dict[sa.Table, list[dict[str, Any]]] = {
    customers: [
        {"id": 1, "email": "Anna.Lindqvist@Example.com", "phone": "+46700000001", "name": "Anna Lindqvist",
         "born_on": date(1980, 2, 29), "is_restricted": False},
        {"id": 2, "email": "bert.okafor@example.com", "phone": "+46700000002", "name": "Bert Okafor",
         "born_on": None, "is_restricted": False},
    ],
    addresses: [
        {"id": 11, "customer_id": 1, "street": "1 Elm Row", "city": "Lund"},
        {"id": 12, "customer_id": 1, "street": "2 Oak Lane", "city": "Malmo"},
        {"id": 13, "customer_id": 2, "street": "3 Ash Walk", "city": "Lund"},
    ],
    orders: [
        {"id": 101, "customer_id": 1, "wish": "ring twice, please", "total": 12},
        {"id": 102, "customer_id": 1, "wish": None, "total": 30},
        {"id": 103, "customer_id": 2, "wish": "no nuts", "total": 5},
    ],
    parcels: [
        {"order_id": 101, "place": 1, "left_with": "Mrs Berg"},
        {"order_id": 101, "place": 2, "left_with": "Mr Dahl"},
        {"order_id": 103, "place": 1, "left_with": "Ms Falk"},
    ],
    invoices: [
        {"number": "2026-1", "order_id": 101, "billed_to": "Anna Lindqvist"},
        {"number": "2026-2", "order_id": 103, "billed_to": "Bert Okafor"},
    ],
}  # fmt: skip


def fill(connection: sa.Connection) -> None:
    """Make the tables, the journal and the customers."""
    metadata.create_all(connection)
    TABLE.create(connection)
    for table, rows in ROWS.items():
        connection.execute(sa.insert(table), rows)


def in_memory() -> dict[str, list[dict[str, Any]]]:
    """The same customers, for a system in memory."""
    return {f"shop.{table.name}": [dict(row) for row in rows] for table, rows in ROWS.items()}
