"""Referrals to partners, and what became of each.

Safe with older code: the tables are new. Way back: drop them and the function.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/referral.sql``."""

    dependencies = [("hub", "0026_task_list")]

    operations = [ops.RunSQL((SQL / "referral.sql").read_text(encoding="utf-8"))]
