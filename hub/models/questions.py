"""Consent questions put to customers, and what became of each. Neither kind of row is ever changed by the hub."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from hub.models.catalogue import Organisation, Purpose, Recipient
from hub.models.customers import Customer
from hub.models.notices import NoticeVersion
from hub.models.table import Model


class ConsentQuestion(Model):
    """A question put to one customer: whether we may, for one purpose, on these channels, towards one recipient.

    wording and benefit: per locale, what everybody is shown who is asked this; no personal data.
    channels: none means all. places: where it may be put. campaign: names a batch of questions.
    ended_at: when it was answered, cancelled or noted as lapsed; a trigger writes it from the events.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "hub.Customer", related_name="consent_questions", on_delete=fields.OnDelete.RESTRICT, db_index=True
    )
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    purpose: fields.ForeignKeyRelation[Purpose] = fields.ForeignKeyField(
        "hub.Purpose", on_delete=fields.OnDelete.RESTRICT
    )
    channels: "fields.Field[list[str]]" = ArrayField("text")
    recipient: fields.ForeignKeyNullableRelation[Recipient] = fields.ForeignKeyField(
        "hub.Recipient", on_delete=fields.OnDelete.RESTRICT, null=True
    )
    grade = fields.TextField()
    wording: "fields.Field[Any]" = fields.JSONField()
    benefit: "fields.Field[Any]" = fields.JSONField()
    notice_version: fields.ForeignKeyNullableRelation[NoticeVersion] = fields.ForeignKeyField(
        "hub.NoticeVersion", on_delete=fields.OnDelete.RESTRICT, null=True
    )
    places: "fields.Field[list[str]]" = ArrayField("text")
    campaign = fields.TextField(null=True)
    put_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    consent_ends_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    act_id = fields.UUIDField()

    if TYPE_CHECKING:
        customer_id: UUID
        organisation_id: UUID
        purpose_id: UUID
        recipient_id: UUID | None
        notice_version_id: UUID | None

    class Meta(Model.Meta):
        table = "consent_question"
        indexes = (("organisation_id", "id"),)


class ConsentQuestionEvent(Model):
    """Something that became of a question: PUT, SHOWN, ANSWERED_YES, ANSWERED_NO, LAPSED, CANCELLED.

    place, method, locale: of a showing and an answer: where, how, and in which of the wording's languages.
    choices: the customer's choices that were written with it.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    question: fields.ForeignKeyRelation[ConsentQuestion] = fields.ForeignKeyField(
        "hub.ConsentQuestion", related_name="events", on_delete=fields.OnDelete.RESTRICT, db_index=True
    )
    kind = fields.TextField()
    place = fields.TextField(null=True)
    method = fields.TextField(null=True)
    locale = fields.TextField(null=True)
    choices: "fields.Field[list[UUID]]" = ArrayField("uuid")
    happened_at = fields.DatetimeField()
    recorded_at = fields.DatetimeField()
    act_id = fields.UUIDField()

    if TYPE_CHECKING:
        question_id: UUID

    class Meta(Model.Meta):
        table = "consent_question_event"
