"""Acts that add nothing but an entry are kept column by column, and leaves look for their seal once.

Safe with older code, which writes a seal before its leaves too. Way back: drop the functions, make the foreign key again.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/entries.sql``."""

    dependencies = [("hub", "0047_grounds")]

    operations = [ops.RunSQL((SQL / "entries.sql").read_text(encoding="utf-8"))]
