"""Files that people sent with their requests.

Safe with older code: the table is new. Way back: drop it.
"""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """The table as the model has it; what the database itself refuses is in ``sql/attachments.sql``."""

    dependencies = [("hub", "0016_suppression")]

    operations = [
        ops.CreateModel(
            name="Attachment",
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
                    "request",
                    fields.ForeignKeyField(
                        "hub.RightsRequest",
                        source_field="request_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="attachments",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("file_key", fields.BinaryField(null=True)),
                ("name", fields.BinaryField()),
                ("kind", fields.TextField(unique=False)),
                ("size_bytes", fields.IntField()),
                ("scan", fields.TextField(unique=False)),
                ("actor_kind", fields.TextField(unique=False)),
                ("actor_id", fields.UUIDField(null=True)),
                ("added_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("act_id", fields.UUIDField()),
            ],
            options={
                "table": "attachment",
                "app": "hub",
                "pk_attr": "id",
                "table_description": "A file with a key of its own. request: null while somebody at the portal has not sent their request yet.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "attachments.sql").read_text(encoding="utf-8")),
    ]
