"""The processing register: activities, the purposes they have, and what was filed about them with an authority."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from hub.models.catalogue import Organisation, Purpose
from hub.models.notices import NoticeVersion
from hub.models.table import Model


class Activity(Model):
    """An entry of the register: what an organisation does with data, as the authorities ask to have it described.

    Lists that are None were not stated; an empty one says "none". transfers: ``[{country, safeguard,
    authorisation}]``. circumstances: ``{name: bool}``. toolbox: notes by tool.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    key = fields.TextField()
    name = fields.TextField()
    jurisdictions: "fields.Field[list[str]]" = ArrayField("text")
    joint_controllers: "fields.Field[list[str]]" = fields.JSONField(default=list)
    officer = fields.TextField(default="")
    officer_registration = fields.TextField(default="")
    people: "fields.Field[list[str]]" = fields.JSONField(default=list)
    categories: "fields.Field[list[UUID]]" = ArrayField("uuid")
    recipients: "fields.Field[list[UUID] | None]" = ArrayField("uuid", null=True)
    recipient_classes: "fields.Field[list[UUID] | None]" = ArrayField("uuid", null=True)
    processors: "fields.Field[list[UUID] | None]" = ArrayField("uuid", null=True)
    transfers: "fields.Field[list[dict[str, Any]] | None]" = fields.JSONField(null=True)
    interconnections: "fields.Field[list[str] | None]" = fields.JSONField(null=True)
    handover = fields.TextField(null=True)
    retention = fields.TextField(default="")
    security = fields.TextField(default="")
    rights_contact = fields.TextField(default="")
    basis_note = fields.TextField(default="")
    notice_version: fields.ForeignKeyNullableRelation[NoticeVersion] = fields.ForeignKeyField(
        "hub.NoticeVersion", null=True, related_name="activities", on_delete=fields.OnDelete.RESTRICT
    )
    departments: "fields.Field[list[UUID]]" = ArrayField("uuid")
    circumstances: "fields.Field[dict[str, bool]]" = fields.JSONField(default=dict)
    toolbox: "fields.Field[dict[str, str]]" = fields.JSONField(default=dict)
    created_at = fields.DatetimeField()
    archived_at = fields.DatetimeField(null=True)

    if TYPE_CHECKING:
        organisation_id: UUID
        notice_version_id: UUID | None

    class Meta(Model.Meta):
        table = "activity"
        unique_together = (("organisation", "key"),)


class ActivityPurpose(Model):
    """An activity has a purpose during [joined_at, left_at).

    What was granted before the purpose joined does not cover it: nobody had told the authority of it.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    activity: fields.ForeignKeyRelation[Activity] = fields.ForeignKeyField(
        "hub.Activity", related_name="purposes", on_delete=fields.OnDelete.RESTRICT
    )
    purpose: fields.ForeignKeyRelation[Purpose] = fields.ForeignKeyField(
        "hub.Purpose", related_name="activities", on_delete=fields.OnDelete.RESTRICT
    )
    joined_at = fields.DatetimeField()
    left_at = fields.DatetimeField(null=True)

    if TYPE_CHECKING:
        activity_id: UUID
        purpose_id: UUID

    class Meta(Model.Meta):
        table = "activity_purpose"
        indexes = (("activity_id",), ("purpose_id",))


class FormalityEvent(Model):
    """One step of a formality: what happened between the organisation and an authority. It never changes.

    state: where the activity stands after it, until valid_until has passed.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    organisation_id = fields.UUIDField()
    activity: fields.ForeignKeyRelation[Activity] = fields.ForeignKeyField(
        "hub.Activity", related_name="formality_events", on_delete=fields.OnDelete.RESTRICT
    )
    jurisdiction = fields.TextField()
    step = fields.TextField()
    state = fields.TextField()
    number = fields.TextField(null=True)
    valid_until = fields.DateField(null=True)
    reason = fields.TextField(default="")
    happened_at = fields.DatetimeField()
    recorded_at = fields.DatetimeField()
    act_id = fields.UUIDField()

    if TYPE_CHECKING:
        activity_id: UUID

    class Meta(Model.Meta):
        table = "formality_event"
        indexes = (("activity_id", "jurisdiction", "happened_at"),)
