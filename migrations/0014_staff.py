"""Staff of the desk: their accounts, invitations and sign-ins, and what they unmasked.

Safe with older code: the tables are new. Way back: drop them.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/staff.sql``."""

    dependencies = [("hub", "0013_changes")]

    operations = [ops.RunSQL((SQL / "staff.sql").read_text(encoding="utf-8"))]
