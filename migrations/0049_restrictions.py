"""Restrictions that were granted are lifted: two states of their request, and a step for everybody who carried them out.

Safe with older code: it knows nobody who is in these states. Way back: once no request is LIFTING or LIFTED, and no step
is one of lifting, put the conditions of ``sql/rights.sql`` back.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/restrictions.sql``."""

    dependencies = [("hub", "0048_entries")]

    operations = [ops.RunSQL((SQL / "restrictions.sql").read_text(encoding="utf-8"))]
