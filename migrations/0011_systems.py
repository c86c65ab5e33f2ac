"""Systems behind HTTP and by email; what other systems know a person by, found on the way.

Safe with older code: the columns are new and empty, the kinds only added to. Way back: drop the columns, once no system
of the new kinds is left.
"""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Three columns; the kinds are checked in ``sql/systems.sql``."""

    dependencies = [("hub", "0010_storage")]

    operations = [
        ops.AddField("System", "refers_to", ArrayField(element_type="TEXT", null=True)),
        ops.AddField("RightsStep", "keys", fields.BinaryField(null=True)),
        ops.RunSQL((SQL / "systems.sql").read_text(encoding="utf-8")),
    ]
