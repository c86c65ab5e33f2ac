"""Invitations that have ended keep no secret of an authenticator.

Not safe with older code that ends one: it leaves the secret. Way back: none is needed, older code reads live ones alone.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """No model has the table; see ``sql/invitations.sql``."""

    dependencies = [("hub", "0024_holdings")]

    operations = [ops.RunSQL((SQL / "invitations.sql").read_text(encoding="utf-8"))]
