"""Which requests staff were reminded of, and when how much of the time had passed.

Safe with older code: the table is new. Way back: drop it.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/reminder.sql``."""

    dependencies = [("hub", "0018_representatives")]

    operations = [ops.RunSQL((SQL / "reminder.sql").read_text(encoding="utf-8"))]
