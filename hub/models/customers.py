"""Customers: what is known of them, sealed, and the projection that decisions read."""

from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields

from hub.models.catalogue import Category, Organisation
from hub.models.table import Model


class Customer(Model):
    """The natural person (or, in South Africa, an organisation). Holds no personal value itself.

    survivor: set while this record is merged into another; taking it back undoes the merge.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    kind = fields.TextField(default="PERSON")
    locale = fields.TextField()
    survivor: fields.ForeignKeyNullableRelation["Customer"] = fields.ForeignKeyField(
        "hub.Customer", related_name="merged", on_delete=fields.OnDelete.RESTRICT, null=True, db_index=True
    )
    import_id = fields.UUIDField(null=True)
    created_at = fields.DatetimeField()
    erased_at = fields.DatetimeField(null=True)

    if TYPE_CHECKING:
        survivor_id: UUID | None

    class Meta(Model.Meta):
        table = "customer"


class CustomerEvent(Model):
    """Something became so for a customer, towards one organisation or (None) towards all.

    aspect and value: RELATIONSHIP (NONE, NEGOTIATING, ACTIVE, CLOSED), JURISDICTION_BEGAN and
    JURISDICTION_ENDED (a jurisdiction), AGE (an age band), RESTRICTION and HOLD (ON, OFF),
    ERASURE (ON), CONTACT (a channel).
    """

    id = fields.UUIDField(primary_key=True, default=None)
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "hub.Customer", related_name="events", on_delete=fields.OnDelete.RESTRICT
    )
    organisation: fields.ForeignKeyNullableRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT, null=True
    )
    aspect = fields.TextField()
    value = fields.TextField()
    reason = fields.TextField(default="")
    happened_at = fields.DatetimeField()
    recorded_at = fields.DatetimeField()
    act_id = fields.UUIDField()

    if TYPE_CHECKING:
        customer_id: UUID
        organisation_id: UUID | None

    class Meta(Model.Meta):
        table = "customer_event"
        indexes = (("customer_id", "happened_at"),)


class Identifier(Model):
    """An email, phone or external id of a customer: sealed, and findable by its blind index only."""

    id = fields.UUIDField(primary_key=True, default=None)
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "hub.Customer", related_name="identifiers", on_delete=fields.OnDelete.RESTRICT, db_index=True
    )
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    kind = fields.TextField()
    system = fields.TextField(null=True)
    sealed = fields.BinaryField()
    blind = fields.BinaryField()
    blind_key_id = fields.TextField()
    import_id = fields.UUIDField(null=True, db_index=True)
    created_at = fields.DatetimeField()
    verified_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)

    if TYPE_CHECKING:
        customer_id: UUID
        organisation_id: UUID

    class Meta(Model.Meta):
        table = "identifier"
        indexes = (("blind", "kind"),)


class ProfileValue(Model):
    """One sealed value of a customer's profile, under a category: (identity, "name"), (contact, "address")..."""

    id = fields.UUIDField(primary_key=True, default=None)
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "hub.Customer", related_name="profile", on_delete=fields.OnDelete.RESTRICT
    )
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    category: fields.ForeignKeyRelation[Category] = fields.ForeignKeyField(
        "hub.Category", on_delete=fields.OnDelete.RESTRICT
    )
    field = fields.TextField()
    sealed = fields.BinaryField()
    previous = fields.BinaryField(null=True)
    import_id = fields.UUIDField(null=True, db_index=True)
    previous_import_id = fields.UUIDField(null=True)
    updated_at = fields.DatetimeField()

    if TYPE_CHECKING:
        customer_id: UUID
        organisation_id: UUID
        category_id: UUID

    class Meta(Model.Meta):
        table = "profile_value"
        unique_together = (("customer", "organisation", "category", "field"),)


class RegistryCheck(Model):
    """A national do-not-contact register was consulted for a customer's phone number."""

    id = fields.UUIDField(primary_key=True, default=None)
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "hub.Customer", related_name="registry_checks", on_delete=fields.OnDelete.RESTRICT
    )
    jurisdiction = fields.TextField()
    listed = fields.BooleanField()
    happened_at = fields.DatetimeField()
    recorded_at = fields.DatetimeField()
    act_id = fields.UUIDField()

    if TYPE_CHECKING:
        customer_id: UUID

    class Meta(Model.Meta):
        table = "registry_check"
        indexes = (("customer_id", "happened_at"),)


class MergeProposal(Model):
    """Two customers share an address or number; a person decides whether they are one."""

    id = fields.UUIDField(primary_key=True, default=None)
    older: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "hub.Customer", related_name="proposals_older", on_delete=fields.OnDelete.RESTRICT
    )
    newer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "hub.Customer", related_name="proposals_newer", on_delete=fields.OnDelete.RESTRICT
    )
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    reason = fields.TextField()
    found_at = fields.DatetimeField()
    settled_at = fields.DatetimeField(null=True)
    verdict = fields.TextField(null=True)

    if TYPE_CHECKING:
        older_id: UUID
        newer_id: UUID
        organisation_id: UUID

    class Meta(Model.Meta):
        table = "merge_proposal"
        unique_together = (("older", "newer"),)
