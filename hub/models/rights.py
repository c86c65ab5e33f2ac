"""Rights requests, what became of each, and the codes that were sent to prove who asks."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.models import Model

from hub.models.catalogue import Organisation
from hub.models.customers import Customer


class RightsRequest(Model):
    """A customer's request. It has a data key of its own, and outlives the customer's.

    reference: what a person reads out. jurisdictions: each whose law gives the right, the governing one first.
    received_on: the day on which it came, where the customer lives. customer: null until a guest is found.
    contact: where we write to, sealed, with its blind index and the key of that. proof: how surely it must be known who
    asks; verified_at: when it was. resumes_to: where a paused or held request goes on. waiting_for, ground: codes.
    due_on: the last day to answer, extended if it was; acknowledge_by: to confirm that it came. cools_until: until when
    a deletion can still be undone.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    reference = fields.CharField(max_length=20, unique=True)
    kind = fields.TextField()
    jurisdictions: "fields.Field[list[str]]" = ArrayField("text")
    state = fields.TextField()
    customer: fields.ForeignKeyNullableRelation[Customer] = fields.ForeignKeyField(
        "hub.Customer", related_name="requests", on_delete=fields.OnDelete.RESTRICT, null=True, db_index=True
    )
    channel = fields.TextField()
    asker = fields.TextField()
    locale = fields.TextField()
    proof = fields.TextField()
    contact = fields.BinaryField(null=True)
    contact_blind = fields.BinaryField(null=True)
    contact_key = fields.TextField(null=True)
    content = fields.BinaryField()
    received_on = fields.DateField()
    verified_at = fields.DatetimeField(null=True)
    acknowledge_by = fields.DateField(null=True)
    due_on = fields.DateField(null=True)
    extended_at = fields.DatetimeField(null=True)
    waiting_for = fields.TextField(null=True)
    resumes_to = fields.TextField(null=True)
    ground = fields.TextField(null=True)
    cools_until = fields.DatetimeField(null=True)
    opened_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)
    act_id = fields.UUIDField()

    if TYPE_CHECKING:
        organisation_id: UUID
        customer_id: UUID | None

    class Meta(Model.Meta):
        table = "rights_request"
        indexes = (("organisation_id", "id"),)


class RightsEvent(Model):
    """Something that became of a request. was, state: both where it moved on. code: why, coded.

    message: to or from the customer, or a private note (is_private), sealed under the request's key. body: codes.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    request: fields.ForeignKeyRelation[RightsRequest] = fields.ForeignKeyField(
        "hub.RightsRequest", related_name="events", on_delete=fields.OnDelete.RESTRICT, db_index=True
    )
    kind = fields.TextField()
    was = fields.TextField(null=True)
    state = fields.TextField(null=True)
    code = fields.TextField(null=True)
    is_private = fields.BooleanField(default=False)
    message = fields.BinaryField(null=True)
    body: "fields.Field[Any]" = fields.JSONField()
    actor_kind = fields.TextField()
    actor_id = fields.UUIDField(null=True)
    happened_at = fields.DatetimeField()
    act_id = fields.UUIDField()

    if TYPE_CHECKING:
        request_id: UUID

    class Meta(Model.Meta):
        table = "rights_event"


class RightsCode(Model):
    """A code that was sent to prove an address: only its hash is kept, tries are counted, the newest alone counts."""

    id = fields.UUIDField(primary_key=True, default=None)
    request: fields.ForeignKeyRelation[RightsRequest] = fields.ForeignKeyField(
        "hub.RightsRequest", related_name="codes", on_delete=fields.OnDelete.RESTRICT, db_index=True
    )
    digest = fields.BinaryField()
    tries = fields.IntField(default=0)
    sent_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    if TYPE_CHECKING:
        request_id: UUID

    class Meta(Model.Meta):
        table = "rights_code"


class System(Model):
    """A connected system of record. kind: MANUAL (a person looks) or SQL. settings: sealed, as its address.

    dataset: what lies in it, a fideslang file as text; no personal data. A disabled one is skipped, and it is said so.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    key = fields.TextField()
    name = fields.TextField()
    kind = fields.TextField()
    settings = fields.BinaryField(null=True)
    dataset = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    disabled_at = fields.DatetimeField(null=True)

    if TYPE_CHECKING:
        organisation_id: UUID

    class Meta(Model.Meta):
        table = "connected_system"
        unique_together = (("organisation", "key"),)


class RightsStep(Model):
    """What a request needs of one system; system: null for the hub itself, or where there is none.

    name: as it was then. stage: those of a lower one come first. evidence: what was found or changed, in counts, fields
    and digests, never values. why: of a refusal or a failure, in plain words. lease_until: until when somebody has it.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    request: fields.ForeignKeyRelation[RightsRequest] = fields.ForeignKeyField(
        "hub.RightsRequest", related_name="steps", on_delete=fields.OnDelete.RESTRICT, db_index=True
    )
    system: fields.ForeignKeyNullableRelation[System] = fields.ForeignKeyField(
        "hub.System", on_delete=fields.OnDelete.RESTRICT, null=True
    )
    name = fields.TextField()
    kind = fields.TextField()
    operation = fields.TextField()
    stage = fields.IntField()
    state = fields.TextField()
    attempts = fields.IntField(default=0)
    evidence: "fields.Field[Any]" = fields.JSONField(null=True)
    why = fields.TextField(null=True)
    next_at = fields.DatetimeField(null=True)
    lease_until = fields.DatetimeField(null=True)
    planned_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    if TYPE_CHECKING:
        request_id: UUID
        system_id: UUID | None

    class Meta(Model.Meta):
        table = "rights_step"
