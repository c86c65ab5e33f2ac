"""Who may act for a customer, and under which link a request was made.

Safe with older code: the table is new, and the column of requests may be empty. Way back: drop both.
"""

from pathlib import Path
from typing import Any

from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"
LINK: fields.ForeignKeyNullableRelation[Any] = fields.ForeignKeyField(
    "hub.Representative",
    source_field="representative_id",
    null=True,
    db_constraint=True,
    to_field="id",
    related_name="requests",
    on_delete=OnDelete.RESTRICT,
)


class Migration(migrations.Migration):
    """The table as the model has it; what the database itself refuses is in ``sql/representatives.sql``."""

    dependencies = [("hub", "0017_attachments")]

    operations = [
        ops.CreateModel(
            name="Representative",
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
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="representatives",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("role", fields.TextField(unique=False)),
                ("kinds", ArrayField(element_type="TEXT")),
                ("starts_on", fields.DateField()),
                ("ends_on", fields.DateField(null=True)),
                ("state", fields.TextField(unique=False)),
                ("name", fields.BinaryField()),
                ("contact", fields.BinaryField(null=True)),
                ("contact_blind", fields.BinaryField(null=True)),
                ("contact_key", fields.TextField(null=True, unique=False)),
                ("proof", fields.TextField(null=True, unique=False)),
                ("attachment_id", fields.UUIDField(null=True)),
                ("reason", fields.TextField(null=True, unique=False)),
                ("proposed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("checked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("checked_by", fields.UUIDField(null=True)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("act_id", fields.UUIDField()),
            ],
            options={
                "table": "representative",
                "app": "hub",
                "pk_attr": "id",
                "table_description": "Somebody who acts for a customer, from a day, until another. kinds: of requests; empty: every kind.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="RightsRequest",
            name="representative",
            field=LINK,
        ),
        ops.RunSQL((SQL / "representatives.sql").read_text(encoding="utf-8")),
    ]
