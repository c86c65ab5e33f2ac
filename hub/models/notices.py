"""Notices: versions, texts per locale, machine-readable clauses. A published version never changes."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from hub.models.catalogue import Organisation, Purpose
from hub.models.table import Model


class Notice(Model):
    """A privacy collection statement of an organisation, such as "Customers of the lettings branch"."""

    id = fields.UUIDField(primary_key=True, default=None)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    key = fields.TextField()
    name = fields.TextField()
    created_at = fields.DatetimeField()

    if TYPE_CHECKING:
        organisation_id: UUID

    class Meta(Model.Meta):
        table = "notice"
        unique_together = (("organisation", "key"),)


class NoticeVersion(Model):
    """One version: DRAFT until published, then frozen by the database.

    statements: per linter field a text, or ``{"not_applicable": reason}``. jurisdictions: where it is meant to serve.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    notice: fields.ForeignKeyRelation[Notice] = fields.ForeignKeyField(
        "hub.Notice", related_name="versions", on_delete=fields.OnDelete.RESTRICT
    )
    number = fields.IntField()
    jurisdictions: "fields.Field[list[str]]" = ArrayField("text")
    statements: "fields.Field[dict[str, Any]]" = fields.JSONField()
    created_at = fields.DatetimeField()
    published_at = fields.DatetimeField(null=True)
    sha256 = fields.TextField(null=True)

    if TYPE_CHECKING:
        notice_id: UUID

    class Meta(Model.Meta):
        table = "notice_version"
        unique_together = (("notice", "number"),)


class NoticeText(Model):
    """The whole text of a version in one locale, as it is shown."""

    id = fields.UUIDField(primary_key=True, default=None)
    notice_version: fields.ForeignKeyRelation[NoticeVersion] = fields.ForeignKeyField(
        "hub.NoticeVersion", related_name="texts", on_delete=fields.OnDelete.RESTRICT
    )
    locale = fields.TextField()
    title = fields.TextField()
    body = fields.TextField()

    if TYPE_CHECKING:
        notice_version_id: UUID

    class Meta(Model.Meta):
        table = "notice_text"
        unique_together = (("notice_version", "locale"),)


class Clause(Model):
    """What a version promises about one purpose: which categories, to whom, on which channels, in which words.

    key is stable across versions. is_primary: this purpose is the reason for collection. Empty channels: any.
    recipients and recipient_classes hold ids; both empty: inside the organisation only.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    notice_version: fields.ForeignKeyRelation[NoticeVersion] = fields.ForeignKeyField(
        "hub.NoticeVersion", related_name="clauses", on_delete=fields.OnDelete.RESTRICT
    )
    purpose: fields.ForeignKeyRelation[Purpose] = fields.ForeignKeyField(
        "hub.Purpose", on_delete=fields.OnDelete.RESTRICT
    )
    key = fields.TextField()
    is_primary = fields.BooleanField()
    categories: "fields.Field[list[UUID]]" = ArrayField("uuid")
    recipients: "fields.Field[list[UUID]]" = ArrayField("uuid")
    recipient_classes: "fields.Field[list[UUID]]" = ArrayField("uuid")
    channels: "fields.Field[list[str]]" = ArrayField("text")
    texts: "fields.Field[dict[str, str]]" = fields.JSONField()

    if TYPE_CHECKING:
        notice_version_id: UUID
        purpose_id: UUID

    class Meta(Model.Meta):
        table = "clause"
        unique_together = (("notice_version", "key"),)


class NoticeVerdict(Model):
    """The linter's verdict on a published version under one jurisdiction: findings is a list of codes and texts."""

    id = fields.UUIDField(primary_key=True, default=None)
    notice_version: fields.ForeignKeyRelation[NoticeVersion] = fields.ForeignKeyField(
        "hub.NoticeVersion", related_name="verdicts", on_delete=fields.OnDelete.RESTRICT
    )
    jurisdiction = fields.TextField()
    complete = fields.BooleanField()
    findings: "fields.Field[Any]" = fields.JSONField()
    checked_at = fields.DatetimeField()

    if TYPE_CHECKING:
        notice_version_id: UUID

    class Meta(Model.Meta):
        table = "notice_verdict"
        unique_together = (("notice_version", "jurisdiction"),)
