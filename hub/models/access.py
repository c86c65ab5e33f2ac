"""Who may call: OAuth2 clients, the tokens they hold, and the answers already given to a key."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField

from hub.models.catalogue import Department, Organisation, Recipient
from hub.models.table import Model


class Client(Model):
    """An internal app or a partner that signs in with OAuth2 client credentials (RFC 6749 section 4.4).

    Of a partner: which recipient it is, and for which arrangements (null: all with that recipient).
    auth_method: client_secret or private_key_jwt. jwks_url: where its keys are fetched, if they are not brought.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    department: fields.ForeignKeyNullableRelation[Department] = fields.ForeignKeyField(
        "hub.Department", on_delete=fields.OnDelete.RESTRICT, null=True
    )
    kind = fields.TextField()
    name = fields.TextField()
    secret_hash = fields.TextField(null=True)
    scopes: "fields.Field[list[str]]" = ArrayField("text")
    created_by = fields.UUIDField(null=True)
    created_at = fields.DatetimeField()
    revoked_at = fields.DatetimeField(null=True)
    recipient: fields.ForeignKeyNullableRelation[Recipient] = fields.ForeignKeyField(
        "hub.Recipient", on_delete=fields.OnDelete.RESTRICT, null=True
    )
    arrangements: "fields.Field[list[UUID] | None]" = ArrayField("uuid", null=True)
    auth_method = fields.TextField(db_default="client_secret")
    jwks_url = fields.TextField(null=True)

    if TYPE_CHECKING:
        organisation_id: UUID
        department_id: UUID | None
        recipient_id: UUID | None

    class Meta(Model.Meta):
        table = "client"


class AccessToken(Model):
    """One issued token: its id is the ``jti`` of the JWT. The token itself is never stored."""

    id = fields.UUIDField(primary_key=True, default=None)
    client: fields.ForeignKeyRelation[Client] = fields.ForeignKeyField(
        "hub.Client", on_delete=fields.OnDelete.RESTRICT, db_index=True
    )
    scopes: "fields.Field[list[str]]" = ArrayField("text")
    issued_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(db_index=True)
    revoked_at = fields.DatetimeField(null=True)

    if TYPE_CHECKING:
        client_id: UUID

    class Meta(Model.Meta):
        table = "access_token"


class IdempotentAnswer(Model):
    """The answer given to (client, key), kept for a day so that a retry gets it again."""

    id = fields.UUIDField(primary_key=True, default=None)
    actor_id = fields.UUIDField()
    key = fields.TextField()
    operation = fields.TextField()
    fingerprint = fields.BinaryField()
    answer: "fields.Field[Any]" = fields.JSONField(null=True)
    created_at = fields.DatetimeField()
    expires_at: "fields.Field[datetime]" = fields.DatetimeField(db_index=True)

    class Meta(Model.Meta):
        table = "idempotent_answer"
        unique_together = (("actor_id", "key"),)
