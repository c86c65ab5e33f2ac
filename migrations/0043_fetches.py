"""How often a partner fetched an export, and when last.

Safe with older code: it leaves the columns as they are, and counts nothing. Way back: drop them.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Two columns; those of exports that are over say nothing of what was fetched before."""

    dependencies = [("hub", "0042_postal")]

    operations = [
        ops.RunSQL(
            "ALTER TABLE partner_export ADD fetches integer NOT NULL DEFAULT 0, ADD fetched_at timestamptz"
        )
    ]
