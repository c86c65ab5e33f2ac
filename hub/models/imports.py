"""Imports of customer files: one row per file, so that a killed import is taken up where it stopped."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise import fields

from hub.models.catalogue import Organisation
from hub.models.table import Model


class ImportBatch(Model):
    """A file being imported, known by its fingerprint. rows_done counts the rows whose chunk has committed."""

    id = fields.UUIDField(primary_key=True, default=None)
    organisation: fields.ForeignKeyRelation[Organisation] = fields.ForeignKeyField(
        "hub.Organisation", on_delete=fields.OnDelete.RESTRICT
    )
    fingerprint = fields.TextField()
    rows_done = fields.IntField(default=0)
    counts: "fields.Field[dict[str, Any]]" = fields.JSONField()
    started_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)
    reversed_at = fields.DatetimeField(null=True)

    if TYPE_CHECKING:
        organisation_id: UUID

    class Meta(Model.Meta):
        table = "import_batch"
        indexes = (("organisation_id", "fingerprint"),)
