"""Wrapping keys that were replaced: since when, and when the last backup under them is gone.

Safe with older code: the table is new, and wrapped keys may be written anew. Way back: drop it, and take the grants back.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/rotation.sql``."""

    dependencies = [("hub", "0031_memory")]

    operations = [ops.RunSQL((SQL / "rotation.sql").read_text(encoding="utf-8"))]
