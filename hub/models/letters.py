"""Letters by email, sealed, and what an organisation wrote into the templates."""

from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields

from hub.models.catalogue import Organisation
from hub.models.customers import Customer
from hub.models.table import Model


class LetterRevision(Model):
    """An organisation's own words for a template in one language. Never changed: a new one takes its place.

    template_version: of the shipped template it was checked against. subject and body: both None go back to the shipped
    words. Who wrote it is told by its act.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    template = fields.TextField()
    locale = fields.TextField()
    number = fields.IntField()
    template_version = fields.IntField()
    subject = fields.TextField(null=True)
    body = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    act_id = fields.UUIDField()

    if TYPE_CHECKING:
        organisation_id: UUID

    class Meta(Model.Meta):
        table = "letter_revision"
        unique_together = (("organisation", "template", "locale", "number"),)


class Letter(Model):
    """A letter to one address: QUEUED, then SENT, FAILED or SUPPRESSED; SENT may become BOUNCED.

    customer: whose key seals address and content; None: the keyring's own. request_id: the rights request it is about.
    content: as it reads; emptied for a letter whose text is kept nowhere once it is out. next_at: when it may be tried,
    also for others than whoever tries it now. until_at: when it is of no use any more. reason: a code, as SMTP_550.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    customer: fields.ForeignKeyNullableRelation[Customer] = fields.ForeignKeyField(
        "hub.Customer", related_name="letters", on_delete=fields.OnDelete.RESTRICT, null=True, db_index=True
    )
    request_id = fields.UUIDField(null=True, db_index=True)
    template = fields.TextField()
    template_version = fields.IntField()
    revision: fields.ForeignKeyNullableRelation[LetterRevision] = fields.ForeignKeyField(
        "hub.LetterRevision", on_delete=fields.OnDelete.RESTRICT, null=True
    )
    locale = fields.TextField()
    address = fields.BinaryField()
    content = fields.BinaryField(null=True)
    state = fields.TextField()
    attempts = fields.IntField(default=0)
    message_id = fields.TextField()
    queued_at = fields.DatetimeField()
    next_at = fields.DatetimeField(null=True)
    until_at = fields.DatetimeField(null=True)
    sent_at = fields.DatetimeField(null=True)
    reason = fields.TextField(default="")
    act_id = fields.UUIDField()

    if TYPE_CHECKING:
        organisation_id: UUID
        customer_id: UUID | None
        revision_id: UUID | None

    class Meta(Model.Meta):
        table = "letter"
        indexes = (("organisation_id", "id"),)
