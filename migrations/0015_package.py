"""Copies of what is held about a person: their parts, the packages, and what staff took out.

Safe with older code: the tables are new. Way back: drop them.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/package.sql``."""

    dependencies = [("hub", "0014_staff")]

    operations = [ops.RunSQL((SQL / "package.sql").read_text(encoding="utf-8"))]
