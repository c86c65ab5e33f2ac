"""Visits to the portal: what somebody typed on earlier pages, until they are done or go away.

Safe with older code: the table is new. Way back: drop it.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/portal.sql``."""

    dependencies = [("hub", "0008_letters")]

    operations = [ops.RunSQL((SQL / "portal.sql").read_text(encoding="utf-8"))]
