"""Addresses that get no marketing, and customers who were erased, both as keyed hashes that lead back to nobody.

Safe with older code: both tables are new. Way back: drop them.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/suppression.sql``."""

    dependencies = [("hub", "0015_package")]

    operations = [ops.RunSQL((SQL / "suppression.sql").read_text(encoding="utf-8"))]
