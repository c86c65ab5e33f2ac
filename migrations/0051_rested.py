"""Disclosures: the decision that one rests on is looked up by its id, whatever else was known when that was planned.

Safe with older code. Way back: `guard_disclosures` as in ``sql/grounds.sql``.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/rested.sql``."""

    dependencies = [("hub", "0050_values")]

    operations = [ops.RunSQL((SQL / "rested.sql").read_text(encoding="utf-8"))]
