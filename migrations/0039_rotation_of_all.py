"""Keys of every use are replaced while the hub runs: also what wraps the keys of exports, and what people are found by.

Safe with older code: it only allows more. Way back: none is needed.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/rotation_of_all.sql``."""

    dependencies = [("hub", "0038_exports")]

    operations = [ops.RunSQL((SQL / "rotation_of_all.sql").read_text(encoding="utf-8"))]
