"""How often a recipient was reminded of what it has to acknowledge.

Safe with older code: the column has a default. Way back: drop it.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/withdrawal_reminder.sql``."""

    dependencies = [("hub", "0034_words")]

    operations = [ops.RunSQL((SQL / "withdrawal_reminder.sql").read_text(encoding="utf-8"))]
