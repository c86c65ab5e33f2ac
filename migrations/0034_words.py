"""The projection, narrower: a column for each purpose's words, and three days in one number.

Not safe with older code, which reads the old columns: stop it first. Rows are laid out anew from what they were, a minute
for every million versions. Way back: run state.sql after dropping what this made; what happened is in the event tables.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/words.sql``."""

    dependencies = [("hub", "0033_webhooks")]

    operations = [ops.RunSQL((SQL / "words.sql").read_text(encoding="utf-8"))]
