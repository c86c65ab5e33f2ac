"""Consent questions and what became of each.

Safe with older code: everything is new. Way back: drop both tables and the function.
"""

from pathlib import Path

from orjson import loads
from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    """The tables as the models first were; what the database itself refuses is in ``sql/questions.sql``."""

    dependencies = [("hub", "0004_register")]

    operations = [
        ops.CreateModel(
            name="ConsentQuestion",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "customer",
                    fields.ForeignKeyField(
                        "hub.Customer",
                        source_field="customer_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="consent_questions",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "organisation",
                    fields.ForeignKeyField(
                        "hub.Organisation",
                        source_field="organisation_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "purpose",
                    fields.ForeignKeyField(
                        "hub.Purpose",
                        source_field="purpose_id",
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("channels", ArrayField(element_type="TEXT")),
                (
                    "recipient",
                    fields.ForeignKeyField(
                        "hub.Recipient",
                        source_field="recipient_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("grade", fields.TextField(unique=False)),
                ("wording", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("benefit", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                (
                    "notice_version",
                    fields.ForeignKeyField(
                        "hub.NoticeVersion",
                        source_field="notice_version_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("places", ArrayField(element_type="TEXT")),
                ("campaign", fields.TextField(null=True, unique=False)),
                ("put_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("consent_ends_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("act_id", fields.UUIDField()),
            ],
            options={
                "table": "consent_question",
                "app": "hub",
                "indexes": [Index(fields=["organisation_id", "id"])],
                "pk_attr": "id",
                "table_description": "A question put to one customer: whether we may, for one purpose, on these channels, towards one recipient.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ConsentQuestionEvent",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "question",
                    fields.ForeignKeyField(
                        "hub.ConsentQuestion",
                        source_field="question_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="events",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kind", fields.TextField(unique=False)),
                ("place", fields.TextField(null=True, unique=False)),
                ("method", fields.TextField(null=True, unique=False)),
                ("locale", fields.TextField(null=True, unique=False)),
                ("choices", ArrayField(element_type="UUID")),
                ("happened_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("recorded_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("act_id", fields.UUIDField()),
            ],
            options={
                "table": "consent_question_event",
                "app": "hub",
                "pk_attr": "id",
                "table_description": "Something that became of a question: PUT, SHOWN, ANSWERED_YES, ANSWERED_NO, LAPSED, CANCELLED.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "questions.sql").read_text(encoding="utf-8")),
    ]
