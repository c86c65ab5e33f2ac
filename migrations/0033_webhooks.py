"""Webhooks: where partners and apps are told that something is there for them, and how telling them went.

Safe with older code: the tables are new. Way back: drop them.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/webhooks.sql``."""

    dependencies = [("hub", "0032_rotation")]

    operations = [ops.RunSQL((SQL / "webhooks.sql").read_text(encoding="utf-8"))]
