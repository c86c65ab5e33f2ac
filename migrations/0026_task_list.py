"""One letter that reminds of several tasks: its link leads to the list of them.

Safe with older code: the column is new and may be empty. Way back: drop it.
"""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """The column as the model first was; what the database itself refuses is in ``sql/task_list.sql``."""

    dependencies = [("hub", "0025_invitations")]

    operations = [
        ops.AddField("RightsTask", "of_list", fields.BinaryField(null=True)),
        ops.RunSQL((SQL / "task_list.sql").read_text(encoding="utf-8")),
    ]
