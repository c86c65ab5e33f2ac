"""What recipients have to forget, correct or stop using: noted, decided, told in order, acknowledged.

Safe with older code: tables and triggers are new. Way back: drop the triggers, then the tables and functions.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/withdrawals.sql``."""

    dependencies = [("hub", "0029_partners")]

    operations = [ops.RunSQL((SQL / "withdrawals.sql").read_text(encoding="utf-8"))]
