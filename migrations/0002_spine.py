"""Roles, acts, guards, the ledger and the projection.

Safe with older code: everything is new. Way back: drop the database; there was nothing before it.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """Everything is in ``sql/``."""

    dependencies = [("hub", "0001_initial")]

    operations = [
        ops.RunSQL((SQL / name).read_text(encoding="utf-8"))
        for name in (
            "spine.sql",
            "projection.sql",
            "queue.sql",
            "guards.sql",
            "whole.sql",
            "decisions.sql",
            "imports.sql",
        )
    ]
