"""Acts that share a statement share its work: inserts, guards and the projection run once for all of them.

Safe with older code, which calls the same functions; old statements end first. The keys that named the customer of an event
give way to a look at all rows of a statement, and customers are never deleted. Way back: the functions and triggers of
``sql/spine.sql``, ``sql/guards.sql``, ``sql/whole.sql`` and ``sql/words.sql`` that this replaces.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/sharing.sql``."""

    dependencies = [("hub", "0044_handed")]

    operations = [ops.RunSQL((SQL / "sharing.sql").read_text(encoding="utf-8"))]
