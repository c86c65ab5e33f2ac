"""Rights requests, what becomes of each, and the codes that prove who asks.

Safe with older code: everything is new. Way back: drop the four tables and the function.
"""

from pathlib import Path

from orjson import loads
from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """The tables as the models first were; what the database itself refuses is in ``sql/rights.sql``."""

    dependencies = [("hub", "0006_narrow_state")]

    operations = [
        ops.CreateModel(
            name="RightsRequest",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "hub.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("reference", fields.CharField(unique=True, max_length=20)),
                ("kind", fields.TextField(unique=False)),
                ("jurisdictions", ArrayField(element_type="TEXT")),
                ("state", fields.TextField(unique=False)),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "hub.Customer",
                        source_field="customer_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="requests",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("channel", fields.TextField(unique=False)),
                ("asker", fields.TextField(unique=False)),
                ("locale", fields.TextField(unique=False)),
                ("proof", fields.TextField(unique=False)),
                ("contact", fields.BinaryField(null=True)),
                ("contact_blind", fields.BinaryField(null=True)),
                ("contact_key", fields.TextField(null=True, unique=False)),
                ("content", fields.BinaryField()),
                ("received_on", fields.DateField()),
                ("verified_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("acknowledge_by", fields.DateField(null=True)),
                ("due_on", fields.DateField(null=True)),
                ("extended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("waiting_for", fields.TextField(null=True, unique=False)),
                ("resumes_to", fields.TextField(null=True, unique=False)),
                ("ground", fields.TextField(null=True, unique=False)),
                ("cools_until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("opened_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("act_id", fields.UUIDField()),
            ],
            options={
                "table": "rights_request",
                "app": "hub",
                "indexes": [Index(fields=["organisation_id", "id"])],
                "pk_attr": "id",
                "table_description": "A customer's request. It has a data key of its own, and outlives the customer's.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RightsCode",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "request",
                    fields.ForeignKeyField(
                        "hub.RightsRequest",
                        source_field="request_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="codes",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("digest", fields.BinaryField()),
                ("tries", fields.IntField(default=0)),
                ("sent_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "rights_code",
                "app": "hub",
                "pk_attr": "id",
                "table_description": "A code that was sent to prove an address: only its hash is kept, tries are counted, the newest alone counts.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RightsEvent",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "request",
                    fields.ForeignKeyField(
                        "hub.RightsRequest",
                        source_field="request_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="events",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.TextField(unique=False)),
                ("was", fields.TextField(null=True, unique=False)),
                ("state", fields.TextField(null=True, unique=False)),
                ("code", fields.TextField(null=True, unique=False)),
                ("is_private", fields.BooleanField(default=False)),
                ("message", fields.BinaryField(null=True)),
                ("body", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("actor_kind", fields.TextField(unique=False)),
                ("actor_id", fields.UUIDField(null=True)),
                ("happened_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("act_id", fields.UUIDField()),
            ],
            options={
                "table": "rights_event",
                "app": "hub",
                "pk_attr": "id",
                "table_description": "Something that became of a request. was, state: both where it moved on. code: why, coded.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="System",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "hub.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("key", fields.TextField(unique=False)),
                ("name", fields.TextField(unique=False)),
                ("kind", fields.TextField(unique=False)),
                ("settings", fields.BinaryField(null=True)),
                ("dataset", fields.TextField(null=True, unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("disabled_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "connected_system",
                "app": "hub",
                "unique_together": (("organisation", "key"),),
                "pk_attr": "id",
                "table_description": "A connected system of record. kind: MANUAL (a person looks) or SQL. settings: sealed, as its address.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RightsStep",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "request",
                    fields.ForeignKeyField(
                        "hub.RightsRequest",
                        source_field="request_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="steps",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "system",
                    fields.ForeignKeyField(
                        "hub.System",
                        source_field="system_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.TextField(unique=False)),
                ("kind", fields.TextField(unique=False)),
                ("operation", fields.TextField(unique=False)),
                ("stage", fields.IntField()),
                ("state", fields.TextField(unique=False)),
                ("attempts", fields.IntField(default=0)),
                ("evidence", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("why", fields.TextField(null=True, unique=False)),
                ("next_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("lease_until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("planned_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "rights_step",
                "app": "hub",
                "pk_attr": "id",
                "table_description": "What a request needs of one system; system: null for the hub itself, or where there is none.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "rights.sql").read_text(encoding="utf-8")),
    ]
