"""What did not arrive is found at once, however much did.

Safe with older code: an index. Way back: drop it.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """An index of the few that failed, the latest last."""

    dependencies = [("hub", "0039_rotation_of_all")]

    operations = [
        ops.RunSQL(
            "CREATE INDEX webhook_delivery_failed ON webhook_delivery (message_id) WHERE state = 'FAILED'"
        )
    ]
