"""Accounts of staff that an OpenID provider vouches for.

Safe with older code: the table is new. Way back: drop it; whoever signed in by it needs an invitation.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/identity.sql``."""

    dependencies = [("hub", "0035_withdrawal_reminder")]

    operations = [ops.RunSQL((SQL / "identity.sql").read_text(encoding="utf-8"))]
