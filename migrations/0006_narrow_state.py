"""The projection as one narrow row per customer; the catalogue as documents with a past and a clock.

Not safe with older code, which read the lists in the old rows: stop it first. What happened is in the event tables, from
which all customers are projected anew. Way back: run project of 0002 after dropping what this made.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/``."""

    dependencies = [("hub", "0005_questions")]

    operations = [
        ops.DeleteModel("CustomerState"),
        *(ops.RunSQL((SQL / name).read_text(encoding="utf-8")) for name in ("state.sql", "catalogue.sql")),
    ]
