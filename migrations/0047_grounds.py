"""Customers handed over: what many have in common is said once, and their guards look along indexes.

Safe with older code: it calls the function of before, and the guards demand the same. Way back: drop the function, and let
``sql/handed.sql`` and ``sql/handing.sql`` make their guards again.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/grounds.sql``."""

    dependencies = [("hub", "0046_conformance")]

    operations = [ops.RunSQL((SQL / "grounds.sql").read_text(encoding="utf-8"))]
