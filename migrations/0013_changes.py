"""An index by which the events of an act on a request are found.

Safe with older code, which does not look there. Way back: drop it.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/changes.sql``."""

    dependencies = [("hub", "0012_entrance")]

    operations = [ops.RunSQL((SQL / "changes.sql").read_text(encoding="utf-8"))]
