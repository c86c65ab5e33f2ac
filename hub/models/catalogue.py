"""What an organisation has decided beforehand: departments, purposes, recipients, arrangements."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from hub.models.table import Model


class Organisation(Model):
    """A controller. One deployment serves one, or the few of a group.

    sandbox_of: whose copy this is, with made-up customers, for partners to try things out in.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    key = fields.CharField(max_length=100, unique=True)
    name = fields.TextField()
    country = fields.CharField(max_length=2)
    contact = fields.TextField()
    strict_sharing = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()
    sandbox_of: "fields.ForeignKeyNullableRelation[Organisation]" = fields.ForeignKeyField(
        "hub.Organisation", related_name="sandboxes", on_delete=fields.OnDelete.RESTRICT, null=True
    )

    if TYPE_CHECKING:
        sandbox_of_id: UUID | None

    class Meta(Model.Meta):
        table = "organisation"


class Department(Model):
    """A team of the organisation; purposes say which of them may see and use the data."""

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
        table = "department"
        unique_together = (("organisation", "key"),)


class Category(Model):
    """A kind of personal data with its sensitivity and its IRIs in the fideslang and DPV vocabularies."""

    id = fields.UUIDField(primary_key=True, default=None)
    key = fields.CharField(max_length=100, unique=True)
    names: "fields.Field[dict[str, str]]" = fields.JSONField()
    sensitivity = fields.TextField()
    sensitivity_by_jurisdiction: "fields.Field[dict[str, str]]" = fields.JSONField()
    fideslang_key = fields.TextField()
    dpv_iri = fields.TextField()
    created_at = fields.DatetimeField()

    class Meta(Model.Meta):
        table = "category"


class Purpose(Model):
    """Why data is used, with its benefit in the customer's words.

    categories and departments hold ids; both are short lists that gather reads whole.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    key = fields.TextField()
    kind = fields.TextField()
    names: "fields.Field[dict[str, str]]" = fields.JSONField()
    benefits: "fields.Field[dict[str, str]]" = fields.JSONField()
    categories: "fields.Field[list[UUID]]" = ArrayField("uuid")
    departments: "fields.Field[list[UUID]]" = ArrayField("uuid")
    retention_months = fields.IntField(null=True)
    dpv_iri = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    retired_at = fields.DatetimeField(null=True)

    if TYPE_CHECKING:
        organisation_id: UUID

    class Meta(Model.Meta):
        table = "purpose"
        unique_together = (("organisation", "key"),)


class PurposeRelation(Model):
    """Directed: ``purpose`` is DIRECTLY related, or RELATED, to ``related_to``, and would be expected."""

    id = fields.UUIDField(primary_key=True, default=None)
    purpose: fields.ForeignKeyRelation[Purpose] = fields.ForeignKeyField(
        "hub.Purpose", related_name="relations", on_delete=fields.OnDelete.RESTRICT
    )
    related_to: fields.ForeignKeyRelation[Purpose] = fields.ForeignKeyField(
        "hub.Purpose", related_name="related_from", on_delete=fields.OnDelete.RESTRICT
    )
    kind = fields.TextField()

    if TYPE_CHECKING:
        purpose_id: UUID
        related_to_id: UUID

    class Meta(Model.Meta):
        table = "purpose_relation"
        unique_together = (("purpose", "related_to"),)


class PurposeBasis(Model):
    """The recorded justification of a purpose in one jurisdiction."""

    id = fields.UUIDField(primary_key=True, default=None)
    purpose: fields.ForeignKeyRelation[Purpose] = fields.ForeignKeyField(
        "hub.Purpose", related_name="bases", on_delete=fields.OnDelete.RESTRICT
    )
    jurisdiction = fields.TextField()
    basis = fields.TextField()
    special_condition = fields.TextField(null=True)
    explanation = fields.TextField(default="")

    if TYPE_CHECKING:
        purpose_id: UUID

    class Meta(Model.Meta):
        table = "purpose_basis"
        unique_together = (("purpose", "jurisdiction"),)


class RecipientClass(Model):
    """A class of recipients a notice may describe, such as "conveyancers"."""

    id = fields.UUIDField(primary_key=True, default=None)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    key = fields.TextField()
    names: "fields.Field[dict[str, str]]" = fields.JSONField()
    created_at = fields.DatetimeField()

    if TYPE_CHECKING:
        organisation_id: UUID

    class Meta(Model.Meta):
        table = "recipient_class"
        unique_together = (("organisation", "key"),)


class Recipient(Model):
    """An organisation outside that may receive. A partner is a recipient that signs in."""

    id = fields.UUIDField(primary_key=True, default=None)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    key = fields.TextField()
    name = fields.TextField()
    country = fields.CharField(max_length=2)
    contact = fields.TextField(default="")
    created_at = fields.DatetimeField()

    if TYPE_CHECKING:
        organisation_id: UUID

    class Meta(Model.Meta):
        table = "recipient"
        unique_together = (("organisation", "key"),)


class RecipientMembership(Model):
    """A recipient belongs to a class from a day until a day (None: still)."""

    id = fields.UUIDField(primary_key=True, default=None)
    recipient: fields.ForeignKeyRelation[Recipient] = fields.ForeignKeyField(
        "hub.Recipient", related_name="memberships", on_delete=fields.OnDelete.RESTRICT
    )
    recipient_class: fields.ForeignKeyRelation[RecipientClass] = fields.ForeignKeyField(
        "hub.RecipientClass", related_name="memberships", on_delete=fields.OnDelete.RESTRICT
    )
    starts_on = fields.DateField()
    ends_on = fields.DateField(null=True)

    if TYPE_CHECKING:
        recipient_id: UUID
        recipient_class_id: UUID

    class Meta(Model.Meta):
        table = "recipient_membership"
        unique_together = (("recipient", "recipient_class", "starts_on"),)


class Arrangement(Model):
    """What is agreed with a recipient. It never widens a clause: both must cover.

    safeguard: NONE, CONTRACT or BINDING_RULES, the protection of a transfer abroad. state: DRAFT or IN_FORCE; it has
    ended when its last day is over. keep_days: for how long the recipient may keep what it gets. gain: what we get from
    it, per language. picture: whom it reached when it was looked at before it came into force.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    recipient: fields.ForeignKeyRelation[Recipient] = fields.ForeignKeyField(
        "hub.Recipient", related_name="arrangements", on_delete=fields.OnDelete.RESTRICT
    )
    key = fields.TextField()
    kind = fields.TextField()
    starts_on = fields.DateField()
    ends_on = fields.DateField(null=True)
    purposes: "fields.Field[list[UUID]]" = ArrayField("uuid")
    categories: "fields.Field[list[UUID]]" = ArrayField("uuid")
    destination_country = fields.CharField(max_length=2)
    safeguard = fields.TextField(default="NONE")
    document_sha256 = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    state = fields.TextField(default="IN_FORCE")
    in_force_at = fields.DatetimeField(null=True)
    keep_days = fields.IntField(null=True)
    gain: "fields.Field[dict[str, str] | None]" = fields.JSONField(null=True)
    picture: "fields.Field[dict[str, Any] | None]" = fields.JSONField(null=True)
    pictured_at = fields.DatetimeField(null=True)

    if TYPE_CHECKING:
        organisation_id: UUID
        recipient_id: UUID

    class Meta(Model.Meta):
        table = "arrangement"
        unique_together = (("organisation", "key"),)
