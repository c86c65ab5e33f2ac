"""Which rights requests came in by a file.

Safe with older code: the table is new. Way back: drop it.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/requests_imported.sql``."""

    dependencies = [("hub", "0021_dispute")]

    operations = [ops.RunSQL((SQL / "requests_imported.sql").read_text(encoding="utf-8"))]
