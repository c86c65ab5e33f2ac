"""Files of requests for apps: `POST /requests/ID/attachments` adds some, `GET /attachments/ID` hands out one."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.act import Act, Hub
from hub.actors import Actor, Operation
from hub.rights import attachments
from hub.rights.attachments import Attachment, Kept
from hub.uploads import checking, serving
from schema import plain
from schema.call import idempotency_key
from schema.plain import FIELD, Identify, Making
from schema.relay import global_id, uuid_of

KIND: Final = "Attachment"


def routes(hub: Hub, identify: Identify) -> list[Route]:
    """The routes; identify: who sends a request."""
    return plain.routes(hub, identify, (
        ("/requests/{request}/attachments", "POST", Operation.ATTACHMENT_ADD, _add),
        ("/attachments/{attachment}", "GET", Operation.ATTACHMENT_OPEN, _open),
    ))  # fmt: skip


async def _add(hub: Hub, actor: Actor, request: Request) -> Response:
    request_id = uuid_of(request.path_params["request"], "RightsRequest", "request")
    key = idempotency_key(request)
    sent = await plain.files_of(request)
    checked = await checking.check_all(hub.settings, sent, FIELD)
    async with attachments.keeping(hub, checked) as kept:
        once = plain.once(
            key and f"attachments:{key}", plain.mark(request_id, sent), _adding(request_id, kept)
        )
        said = await hub.perform(actor, Operation.ATTACHMENT_ADD, once)
    return plain.created(said)


def _adding(request_id: UUID, kept: Sequence[Kept]) -> Making:
    async def make(act: Act) -> dict[str, Any]:
        added = await attachments.add(act, request_id, kept)
        return {"attachments": [_shown(each) for each in added]}

    return make


async def _open(hub: Hub, actor: Actor, request: Request) -> Response:
    file_id = uuid_of(request.path_params["attachment"], KIND, "attachment")
    reason = request.query_params.get("reason", "")

    async def note(act: Act) -> attachments.Opened:
        return await attachments.open_file(act, file_id, reason)

    opened = await hub.perform(actor, Operation.ATTACHMENT_OPEN, note)
    chunks = await serving.begun(attachments.read(hub, opened))
    return serving.download(
        opened.name, opened.kind, opened.size_bytes, chunks, **{"x-scan": opened.scan.value}
    )


def _shown(row: Attachment) -> dict[str, Any]:
    return {
        "id": global_id(KIND, row.id), "kind": row.kind, "sizeBytes": row.size_bytes, "scan": row.scan,
    }  # fmt: skip
