"""Customers handed over to partners: what each was received under, many disclosures at once, an order for paging.

Safe with older code: the columns are new and may be empty, and the guard demands the same of each row. The index takes
a second for a million customers, in which nobody writes. Way back: drop function, index and columns, and let
``sql/disclosure.sql`` make its trigger again.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/handing.sql``."""

    dependencies = [("hub", "0036_identity")]

    operations = [ops.RunSQL((SQL / "handing.sql").read_text(encoding="utf-8"))]
