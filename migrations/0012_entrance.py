"""Customers sign in at the portal: visits that are a customer's, attempts to come in, and their codes.

Safe with older code: visits get columns that may be empty, and the tables are new. Way back: drop both.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/entrance.sql``."""

    dependencies = [("hub", "0011_systems")]

    operations = [ops.RunSQL((SQL / "entrance.sql").read_text(encoding="utf-8"))]
