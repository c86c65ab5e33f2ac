"""Partners sign in: clients that are a recipient, the keys they sign with, and assertions that were used.

Safe with older code: what it writes are apps with a secret, as before; the new columns are empty or have a default.
Way back: revoke the partners' clients, drop the tables, the columns and the checks.
"""

from pathlib import Path
from typing import Any

from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


def _may_refer(model: str, column: str, **more: Any) -> Any:
    made: Any = fields.ForeignKeyField
    return made(
        model,
        source_field=column,
        null=True,
        db_constraint=True,
        to_field="id",
        on_delete=OnDelete.RESTRICT,
        **more,
    )


class Migration(migrations.Migration):
    """The columns as the models have them; tables and what the database refuses are in ``sql/partners.sql``."""

    dependencies = [("hub", "0028_arrangement")]

    operations = [
        ops.AddField(
            "Organisation",
            "sandbox_of",
            _may_refer("hub.Organisation", "sandbox_of_id", related_name="sandboxes"),
        ),
        ops.AddField("Client", "recipient", _may_refer("hub.Recipient", "recipient_id")),
        ops.AddField("Client", "arrangements", ArrayField(element_type="UUID", null=True)),
        ops.AddField("Client", "auth_method", fields.TextField(db_default="client_secret", unique=False)),
        ops.AddField("Client", "jwks_url", fields.TextField(null=True, unique=False)),
        ops.RunSQL((SQL / "partners.sql").read_text(encoding="utf-8")),
    ]
