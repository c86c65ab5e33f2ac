"""Releases: one that was asked for before a recipient was blocked as it is now does not stand in the way of another.

Safe with older code, which finds one of them. Way back: agree to all but one of each recipient, then the index as in
``sql/withdrawals.sql``.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/released.sql``."""

    dependencies = [("hub", "0051_rested")]

    operations = [ops.RunSQL((SQL / "released.sql").read_text(encoding="utf-8"))]
