"""Exports for partners: what was asked for, the parts that are there, and a key for each.

Safe with older code: all tables are new. Way back: drop them.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/exports.sql``."""

    dependencies = [("hub", "0037_handing")]

    operations = [ops.RunSQL((SQL / "exports.sql").read_text(encoding="utf-8"))]
