"""Files of rights requests: what they are. What is in them is fetched by HTTP, and noted."""

from datetime import datetime
from typing import Self

import strawberry

from hub.rights import attachments
from hub.uploads.values import FileKind, Scan
from schema.internal.meanings import _told
from schema.relay import global_id

_told(
    FileKind, "FileKind", "What a file is, by its bytes.",
    PDF="A document.", JPEG="A picture.", PNG="A picture.", WEBP="A picture.", TEXT="Plain text.",
    CSV="A table of text.", JSON="Data.", ZIP="An archive.",
)  # fmt: skip
_told(
    Scan, "FileScan", "Whether a scanner for harmful files has looked at a file.",
    CLEAN="It has, and found nothing.", NOT_SCANNED="None is connected: open it with care.",
)  # fmt: skip


@strawberry.type(description="A file that came with a rights request.")
class Attachment:
    """Without what is in it, and what it is called: `revealRightsRequest` says that."""

    id: strawberry.ID = strawberry.field(
        description="Opaque; `GET /attachments/ID?reason=CODE` hands it out."
    )
    kind: FileKind = strawberry.field(description="What it is.")
    size_bytes: int = strawberry.field(description="How large it is.")
    scan: Scan = strawberry.field(description="Whether a scanner has looked at it.")
    added_by: str = strawberry.field(description="Who sent it: `portal` is the customer, `app` yours.")
    added_at: datetime = strawberry.field(description="When.")

    @classmethod
    def of(cls, row: attachments.Attachment) -> Self:
        """As the API shows it."""
        return cls(
            id=global_id("Attachment", row.id), kind=row.kind, size_bytes=row.size_bytes, scan=row.scan,
            added_by=row.actor_kind, added_at=row.added_at,
        )  # fmt: skip
