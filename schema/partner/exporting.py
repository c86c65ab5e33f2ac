"""Exports: everybody a partner may receive, made as a file by a job, downloaded beside the API."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry

from hub.act import Act, Ask
from hub.actors import Operation
from hub.partners import exports
from schema.door import acts, asks, lists
from schema.internal.telling import told
from schema.partner.naming import ARRANGEMENT, arrangement_named
from schema.problems import Payload
from schema.relay import Connection, Node, Window, global_id, uuid_of
from schema.scalars import Whole

EXPORT = "Export"
told(
    exports.Format, "ExportFormat", "How rows are written.",
    NDJSON="A JSON object a line.",
    CSV="A table after RFC 4180; cells that a spreadsheet would run begin with a quote.",
)  # fmt: skip
told(
    exports.State, "ExportState", "How an export stands.",
    WAITING="It is about to be made.",
    RUNNING="It is being made.",
    READY="It can be downloaded, until the time that it says.",
    CANCELLED="It was given up, and its file is gone.",
    FAILED="It could not be made; `reason` says why. Start another one.",
    EXPIRED="It had its time, and its file is gone.",
)  # fmt: skip


@strawberry.type(
    name=EXPORT, description="Everybody you may receive under an arrangement for a purpose, as a file."
)
class PartnerExport(Node):
    """One file."""

    row: strawberry.Private[exports.Export]
    arrangement: strawberry.ID = strawberry.field(description="The id of the arrangement.")
    format: exports.Format = strawberry.field(description="How rows are written.")
    is_encrypted: bool = strawberry.field(description="Whether the file is encrypted to your public key.")
    state: exports.State = strawberry.field(description="How it stands.")
    reason: str | None = strawberry.field(description="The code of what went wrong, of one that failed.")
    rows: Whole = strawberry.field(description="How many customers are in it so far.")
    progress: float = strawberry.field(description="How much of it is made, from 0 to 1.")
    requested_at: datetime = strawberry.field(description="When it was asked for.")
    ready_at: datetime | None = strawberry.field(description="From when on it could be downloaded.")
    until_at: datetime | None = strawberry.field(description="When it is deleted.")
    size_bytes: Whole | None = strawberry.field(description="The size of the file.")
    sha256: str | None = strawberry.field(description="SHA-256 of the file, in hexadecimal.")
    path: str | None = strawberry.field(
        description="Where to download it, with the same token; in ranges too."
    )

    @classmethod
    def of(cls, row: exports.Export) -> Self:
        """As the API shows it."""
        is_ready = row.state is exports.State.READY
        return cls(
            uuid=row.id,
            row=row,
            arrangement=global_id(ARRANGEMENT, row.arrangement_id),
            format=row.format,
            is_encrypted=row.encrypt_to is not None,
            state=row.state,
            reason=row.reason,
            rows=Whole(row.rows),
            progress=row.progress,
            requested_at=row.requested_at,
            ready_at=row.ready_at,
            until_at=row.until_at,
            size_bytes=None if row.size_bytes is None else Whole(row.size_bytes),
            sha256=row.digest.hex() if row.digest else None,
            path=f"/partner/exports/{global_id(EXPORT, row.id)}" if is_ready else None,
        )


async def exports_by_id(ask: Ask, ids: Sequence[UUID]) -> list[PartnerExport]:
    """Those among these that are the partner's."""
    return [PartnerExport.of(each) for each in await exports.by_ids(ask, ids)]


@strawberry.input(description="What is to be exported.")
class StartExportInput:
    """An offer, and a format."""

    arrangement: strawberry.ID = strawberry.field(description="The arrangement: its id, or its key.")
    purpose: str = strawberry.field(description="The key of the purpose.")
    format: exports.Format = strawberry.field(description="How rows are written.")
    encrypt_to: str | None = strawberry.field(
        default=None,
        description="A public key of age (age1...): then the file is encrypted to it, and only its owner can read it.",
    )


@strawberry.type(description="The export.")
class ExportPayload(Payload):
    """Of `startExport` and `cancelExport`."""

    export: PartnerExport | None = strawberry.field(default=None, description="The export as it stands now.")


_Start = Annotated[StartExportInput, strawberry.argument(description="What is to be exported.")]
_Id = Annotated[strawberry.ID, strawberry.argument(description="The id of the export.")]


@strawberry.type
class ExportQueries:
    """Exports."""

    @asks(Operation.EXPORT_READ)
    async def export(self, ask: Ask, id: _Id) -> PartnerExport | None:
        """One of your exports, with how far it is."""
        found = await exports_by_id(ask, [uuid_of(id, EXPORT)])
        return found[0] if found else None

    @lists(Operation.EXPORT_READ, UUID, forward=True)
    async def exports(self, ask: Ask, window: Window) -> Connection[PartnerExport]:
        """Your exports, the newest first."""
        before = window.start[0] if window.start else None
        rows = await exports.page(ask, before, window.limit)
        return window.page(rows, PartnerExport.of, lambda row: (row.id,))


@strawberry.type
class ExportMutations:
    """Starting and ending exports."""

    @acts(Operation.EXPORT_START)
    async def start_export(self, act: Act, input: _Start) -> ExportPayload:
        """Have everybody exported that you may receive; each is recorded as passed on when their part is made."""
        wanted = exports.Wanted(
            arrangement_named(input.arrangement), input.purpose, input.format, input.encrypt_to
        )
        return ExportPayload(export=PartnerExport.of(await exports.start(act, wanted)))

    @acts(Operation.EXPORT_CANCEL)
    async def cancel_export(self, act: Act, id: _Id) -> ExportPayload:
        """Give an export up; its file goes. What was recorded as passed on stays recorded."""
        return ExportPayload(export=PartnerExport.of(await exports.cancel(act, uuid_of(id, EXPORT))))
