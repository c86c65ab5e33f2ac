"""What happened to a customer's data: it came in, a notice reached them, they chose. Rows never change.

``happened_at`` is when it was so; ``recorded_at`` is the database's instant of the act that wrote it.
"""

from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from hub.models.catalogue import Organisation, Purpose, Recipient
from hub.models.customers import Customer
from hub.models.notices import NoticeVersion
from hub.models.table import Model


class Collection(Model):
    """Categories of one customer's data came in: from whom, when, under which notice version, shown how."""

    id = fields.UUIDField(primary_key=True, default=None)
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "hub.Customer", related_name="collections", on_delete=fields.OnDelete.RESTRICT
    )
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    source = fields.TextField()
    categories: "fields.Field[list[UUID]]" = ArrayField("uuid")
    notice_version: fields.ForeignKeyNullableRelation[NoticeVersion] = fields.ForeignKeyField(
        "hub.NoticeVersion", on_delete=fields.OnDelete.RESTRICT, null=True
    )
    shown_how = fields.TextField(null=True)
    shown_at = fields.DatetimeField(null=True)
    optout_offered = fields.BooleanField()
    import_id = fields.UUIDField(null=True)
    happened_at = fields.DatetimeField()
    recorded_at = fields.DatetimeField()
    act_id = fields.UUIDField()

    if TYPE_CHECKING:
        customer_id: UUID
        organisation_id: UUID
        notice_version_id: UUID | None

    class Meta(Model.Meta):
        table = "collection"
        indexes = (("customer_id", "happened_at"),)


class Delivery(Model):
    """A notice version reached one customer: when, how, proof. Separate from collection; may come later.

    proof: where the proof is kept, sealed under the customer's key.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "hub.Customer", related_name="deliveries", on_delete=fields.OnDelete.RESTRICT
    )
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    notice_version: fields.ForeignKeyRelation[NoticeVersion] = fields.ForeignKeyField(
        "hub.NoticeVersion", on_delete=fields.OnDelete.RESTRICT
    )
    how = fields.TextField()
    locale = fields.TextField()
    proof = fields.BinaryField(null=True)
    import_id = fields.UUIDField(null=True)
    happened_at = fields.DatetimeField()
    recorded_at = fields.DatetimeField()
    act_id = fields.UUIDField()

    if TYPE_CHECKING:
        customer_id: UUID
        organisation_id: UUID
        notice_version_id: UUID

    class Meta(Model.Meta):
        table = "delivery"
        indexes = (("customer_id", "happened_at"),)


class Choice(Model):
    """A consent, objection or opt-out: one immutable row per event, with its evidence.

    kind and action: CONSENT (ASKED, GIVEN, REFUSED, WITHDRAWN), TRANSFER (GIVEN, WITHDRAWN), MARKETING,
    SHARING, SIGNAL and LIMIT (OPTED_OUT, OPTED_IN), OBJECTION (PENDING, UPHELD, OVERRULED, WITHDRAWN).
    Scope: organisation x (purpose or all) x (channel or all) x (recipient or all); None means all.
    wording: what everybody in this situation is shown. evidence: where the proof is kept, sealed under the
    customer's key.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "hub.Customer", related_name="choices", on_delete=fields.OnDelete.RESTRICT
    )
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    kind = fields.TextField()
    action = fields.TextField()
    purpose: fields.ForeignKeyNullableRelation[Purpose] = fields.ForeignKeyField(
        "hub.Purpose", on_delete=fields.OnDelete.RESTRICT, null=True
    )
    channel = fields.TextField(null=True)
    recipient: fields.ForeignKeyNullableRelation[Recipient] = fields.ForeignKeyField(
        "hub.Recipient", on_delete=fields.OnDelete.RESTRICT, null=True
    )
    grade = fields.TextField(null=True)
    ends_at = fields.DatetimeField(null=True)
    wording = fields.TextField()
    wording_sha256 = fields.TextField()
    notice_version: fields.ForeignKeyNullableRelation[NoticeVersion] = fields.ForeignKeyField(
        "hub.NoticeVersion", on_delete=fields.OnDelete.RESTRICT, null=True
    )
    method = fields.TextField()
    evidence = fields.BinaryField(null=True)
    happened_at = fields.DatetimeField()
    recorded_at = fields.DatetimeField()
    act_id = fields.UUIDField()

    if TYPE_CHECKING:
        customer_id: UUID
        organisation_id: UUID
        purpose_id: UUID | None
        recipient_id: UUID | None
        notice_version_id: UUID | None

    class Meta(Model.Meta):
        table = "choice"
        indexes = (("customer_id", "happened_at"),)
