"""Files that people sent: where each belongs, and what it is. What is in it lies in the storage, sealed."""

from typing import TYPE_CHECKING
from uuid import UUID

from tortoise import fields

from hub.models.catalogue import Organisation
from hub.models.rights import RightsRequest
from hub.models.table import Model


class Attachment(Model):
    """A file with a key of its own. request: null while somebody at the portal has not sent their request yet.

    file_key: sealed under the request's key; name: under the file's. scan: whether a scanner has looked at it.
    """

    id = fields.UUIDField(primary_key=True, default=None)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    request: fields.ForeignKeyNullableRelation[RightsRequest] = fields.ForeignKeyField(
        "hub.RightsRequest",
        related_name="attachments",
        on_delete=fields.OnDelete.RESTRICT,
        null=True,
        db_index=True,
    )
    file_key = fields.BinaryField(null=True)
    name = fields.BinaryField()
    kind = fields.TextField()
    size_bytes = fields.IntField()
    scan = fields.TextField()
    actor_kind = fields.TextField()
    actor_id = fields.UUIDField(null=True)
    added_at = fields.DatetimeField()
    act_id = fields.UUIDField()

    if TYPE_CHECKING:
        organisation_id: UUID
        request_id: UUID | None

    class Meta(Model.Meta):
        table = "attachment"
