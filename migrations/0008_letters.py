"""Letters by email, and what organisations wrote into their templates.

Safe with older code: everything is new. Way back: drop both tables and the function.
"""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """The tables as the models first were; what the database itself refuses is in ``sql/letters.sql``."""

    dependencies = [("hub", "0007_rights")]

    operations = [
        ops.CreateModel(
            name="LetterRevision",
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
                ("template", fields.TextField(unique=False)),
                ("locale", fields.TextField(unique=False)),
                ("number", fields.IntField()),
                ("template_version", fields.IntField()),
                ("subject", fields.TextField(null=True, unique=False)),
                ("body", fields.TextField(null=True, unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("act_id", fields.UUIDField()),
            ],
            options={
                "table": "letter_revision",
                "app": "hub",
                "unique_together": (("organisation", "template", "locale", "number"),),
                "pk_attr": "id",
                "table_description": "An organisation's own words for a template in one language. Never changed: a new one takes its place.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Letter",
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
                (
                    "customer",
                    fields.ForeignKeyField(
                        "hub.Customer",
                        source_field="customer_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="letters",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("request_id", fields.UUIDField(null=True, db_index=True)),
                ("template", fields.TextField(unique=False)),
                ("template_version", fields.IntField()),
                (
                    "revision",
                    fields.ForeignKeyField(
                        "hub.LetterRevision",
                        source_field="revision_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("locale", fields.TextField(unique=False)),
                ("address", fields.BinaryField()),
                ("content", fields.BinaryField(null=True)),
                ("state", fields.TextField(unique=False)),
                ("attempts", fields.IntField(default=0)),
                ("message_id", fields.TextField(unique=False)),
                ("queued_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("next_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("until_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("sent_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("reason", fields.TextField(default="", unique=False)),
                ("act_id", fields.UUIDField()),
            ],
            options={
                "table": "letter",
                "app": "hub",
                "indexes": [Index(fields=["organisation_id", "id"])],
                "pk_attr": "id",
                "table_description": "A letter to one address: QUEUED, then SENT, FAILED or SUPPRESSED; SENT may become BOUNCED.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "letters.sql").read_text(encoding="utf-8")),
    ]
