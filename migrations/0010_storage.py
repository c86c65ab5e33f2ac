"""Stored objects: which files in the storage count, so that what a crash left there can be swept away.

Safe with older code: the table is new. Way back: drop it.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/storage.sql``."""

    dependencies = [("hub", "0009_portal")]

    operations = [ops.RunSQL((SQL / "storage.sql").read_text(encoding="utf-8"))]
