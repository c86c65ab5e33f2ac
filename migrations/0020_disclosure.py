"""What was passed on to recipients under which decision, and which of them a request is to tell.

Safe with older code: both tables are new. Way back: drop them and the function.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/disclosure.sql``."""

    dependencies = [("hub", "0019_reminder")]

    operations = [ops.RunSQL((SQL / "disclosure.sql").read_text(encoding="utf-8"))]
