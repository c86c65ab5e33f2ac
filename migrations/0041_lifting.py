"""What a recipient was told to stop using may be used again once the reason is over.

Safe with older code: it only allows more. Way back: none is needed.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/lifting.sql``."""

    dependencies = [("hub", "0040_failures")]

    operations = [ops.RunSQL((SQL / "lifting.sql").read_text(encoding="utf-8"))]
