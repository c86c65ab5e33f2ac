"""What systems hold about a customer, as they said it when asked; systems that were removed.

Safe with older code: the tables and the column are new. Way back: drop them.
"""

from pathlib import Path
from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


def _refers(model: str, column: str, on_delete: OnDelete, **more: Any) -> Any:
    given: dict[str, Any] = {
        "source_field": column,
        "db_constraint": True,
        "to_field": "id",
        "on_delete": on_delete,
    }
    made: Any = fields.ForeignKeyField
    return made(model, **given, **more)


class Migration(migrations.Migration):
    """The tables as the models first were; what the database itself refuses is in ``sql/holdings.sql``."""

    dependencies = [("hub", "0023_tasks")]

    operations = [
        ops.AddField(
            "System", "removed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)
        ),
        ops.CreateModel(
            name="Look",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("organisation", _refers("hub.Organisation", "organisation_id", OnDelete.RESTRICT)),
                (
                    "customer",
                    _refers(
                        "hub.Customer",
                        "customer_id",
                        OnDelete.RESTRICT,
                        related_name="looks",
                        db_index=True,
                    ),
                ),
                ("asked_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "look", "app": "hub", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LookPart",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "look",
                    _refers("hub.Look", "look_id", OnDelete.CASCADE, related_name="parts", db_index=True),
                ),
                ("system", _refers("hub.System", "system_id", OnDelete.RESTRICT)),
                ("name", fields.TextField(unique=False)),
                ("state", fields.TextField(unique=False)),
                ("why", fields.TextField(null=True, unique=False)),
                ("as_of", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("sealed", fields.BinaryField(null=True)),
            ],
            options={"table": "look_part", "app": "hub", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "holdings.sql").read_text(encoding="utf-8")),
    ]
