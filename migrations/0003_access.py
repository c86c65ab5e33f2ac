"""Counters of failed sign-ins; clients and tokens that can end but not grow.

Safe with older code: nothing wrote those columns.
Way back: drop the table and the checks, grant UPDATE again.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/access.sql``."""

    dependencies = [("hub", "0002_spine")]

    operations = [ops.RunSQL((SQL / "access.sql").read_text(encoding="utf-8"))]
