"""Decisions kept as evidence: what was asked, what was so, which rule answered, and for whom."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise import fields

from hub.models.catalogue import Organisation
from hub.models.customers import Customer
from hub.models.table import Model


class Decision(Model):
    """One answer to one question over one set of Facts; a crowd shares it."""

    id = fields.UUIDField(primary_key=True, default=None)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    question: "fields.Field[dict[str, Any]]" = fields.JSONField()
    facts: "fields.Field[dict[str, Any]]" = fields.JSONField()
    outcome = fields.TextField()
    rule = fields.TextField()
    rules_version = fields.TextField()
    actor_kind = fields.TextField()
    actor_id = fields.UUIDField(null=True)
    act_id = fields.UUIDField()
    decided_at = fields.DatetimeField()

    if TYPE_CHECKING:
        organisation_id: UUID

    class Meta(Model.Meta):
        table = "decision"


class DecisionSubject(Model):
    """Links a customer to the decision, and to the delivery, collection and clause that it cites."""

    id = fields.UUIDField(primary_key=True, default=None)
    decision: fields.ForeignKeyRelation[Decision] = fields.ForeignKeyField(
        "hub.Decision", related_name="subjects", on_delete=fields.OnDelete.RESTRICT, db_index=True
    )
    customer: fields.ForeignKeyRelation[Customer] = fields.ForeignKeyField(
        "hub.Customer", on_delete=fields.OnDelete.RESTRICT, db_index=True
    )
    clause_id = fields.UUIDField(null=True)
    notice_version_id = fields.UUIDField(null=True)
    collection_id = fields.UUIDField(null=True)
    delivery_id = fields.UUIDField(null=True)

    if TYPE_CHECKING:
        decision_id: UUID
        customer_id: UUID

    class Meta(Model.Meta):
        table = "decision_subject"
