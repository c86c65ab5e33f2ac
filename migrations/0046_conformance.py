"""Times that a partner was tried out before it goes live, and how each step went.

Safe with older code: the table is new. Way back: drop it.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/conformance.sql``."""

    dependencies = [("hub", "0045_sharing")]

    operations = [ops.RunSQL((SQL / "conformance.sql").read_text(encoding="utf-8"))]
