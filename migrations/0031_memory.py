"""A made-up system, held in memory, is connected like every other.

Safe with older code: it allows one more kind. Way back: the checks as they were.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/memory.sql``."""

    dependencies = [("hub", "0030_withdrawals")]

    operations = [ops.RunSQL((SQL / "memory.sql").read_text(encoding="utf-8"))]
