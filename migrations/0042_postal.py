"""Postal addresses that get no marketing.

Safe with older code: it only allows more. Way back: none is needed.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/postal.sql``."""

    dependencies = [("hub", "0041_lifting")]

    operations = [ops.RunSQL((SQL / "postal.sql").read_text(encoding="utf-8"))]
