"""Who may act for a customer: dated links with their proof."""

from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from hub.models.catalogue import Organisation
from hub.models.customers import Customer
from hub.models.table import Model


class Representative(Model):
    """Somebody who acts for a customer, from a day, until another. kinds: of requests; empty: every kind.

    name, contact: sealed under the customer's key, with the contact's blind index and the key of that. proof: what was
    seen; attachment_id: the file, if there is one. reason: of a rejection or an end, coded.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "hub.Customer", related_name="representatives", on_delete=fields.OnDelete.RESTRICT, db_index=True
    )
    role = fields.TextField()
    kinds: "fields.Field[list[str]]" = ArrayField("text")
    starts_on = fields.DateField()
    ends_on = fields.DateField(null=True)
    state = fields.TextField()
    name = fields.BinaryField()
    contact = fields.BinaryField(null=True)
    contact_blind = fields.BinaryField(null=True)
    contact_key = fields.TextField(null=True)
    proof = fields.TextField(null=True)
    attachment_id = fields.UUIDField(null=True)
    reason = fields.TextField(null=True)
    proposed_at = fields.DatetimeField()
    checked_at = fields.DatetimeField(null=True)
    checked_by = fields.UUIDField(null=True)
    ended_at = fields.DatetimeField(null=True)
    act_id = fields.UUIDField()

    if TYPE_CHECKING:
        organisation_id: UUID
        customer_id: UUID

    class Meta(Model.Meta):
        table = "representative"
