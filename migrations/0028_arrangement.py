"""Arrangements are drafted, looked at, and put into force; their signed text is kept.

Safe with older code: what is entered by it is in force, as before; it shows drafts as if they were. Way back: drop the
table, the function and the columns, and make the view again as it was.
"""

from pathlib import Path

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """The columns as the model has them; what the database itself refuses is in ``sql/arrangement.sql``."""

    dependencies = [("hub", "0027_referral")]

    operations = [
        ops.AddField("Arrangement", "state", fields.TextField(default="IN_FORCE", unique=False)),
        ops.AddField(
            "Arrangement", "in_force_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)
        ),
        ops.AddField("Arrangement", "keep_days", fields.IntField(null=True)),
        ops.AddField("Arrangement", "gain", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
        ops.AddField(
            "Arrangement", "picture", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)
        ),
        ops.AddField(
            "Arrangement", "pictured_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)
        ),
        ops.RunSQL((SQL / "arrangement.sql").read_text(encoding="utf-8")),
    ]
