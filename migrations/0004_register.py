"""The processing register: activities, their purposes, the steps of their formalities.

Safe with older code: everything is new, and nothing of it is read by that code.
Way back: drop the three tables and the two functions; nothing else refers to them.
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
    """Made by the migration tool from hub.models; guards and functions are in ``sql/register.sql``."""

    dependencies = [("hub", "0003_access")]

    operations = [
        ops.CreateModel(
            name="Activity",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
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
                ("key", fields.TextField(unique=False)),
                ("name", fields.TextField(unique=False)),
                ("jurisdictions", ArrayField(element_type="TEXT")),
                ("joint_controllers", fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ("officer", fields.TextField(default="", unique=False)),
                ("officer_registration", fields.TextField(default="", unique=False)),
                ("people", fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ("categories", ArrayField(element_type="UUID")),
                ("recipients", ArrayField(null=True, element_type="UUID")),
                ("recipient_classes", ArrayField(null=True, element_type="UUID")),
                ("processors", ArrayField(null=True, element_type="UUID")),
                ("transfers", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("interconnections", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("handover", fields.TextField(null=True, unique=False)),
                ("retention", fields.TextField(default="", unique=False)),
                ("security", fields.TextField(default="", unique=False)),
                ("rights_contact", fields.TextField(default="", unique=False)),
                ("basis_note", fields.TextField(default="", unique=False)),
                (
                    "notice_version",
                    fields.ForeignKeyField(
                        "hub.NoticeVersion",
                        source_field="notice_version_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name="activities",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("departments", ArrayField(element_type="UUID")),
                ("circumstances", fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ("toolbox", fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("archived_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "activity",
                "app": "hub",
                "unique_together": (("organisation", "key"),),
                "pk_attr": "id",
                "table_description": "An entry of the register: what an organisation does with data, as the authorities ask to have it described.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ActivityPurpose",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                (
                    "activity",
                    fields.ForeignKeyField(
                        "hub.Activity",
                        source_field="activity_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="purposes",
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
                        related_name="activities",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("joined_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("left_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "activity_purpose",
                "app": "hub",
                "indexes": [Index(fields=["activity_id"]), Index(fields=["purpose_id"])],
                "pk_attr": "id",
                "table_description": "An activity has a purpose during [joined_at, left_at).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="FormalityEvent",
            fields=[
                ("id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("organisation_id", fields.UUIDField()),
                (
                    "activity",
                    fields.ForeignKeyField(
                        "hub.Activity",
                        source_field="activity_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="formality_events",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("jurisdiction", fields.TextField(unique=False)),
                ("step", fields.TextField(unique=False)),
                ("state", fields.TextField(unique=False)),
                ("number", fields.TextField(null=True, unique=False)),
                ("valid_until", fields.DateField(null=True)),
                ("reason", fields.TextField(default="", unique=False)),
                ("happened_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("recorded_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("act_id", fields.UUIDField()),
            ],
            options={
                "table": "formality_event",
                "app": "hub",
                "indexes": [Index(fields=["activity_id", "jurisdiction", "happened_at"])],
                "pk_attr": "id",
                "table_description": "One step of a formality: what happened between the organisation and an authority. It never changes.",
            },
            bases=["Model"],
        ),
        ops.RunSQL((SQL / "register.sql").read_text(encoding="utf-8")),
    ]
