"""Tasks by link: whoever looks without an account, when they were written to, when they opened it.

Safe with older code: all of it is new. Way back: drop the table and the two columns.
"""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """The table as the model first was; what the database itself refuses is in ``sql/tasks.sql``."""

    dependencies = [("hub", "0022_requests_imported")]

    operations = [
        ops.AddField(
            "RightsStep", "asked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)
        ),
        ops.AddField(
            "RightsStep", "opened_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)
        ),
        ops.CreateModel(
            name="RightsTask",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "step",
                    fields.ForeignKeyField(
                        "hub.RightsStep",
                        source_field="step_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="tasks",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("attempt", fields.IntField()),
                ("digest", fields.BinaryField()),
                ("sent_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("opened_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "rights_task", "app": "hub", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "tasks.sql").read_text(encoding="utf-8")),
    ]
