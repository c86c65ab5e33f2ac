"""Rights requests, what became of each, and the codes that were sent to prove who asks."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from hub.models.catalogue import Organisation
from hub.models.customers import Customer
from hub.models.representatives import Representative
from hub.models.table import Model


class RightsRequest(Model):
    """A customer's request. It has a data key of its own, and outlives the customer's.

    reference: what a person reads out. jurisdictions: each whose law gives the right, the governing one first.
    received_on: the day on which it came, where the customer lives. customer: null until a guest is found.
    representative: under which link somebody asks for the customer.
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
    representative: fields.ForeignKeyNullableRelation[Representative] = fields.ForeignKeyField(
        "hub.Representative", related_name="requests", on_delete=fields.OnDelete.RESTRICT, null=True
    )
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
        representative_id: UUID | None

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
    """A connected system of record. kind: who works on it. settings: sealed, its address and secrets.

    dataset: what lies in it, a fideslang file as text; no personal data. refers_to: the datasets of others that its own
    name, null where nobody looked. A disabled one is skipped, and it is said so; of a removed one its name is left.
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
    refers_to: "fields.Field[list[str] | None]" = ArrayField("text", null=True)
    created_at = fields.DatetimeField()
    disabled_at = fields.DatetimeField(null=True)
    removed_at = fields.DatetimeField(null=True)

    if TYPE_CHECKING:
        organisation_id: UUID

    class Meta(Model.Meta):
        table = "connected_system"
        unique_together = (("organisation", "key"),)


class RightsStep(Model):
    """What a request needs of one system; system: null for the hub itself, or where there is none.

    name: as it was then. stage: those of a lower one come first. evidence: what was found or changed, in counts, fields
    and digests, never values. keys: by what other systems know the person, found by this step; sealed under the
    request's key, and gone when the request ends. why: of a refusal or a failure, in plain words. lease_until: until
    when somebody has it. asked_at: when somebody was written to; opened_at: when they opened their link.
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
    keys = fields.BinaryField(null=True)
    why = fields.TextField(null=True)
    next_at = fields.DatetimeField(null=True)
    lease_until = fields.DatetimeField(null=True)
    planned_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    asked_at = fields.DatetimeField(null=True)
    opened_at = fields.DatetimeField(null=True)

    if TYPE_CHECKING:
        request_id: UUID
        system_id: UUID | None

    class Meta(Model.Meta):
        table = "rights_step"


class RightsTask(Model):
    """A link by which somebody without an account does a step: the hash of its token, for which attempt, until when."""

    id = fields.UUIDField(primary_key=True, default=None)
    step: fields.ForeignKeyRelation[RightsStep] = fields.ForeignKeyField(
        "hub.RightsStep", related_name="tasks", on_delete=fields.OnDelete.RESTRICT, db_index=True
    )
    attempt = fields.IntField()
    digest = fields.BinaryField()
    sent_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    opened_at = fields.DatetimeField(null=True)
    of_list = fields.BinaryField(null=True)

    if TYPE_CHECKING:
        step_id: UUID

    class Meta(Model.Meta):
        table = "rights_task"
