"""What customers noted about what was not corrected, and which complaint is about which request.

Safe with older code: both tables are new. Way back: drop them .
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/dispute.sql``."""

    dependencies = [("hub", "0020_disclosure")]

    operations = [ops.RunSQL((SQL / "dispute.sql").read_text(encoding="utf-8"))]
