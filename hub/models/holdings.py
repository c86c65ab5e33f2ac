"""What connected systems hold about a customer, as they said it when somebody asked."""

from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields

from hub.models.catalogue import Organisation
from hub.models.customers import Customer
from hub.models.rights import System
from hub.models.table import Model


class Look(Model):
    """One look into all systems, kept until expires_at."""

    id = fields.UUIDField(primary_key=True, default=None)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "hub.Customer", related_name="looks", on_delete=fields.OnDelete.RESTRICT, db_index=True
    )
    asked_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()

    if TYPE_CHECKING:
        organisation_id: UUID
        customer_id: UUID

    class Meta(Model.Meta):
        table = "look"


class LookPart(Model):
    """What one system said; name: as it was then. sealed: rows under the customer's key. why: of a failure."""

    id = fields.UUIDField(primary_key=True, default=None)
    look: fields.ForeignKeyRelation[Look] = fields.ForeignKeyField(
        "hub.Look", related_name="parts", on_delete=fields.OnDelete.CASCADE, db_index=True
    )
    system: fields.ForeignKeyRelation[System] = fields.ForeignKeyField(
        "hub.System", on_delete=fields.OnDelete.RESTRICT
    )
    name = fields.TextField()
    state = fields.TextField()
    why = fields.TextField(null=True)
    as_of = fields.DatetimeField(null=True)
    sealed = fields.BinaryField(null=True)

    if TYPE_CHECKING:
        look_id: UUID
        system_id: UUID

    class Meta(Model.Meta):
        table = "look_part"
